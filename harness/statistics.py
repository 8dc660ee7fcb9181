"""Intervals over seeds. Pure functions of arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

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
    from scipy.special import ndtr, stdtrit

    return float(ndtr(-math.sqrt(n / (n - 1)) * stdtrit(n - 1, 0.975)))
