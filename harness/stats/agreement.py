"""How well guesses agree with the truth: errors, ranks and the best of all. Arrays to numbers.

Pairs of which either is NaN are left out throughout; where what is left has no answer it is NaN.
"""

from __future__ import annotations

import math
import warnings

import numpy as np
from jaxtyping import Bool, Float

Numbers = Float[np.ndarray, " n"]
FEWEST = 3
"""Pairs; fewer have no order worth the name."""


def rmse(guess: Numbers, truth: Numbers) -> float:
    """Root of the mean squared error."""
    error = (guess - truth)[known(guess, truth)]
    return float(np.sqrt(np.square(error).mean())) if len(error) else math.nan


def pearson(guess: Numbers, truth: Numbers) -> float:
    """Correlation."""
    guess, truth = _pairs(guess, truth)
    if _alike(guess, truth):
        return math.nan
    return float(np.corrcoef(guess, truth)[0, 1])


def spearman(guess: Numbers, truth: Numbers) -> float:
    """Correlation of ranks, ties averaged."""
    from scipy.stats import spearmanr  # reports read what is measured without scipy, which takes a second

    guess, truth = _pairs(guess, truth)
    return math.nan if _alike(guess, truth) else float(spearmanr(guess, truth).statistic)


def kendall(guess: Numbers, truth: Numbers) -> float:
    """Kendall's tau-b: of pairs of items, the share in the right order less that in the wrong one."""
    from scipy.stats import kendalltau

    guess, truth = _pairs(guess, truth)
    if _alike(guess, truth):
        return math.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(kendalltau(guess, truth).statistic)


def kendall_of_best(guess: Numbers, truth: Numbers, share: float) -> float:
    """Kendall's tau among the truly best `share` of items (those at least as good as the last of them)."""
    guess, truth = _pairs(guess, truth)
    if not len(truth):
        return math.nan
    best = truth >= least_of_best(truth, share)
    return kendall(guess[best], truth[best])


def precision_of_best(guess: Numbers, truth: Numbers, share: float) -> float:
    """Of the `share` of items that is guessed to be best, how many truly are among as many best ones.

    Equal guesses count by chance: of those that share the last place each counts in part.
    """
    guess, truth = _pairs(guess, truth)
    if not len(truth):
        return math.nan
    wanted = _number(len(truth), share)
    good = truth >= least_of_best(truth, share)
    last = np.sort(guess)[-wanted]
    sure, open_ = guess > last, guess == last
    places = wanted - int(sure.sum())
    return float((good[sure].sum() + places * good[open_].mean()) / wanted)


def least_of_best(truth: Numbers, share: float) -> float:
    """What the best `share` of items reach, one item at least."""
    return float(np.sort(truth)[-_number(len(truth), share)])


def known(guess: Numbers, truth: Numbers) -> Bool[np.ndarray, " n"]:
    """Where both are."""
    return ~(np.isnan(guess) | np.isnan(truth))


def _pairs(guess: Numbers, truth: Numbers) -> tuple[Numbers, Numbers]:
    there = known(guess, truth)
    return guess[there], truth[there]


def _alike(guess: Numbers, truth: Numbers) -> bool:
    """Whether either tells no item from another, or they are too few."""
    return len(guess) < FEWEST or bool((guess == guess[0]).all() or (truth == truth[0]).all())


def _number(n: int, share: float) -> int:
    return max(round(share * n), 1)
