"""Methods ranked across benchmarks: Friedman test and Nemenyi's critical difference. scipy begins here.

Every benchmark is a block: methods are ranked on it (1 is best, ties share their mean rank), and mean ranks
over benchmarks are compared (Demšar 2006, section 3.2.2). Seeds do not count as blocks: runs on one benchmark
say little about the next.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import f as f_distribution
from scipy.stats import friedmanchisquare, rankdata, studentized_range

LEVEL = 0.05
FEWEST_BENCHMARKS = 5
"""Among equal methods (3 to 20, simulated) the F test below finds differences in 19 % of cases with 3 methods
on 3 benchmarks, in 5.3 to 7.4 % otherwise with 3 or 4 benchmarks, in 3.9 to 6.9 % from 5 on. Nemenyi's test
separates some in at most 4.4 %."""
FEWEST_METHODS = 3


@dataclass(frozen=True)
class Ranks:
    """k methods over N benchmarks, in the order given."""

    methods: tuple[str, ...]
    each: Float[np.ndarray, "N k"]
    """Rank of every method on every benchmark."""
    mean: Float[np.ndarray, " k"]
    """Over benchmarks; the smaller the better."""
    chi_square: float
    """Friedman's statistic, corrected for ties; with its p value."""
    p_chi_square: float
    f: float
    """Iman and Davenport's (1980) statistic, less conservative; infinite where all benchmarks agree."""
    p: float
    """Of the F test."""
    critical: float
    """Mean ranks this far apart or more differ significantly (Nemenyi, 5 %)."""
    p_pairs: Float[np.ndarray, "k k"]
    """Nemenyi's p value of every pair."""

    @property
    def different(self) -> bool:
        """Whether the F test finds any difference; if not, no pair is separated."""
        return self.p < LEVEL

    @property
    def separated(self) -> Bool[np.ndarray, "k k"]:
        """Pairs that differ significantly."""
        return (self.p_pairs < LEVEL) & self.different

    @property
    def order(self) -> list[int]:
        """Positions of the methods, best mean rank first, ties by name."""
        return sorted(range(len(self.methods)), key=lambda place: (self.mean[place], self.methods[place]))

    @property
    def groups(self) -> list[list[str]]:
        """Largest sets of methods none of which are separated, of two or more, best first."""
        order, separated, found = self.order, self.separated, []
        reached = 0
        for start in range(len(order)):
            end = start + 1
            while end < len(order) and not separated[order[start], order[end]]:
                end += 1
            if end > reached and end - start > 1:
                found.append([self.methods[place] for place in order[start:end]])
            reached = max(reached, end)
        return found


def rank(methods: Sequence[str], values: Float[np.ndarray, "N k"]) -> Ranks:
    """Rank methods by values, one row per benchmark; larger is better, equal is a tie, none may be NaN.

    Raises `ValueError` below 5 benchmarks or 3 methods.
    """
    refuse_too_few(*values.shape)
    each = rankdata(-values, axis=1)
    n, k = each.shape
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # 0 / 0 where all methods tie on all benchmarks
        chi_square, p_chi_square = map(float, friedmanchisquare(*each.T))
    if math.isnan(chi_square):
        chi_square, p_chi_square = 0.0, 1.0
    left = n * (k - 1) - chi_square
    f = (n - 1) * chi_square / left if left > 1e-9 else math.inf
    return Ranks(
        methods=tuple(methods),
        each=each,
        mean=each.sum(axis=0) / n,
        chi_square=chi_square,
        p_chi_square=p_chi_square,
        f=f,
        p=float(f_distribution.sf(f, k - 1, (k - 1) * (n - 1))),
        critical=critical_difference(n, k),
        p_pairs=_nemenyi(each),
    )


def refuse_too_few(benchmarks: int, methods: int) -> None:
    """Raises `ValueError` where ranks say nothing."""
    if benchmarks < FEWEST_BENCHMARKS:
        raise ValueError(
            f"a ranking across benchmarks needs at least {FEWEST_BENCHMARKS} benchmarks, found {benchmarks}: "
            "with fewer the Friedman test takes luck for a difference too often"
        )
    if methods < FEWEST_METHODS:
        raise ValueError(
            f"a ranking across benchmarks needs at least {FEWEST_METHODS} methods with runs on all of them, "
            f"found {methods}"
        )


def _nemenyi(each: Float[np.ndarray, "N k"]) -> Float[np.ndarray, "k k"]:
    """p value of every pair of mean ranks: the studentized range of k values (Demšar 2006, section 3.2.2)."""
    n, k = each.shape
    mean = each.mean(axis=0)
    q = np.abs(mean[:, None] - mean) / np.sqrt(k * (k + 1.0) / (6.0 * n)) * np.sqrt(2.0)
    p, upper = np.ones((k, k)), np.triu_indices(k, 1)
    p[upper] = studentized_range.sf(q[upper], k, np.inf)
    p.T[upper] = p[upper]
    return p


def critical_difference(benchmarks: int, methods: int) -> float:
    """Nemenyi's, for mean ranks: q sqrt(k (k + 1) / (6 N)) (Demšar 2006, section 3.2.2).

    q is the 95 % point of the studentized range of k values, divided by the root of 2.
    """
    q = float(studentized_range.ppf(1 - LEVEL, methods, np.inf)) / math.sqrt(2)
    return q * math.sqrt(methods * (methods + 1) / (6 * benchmarks))
