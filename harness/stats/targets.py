"""The fixed-target view: how much a method has to spend until its regret is small enough.

Runs that never get there are not left out: what they spent counts (expected running time, Hansen et al.
2021, section 3.3), and a median that lies among them is only known to be larger than the budget.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from harness.stats.summary import bootstrap_interval_of_ratio

TARGETS = (0.005, 0.002, 0.001, 0.0005)
"""Regrets (fractions): 0.5, 0.2, 0.1 and 0.05 points."""
SLACK = 1e-9
"""A regret that misses its target by rounding has met it."""


@dataclass(frozen=True)
class Reached:
    """How n runs fared against a target."""

    n: int
    reached: int
    """Runs that got there."""
    expected: float
    """Spent by all runs until they got there or ended, per run that got there; infinite if none did."""
    low: float
    high: float
    """95 % bootstrap interval of `expected`; infinite where resamples have no run that got there."""
    median: float
    """Infinite if half the runs or fewer got there: larger than the budget."""


def first_reached(points: Float[np.ndarray, " q"], regret: Float[np.ndarray, " q"], target: float) -> float:
    """The first point at which the incumbent's regret is at most the target; infinite if there is none."""
    hits = regret <= target + SLACK
    first = int(hits.argmax())
    return float(points[first]) if hits[first] else math.inf


def summarise_reached(first: Float[np.ndarray, " n"], ends: Float[np.ndarray, " n"]) -> Reached:
    """Over runs: `first` as by `first_reached`, and what each would have spent at its end."""
    n, there = len(first), np.isfinite(first)
    spent, reached = np.where(there, first, ends), int(there.sum())
    expected = float(spent.sum() / reached) if reached else math.inf
    low, high = (math.nan, math.nan)
    if n > 1 and reached:
        low, high = bootstrap_interval_of_ratio(spent, there.astype(float))
    middle = np.sort(first)[[(n - 1) // 2, n // 2]] if n else np.array([math.nan])
    return Reached(n, reached, expected, low, high, float(middle.mean()))
