"""NAS-Bench-101, a sample of 30,001 cells with all four schedules (Ying et al., ICML 2019; nasbench-vis).

A cell outside the sample (decoded, mutated) is matched to the nearest one in it that was not asked yet, by
the method's representation; that is counted. Test accuracies are those of `nb101:run0`, where that is here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from tabular.benchmark import Table
from tabular.data.doctor import Check, best_is, rank_correlation
from tabular.data.tables import read_table, require_table
from tabular.protocols.nb101 import SAMPLE as PROTOCOLS
from tabular.sources import nb101_run0
from tabular.sources.nb101_30k import SCHEDULES, SOURCE, TABLE
from tabular.spaces.nb101 import NB101Space
from tabular.spaces.pool import PoolSpace
from tabular.table_file import digest

__all__ = ["DATASETS", "DEFAULT_PROTOCOL", "PROTOCOLS", "SOURCES", "examine", "load", "space"]

DATASETS = ("cifar10",)
DEFAULT_PROTOCOL = PROTOCOLS[0].name
SOURCES = (SOURCE,)
JOINED = "Test accuracies are of the first of the three trainings (nb101-run0)."
ALONE = "Test accuracies are joined where nb101-run0 is imported too (3.4 MB)."
CELLS = 30_001
BEST_VALID = (94.91186141967773, "0x10e625:23212")
"""Measured on the published files: best accuracy (%) after 108 epochs, and its cell."""
WITH_TEST = 0.97076
"""Measured on them: Spearman's correlation of validation and (first) test accuracies after 108 epochs."""


def space(dataset: str) -> NB101Space:
    """The whole space that the sample is taken from."""
    return NB101Space()


def load(dataset: str) -> Table:
    """The sample as imported; the digest is of all columns, so with the test accuracies it is another."""
    columns, passport = require_table(TABLE, SOURCES)
    whole = space(dataset)
    pool = PoolSpace("nb101-30k", whole, whole.all()[columns["row"]])
    test = read_table(nb101_run0.TABLE)
    if test is None:
        noted = {**passport, "note": f"{passport['note']} {ALONE}"}
        return Table(TABLE, pool, passport["digest"], 108, columns, noted)
    joined = {**columns, "test@108": test[0]["test@108"][columns["row"]]}
    joined["test@108"].setflags(write=False)  # shared by all runs of a process
    marked = f" {test[1]['note']}" if "UNVERIFIED" in test[1]["note"] else ""
    noted = {**passport, "note": f"{passport['note']} {JOINED}{marked}"}
    return Table(TABLE, pool, digest(joined), 108, joined, noted)


def examine(table: Table) -> Iterator[Check]:
    """Facts every copy of the sample must show."""
    size = table.space.size
    yield Check("30,001 cells", size == CELLS, f"{size:,} cells", gaps=True)
    yield best_is(table, "valid", 108, *BEST_VALID)
    off = table.columns["params"] - table.space.complexity(table.space.all(), "params")
    same = int((np.round(1e6 * off) == 0).sum())
    yield Check("recorded parameters are those of the network", same == size, f"{same:,} of {size:,}")
    means = [100 * table.truth("valid", epochs).mean() for epochs in SCHEDULES]
    rising = all(short < long for short, long in pairwise(means))
    yield Check("accuracy rises with epochs", rising, ", ".join(f"{mean:.2f}" for mean in means) + " %")
    if table.has("test", 108):
        together = rank_correlation(table.truth("valid", 108), table.truth("test", 108))
        found = f"rank correlation {together:.4f}"
        yield Check("best of three goes with the first test", abs(together - WITH_TEST) < 5e-5, found)
