"""What every architecture would answer in one run: a protocol's replicate rule applied to a benchmark."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from jaxtyping import Float, Int

from tabular.benchmark import Benchmark, Table, mean_recorded
from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.protocol import Protocol

Values = Float[np.ndarray, " n"]


class Answers(ABC):
    """The labels of one run at one schedule, whatever is asked and when."""

    @abstractmethod
    def of(self, cells: Cells, keys: Int[np.ndarray, " n"]) -> tuple[Values, Values]:
        """Accuracy (fraction) and training time (s; NaN if unknown) of architectures."""


class Recorded(Answers):
    """Drawn once from a table, before any query."""

    def __init__(self, accuracy: Values, seconds: Values) -> None:
        self._accuracy, self._seconds = accuracy, seconds

    def of(self, cells: Cells, keys: Int[np.ndarray, " n"]) -> tuple[Values, Values]:
        return self._accuracy[keys], self._seconds[keys]


class Computed(Answers):
    """A surrogate's: one answer per architecture, whatever the replicate rule."""

    def __init__(self, benchmark: Benchmark, protocol: Protocol, epochs: int) -> None:
        self._benchmark, self._protocol, self._epochs = benchmark, protocol, epochs

    def of(self, cells: Cells, keys: Int[np.ndarray, " n"]) -> tuple[Values, Values]:
        if not len(cells):
            return np.empty(0), np.empty(0)
        accuracy = self._benchmark.mean(cells, self._protocol.split, self._epochs)
        timed, share = self._protocol.timed(self._epochs)
        return accuracy, share * mean_recorded(self._benchmark.seconds(cells, timed))


def answers_of(benchmark: Benchmark, protocol: Protocol, noise: np.random.Generator, epochs: int) -> Answers:
    """The answers of a run at one of the protocol's schedules."""
    if isinstance(benchmark, Table):
        return Recorded(*answers(benchmark, protocol, noise, epochs))
    return Computed(benchmark, protocol, epochs)


def answers_by_schedule(
    benchmark: Benchmark, protocol: Protocol, noise: np.random.Generator
) -> dict[int, Answers]:
    """The answers of a run by epochs. Those of the full schedule are drawn first, and so do not depend on
    which shorter ones a protocol has."""
    return {
        epochs: answers_of(benchmark, protocol, noise, epochs)
        for epochs in (protocol.epochs, *protocol.fidelities)
    }


def answers(
    table: Table, protocol: Protocol, noise: np.random.Generator, epochs: int | None = None
) -> tuple[Float[np.ndarray, " rows"], Float[np.ndarray, " rows"]]:
    """What every architecture of the table would answer under the protocol: accuracy and seconds.

    `epochs` is the schedule (default: the full one). Where the replicate is drawn, it is drawn from
    `noise` for each row in key order, before any query, so that answers do not depend on what a method
    asks or when. Seconds are NaN where the table has none.
    """
    epochs = epochs or protocol.epochs
    refuse_gaps(table, protocol, epochs)
    accuracy = table.columns[f"{protocol.split}@{epochs}"]
    seconds = _seconds(table, protocol, epochs)
    if seconds.shape[1] == 1:  # the table knows one time for all replicates
        seconds = np.where(np.isnan(accuracy), np.nan, seconds)
    if protocol.replicate == "mean":
        spent = seconds.sum(axis=1, where=~np.isnan(accuracy), dtype=np.float64)
        return mean_recorded(accuracy), spent * _trainings_of_a_mean(table, protocol.split, epochs)
    present = ~np.isnan(accuracy)
    if protocol.replicate.startswith("fixed:"):
        chosen = np.full(len(accuracy), int(protocol.replicate.removeprefix("fixed:")))
    else:
        rank = np.floor(noise.random(len(accuracy)) * present.sum(axis=1)).astype(int)
        # the rank-th recorded replicate of each row, wherever the gaps are
        chosen = np.argmax(np.cumsum(present, axis=1) == rank[:, None] + 1, axis=1)
    rows = np.arange(len(accuracy))
    return accuracy[rows, chosen].astype(np.float64), seconds[rows, chosen].astype(np.float64)


def _seconds(table: Table, protocol: Protocol, epochs: int) -> Float[np.ndarray, "rows replicates"]:
    """What the trainings of the searched split take under the protocol; NaN where the table has no times."""
    timed, share = protocol.timed(epochs)
    names = (f"seconds:{protocol.split}@{timed}", f"seconds@{timed}")
    own, general = (table.columns.get(name) for name in names)
    found = general if own is None else own
    if found is None:
        return np.full((table.space.size, 1), np.nan)
    return found if share == 1 else share * found.astype(np.float64)


def _trainings_of_a_mean(table: Table, split: str, epochs: int) -> Float[np.ndarray, " rows"] | float:
    """How many trainings one number of a column stands for: one, unless the table knows their mean alone."""
    column = f"{split}@{epochs}"
    every = table.columns.get(f"valid@{epochs}")
    if not table.knows_mean_alone(split, epochs) or every is None or column == f"valid@{epochs}":
        return 1.0
    return (~np.isnan(every)).sum(axis=1).astype(np.float64)


def refuse_gaps(table: Table, protocol: Protocol, epochs: int) -> None:
    """`HarnessError` where an architecture of the table cannot be answered at a schedule."""
    accuracy = table.columns[f"{protocol.split}@{epochs}"]
    wanted = accuracy
    if protocol.replicate.startswith("fixed:"):
        index = int(protocol.replicate.removeprefix("fixed:"))
        wanted = accuracy[:, index : index + 1]
    missing = int(np.isnan(wanted).all(axis=1).sum())
    if missing:
        raise HarnessError(
            f"{table.name} has no {protocol.split}@{epochs} of {missing} architectures out of "
            f"{len(accuracy)}, so {protocol.name} cannot answer every query"
        )
    if protocol.unit == "seconds":
        unpaid = int(np.isnan(_seconds(table, protocol, epochs)).all(axis=1).sum())
        if unpaid:
            raise HarnessError(
                f"{table.name} has no training time at {epochs} epochs of {unpaid} architectures, so "
                f"{protocol.name} cannot charge every query"
            )
