"""The authors' module hash of every cell of NAS-Bench-101, from the space alone; cached on disk.

Their files are in ascending order of it, so it says which line of a file without cells is which cell.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from jaxtyping import Int64, UInt8

from tabular.spaces.kept import Tensors, kept
from tabular.spaces.nb101_official import module_hash
from tabular.spaces.nb101_rows import VERSION as ROWS
from tabular.spaces.nb101_rows import rows

VERSION = f"{ROWS}-hashes"
STEP = 1024
"""Cells between two words about how far it is."""
BYTES = 16


def all_hashes(tell: Callable[[float], None] = lambda share: None) -> UInt8[np.ndarray, "n 16"]:
    """Module hash of every row of the space: from the data folder, else computed now and cached.

    Computing takes 0.1 ms per cell, 40 s for all; `tell` hears the share that is done.
    """
    return kept(VERSION, _of_this_code, lambda: {"hashes": _computed(tell)})["hashes"]


def official_order() -> Int64[np.ndarray, " n"]:
    """The rows of the space in ascending order of their hashes, which is that of the official files."""
    return _index()[0]


def rows_of(hashes: UInt8[np.ndarray, "m 16"]) -> Int64[np.ndarray, " m"]:
    """Row of each module hash; -1 where the space has none like it."""
    order, ascending = _index()
    wanted = _words(hashes)
    place = np.minimum(np.searchsorted(ascending, wanted), len(order) - 1)
    return np.where(ascending[place] == wanted, order[place], -1)


@cache
def _index() -> tuple[Int64[np.ndarray, " n"], np.ndarray]:
    words = _words(all_hashes())
    order = np.argsort(words, kind="stable")
    return order, words[order]


def _words(hashes: UInt8[np.ndarray, "m 16"]) -> np.ndarray:
    """As numpy's texts, which compare byte by byte."""
    return np.ascontiguousarray(hashes).view(f"S{BYTES}").ravel()


def _computed(tell: Callable[[float], None]) -> UInt8[np.ndarray, "n 16"]:
    cells = rows().cells
    found = np.empty((len(cells), BYTES), dtype=np.uint8)
    for start in range(0, len(cells), STEP):
        part = slice(start, start + STEP)
        found[part] = _bytes(module_hash(cells[part]))
        tell(min(start + STEP, len(cells)) / len(cells))
    return found


def _bytes(texts: list[str]) -> UInt8[np.ndarray, "m 16"]:
    return np.frombuffer(bytes.fromhex("".join(texts)), dtype=np.uint8).reshape(-1, BYTES)


def _of_this_code(tensors: Tensors) -> bool:
    """Whether drawn hashes of a cache file are those that this code computes."""
    cells = rows().cells
    if list(tensors) != ["hashes"] or tensors["hashes"].shape != (len(cells), BYTES):
        return False
    some = np.linspace(0, len(cells) - 1, 64).astype(np.int64)
    return bool((tensors["hashes"][some] == _bytes(module_hash(cells[some]))).all())
