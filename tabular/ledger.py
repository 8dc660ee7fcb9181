"""The oracle's book: every answer of one run in query order. Runs keep it, and reports read it."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

FIRST_CAPACITY = 64


class Column:
    """A numpy array that grows at its end; on average an entry is copied once."""

    def __init__(self, like: Shaped[np.ndarray, "n *entry"]) -> None:
        """Holds `like`, whose type and shape of an entry stand for all that follow."""
        self._store, self._length = like, len(like)

    def extend(self, values: Shaped[np.ndarray, "k *entry"]) -> None:
        """Add entries; a wider type than that of the column widens it."""
        length = self._length + len(values)
        kind = np.result_type(self._store, values)
        if length > len(self._store) or kind != self._store.dtype:
            grown = np.empty((max(2 * length, FIRST_CAPACITY), *self._store.shape[1:]), kind)
            grown[: self._length] = self._store[: self._length]
            self._store = grown
        self._store[self._length : length] = values
        self._length = length

    @property
    def values(self) -> Shaped[np.ndarray, "n *entry"]:
        """All entries so far: a view that cannot be written."""
        view = self._store[: self._length]
        view.setflags(write=False)
        return view


class Known(Container[int]):
    """The names in the first n entries of a growing index: a snapshot that costs nothing."""

    def __init__(self, first: dict[int, int], entries: int) -> None:
        """`first` holds the entry at which a name first stood; it may grow."""
        self._first, self._entries = first, entries

    def __contains__(self, name: object) -> bool:
        return self._first.get(name, self._entries) < self._entries  # type: ignore[call-overload]


class Ledger:
    """What was asked of a benchmark, what was seen, and what it cost.

    Of a budget in queries, `spent` counts queries at the full schedule: one at fewer epochs is that share of
    a query. Only answers from the full schedule make an incumbent: others are not comparable.
    """

    def __init__(self, full: int, unit: str, budget: int, **columns: Sequence[Any]) -> None:
        """`full` are the epochs of the full schedule; `unit` of the budget is `queries` or `seconds`.

        `columns` are those of `extend`, where a ledger that was kept is read again; else it is empty.
        Raises `ValueError` if they differ in length.
        """
        self.full, self.unit, self.budget = full, unit, budget

        def column(name: str, kind: type) -> Column:
            return Column(np.array(columns.get(name, ()), dtype=kind))

        self._seen, self._cost = column("seen", float), column("cost", float)
        self._repeated, self._charged = column("repeated", bool), column("charged", bool)
        self._epochs = column("epochs", np.int64)
        self.purposes: list[str] = list(columns.get("purposes", ()))
        """Why each was asked: `initial`, `search` or `fallback`."""
        if len({len(self.purposes), *(len(each) for each in self._columns)}) > 1:
            raise ValueError("its ledger is not whole")
        self.best = float("nan")
        """Largest accuracy seen at the full schedule; NaN before there is one."""
        self._note_best(self.seen, self.epochs)

    def extend(
        self,
        purpose: str,
        seen: Sequence[float],
        cost: Sequence[float],
        repeated: Sequence[bool],
        charged: Sequence[bool],
        epochs: int,
    ) -> None:
        """Enter answers of one schedule."""
        added, schedule = np.array(seen, dtype=float), np.full(len(seen), epochs, dtype=np.int64)
        self._seen.extend(added)
        self._cost.extend(np.array(cost, dtype=float))
        self._repeated.extend(np.array(repeated, dtype=bool))
        self._charged.extend(np.array(charged, dtype=bool))
        self._epochs.extend(schedule)
        self.purposes += [purpose] * len(seen)
        self._note_best(added, schedule)

    def __len__(self) -> int:
        return len(self.purposes)

    @property
    def _columns(self) -> tuple[np.ndarray, ...]:
        return self.seen, self.cost, self.repeated, self.charged, self.epochs

    @property
    def seen(self) -> Float[np.ndarray, " n"]:
        """Validation accuracy answered (fraction)."""
        return self._seen.values

    @property
    def cost(self) -> Float[np.ndarray, " n"]:
        """Simulated training seconds charged: 0 for a free repeat, NaN where the benchmark knows no times."""
        return self._cost.values

    @property
    def repeated(self) -> Bool[np.ndarray, " n"]:
        """True where the answer was already in the ledger."""
        return self._repeated.values

    @property
    def charged(self) -> Bool[np.ndarray, " n"]:
        """True where it was paid for."""
        return self._charged.values

    @property
    def epochs(self) -> Int[np.ndarray, " n"]:
        """Schedule of every answer."""
        return self._epochs.values

    @property
    def spent(self) -> Float[np.ndarray, " n"]:
        """Of the budget, after every answer. What crosses a budget in seconds counts as paid with it."""
        if self.unit == "seconds":
            return np.minimum(np.cumsum(self.cost), self.budget)
        return np.cumsum(np.where(self.charged, self.epochs, 0)) / self.full

    @property
    def queries(self) -> int:
        """Charged queries at the full schedule, a started one counted as one."""
        return -(-int(self.epochs[self.charged].sum()) // self.full)

    @property
    def filled_in(self) -> float:
        """Share of what the search paid for, without the initial design, that were random queries after
        barren proposals; NaN if it paid for nothing.

        Of a budget in queries, one at fewer epochs counts as that share of a query; of one in seconds, all
        count with their seconds.
        """
        paid = self.cost if self.unit == "seconds" else np.where(self.charged, self.epochs, 0)
        purposes = np.array(self.purposes, dtype=str)
        whole = float(paid[purposes != "initial"].sum())
        return float(paid[purposes == "fallback"].sum()) / whole if whole else float("nan")

    def paid(self, at: float | int) -> Int[np.ndarray, " k"]:
        """Entries with answers from the full schedule that were paid for by the time `at` was spent."""
        return np.flatnonzero(self.charged & (self.epochs == self.full) & (self.spent <= at))

    @property
    def incumbent(self) -> Int[np.ndarray, " n"]:
        """After every answer, the entry with the best accuracy seen so far, the first of equals; -1 before
        there is one."""
        seen = np.where((self.epochs == self.full) & ~np.isnan(self.seen), self.seen, -np.inf)
        best = np.maximum.accumulate(seen)
        rose = seen > np.concatenate([[-np.inf], best[:-1]])
        return np.maximum.accumulate(np.where(rose, np.arange(len(seen)), -1))

    @property
    def incumbents(self) -> Int[np.ndarray, " k"]:
        """The entries that were an incumbent, in order."""
        found = np.unique(self.incumbent)
        return found[found >= 0]

    def _note_best(self, seen: Float[np.ndarray, " k"], epochs: Int[np.ndarray, " k"]) -> None:
        full = seen[epochs == self.full]
        if len(full):
            self.best = float(np.fmax(self.best, full.max()))
