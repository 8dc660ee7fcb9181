"""What the two benchmarks of TransNAS-Bench-101 share: sources and facts (Duan et al., CVPR 2021)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tabular.benchmark import Table
from tabular.data.doctor import Check
from tabular.data.source import Convert, Source
from tabular.data.tables import require_table
from tabular.sources.transnas import TASKS
from tabular.space import EnumerableSpace

PAGE = "https://github.com/yawen-d/TransNASBench"
NOTE = (
    "Metrics: accuracy for class_object, class_scene, jigsaw and segmentsemantic; structural similarity for "
    "autoencoder and normal; negative loss for room_layout. All are shown times 100."
)


def sources(name: str, convert: Convert) -> tuple[Source, ...]:
    """The authors' file, and a parquet table of final results."""
    return (
        Source(
            name=name,
            pattern="transnas-bench_v*.pth",
            about="the authors' file: every epoch, validation and test, seven tasks (both spaces are in it)",
            licence="MIT",
            convert=convert,
            page=PAGE,
            note=NOTE,
            bounded=False,
        ),
        Source(
            name=name,
            pattern="*.parquet",
            about="a table of final validation metrics, schema in tabular/sources/transnas.py",
            licence="Apache-2.0 (as in NASLib)",
            convert=convert,
            page="made by whoever has it",
            note=NOTE,
            bounded=False,
        ),
    )


def load(name: str, space: EnumerableSpace, origin: tuple[Source, ...]) -> Table:
    """The table of `family:task` as imported."""
    columns, passport = require_table(name, origin)
    epochs = TASKS[name.partition(":")[2]][2]
    return Table(name, space, passport["digest"], epochs, columns, passport)


def examine(table: Table) -> Iterator[Check]:
    """No gaps, and values in the range of the task's metric."""
    task = table.name.partition(":")[2]
    values = table.truth("valid", table.epochs)
    missing = int(np.isnan(values).sum())
    yield Check("every architecture has a result", not missing, f"{missing} of {len(values)} missing")
    low, high = (-np.inf, 0.0) if task == "room_layout" else (-1.0, 1.0)
    inside = bool(((values >= low) & (values <= high)).all())
    yield Check(
        f"the metric lies in [{low:g}, {high:g}]", inside, f"{values.min():.4f} .. {values.max():.4f}"
    )
