"""The oracle: the metered view of a benchmark under a protocol, and the only road to a label."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int

from tabular.answers import answers_by_schedule
from tabular.benchmark import Benchmark
from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.ledger import Column, Known, Ledger
from tabular.protocol import Protocol
from tabular.space import SearchSpace


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
    index: Container[int] | None = field(default=None, repr=False)
    """The same names as `keys`, where they are kept for looking up."""

    @property
    def known(self) -> Container[int]:
        """What was asked, by key: `key in observed.known`."""
        return frozenset(self.keys.tolist()) if self.index is None else self.index

    def __len__(self) -> int:
        return len(self.keys)

    def distinct(self) -> Observations:
        """The same without repeats: every paid label once. Another schedule is another label."""
        return self._where(~self.repeated)

    def at(self, epochs: int) -> Observations:
        """The answers from the schedule of that many epochs."""
        if self.epochs is None or (rows := self.epochs == epochs).all():
            return self
        return self._where(rows)

    def _where(self, rows: Bool[np.ndarray, " n"]) -> Observations:
        return Observations(
            self.cells[rows],
            self.keys[rows],
            self.accuracy[rows],
            self.cost[rows],
            self.repeated[rows],
            None if self.epochs is None else self.epochs[rows],
        )


@dataclass
class Batch:
    """Answers about to be entered, a list per column."""

    keys: list[int]
    identities: list[int]
    seen: list[float] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    repeated: list[bool] = field(default_factory=list)
    charged: list[bool] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    """What the answer took, charged or not."""

    def first(self, n: int) -> Batch:
        """The first n answers."""
        return Batch(**{name: column[:n] for name, column in vars(self).items()})


class Oracle:
    """Answers queries for one run, charges them, refuses past the budget and keeps the ledger."""

    def __init__(
        self,
        benchmark: Benchmark,
        protocol: Protocol,
        budget: int,
        noise: np.random.Generator,
        space: SearchSpace | None = None,
    ) -> None:
        """`budget` is in the protocol's unit: queries at the full schedule, or seconds.

        `noise` must depend on benchmark and seed only: all methods at a seed see the same labels. Those of
        the full schedule are drawn first, and so do not depend on which shorter ones a protocol has. `space`
        is the benchmark's, or a part of it, which has the same labels; `observed` has its keys.
        """
        self._space, self._recorded = space or benchmark.space, benchmark.space
        self._protocol = protocol
        self._answers = answers_by_schedule(benchmark, protocol, noise)
        # In queries the meter counts whole epochs: fractions of a query never drift.
        self._scale = protocol.epochs if protocol.unit == "queries" else 1
        self._left = float(budget * self._scale)
        self.ledger = Ledger(protocol.epochs, protocol.unit, budget)
        self._paid: dict[tuple[int, int], tuple[float, float]] = {}
        """By identity and epochs: accuracy and seconds that were paid for."""
        none = Cells.none(self._space.vertices)
        self._adjacency, self._ops = Column(none.adjacency), Column(none.ops)
        self._keys = Column(np.zeros(0, dtype=np.int64))
        self._first_by_key: dict[int, int] = {}
        self._first: dict[int, int] = self._first_by_key if protocol.same == "row" else {}
        """Entry at which a key, and an identity, first stood."""

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
        return np.array([(key, epochs) in self._paid for key in self.identity(cells).tolist()], dtype=bool)

    @property
    def known(self) -> Container[int]:
        """Identities in the ledger, at whatever schedule: `identity in oracle.known`."""
        return Known(self._first, len(self.ledger))

    def query(self, cells: Cells, purpose: str, epochs: int | None = None) -> None:
        """Pay for the given architectures in order and enter them in the ledger (`observed`).

        `epochs` is one of the protocol's schedules (default: the full one); a query at a shorter one is
        charged that share of a query. An architecture at another schedule is a new label, at the same
        schedule a repeat. A budget in seconds ends at the query that crosses it: that one is answered if
        the protocol keeps it, the rest of the batch is not asked. Raises `HarnessError` if there is no
        such schedule, a cell is outside the space, an answer is unknown or a budget in queries does not
        cover the batch; the ledger is then unchanged.
        """
        epochs = epochs or self._protocol.epochs
        if epochs not in self._answers:
            raise HarnessError(f"{epochs} epochs are no schedule of {self._protocol.name}")
        batch = self._answered(cells, epochs)
        in_seconds = self._protocol.unit == "seconds"
        if in_seconds:
            batch, price = self._until_crossed(batch)
        else:
            price = float(sum(batch.charged) * epochs)
            if price > self._left:
                asked = price / self._protocol.epochs
                raise HarnessError(f"{asked:g} queries asked with {self.remaining:g} left in the budget")
        self._left -= price
        self._enter(cells[: len(batch.keys)], batch, purpose, epochs)

    def _answered(self, cells: Cells, epochs: int) -> Batch:
        """What a batch is answered, and what of it is charged."""
        keys = self._space.keys(cells)
        identities = keys if self._protocol.same == "row" else self.identity(cells)
        recorded = keys if self._space is self._recorded else self._recorded.keys(cells)
        accuracy, seconds = self._answers[epochs].of(cells, recorded)
        if np.isnan(accuracy).any():
            raise HarnessError(f"{int(np.isnan(accuracy).sum())} of {len(accuracy)} queries have no answer")
        batch = Batch(keys.tolist(), identities.tolist())
        new: dict[int, tuple[float, float]] = {}
        for name, *label in zip(batch.identities, accuracy.tolist(), seconds.tolist(), strict=True):
            known = self._paid.get((name, epochs)) or new.get(name)
            charged = known is None or self._protocol.repeats == "charged"
            # a repeat's label is the one already paid for, also where that was another row of its class
            seen, time = new.setdefault(name, (label[0], label[1])) if known is None else known
            batch.seen.append(seen)
            batch.cost.append(time if charged else 0.0)
            batch.repeated.append(known is not None)
            batch.charged.append(charged)
            batch.seconds.append(time)
        return batch

    def _until_crossed(self, batch: Batch) -> tuple[Batch, float]:
        """The part of a batch that is answered under a budget in seconds, and what it costs."""
        total = 0.0
        for place, cost in enumerate(batch.cost):
            if total + cost > self._left:
                kept = place + (self._protocol.crossing == "kept")
                # Whatever the crossing query would have cost, nothing is left after it.
                return batch.first(kept), self._left
            total += cost
        return batch, total

    def _enter(self, cells: Cells, batch: Batch, purpose: str, epochs: int) -> None:
        if not batch.keys:
            return
        start = len(self.ledger)
        self.ledger.extend(purpose, batch.seen, batch.cost, batch.repeated, batch.charged, epochs)
        self._adjacency.extend(cells.adjacency)
        self._ops.extend(cells.ops)
        self._keys.extend(np.array(batch.keys, dtype=np.int64))
        answers = zip(batch.keys, batch.identities, batch.seen, batch.seconds, strict=True)
        for entry, (key, name, seen, seconds) in enumerate(answers, start):
            self._first_by_key.setdefault(key, entry)
            self._first.setdefault(name, entry)
            self._paid.setdefault((name, epochs), (seen, seconds))

    @property
    def observed(self) -> Observations:
        """Everything answered so far, in query order: views of the ledger, which cannot be written."""
        ledger = self.ledger
        return Observations(
            Cells(self._adjacency.values, self._ops.values),
            self._keys.values,
            ledger.seen,
            ledger.cost,
            ledger.repeated,
            ledger.epochs,
            Known(self._first_by_key, len(ledger)),
        )
