"""NAS-Bench-Graph: graph neural networks on nine graph datasets (Qin et al., NeurIPS 2022).

Comes with the PyPI package `nas-bench-graph` (extra `graph`). On proteins only 2,021 of the 26,206
architectures were trained; they form a pool.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tabular.benchmark import Table
from tabular.data.doctor import Check
from tabular.protocols.nas_bench_graph import PROTOCOLS
from tabular.quantity import ACCURACY, Quantity
from tabular.sources.nas_bench_graph import DATASETS, nas_bench_graph_table
from tabular.space import EnumerableSpace
from tabular.spaces.nas_bench_graph import NASBenchGraphSpace
from tabular.spaces.pool import PoolSpace

__all__ = ["DATASETS", "DEFAULT_PROTOCOL", "PROTOCOLS", "examine", "load", "space"]

DEFAULT_PROTOCOL = PROTOCOLS[0].name
ROC_AUC = Quantity("ROC-AUC", "ROC-AUCs")


def space(dataset: str) -> NASBenchGraphSpace:
    """All architectures, also where only a pool of them was trained."""
    return NASBenchGraphSpace()


def load(dataset: str) -> Table:
    """One dataset from the installed wheel."""
    columns, passport = nas_bench_graph_table(dataset)
    known: EnumerableSpace = space(dataset)
    trained = np.flatnonzero(~np.isnan(columns["valid@1"][:, 0]))
    if len(trained) < known.size:
        known = PoolSpace(f"nas-bench-graph-{dataset}", known, known.all()[trained])
        columns = {name: values[trained] for name, values in columns.items()}
    for column in columns.values():
        column.setflags(write=False)  # shared by all runs of a process
    quantity = ROC_AUC if dataset == "proteins" else ACCURACY
    return Table(f"nas-bench-graph:{dataset}", known, passport["digest"], 1, columns, passport, quantity)


def examine(table: Table) -> Iterator[Check]:
    """No gaps, and performances that are shares."""
    for split in ("valid", "test"):
        values = table.truth(split, 1)
        good = bool(((values > 0) & (values < 1)).all())
        yield Check(f"{split} lies in (0, 1)", good, f"{values.min():.4f} .. {values.max():.4f}")
