"""From a ledger to curves over what was spent (step-hold), and the facts at a point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from harness.store import RunRecord


@dataclass(frozen=True)
class RunCurve:
    """One run by what it had spent. Accuracies are fractions, of the incumbent.

    NaN before the first answer from the full schedule.
    """

    grid: Float[np.ndarray, " q"]
    """Spent at each point: charged queries 1 .. budget; or the simulated seconds of every paid answer."""
    seen: Float[np.ndarray, " q"]
    truth: Float[np.ndarray, " q"]
    test: Float[np.ndarray, " q"]
    """NaN where the table has no test accuracy."""
    architectures: Int[np.ndarray, " q"]
    """Different architectures queried so far."""
    classes: Int[np.ndarray, " q"]
    """Different isomorphism classes queried so far."""
    seconds: Float[np.ndarray, " q"]
    """Simulated training seconds spent so far; NaN where the benchmark knows no times."""

    def value(self, name: str, at: float) -> float:
        """A column after `at` queries or seconds; NaN before the first paid answer."""
        point = int(np.searchsorted(self.grid, at, side="right")) - 1
        return float(getattr(self, name)[point]) if point >= 0 else np.nan


def curve(record: RunRecord) -> RunCurve:
    """The incumbent is the first architecture with the best validation accuracy seen so far.

    Answers from shorter schedules are not comparable: they cost what they cost, and make no incumbent.
    Each counts as its share of a query; a grid point holds all that was paid for by then. A query that
    crossed a budget in seconds and was kept counts as paid with the budget.
    """
    ledger, epochs = record.ledger, np.array(record.epochs)
    charged = np.flatnonzero(ledger["charged"])
    seconds = np.cumsum(np.array(ledger["cost"], dtype=float))
    if record.unit == "seconds":
        grid = np.minimum(seconds[charged], record.identity["budget"])
        at = charged
    else:
        grid = np.arange(1, record.queries + 1)
        paid = np.cumsum(epochs[charged])
        at = charged[np.searchsorted(paid, record.full_schedule * grid, side="right") - 1]
    seen = np.where(epochs == record.full_schedule, np.array(ledger["seen"]), -np.inf)
    best = np.maximum.accumulate(seen)
    # position of the incumbent after each entry: the last place where the best strictly rose
    rose = np.concatenate([[True], best[1:] > best[:-1]])
    incumbent = np.maximum.accumulate(np.where(rose, np.arange(len(seen)), 0))[at]
    exists = np.isfinite(best[at])
    return RunCurve(
        grid=grid,
        seen=np.where(exists, seen[incumbent], np.nan),
        truth=np.where(exists, np.array(ledger["truth"], dtype=float)[incumbent], np.nan),
        test=np.where(exists, np.array(ledger["test"], dtype=float)[incumbent], np.nan),
        architectures=_distinct(ledger["architecture"])[at],
        classes=_distinct(ledger["class"])[at],
        seconds=seconds[at],
    )


def _distinct(names: list[str] | list[int]) -> Int[np.ndarray, " n"]:
    """Number of different names among the first 1, 2, ... n."""
    first = np.zeros(len(names), dtype=int)
    first[np.unique(np.array(names), return_index=True)[1]] = 1
    return np.cumsum(first)
