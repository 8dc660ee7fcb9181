"""Checks of the data at hand: digests, published facts, invariants. Repairs nothing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from tabular.benchmark import Table

LAST_DIGIT = 5.1e-5
"""Published accuracies have four decimals, in percent."""


class Check(NamedTuple):
    """One thing looked at."""

    what: str
    good: bool
    found: str
    """What was found, for people."""


def best_is(table: Table, split: str, epochs: int, published: float, where: str = "") -> Check:
    """Whether the best mean of a split is the published one (%), and that of the architecture `where`.

    The latter shows that rows stand where they belong.
    """
    best = table.best(split, epochs)
    found = np.nan if best is None else 100 * best
    good = abs(found - published) < LAST_DIGIT
    what = f"best mean {split}@{epochs} is {published} %"
    if where:
        (there,) = 100 * table.mean(table.space.from_strings([where]), split, epochs)
        good = good and abs(there - published) < LAST_DIGIT
        return Check(f"{what}, of {where}", good, f"{found:.4f} %, {there:.4f} %")
    return Check(what, good, f"{found:.4f} %")


def agree(
    what: str, one: Float[np.ndarray, " n"], other: Float[np.ndarray, " n"], tolerance: float = 2e-6
) -> Check:
    """Whether two columns (fractions) are the same wherever either is known, and known in the same rows."""
    gaps = int((np.isnan(one) != np.isnan(other)).sum())
    apart = np.abs(one - other)
    worst = float(np.nanmax(apart)) if not np.isnan(apart).all() else 0.0
    known = int((~np.isnan(apart)).sum())
    text = f"{known} architectures, largest difference {100 * worst:.1e} points"
    return Check(what, not gaps and worst < tolerance, text + (f", {gaps} known in one only" if gaps else ""))


def rank_correlation(one: Float[np.ndarray, " n"], other: Float[np.ndarray, " n"]) -> float:
    """Spearman's, with mean ranks for ties."""
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    _, name, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[name]
