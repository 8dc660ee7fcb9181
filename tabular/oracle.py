"""The oracle: the metered view of a benchmark under a protocol, and the only road to a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from tabular.answers import answers_of
from tabular.benchmark import Benchmark
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
    """Simulated training seconds charged; 0 for a free repeat, NaN where the benchmark knows no times."""
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
    accuracy: float
    """The label; a repeat's is the one already paid for, also where that was another row of its class."""
    seconds: float
    repeated: bool
    charged: bool
    epochs: int
    purpose: str


class Oracle:
    """Answers queries for one run, charges them, refuses past the budget and keeps the ledger."""

    def __init__(
        self, benchmark: Benchmark, protocol: Protocol, budget: int, noise: np.random.Generator
    ) -> None:
        """`budget` is in the protocol's unit: queries at the full schedule, or seconds.

        `noise` must depend on benchmark and seed only: all methods at a seed see the same labels. Those of
        the full schedule are drawn first, and so do not depend on which shorter ones a protocol has.
        """
        self._space = benchmark.space
        self._protocol = protocol
        self._answers = {
            epochs: answers_of(benchmark, protocol, noise, epochs)
            for epochs in (protocol.epochs, *protocol.fidelities)
        }
        # In queries the meter counts whole epochs: fractions of a query never drift.
        self._scale = protocol.epochs if protocol.unit == "queries" else 1
        self._left = float(budget * self._scale)
        self._answered: dict[
            tuple[int, int], tuple[float, float]
        ] = {}  # identity, epochs -> what was paid for
        self._cells: list[Cells] = []
        self._ledger: list[Entry] = []

    @property
    def remaining(self) -> float:
        """What is left of the budget: queries at the full schedule, or seconds."""
        return max(self._left, 0.0) / self._scale

    def affordable(self, wanted: int, epochs: int) -> int:
        """How many of `wanted` queries at a schedule can be asked for with what is left.

        A budget in seconds covers as many as are asked for until it is spent: what one costs is known
        only afterwards.
        """
        if self._protocol.unit == "seconds":
            return wanted if self._left > 0 else 0
        return min(wanted, int(self._left) // epochs)

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
        schedule a repeat. A budget in seconds ends at the query that crosses it: that one is answered if
        the protocol keeps it, the rest of the batch is not asked. Raises `HarnessError` if there is no
        such schedule, a cell is outside the space or a budget in queries does not cover the batch; the
        ledger is then unchanged.
        """
        epochs = epochs or self._protocol.epochs
        if epochs not in self._answers:
            raise HarnessError(f"{epochs} epochs are no schedule of {self._protocol.name}")
        answered = dict(self._answered)
        entries = self._entries(cells, purpose, epochs, answered)
        in_seconds = self._protocol.unit == "seconds"
        prices = [entry.charged * (entry.seconds if in_seconds else epochs) for entry in entries]
        if in_seconds:
            entries, prices = self._until_crossed(entries, prices)
        elif sum(prices) > self._left:
            asked = sum(prices) / self._protocol.epochs
            raise HarnessError(f"{asked:g} queries asked with {self.remaining:g} left in the budget")
        self._answered = answered
        self._left -= sum(prices)
        self._ledger += entries
        if entries:
            self._cells.append(cells[: len(entries)])

    def _entries(
        self, cells: Cells, purpose: str, epochs: int, answered: dict[tuple[int, int], tuple[float, float]]
    ) -> list[Entry]:
        """Ledger lines of a batch; what is new is added to `answered`."""
        keys = self._space.keys(cells)
        accuracy, seconds = self._answers[epochs].of(cells, keys)
        entries = []
        for key, identity, label in zip(
            keys.tolist(),
            self.identity(cells).tolist(),
            zip(accuracy.tolist(), seconds.tolist(), strict=True),
            strict=True,
        ):
            repeated = (identity, epochs) in answered
            charged = not repeated or self._protocol.repeats == "charged"
            known = answered.setdefault((identity, epochs), label)
            entries.append(Entry(key, *known, repeated, charged, epochs, purpose))
        return entries

    def _until_crossed(self, entries: list[Entry], prices: list[float]) -> tuple[list[Entry], list[float]]:
        """The part of a batch that is answered under a budget in seconds, and what it costs."""
        total = 0.0
        for place, price in enumerate(prices):
            if total + price > self._left:
                kept = place + (self._protocol.crossing == "kept")
                # Whatever the crossing query would have cost, nothing is left after it.
                return entries[:kept], [self._left]
            total += price
        return entries, prices

    @property
    def observed(self) -> Observations:
        """Everything answered so far, in query order."""
        keys = np.array([entry.key for entry in self._ledger], dtype=np.int64)
        accuracy = np.array([entry.accuracy for entry in self._ledger], dtype=np.float64)
        seconds = np.array([entry.seconds for entry in self._ledger], dtype=np.float64)
        repeated = np.array([entry.repeated for entry in self._ledger], dtype=bool)
        epochs = np.array([entry.epochs for entry in self._ledger], dtype=np.int64)
        cells = Cells.concatenate([Cells.none(self._space.vertices), *self._cells])
        return Observations(cells, keys, accuracy, np.where(self.charged, seconds, 0.0), repeated, epochs)

    @property
    def charged(self) -> Bool[np.ndarray, " n"]:
        """True for the ledger's entries that were paid for."""
        return np.array([entry.charged for entry in self._ledger], dtype=bool)

    @property
    def purposes(self) -> list[str]:
        """Why each entry was queried: `initial`, `search` or `fallback`."""
        return [entry.purpose for entry in self._ledger]
