"""Benchmarks: what is known about a space's architectures. Methods never see one; the oracle does.

A `Table` holds recorded trainings of every architecture of a space that can be listed. A `Surrogate`
computes its answers, and so has neither an optimum nor replicates.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import final

import numpy as np
from jaxtyping import Float

from tabular.cells import Cells
from tabular.data.tables import read_table
from tabular.errors import HarnessError, unknown
from tabular.quantity import ACCURACY, Quantity
from tabular.space import EnumerableSpace, SearchSpace
from tabular.table_file import Columns

Evaluate = Callable[[Cells, int], tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]]


class Benchmark(ABC):
    """A search space with accuracies and training times by split and epochs."""

    name: str
    """Full name, for example `nb201:cifar10`."""
    space: SearchSpace
    digest: str
    """sha256 (hex) of the content: runs on different contents never meet."""
    epochs: int
    """Length in epochs of the full schedule."""
    passport: dict[str, str]
    """Where the data come from: source, checksum, licence; `note` is printed under every table."""
    quantity: Quantity = ACCURACY
    """What its numbers are, where they are called accuracies here and elsewhere."""

    @property
    @abstractmethod
    def recorded(self) -> list[str]:
        """Names of what there is, such as `valid@200` and `seconds@200`, for messages and lists."""

    @abstractmethod
    def has(self, split: str, epochs: int) -> bool:
        """Whether there is anything of a split (or `seconds`) at a schedule."""

    @abstractmethod
    def accuracy(self, cells: Cells, split: str, epochs: int) -> Float[np.ndarray, "n replicates"]:
        """Accuracy (fraction) of every replicate; NaN where there is none.

        Here and below `HarnessError`, with all there is, for a split or schedule without anything: see `has`.
        """

    @abstractmethod
    def seconds(self, cells: Cells, epochs: int) -> Float[np.ndarray, "n replicates"]:
        """Training time (s) of every replicate; NaN where there is none."""

    @abstractmethod
    def best(self, split: str, epochs: int) -> float | None:
        """Best mean over replicates (fraction) of all architectures; None where nobody knows it."""

    @final
    def check_has(self, split: str, epochs: int) -> None:
        """Raises `HarnessError`, with all there is, unless there is anything of a split at a schedule."""
        if not self.has(split, epochs):
            there = [name for name in self.recorded if "@" in name and not name.startswith("curve:")]
            raise HarnessError(f"{self.name}: {unknown('column', f'{split}@{epochs}', there)}")

    @final
    def mean(self, cells: Cells, split: str, epochs: int) -> Float[np.ndarray, " n"]:
        """Mean over replicates of the accuracy (fraction); NaN where there is none."""
        return mean_recorded(self.accuracy(cells, split, epochs))


@dataclass(frozen=True, eq=False)
class Table(Benchmark):
    """Recorded trainings of every architecture of a space that can be listed."""

    name: str
    space: EnumerableSpace
    digest: str
    epochs: int
    columns: Columns = field(repr=False)
    """As in `tabular.table_file`: `valid@200`, `seconds@200`, ... in key order of the space."""
    passport: dict[str, str] = field(repr=False)
    quantity: Quantity = ACCURACY

    @property
    def recorded(self) -> list[str]:
        return sorted(self.columns)

    def has(self, split: str, epochs: int) -> bool:
        return f"{split}@{epochs}" in self.columns

    def accuracy(self, cells: Cells, split: str, epochs: int) -> Float[np.ndarray, "n replicates"]:
        self.check_has(split, epochs)
        return self.columns[f"{split}@{epochs}"][self.space.keys(cells)].astype(np.float64)

    def seconds(self, cells: Cells, epochs: int) -> Float[np.ndarray, "n replicates"]:
        return self.accuracy(cells, "seconds", epochs)

    def knows_mean_alone(self, split: str, epochs: int) -> bool:
        """Whether a column holds means over several trainings (`means` of the passport), not trainings."""
        return f"{split}@{epochs}" in self.passport.get("means", "").split()

    def truth(self, split: str = "valid", epochs: int | None = None) -> Float[np.ndarray, " rows"]:
        """Mean over replicates for the whole table in key order; NaN where nothing is recorded."""
        epochs = self.epochs if epochs is None else epochs
        self.check_has(split, epochs)
        return mean_recorded(self.columns[f"{split}@{epochs}"])

    def curve(self, cells: Cells, split: str, epochs: int) -> Float[np.ndarray, "n replicates epochs"]:
        """Accuracy (fraction, float32) after every epoch of a schedule; NaN where it was not recorded.

        Curves lie in a table file of their own, read when they are first asked for. Raises `HarnessError`
        if the data at hand have no such curve.
        """
        name = f"curve:{split}@{epochs}"
        if name not in self._curves:
            known = ", ".join(sorted(self._curves)) or "no curves"
            raise HarnessError(f"{self.name} has no {name}; its data hold {known}")
        return self._curves[name][self.space.keys(cells)]

    @cached_property
    def _curves(self) -> Columns:
        inside = {name: column for name, column in self.columns.items() if name.startswith("curve:")}
        return inside or (read_table(f"{self.name}:curves") or ({}, {}))[0]

    @cached_property
    def optimum(self) -> float:
        """Best mean over replicates of the full schedule's validation accuracy (fraction)."""
        return float(np.nanmax(self.truth()))

    def best(self, split: str, epochs: int) -> float | None:
        truth = self.truth(split, epochs)
        return None if np.isnan(truth).all() else float(np.nanmax(truth))


