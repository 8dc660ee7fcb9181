"""Checks of the data at hand: digests, published facts, invariants. Repairs nothing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from tabular.benchmark import Table

LAST_DIGIT = 5.1e-5
"""Published accuracies have four decimals, in percent."""
MEAN_DIGIT = 2e-3
"""How far (points) a mean over all architectures may be from the published one."""
NEAR = 2e-3
"""Relative distance at which a value is taken for a changed form of another."""


class Check(NamedTuple):
    """One thing looked at."""

    what: str
    good: bool
    found: str
    """What was found, for people."""
    gaps: bool = False
    """Whether it is about what is missing alone, which says nothing of what is there."""


def best_is(table: Table, split: str, epochs: int, published: float, where: str = "") -> Check:
    """Whether the best mean of a split is the published one, and that of the architecture `where`.

    In percent, but as it is where the benchmark's quantity is no share. The latter shows that rows stand
    where they belong. Where the table has gaps no mean may be above the published best, and `where` counts
    if it is there.
    """
    percent = table.quantity.percent
    scale, unit, digit = (100.0, " %", LAST_DIGIT) if percent else (1.0, "", LAST_DIGIT / 100)
    truth = scale * table.truth(split, epochs)
    if np.isnan(truth).all():
        return Check(f"best mean {split}@{epochs} is {published}{unit}", False, "nothing recorded", gaps=True)
    best = float(np.nanmax(truth))
    whole = not np.isnan(truth).any()
    good = abs(best - published) < digit if whole else best < published + digit
    what = f"best mean {split}@{epochs} is {published}{unit}"
    if not whole:
        what = f"no mean {split}@{epochs} is above the published best of {published}{unit}"
    form = ".4f" if percent else ".6f"
    found, there = f"{best:{form}}{unit}", np.nan
    if where:
        (there,) = truth[table.space.keys(table.space.from_strings([where]))]
        if not np.isnan(there):
            what, found = f"{what}, of {where}", f"{found}, {there:{form}}{unit}"
            good = good and abs(there - published) < digit
    return Check(what, bool(good), found if good else f"{found}{_guess(best, there, published, scale)}")


def mean_is(table: Table, split: str, epochs: int, published: float) -> Check:
    """Whether the mean over all architectures is the published one, in the same unit as `best_is`.

    Many small changes show in it, and a few lines that were recorded otherwise do not.
    """
    scale, unit, digit = (100.0, " %", MEAN_DIGIT) if table.quantity.percent else (1.0, "", MEAN_DIGIT / 100)
    truth = scale * table.truth(split, epochs)
    what = f"mean of all {split}@{epochs} is {published}{unit}"
    if np.isnan(truth).any():
        return Check(what, False, f"{int((~np.isnan(truth)).sum())} of {len(truth)} recorded", gaps=True)
    found = float(truth.mean())
    return Check(what, abs(found - published) < digit, f"{found:.6g}{unit}")


def _guess(best: float, there: float, published: float, scale: float) -> str:
    """What may have been done to values of which one should be `published`, as a question; empty if unknown.

    `there` is that value, NaN if it is not known which one it is; `scale` stands for the whole.
    """
    known = best if np.isnan(there) else there
    errors = scale - published
    for guess, expected in (
        ("fractions instead of percent", published / 100),
        ("percent instead of fractions", published * 100),
        ("errors instead of accuracies", errors),
        ("errors, and fractions instead of percent", errors / 100),
        ("a loss or an error with its sign turned", -published),
        ("rounded values", published),
    ):
        if abs(known - expected) < NEAR * abs(expected):
            return f" ({guess}?)"
    return ""


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
