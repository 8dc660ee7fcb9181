"""Two methods compared seed by seed. Pure functions of arrays.

At a seed all methods start from the same architectures and see the same noise, so differences are taken
by seed. Few seeds allow few claims: `detectable` says how small a difference they could show at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from harness.stats.summary import bootstrap_interval, t_quantile

MOST_EXACT = 200
"""Beyond this many differences the statistic is taken as normal, corrected for ties and continuity."""
POWER = 0.8
"""Chance with which a difference of the detectable size would be seen."""


@dataclass(frozen=True)
class Paired:
    """The first method against the second, over the n seeds both have. NaN where n does not allow it."""

    n: int
    difference: float
    """Mean of first - second."""
    low: float
    high: float
    """95 % bootstrap interval of the mean difference."""
    effect: float
    """Mean difference in standard deviations of the differences (Cohen's d for pairs); infinite if they
    are all the same and not 0."""
    p: float
    """Two-sided Wilcoxon signed-rank test, exact also with ties; zeros are dropped; 1 if all are 0."""
    improvement: float
    """Probability that a run of the first is better than a run of the second, ties counting half, over all
    pairs of runs (Agarwal et al. 2021, section 4.3)."""
    detectable: float
    """Smallest mean difference a paired t test at 5 % would show with 80 % power, at this spread."""


def compare_paired(
    first: Float[np.ndarray, " n"], second: Float[np.ndarray, " n"], decimals: int | None = None
) -> Paired:
    """Compare values of the same seeds in the same order; seeds where either is NaN are left out.

    What agrees in so many decimals is equal; None for what agrees exactly.
    """
    known = ~(np.isnan(first) | np.isnan(second))
    first, second = first[known], second[known]
    difference, n = first - second, len(first)
    if decimals is not None and not np.round(difference, decimals).any():
        difference = np.zeros(n)  # all equal: their noise has no effect size and no interval
    if n < 2:
        mean = float(difference[0]) if n else math.nan
        return Paired(n, mean, math.nan, math.nan, math.nan, math.nan, math.nan, math.nan)
    low, high = bootstrap_interval(difference)
    mean, spread = float(difference.mean()), float(difference.std(ddof=1))
    return Paired(
        n=n,
        difference=mean,
        low=low,
        high=high,
        effect=mean / spread if spread else math.copysign(math.inf, mean) if mean else 0.0,
        p=signed_rank(difference, decimals),
        improvement=improvement(first, second, decimals),
        detectable=detectable(spread, n),
    )


def improvement(
    first: Float[np.ndarray, " n"], second: Float[np.ndarray, " m"], decimals: int | None = None
) -> float:
    """Share of all pairs of runs in which the first method's is better; ties, in `decimals`, count half."""
    apart = first[:, None] - second
    apart = apart if decimals is None else np.round(apart, decimals)
    return float(((apart > 0) + 0.5 * (apart == 0)).mean())


def detectable(spread: float, n: int) -> float:
    """Smallest mean of n differences with standard deviation `spread` that has 80 % power at the 5 % level.

    (t(.975, n - 1) + t(.8, n - 1)) spread / sqrt(n), the usual approximation.
    """
    return (t_quantile(0.975, n - 1) + t_quantile(POWER, n - 1)) * spread / math.sqrt(n)


def holm(p: Sequence[float]) -> list[float]:
    """p values corrected for their number, step-down (Holm 1979); NaN stays NaN and is not counted."""
    values = np.asarray(p, dtype=float)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    weights = len(order) - np.arange(len(order))
    corrected = np.full(len(values), np.nan)
    corrected[order] = np.minimum(np.maximum.accumulate(weights * values[order]), 1.0)
    return corrected.tolist()


def signed_rank(difference: Float[np.ndarray, " n"], decimals: int | None = None) -> float:
    """Two-sided p value of the Wilcoxon signed-rank test, exact for any ties (Wilcoxon 1945).

    Under the null hypothesis every rank is positive or negative with equal chance, so the distribution of
    their positive sum is a product of two-point distributions; average ranks of ties are multiples of one
    half. Zeros are dropped; 1 if nothing is left. `scipy.stats.wilcoxon` gives the same where it is exact;
    with ties or zeros, common near an optimum, it takes 60 ms a call and is exact up to 13 values only.
    Differences that agree in so many `decimals` tie.
    """
    settled = difference if decimals is None else np.round(difference, decimals)
    kept = settled[settled != 0]
    if not len(kept):
        return 1.0
    sizes = np.abs(kept)
    ordered = np.sort(sizes)
    # twice the average rank of every value
    doubled = 1 + ordered.searchsorted(sizes, "left") + ordered.searchsorted(sizes, "right")
    positive = int(doubled[kept > 0].sum())
    if len(kept) > MOST_EXACT:
        apart = abs(positive - doubled.sum() / 2) - 1  # continuity: half a rank
        return math.erfc(max(apart, 0) / math.sqrt(2 * float((doubled.astype(float) ** 2).sum()) / 4))
    return _two_sided(tuple(np.sort(doubled).tolist()), positive)


@lru_cache(maxsize=4096)
def _two_sided(ranks: tuple[int, ...], positive: int) -> float:
    """Chance of a split as uneven or more so, where every rank is positive by the toss of a coin."""
    chance = np.zeros(1 + min(positive, sum(ranks) - positive))  # of every sum that is small enough
    chance[0] = 0.5 ** len(ranks)
    for rank in ranks:
        if rank < len(chance):
            chance[rank:] += chance[:-rank].copy()
    return min(1.0, 2 * math.fsum(chance.tolist()))  # an exact sum: the same whatever the processor
