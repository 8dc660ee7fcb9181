"""The oracle: the metered view of a benchmark under a protocol, and the only road to a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from tabular.benchmark import Benchmark, mean_recorded
from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.protocol import Protocol


@dataclass(frozen=True, eq=False)
class Observations:
    """What was asked and answered, in query order. All a method ever learns about labels."""

    cells: Cells
    keys: Int[np.ndarray, " n"]
    """The space's key of every architecture."""
    accuracy: Float[np.ndarray, " n"]
    """Validation accuracy seen (fraction)."""
    cost: Float[np.ndarray, " n"]
    """Simulated training seconds charged; 0 for a free repeat."""
    repeated: Bool[np.ndarray, " n"]
    """True where the answer was already in the ledger."""
    epochs: Int[np.ndarray, " n"] | None = None
    """Schedule each answer is from; None stands for one schedule throughout."""

    def __len__(self) -> int:
        return len(self.keys)

    def distinct(self) -> Observations:
        """The same without repeats: every paid label once. Another schedule is another label."""
        return self._where(~self.repeated)

    def at(self, epochs: int) -> Observations:
        """The answers from the schedule of that many epochs."""
        return self if self.epochs is None else self._where(self.epochs == epochs)

    def _where(self, rows: Bool[np.ndarray, " n"]) -> Observations:
        return Observations(
            self.cells[rows],
            self.keys[rows],
            self.accuracy[rows],
            self.cost[rows],
            self.repeated[rows],
            None if self.epochs is None else self.epochs[rows],
        )


class Entry(NamedTuple):
    """One line of the ledger."""

    key: int
    answer: int
    """Key of the row whose label answers: the same row, or the one of its class that was paid for."""
    repeated: bool
    charged: bool
    epochs: int
    purpose: str


class Oracle:
    """Answers queries for one run, charges them, refuses past the budget and keeps the ledger."""

    def __init__(
        self, benchmark: Benchmark, protocol: Protocol, budget: int, noise: np.random.Generator
    ) -> None:
        """`budget` counts queries at the full schedule.

        `noise` must depend on benchmark and seed only: all methods at a seed see the same labels. Those of
        the full schedule are drawn first, and so do not depend on which shorter ones a protocol has.
        """
        self._space = benchmark.space
        self._protocol = protocol
        self._answers = {
            epochs: answers(benchmark, protocol, noise, epochs)
            for epochs in (protocol.epochs, *protocol.fidelities)
        }
        self._epochs_left = budget * protocol.epochs  # whole epochs: fractions of a query never drift
        self._answered: dict[tuple[int, int], int] = {}  # identity, epochs -> key of the row paid for
        self._cells: list[Cells] = []
        self._ledger: list[Entry] = []

    @property
    def remaining(self) -> float:
        """What is left of the budget, in queries at the full schedule."""
        return self._epochs_left / self._protocol.epochs

    def affordable(self, epochs: int) -> int:
        """Queries at a schedule that what is left of the budget covers."""
        return self._epochs_left // epochs

    def identity(self, cells: Cells) -> Int[np.ndarray, " n"]:
        """One integer per architecture as the protocol tells them apart (row or isomorphism class)."""
        by_class = self._protocol.same == "class"
        return self._space.canonical(cells) if by_class else self._space.keys(cells)

    def is_known(self, cells: Cells, epochs: int | None = None) -> Bool[np.ndarray, " n"]:
        """True where the ledger already holds the architecture at a schedule (default: the full one)."""
        epochs = epochs or self._protocol.epochs
        return np.array(
            [(key, epochs) in self._answered for key in self.identity(cells).tolist()], dtype=bool
        )

    def query(self, cells: Cells, purpose: str, epochs: int | None = None) -> None:
        """Pay for the given architectures in order and enter them in the ledger (`observed`).

        `epochs` is one of the protocol's schedules (default: the full one); a query at a shorter one is
        charged that share of a query. An architecture at another schedule is a new label, at the same
        schedule a repeat. Raises `HarnessError` if there is no such schedule, a cell is outside the space
        or the budget does not cover the batch; the ledger is then unchanged.
        """
        epochs = epochs or self._protocol.epochs
        if epochs not in self._answers:
            raise HarnessError(f"{epochs} epochs are no schedule of {self._protocol.name}")
        keys = self._space.keys(cells).tolist()
        answered = dict(self._answered)
        entries = []
        for key, identity in zip(keys, self.identity(cells).tolist(), strict=True):
            repeated = (identity, epochs) in answered
            charged = not repeated or self._protocol.repeats == "charged"
            # A repeat gets the answer already paid for, also where it is another row of the same class.
            answer = answered.setdefault((identity, epochs), key)
            entries.append(Entry(key, answer, repeated, charged, epochs, purpose))
        price = epochs * sum(entry.charged for entry in entries)
        if price > self._epochs_left:
            asked = price / self._protocol.epochs
            raise HarnessError(f"{asked:g} queries asked with {self.remaining:g} left in the budget")
        self._answered = answered
        self._epochs_left -= price
        self._ledger += entries
        if len(cells):
            self._cells.append(cells)

    @property
    def observed(self) -> Observations:
        """Everything answered so far, in query order."""
        keys = np.array([entry.key for entry in self._ledger], dtype=np.int64)
        answer = np.array([entry.answer for entry in self._ledger], dtype=np.int64)
        repeated = np.array([entry.repeated for entry in self._ledger], dtype=bool)
        epochs = np.array([entry.epochs for entry in self._ledger], dtype=np.int64)
        cells = Cells.concatenate([Cells.none(self._space.vertices), *self._cells])
        accuracy, seconds = np.empty(len(keys)), np.empty(len(keys))
        for schedule, (every_accuracy, every_seconds) in self._answers.items():
            rows = epochs == schedule
            accuracy[rows], seconds[rows] = every_accuracy[answer[rows]], every_seconds[answer[rows]]
        return Observations(cells, keys, accuracy, np.where(self.charged, seconds, 0.0), repeated, epochs)

    @property
    def charged(self) -> Bool[np.ndarray, " n"]:
        """True for the ledger's entries that were paid for."""
        return np.array([entry.charged for entry in self._ledger], dtype=bool)

    @property
    def purposes(self) -> list[str]:
        """Why each entry was queried: `initial`, `search` or `fallback`."""
        return [entry.purpose for entry in self._ledger]


