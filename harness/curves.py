"""From a ledger to curves over charged queries (step-hold), and the facts at a query count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from harness.store import RunRecord


@dataclass(frozen=True)
class RunCurve:
    """One run on the grid of charged queries 1 .. budget. Accuracies are fractions, of the incumbent."""

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
    """The incumbent is the first architecture with the best validation accuracy seen so far."""
    ledger = record.ledger
    charged = np.flatnonzero(ledger["charged"])
    seen = np.array(ledger["seen"])
    best = np.maximum.accumulate(seen)
    # position of the incumbent after each entry: the last place where the best strictly rose
    rose = np.concatenate([[True], best[1:] > best[:-1]])
    incumbent = np.maximum.accumulate(np.where(rose, np.arange(len(seen)), 0))[charged]
    return RunCurve(
        seen=seen[incumbent],
        truth=np.array(ledger["truth"], dtype=float)[incumbent],
        test=np.array(ledger["test"], dtype=float)[incumbent],
        architectures=_distinct(ledger["architecture"])[charged],
        classes=_distinct(ledger["class"])[charged],
        seconds=np.cumsum(ledger["cost"])[charged],
    )


def _distinct(names: list[str] | list[int]) -> Int[np.ndarray, " n"]:
    """Number of different names among the first 1, 2, ... n."""
    first = np.zeros(len(names), dtype=int)
    first[np.unique(np.array(names), return_index=True)[1]] = 1
    return np.cumsum(first)
