"""Specifications of NAS-Bench-101 cells as people have them: lists, arrays, texts of arrays; one or many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from tabular.cells import PAD
from tabular.errors import HarnessError

OP_NAMES = ("input", "conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3", "output")
UNKNOWN = len(OP_NAMES)
"""Any operation that the space does not have; harmless on a vertex that is pruned."""
CODES = {name: code for code, name in enumerate(OP_NAMES)}
NUMBERS = "biuf"
"""Kinds of numpy types that adjacency matrices come in."""


def specifications(matrices: Any, ops: Any) -> tuple[Bool[np.ndarray, "n v v"], Int[np.ndarray, "n v"]]:
    """Adjacency, and operations as indices into `OP_NAMES` (`UNKNOWN` for others, `PAD` behind the last).

    A batch or a single one: matrices of 0 and 1 of one size or of several; operations as official names or
    as such indices, for every vertex of a matrix or for the first ones. Raises `HarnessError` for anything
    else.
    """
    each, codes = _matrices(matrices), _operations(ops)
    if len(each) != len(codes):
        raise HarnessError(f"{len(each)} matrices do not go with {len(codes)} lists of operations")
    if isinstance(each, np.ndarray) and isinstance(codes, np.ndarray) and each.shape[:2] == codes.shape:
        return each, codes
    width = each.shape[-1] if isinstance(each, np.ndarray) else max(map(len, each), default=0)
    adjacency, coded = np.zeros((len(each), width, width), dtype=bool), np.full((len(each), width), PAD)
    for row, (one, mine) in enumerate(zip(each, codes, strict=True)):
        if len(mine) > len(one):
            raise HarnessError(f"{len(mine)} operations do not fit a matrix of {len(one)} vertices")
        adjacency[row, : len(one), : len(one)] = one
        coded[row, : len(mine)] = mine
    return adjacency, coded


def coded_names(ops: Iterable[Iterable[str]], width: int) -> Int[np.ndarray, "n width"]:
    """Indices into `OP_NAMES` of lists of official names, `UNKNOWN` for any other name, `PAD` behind."""
    listed = [[CODES.get(name, UNKNOWN) for name in names] for names in ops]
    longest = max(map(len, listed), default=0)
    if longest > width:
        raise HarnessError(f"{longest} operations do not fit a matrix of {width} vertices")
    padded = [codes + [PAD] * (width - len(codes)) for codes in listed]
    return np.array(padded, dtype=np.int8).reshape(len(listed), width)


def _matrices(given: Any) -> np.ndarray | list[np.ndarray]:
    """(n, v, v), or a list of (v, v): true where there is an edge."""
    array = _array(given)
    if array is not None and array.ndim in (2, 3) and array.dtype.kind in NUMBERS:
        return _edges(array[None] if array.ndim == 2 else array)
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise HarnessError(f"an adjacency matrix is needed, not {given!r:.60}")
    found = [_array(one) for one in given]
    if any(one is None or one.ndim != 2 or one.dtype.kind not in NUMBERS for one in found):
        raise HarnessError("adjacency matrices are square, of 0 and 1; one of those given is not")
    return [_edges(one) for one in found if one is not None]


def _edges(array: np.ndarray) -> Bool[np.ndarray, "*n v v"]:
    if array.shape[-1] != array.shape[-2]:
        raise HarnessError(f"an adjacency matrix is square, not {array.shape[-2]} x {array.shape[-1]}")
    edges = array != 0
    if array.dtype.kind != "b" and (array != edges).any():
        raise HarnessError("an adjacency matrix holds 0 and 1 alone")
    return edges


def _operations(given: Any) -> np.ndarray | list[list[int]]:
    """(n, v), or lists: codes of operations."""
    array = _array(given)
    if array is not None and array.dtype.kind in "iu" and array.ndim in (1, 2):
        return array[None] if array.ndim == 1 else array
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise HarnessError(f"a list of operations is needed, not {given!r:.60}")
    listed = given.tolist() if isinstance(given, np.ndarray) else list(given)
    if listed and all(isinstance(op, str | int | np.integer) for op in listed):
        listed = [listed]
    try:
        return [[_code(op) for op in ops] for ops in listed]
    except TypeError:
        raise HarnessError(f"a list of operations is needed for each matrix, not {given!r:.60}") from None


def _code(op: Any) -> int:
    if isinstance(op, bool | np.bool_) or not isinstance(op, str | int | np.integer):
        raise HarnessError(f"{op!r:.60} is no operation of NAS-Bench-101: {', '.join(OP_NAMES)} are")
    return CODES.get(str(op), UNKNOWN) if isinstance(op, str) else int(op)


def _array(given: Any) -> np.ndarray | None:
    """As an array without the ways of `np.matrix`; None for what numpy makes none of."""
    try:
        return np.asarray(given)
    except (ValueError, TypeError):  # lists of several lengths
        return None
