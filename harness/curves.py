"""From a ledger to curves over charged queries (step-hold), and the facts at a query count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from harness.store import RunRecord


@dataclass(frozen=True)
class RunCurve:
    """One run on the grid of charged queries 1 .. budget. Accuracies are fractions, of the incumbent.

    NaN before the first answer from the full schedule.
    """

    seen: Float[np.ndarray, " q"]
    truth: Float[np.ndarray, " q"]
    test: Float[np.ndarray, " q"]
    """NaN where the table has no test accuracy."""
    architectures: Int[np.ndarray, " q"]
    """Different architectures queried so far."""
    classes: Int[np.ndarray, " q"]
    """Different isomorphism classes queried so far."""
    seconds: Float[np.ndarray, " q"]
    """Simulated training seconds spent so far."""


def curve(record: RunRecord) -> RunCurve:
    """The incumbent is the first architecture with the best validation accuracy seen so far.

    Answers from shorter schedules are not comparable: they cost what they cost, and make no incumbent.
    Each counts as its share of a query; a grid point holds all that was paid for by then.
    """
    ledger, epochs = record.ledger, np.array(record.epochs)
    charged = np.flatnonzero(ledger["charged"])
    paid = np.cumsum(epochs[charged])
    grid = record.full_schedule * np.arange(1, record.queries + 1)
    at = charged[np.searchsorted(paid, grid, side="right") - 1]
    seen = np.where(epochs == record.full_schedule, np.array(ledger["seen"]), -np.inf)
    best = np.maximum.accumulate(seen)
    # position of the incumbent after each entry: the last place where the best strictly rose
    rose = np.concatenate([[True], best[1:] > best[:-1]])
    incumbent = np.maximum.accumulate(np.where(rose, np.arange(len(seen)), 0))[at]
    exists = np.isfinite(best[at])
    return RunCurve(
        seen=np.where(exists, seen[incumbent], np.nan),
        truth=np.where(exists, np.array(ledger["truth"], dtype=float)[incumbent], np.nan),
        test=np.where(exists, np.array(ledger["test"], dtype=float)[incumbent], np.nan),
        architectures=_distinct(ledger["architecture"])[at],
        classes=_distinct(ledger["class"])[at],
        seconds=np.cumsum(ledger["cost"])[at],
    )


def _distinct(names: list[str] | list[int]) -> Int[np.ndarray, " n"]:
    """Number of different names among the first 1, 2, ... n."""
    first = np.zeros(len(names), dtype=int)
    first[np.unique(np.array(names), return_index=True)[1]] = 1
    return np.cumsum(first)
