"""NAS-Bench-201's official records (NATS-Bench and NAS-Bench-201 v1.1 keep the same) as columns.

A record holds, per schedule (12 and 200 epochs) and per training (dataset and seed), the accuracies (%) of
every epoch by split and the seconds of every epoch. CIFAR-10 was trained twice: on half of the training
images ("cifar10-valid", judged on the other half) and on all of them ("cifar10", judged on the test
images alone).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tabular.errors import HarnessError
from tabular.spaces.cell4_forms import official_digits
from tabular.spaces.nb201 import EDGE_OPS, POWERS
from tabular.table_file import Columns

CELLS, REPLICATES = 5**6, 3
SCHEDULES = ("12", "200")
# Per dataset: our split, the training it is from, and the name of the images it was judged on there.
SPLITS = {
    "cifar10": (
        ("valid", "cifar10-valid", "x-valid"),
        ("half-test", "cifar10-valid", "ori-test"),
        ("test", "cifar10", "ori-test"),
    ),
    "cifar100": (
        ("valid", "cifar100", "x-valid"),
        ("test", "cifar100", "x-test"),
        ("ori-test", "cifar100", "ori-test"),
    ),
    "imagenet16-120": (
        ("valid", "ImageNet16-120", "x-valid"),
        ("test", "ImageNet16-120", "x-test"),
        ("ori-test", "ImageNet16-120", "ori-test"),
    ),
}
Trainings = Mapping[tuple[str, int], Mapping[str, Any]]


def official_key(text: str) -> int:
    """Key of a cell in the authors' form, `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`.

    Raises `HarnessError` for anything else.
    """
    digits = official_digits(text, EDGE_OPS)
    if digits is None:
        raise HarnessError(f"'{text}' is no NAS-Bench-201 cell")
    return int(digits @ POWERS)


class Recorder:
    """Columns of the three datasets, filled record by record; memory does not grow with the records."""

    def __init__(self) -> None:
        self._columns: dict[str, Columns] = {dataset: {} for dataset in SPLITS}
        self._curves: dict[str, Columns] = {dataset: {} for dataset in SPLITS}
        self._known = np.zeros(CELLS, dtype=bool)

    def enter(self, name: str, text: str, schedules: Mapping[str, Mapping[str, Any]]) -> None:
        """One architecture: its official text and, by schedule, what was recorded.

        Raises `HarnessError`, naming the record, if it is not of this form or comes twice.
        """
        row = official_key(text)
        if self._known[row]:
            raise HarnessError(f"{name}: {text} is in the data twice")
        self._known[row] = True
        try:
            for epochs in SCHEDULES:
                trainings: Trainings = schedules[epochs]["all_results"]
                for dataset in SPLITS:
                    self._enter_dataset(row, dataset, int(epochs), trainings)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as problem:
            raise HarnessError(f"{name} is no record of NAS-Bench-201: {problem!r}") from None

    def tables(self) -> dict[str, Columns]:
        """`nb201:<dataset>` and, in tables of their own, the learning curves."""
        found = {}
        for dataset in SPLITS:
            found[f"nb201:{dataset}"] = {n: _trimmed(c) for n, c in self._columns[dataset].items()}
            found[f"nb201:{dataset}:curves"] = {n: _trimmed(c) for n, c in self._curves[dataset].items()}
        return found

    def _enter_dataset(self, row: int, dataset: str, epochs: int, trainings: Trainings) -> None:
        for split, training, images in SPLITS[dataset]:
            runs = [trainings[key] for key in sorted(trainings) if key[0] == training]
            for replicate, run in enumerate(runs):
                accuracies = run["eval_acc1es"]
                every = [accuracies.get(f"{images}@{epoch}", np.nan) for epoch in range(epochs)]
                self._put(dataset, f"{split}@{epochs}", row, replicate, every[-1] / 100)
                if not np.isnan(every).any():
                    self._put_curve(dataset, f"curve:{split}@{epochs}", row, replicate, every)
                if split in ("valid", "test"):  # CIFAR-10's test is from trainings of their own
                    spent = sum(run["train_times"].values())
                    column = f"seconds@{epochs}" if split == "valid" else f"seconds:test@{epochs}"
                    if split == "valid" or dataset == "cifar10":
                        self._put(dataset, column, row, replicate, spent)
                if split == "valid":
                    learnt = [run["train_acc1es"][epoch] for epoch in range(epochs)]
                    self._put(dataset, f"train@{epochs}", row, replicate, learnt[-1] / 100)
                    self._put_curve(dataset, f"curve:train@{epochs}", row, replicate, learnt)

    def _put(self, dataset: str, column: str, row: int, replicate: int, value: float) -> None:
        columns = self._columns[dataset]
        if column not in columns:
            columns[column] = np.full((CELLS, REPLICATES), np.nan)
        columns[column][row, replicate] = value

    def _put_curve(self, dataset: str, column: str, row: int, replicate: int, values: list[float]) -> None:
        """Curves are rounded to float32, final values are not."""
        columns = self._curves[dataset]
        if column not in columns:
            columns[column] = np.full((CELLS, REPLICATES, len(values)), np.nan, dtype=np.float32)
        columns[column][row, replicate] = np.asarray(values) / 100


def _trimmed(column: np.ndarray) -> np.ndarray:
    """Without replicates that no architecture has."""
    axes = tuple(axis for axis in range(column.ndim) if axis != 1)
    there = np.flatnonzero(~np.isnan(column).all(axis=axes))
    return column[:, : there.max() + 1] if len(there) else column[:, :1]
