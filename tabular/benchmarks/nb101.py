"""NAS-Bench-101: all 423,624 cells on CIFAR-10, three trainings each (Ying et al., ICML 2019).

`run0` is the test accuracy of the first training alone, from a small file that somebody else publishes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Int

from tabular.benchmark import Table
from tabular.data.doctor import Check, best_is, rank_correlation
from tabular.data.source import Download, Source
from tabular.data.tables import require_table
from tabular.errors import HarnessError
from tabular.protocols.nb101 import PROTOCOLS
from tabular.sources import nb101_run0
from tabular.sources.nasbench101 import convert
from tabular.spaces.nb101 import NB101Space
from tabular.spaces.nb101_hashes import all_hashes

__all__ = [
    "DATASETS",
    "DEFAULT_PROTOCOL",
    "PROTOCOLS",
    "SOURCES",
    "examine",
    "load",
    "rows_of_hashes",
    "space",
]

DATASETS = ("cifar10", "run0")
DEFAULT_PROTOCOL = "nb101-150q"
ADDRESS = "https://storage.googleapis.com/nasbench"
SHA256 = {
    "nasbench_only108.tfrecord": "4c39c3936e36a85269881d659e44e61a245babcb72cb374eacacf75d0e5f4fd1",
    "nasbench_full.tfrecord": "3d64db8180fb1b0207212f9032205064312b6907a3bbc81eabea10db2f5c7e9c",
}


def _source(file: str, about: str, size: str) -> Source:
    return Source(
        name="nb101",
        pattern=file,
        about=about,
        licence="Apache-2.0",
        convert=convert,
        kinds=("tfrecord",),
        page="https://github.com/google-research/nasbench",
        downloads=(Download(file, f"{ADDRESS}/{file}", SHA256[file]),),
        sha256=SHA256[file],
        size=size,
    )


OFFICIAL = (
    _source("nasbench_only108.tfrecord", "the 108-epoch trainings, with their half-way values", "499 MB"),
    _source("nasbench_full.tfrecord", "the trainings of 4, 12, 36 and 108 epochs", "1.95 GB"),
)
SOURCES = (*OFFICIAL, nb101_run0.SOURCE)
BEST_VALID, BEST_TEST = 95.0554, 94.3176
"""Published: best means over the three trainings (%)."""
BEST_RUN0 = (94.66145634651184, "0x10ca63:22221")
"""Measured on the published file: best accuracy (%), and its cell."""
CHECKED, HEX_DIGITS = 200, 32


def space(dataset: str) -> NB101Space:
    """All cells."""
    return NB101Space()


def load(dataset: str) -> Table:
    """The table as imported: from either official file, or of one test accuracy per cell."""
    origin = (nb101_run0.SOURCE,) if dataset == "run0" else OFFICIAL
    columns, passport = require_table(f"nb101:{dataset}", origin)
    return Table(
        name=f"nb101:{dataset}",
        space=space(dataset),
        digest=passport["digest"],
        epochs=108,
        columns=columns,
        passport=passport,
    )


def rows_of_hashes(table: Table, hashes: Sequence[str]) -> Int[np.ndarray, " n"]:
    """Rows of cells by the official API's module hashes (32 hex digits each).

    Raises `HarnessError` for a hash that the table does not have.
    """
    if any(len(each) != HEX_DIGITS or set(each) - set("0123456789abcdef") for each in hashes):
        raise HarnessError(f"a module hash has {HEX_DIGITS} hex digits")
    recorded = table.columns["hash"] if "hash" in table.columns else all_hashes()
    known = np.ascontiguousarray(recorded).view("S16").ravel()
    wanted = np.frombuffer(bytes.fromhex("".join(hashes)), dtype="S16")
    order = np.argsort(known)
    found = order[np.minimum(np.searchsorted(known, wanted, sorter=order), len(known) - 1)]
    missing = np.flatnonzero(known[found] != wanted)
    if len(missing):
        raise HarnessError(f"no cell of NAS-Bench-101 has the module hash {hashes[missing[0]]}")
    return found


def examine(table: Table) -> Iterator[Check]:
    """Facts every copy of the benchmark must show; of a part of it, what that part can show."""
    return _run0(table) if table.name.endswith(":run0") else _official(table)


def _run0(table: Table) -> Iterator[Check]:
    yield best_is(table, "test", 108, *BEST_RUN0)
    missing = int(np.isnan(table.columns["test@108"]).sum())
    yield Check(
        "one training of every cell", not missing, f"{missing} of {table.space.size} missing", gaps=True
    )
    params = table.space.complexity(table.space.all(), "params")
    together = rank_correlation(table.columns["test@108"][:, 0], params)
    good = abs(together - nb101_run0.WITH_PARAMETERS) < 5e-6
    yield Check("accuracies go with parameters", good, f"rank correlation {together:.5f}")


def _official(table: Table) -> Iterator[Check]:
    for split, published in (("valid", BEST_VALID), ("test", BEST_TEST)):
        if table.has(split, 108):
            yield best_is(table, split, 108, published)
    if table.has("valid", 108):
        missing = int(np.isnan(table.columns["valid@108"]).sum())
        found = f"{missing} of {3 * table.space.size} missing"
        yield Check("three trainings of every cell", not missing, found, gaps=True)
    known = np.flatnonzero(~np.isnan(table.columns["params"]))
    if not len(known):
        return
    cells = table.space.all()
    off = np.abs(table.columns["params"][known] - table.space.complexity(cells[known], "params")).max()
    found = f"largest difference {1e6 * off:.1f} parameters in {len(known)} cells"
    yield Check("recorded parameters are those of the network", bool(off < 1e-6), found)
    drawn = np.random.default_rng(0).choice(known, min(CHECKED, len(known)), replace=False)
    assert isinstance(table.space, NB101Space)
    computed = table.space.module_hash(cells[drawn])
    recorded = [bytes(row).hex() for row in table.columns["hash"][drawn]]
    same = sum(one == other for one, other in zip(computed, recorded, strict=True))
    yield Check("module hashes are the cells'", same == len(drawn), f"{same} of {len(drawn)} drawn")