@dataclass(frozen=True, eq=False)
class Surrogate(Benchmark):
    """Answers computed by a model of recorded trainings: one per architecture, without noise."""

    name: str
    space: SearchSpace
    digest: str
    epochs: int
    passport: dict[str, str] = field(repr=False)
    evaluate: Evaluate = field(repr=False)
    """Accuracy (fraction) and training time (s; NaN if unknown) of architectures after some epochs."""
    shortest: int = 0
    """Fewest epochs it can answer for; 0 if the full schedule only."""
    quantity: Quantity = ACCURACY

    @property
    def recorded(self) -> list[str]:
        schedules = f"{self.shortest}..{self.epochs}" if self.shortest else f"{self.epochs}"
        return [f"seconds@{schedules}", f"valid@{schedules}"]

    def has(self, split: str, epochs: int) -> bool:
        first = self.shortest or self.epochs
        return split in ("valid", "seconds") and first <= epochs <= self.epochs

    def accuracy(self, cells: Cells, split: str, epochs: int) -> Float[np.ndarray, "n 1"]:
        return self._computed(cells, split, epochs, 0)

    def seconds(self, cells: Cells, epochs: int) -> Float[np.ndarray, "n 1"]:
        return self._computed(cells, "seconds", epochs, 1)

    def best(self, split: str, epochs: int) -> float | None:
        self.check_has(split, epochs)
        return None

    def _computed(self, cells: Cells, split: str, epochs: int, output: int) -> Float[np.ndarray, "n 1"]:
        self.check_has(split, epochs)
        return self.evaluate(cells, epochs)[output][:, None]


@dataclass(frozen=True, eq=False)
class Unlabelled(Benchmark):
    """A search space whose data are not at hand: enough to learn and measure what needs no label."""

    name: str
    space: SearchSpace
    epochs: int = 1
    passport: dict[str, str] = field(
        default_factory=lambda: {"note": "No label of it is at hand."}, repr=False
    )

    @property
    def digest(self) -> str:  # type: ignore[override]
        return f"unlabelled-{self.space.digest}"

    @property
    def recorded(self) -> list[str]:
        return []

    def has(self, split: str, epochs: int) -> bool:
        return False

    def accuracy(self, cells: Cells, split: str, epochs: int) -> Float[np.ndarray, "n 1"]:
        raise self._no_labels()

    def seconds(self, cells: Cells, epochs: int) -> Float[np.ndarray, "n 1"]:
        raise self._no_labels()

    def best(self, split: str, epochs: int) -> float | None:
        return None

    def _no_labels(self) -> HarnessError:
        return HarnessError(f"{self.name}: no label of it is at hand; harness data list says how to get them")


def mean_recorded(values: Float[np.ndarray, "n replicates"]) -> Float[np.ndarray, " n"]:
    """Row means (float64) over the replicates that exist; NaN where none does."""
    present = ~np.isnan(values)
    count = present.sum(axis=1)
    total = np.where(present, values, 0.0).sum(axis=1, dtype=np.float64)
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
