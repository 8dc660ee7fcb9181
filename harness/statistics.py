"""Intervals over seeds. Pure functions of arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
from jaxtyping import Float

RESAMPLES = 10_000


@dataclass(frozen=True)
class Summary:
    """Mean over n runs with its 95 % interval; NaN where n does not allow one."""

    n: int
    mean: float
    std: float
    low: float
    high: float


def summarise(values: Float[np.ndarray, " n"]) -> Summary:
    """Mean, standard deviation (n - 1) and bootstrap interval of the mean over runs, NaN left out."""
    values = values[~np.isnan(values)]
    n = len(values)
    if n < 2:
        return Summary(n, float(values[0]) if n else math.nan, math.nan, math.nan, math.nan)
    low, high = bootstrap_interval(values)
    return Summary(n, float(values.mean()), float(values.std(ddof=1)), low, high)


def bootstrap_interval(values: Float[np.ndarray, " n"]) -> tuple[float, float]:
    """95 % expanded percentile bootstrap interval of the mean (Hesterberg 2015, section 4.5).

    Percentile intervals are too narrow for few values; taking them at the level
    Phi(-sqrt(n / (n - 1)) t(.975, n - 1)) gives them about the width of a t interval (within 10 % from
    n = 10 on, 12 % narrower at n = 5) while they keep the skew of the data. The resamples are the
    same for every call with the same n, so results repeat exactly.
    """
    n = len(values)
    means = _resamples(n) @ values
    tail = _tail(n)
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


@cache
def _resamples(n: int) -> Float[np.ndarray, "resamples n"]:
    """Share of every value in every resample: multiplied with the values it gives all resampled means."""
    return np.random.default_rng(n).multinomial(n, np.full(n, 1 / n), size=RESAMPLES) / n


@cache
def _tail(n: int) -> float:
    return NormalDist().cdf(-math.sqrt(n / (n - 1)) * t_quantile(0.975, n - 1))


def t_quantile(level: float, freedom: int) -> float:
    """Quantile of Student's t for a level above 1/2 and a whole number of degrees of freedom.

    Inverts the finite series of Abramowitz and Stegun 26.7.3 and 26.7.4 by bisection. Written out
    because importing scipy for this one number costs a report a quarter of its start-up time.
    """
    low, high = 0.0, math.pi / 2  # theta = atan(t / sqrt(freedom))
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if _t_mass(middle, freedom) < 2 * level - 1 else (low, middle)
    return math.tan(low) * math.sqrt(freedom)


def _t_mass(theta: float, freedom: int) -> float:
    """P(|T| < tan(theta) sqrt(freedom))."""
    odd = freedom % 2
    term, total = (math.cos(theta), 0.0) if odd else (1.0, 0.0)
    for k in range(1 + odd, freedom, 2):
        total += term
        term *= math.cos(theta) ** 2 * k / (k + 1)
    total *= math.sin(theta)
    return 2 / math.pi * (theta + total) if odd else total
