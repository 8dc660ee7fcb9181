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
    """Simulated training seconds charged; 0 for a repeat."""
    repeated: Bool[np.ndarray, " n"]
    """True where the answer was already in the ledger."""

    def __len__(self) -> int:
        return len(self.keys)

    def distinct(self) -> Observations:
        """The same without repeats: every paid label once."""
        first = ~self.repeated
        return Observations(
            self.cells[first],
            self.keys[first],
            self.accuracy[first],
            self.cost[first],
            self.repeated[first],
        )


class Entry(NamedTuple):
    """One line of the ledger."""

    key: int
    answer: int
    """Key of the row whose label answers: the same row, or the one of its class that was paid for."""
    repeated: bool
    charged: bool
    purpose: str


class Oracle:
    """Answers queries for one run, charges them, refuses past the budget and keeps the ledger."""

    def __init__(
        self, benchmark: Benchmark, protocol: Protocol, budget: int, noise: np.random.Generator
    ) -> None:
        """`noise` must depend on benchmark and seed only: all methods at a seed see the same labels."""
        self._space = benchmark.space
        self._protocol = protocol
        self._accuracy, self._cost = answers(benchmark, protocol, noise)
        self._remaining = budget
        self._answered: dict[int, int] = {}  # identity -> key of the row that was paid for
        self._cells: list[Cells] = []
        self._ledger: list[Entry] = []

    @property
    def remaining(self) -> int:
        """Queries that can still be charged."""
        return self._remaining

    def identity(self, cells: Cells) -> Int[np.ndarray, " n"]:
        """One integer per architecture as the protocol tells them apart (row or isomorphism class)."""
        by_class = self._protocol.same == "class"
        return self._space.canonical(cells) if by_class else self._space.keys(cells)

    def is_known(self, cells: Cells) -> Bool[np.ndarray, " n"]:
        """True where the ledger already holds the architecture."""
        return np.array([key in self._answered for key in self.identity(cells).tolist()], dtype=bool)

    def query(self, cells: Cells, purpose: str) -> None:
        """Pay for the given architectures in order and enter them in the ledger (`observed`).

        Raises `HarnessError` if a cell is outside the space or the budget does not cover the batch; the
        ledger is then unchanged.
        """
        keys = self._space.keys(cells).tolist()
        answered = dict(self._answered)
        entries = []
        for key, identity in zip(keys, self.identity(cells).tolist(), strict=True):
            repeated = identity in answered
            charged = not repeated or self._protocol.repeats == "charged"
            # A repeat gets the answer already paid for, also where it is another row of the same class.
            entries.append(Entry(key, answered.setdefault(identity, key), repeated, charged, purpose))
        price = sum(entry.charged for entry in entries)
        if price > self._remaining:
            raise HarnessError(f"{price} queries asked with {self._remaining} left in the budget")
        self._answered = answered
        self._remaining -= price
        self._ledger += entries
        if len(cells):
            self._cells.append(cells)

    @property
    def observed(self) -> Observations:
        """Everything answered so far, in query order."""
        keys = np.array([entry.key for entry in self._ledger], dtype=np.int64)
        answer = np.array([entry.answer for entry in self._ledger], dtype=np.int64)
        repeated = np.array([entry.repeated for entry in self._ledger], dtype=bool)
        cells = Cells.concatenate(self._cells) if self._cells else self._space.all()[:0]
        cost = np.where(self.charged, self._cost[answer], 0.0)
        return Observations(cells, keys, self._accuracy[answer], cost, repeated)

    @property
    def charged(self) -> Bool[np.ndarray, " n"]:
        """True for the ledger's entries that were paid for."""
        return np.array([entry.charged for entry in self._ledger], dtype=bool)

    @property
    def purposes(self) -> list[str]:
        """Why each entry was queried: `initial`, `search` or `fallback`."""
        return [entry.purpose for entry in self._ledger]


def answers(
    benchmark: Benchmark, protocol: Protocol, noise: np.random.Generator
) -> tuple[Float[np.ndarray, " rows"], Float[np.ndarray, " rows"]]:
    """What every architecture of the table would answer under the protocol: accuracy and seconds.

    Under `replicate=one` the replicate of each row is drawn from `noise` in key order, before any
    query, so that answers do not depend on what a method asks or when.
    """
    accuracy = benchmark.columns[f"{protocol.split}@{protocol.epochs}"]
    seconds = benchmark.columns[f"seconds@{protocol.epochs}"]
    if protocol.replicate == "mean":
        return mean_recorded(accuracy), np.nansum(seconds, axis=1)
    present = ~np.isnan(accuracy)
    rank = np.floor(noise.random(len(accuracy)) * present.sum(axis=1)).astype(int)
    # the rank-th recorded replicate of each row, wherever the gaps are
    chosen = np.argmax(np.cumsum(present, axis=1) == rank[:, None] + 1, axis=1)
    rows = np.arange(len(accuracy))
    return accuracy[rows, chosen], seconds[rows, chosen]
