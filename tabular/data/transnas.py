"""What the two benchmarks of TransNAS-Bench-101 share: sources and facts (Duan et al., CVPR 2021)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from tabular.benchmark import Table
from tabular.data.doctor import Check, best_is, mean_is
from tabular.data.source import Convert, Source
from tabular.data.tables import require_table
from tabular.quantity import ACCURACY, Quantity
from tabular.sources.transnas import TASKS
from tabular.space import EnumerableSpace

PAGE = "https://github.com/yawen-d/TransNASBench"
NOTE = (
    "Metrics: accuracy for class_object, class_scene, jigsaw and segmentsemantic; structural similarity for "
    "autoencoder and normal; negative loss for room_layout. All are shown times 100."
)


FACTS: Mapping[str, Mapping[str, tuple[float, str, float]]] = {
    "transnas-micro": {
        "class_object": (45.586185, "313113", 38.96521),
        "class_scene": (54.936306, "332132", 44.93717),
        "jigsaw": (95.372215, "330132", 76.5683),
        "room_layout": (-0.6009988, "311133", -0.7486953),
        "segmentsemantic": (94.61252, "313022", 93.72607),
        "autoencoder": (0.5772307, "120310", 0.4408068),
        "normal": (0.5872865, "130123", 0.5121534),
    },
    "transnas-macro": {
        "class_object": (47.422375, "22231", 43.43294),
        "class_scene": (57.414413, "224131", 52.88373),
        "jigsaw": (97.01931, "2243", 93.43154),
        "room_layout": (-0.5822262, "214313", -0.6708586),
        "segmentsemantic": (94.85845, "222133", 94.38611),
        "autoencoder": (0.748817, "221113", 0.5061879),
        "normal": (0.6435415, "224111", 0.5598082),
    },
}
"""Best validation metric of the last epoch (accuracies in %), its architecture, and the mean of all: measured
on the copy of the authors' file in NASLib's history (automl/NASLib), on all 4,096 and 3,256 architectures. A
second micro cell is as good on autoencoder."""
QUANTITIES = {
    "top1": ACCURACY,
    "acc": ACCURACY,
    "neg_loss": Quantity("negative loss", "negative losses", percent=False),
    "ssim": Quantity("structural similarity", "structural similarities", percent=False),
}
"""By metric of the authors' file."""


def sources(name: str, convert: Convert) -> tuple[Source, ...]:
    """The authors' file, and a parquet table of final results."""
    return (
        Source(
            name=name,
            pattern="transnas-bench_v*.pth",
            about="the authors' file: every epoch, validation and test, seven tasks (both spaces are in it)",
            licence="MIT",
            convert=convert,
            kinds=("torch",),
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
            kinds=("parquet",),
            page="made by whoever has it",
            note=NOTE,
            bounded=False,
        ),
    )


def load(name: str, space: EnumerableSpace, origin: tuple[Source, ...]) -> Table:
    """The table of `family:task` as imported."""
    columns, passport = require_table(name, origin)
    metric, _, epochs = TASKS[name.partition(":")[2]]
    return Table(name, space, passport["digest"], epochs, columns, passport, QUANTITIES[metric])


def examine(table: Table) -> Iterator[Check]:
    """The best of the task, its architecture, the mean, no gaps, and values in the range of the metric."""
    family, _, task = table.name.partition(":")
    values = table.truth("valid", table.epochs)
    best, where, mean = FACTS[family][task]
    yield best_is(table, "valid", table.epochs, best, where)
    yield mean_is(table, "valid", table.epochs, mean)
    missing = int(np.isnan(values).sum())
    what = "every architecture has a result"
    yield Check(what, not missing, f"{missing} of {len(values)} missing", gaps=True)
    low, high = (-np.inf, 0.0) if task == "room_layout" else (-1.0, 1.0)
    known = values[~np.isnan(values)]
    inside = bool(((known >= low) & (known <= high)).all())
    yield Check(f"the metric lies in [{low:g}, {high:g}]", inside, f"{known.min():.4f} .. {known.max():.4f}")