def refuse_gaps(benchmark: Benchmark, protocol: Protocol, epochs: int) -> None:
    """`HarnessError` where an architecture of the table has no replicate at all at a schedule."""
    accuracy = benchmark.columns[f"{protocol.split}@{epochs}"]
    missing = int(np.isnan(accuracy).all(axis=1).sum())
    if missing:
        raise HarnessError(
            f"{benchmark.name} has no {protocol.split}@{epochs} of {missing} architectures out of "
            f"{len(accuracy)}, so {protocol.name} cannot answer every query"
        )


def answers(
    benchmark: Benchmark, protocol: Protocol, noise: np.random.Generator, epochs: int | None = None
) -> tuple[Float[np.ndarray, " rows"], Float[np.ndarray, " rows"]]:
    """What every architecture of the table would answer under the protocol: accuracy and seconds.

    `epochs` is the schedule (default: the full one). Under `replicate=one` the replicate of each row is
    drawn from `noise` in key order, before any query, so that answers do not depend on what a method
    asks or when.
    """
    epochs = epochs or protocol.epochs
    accuracy = benchmark.columns[f"{protocol.split}@{epochs}"]
    seconds = benchmark.columns[f"seconds@{epochs}"]
    refuse_gaps(benchmark, protocol, epochs)
    if protocol.replicate == "mean":
        return mean_recorded(accuracy), np.nansum(seconds, axis=1)
    present = ~np.isnan(accuracy)
    rank = np.floor(noise.random(len(accuracy)) * present.sum(axis=1)).astype(int)
    # the rank-th recorded replicate of each row, wherever the gaps are
    chosen = np.argmax(np.cumsum(present, axis=1) == rank[:, None] + 1, axis=1)
    rows = np.arange(len(accuracy))
    return accuracy[rows, chosen], seconds[rows, chosen]
