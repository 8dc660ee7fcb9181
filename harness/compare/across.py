"""Comparisons on several benchmarks put together: which methods all of them have, and how they rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from harness.compare.comparison import Comparison, MethodRuns
from harness.records.digits import EQUAL, rounded
from harness.stats.ranks import Ranks, rank, refuse_too_few
from harness.stats.summary import point
from tabular.errors import HarnessError


@dataclass(frozen=True)
class Across:
    """N comparisons, one per benchmark, and the k methods they share."""

    comparisons: tuple[Comparison, ...]
    ranks: Ranks
    truth: Float[np.ndarray, "N k"]
    """Mean over seeds at the end of the budget (fraction)."""
    regret: Float[np.ndarray, "N k"]
    """Mean regret over that of random search in exact expectation: 0 is the optimum, 1 random search. NaN
    where optimum or expectation are not known."""
    left_out: dict[str, list[str]]
    """By method that is not ranked: the benchmarks on which it has no value."""

    def runs(self, comparison: Comparison, method: str) -> MethodRuns:
        """The runs of a method on one benchmark."""
        return next(each for each in comparison.methods if each.label == method)

    @property
    def mean_regret(self) -> Float[np.ndarray, " k"]:
        """Normalised, over the benchmarks on which it is known; NaN if there is none."""
        known = self.regret[~np.isnan(self.regret).any(axis=1)]
        return known.sum(axis=0) / len(known) if len(known) else np.full(self.regret.shape[1], np.nan)

    @property
    def without_regret(self) -> list[str]:
        """Benchmarks that `mean_regret` leaves out."""
        unknown = np.isnan(self.regret).any(axis=1)
        return [each.benchmark for each, missing in zip(self.comparisons, unknown, strict=True) if missing]


def across(comparisons: Sequence[Comparison]) -> Across:
    """Rank the methods that all comparisons have by their mean truth at the end of each budget.

    Raises `HarnessError` if a benchmark has several comparisons, a family several protocols, or if there are
    too few benchmarks or methods.
    """
    _refuse_several(comparisons)
    found = {each.benchmark: _means(each) for each in comparisons}
    names = sorted({name for means in found.values() for name in means})
    missing = {name: [benchmark for benchmark, means in found.items() if name not in means] for name in names}
    shared = [name for name in names if not missing[name]]
    left_out = {name: where for name, where in missing.items() if where}
    try:
        refuse_too_few(len(comparisons), len(shared))
    except ValueError as problem:
        raise HarnessError(f"{problem}{_hint(left_out)}") from None
    truth = np.array([[means[name] for name in shared] for means in found.values()])
    regret = np.array([_normalised(each, row) for each, row in zip(comparisons, truth, strict=True)])
    return Across(tuple(comparisons), rank(shared, rounded(truth, EQUAL)), truth, regret, left_out)


def _means(comparison: Comparison) -> dict[str, float]:
    """Mean truth by method; methods without any are left out."""
    means = {
        each.label: point(comparison.values(each, "truth", comparison.budget), "mean")
        for each in comparison.methods
    }
    return {name: mean for name, mean in means.items() if not np.isnan(mean)}


def _normalised(comparison: Comparison, truth: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    if comparison.optimum is None or comparison.random is None:
        return np.full(len(truth), np.nan)
    whole = comparison.optimum - float(comparison.random[comparison.budget - 1])
    return (comparison.optimum - truth) / whole if whole > 0 else np.full(len(truth), np.nan)


def _refuse_several(comparisons: Sequence[Comparison]) -> None:
    """One comparison per benchmark, one protocol per family."""
    for one in comparisons:
        same = [each for each in comparisons if each.benchmark == one.benchmark]
        if len(same) > 1:
            kinds = [
                f"{each.protocol.name} ({each.protocol.hash}) with budget {each.budget}" for each in same
            ]
            raise HarnessError(
                f"{one.benchmark} has {len(same)} comparisons, {' and '.join(kinds)}: protocol= or "
                "budget= has to choose one"
            )
    rules: dict[str, str] = {}
    for each in comparisons:
        family, name = each.benchmark.partition(":")[0], each.protocol.name
        if rules.setdefault(family, name) != name:
            raise HarnessError(
                f"{family} has runs under {rules[family]} and {name}: protocol= has to choose one"
            )


def _hint(left_out: dict[str, list[str]]) -> str:
    if not left_out:
        return ""
    names = ", ".join(f"{name} ({len(where)} missing)" for name, where in left_out.items())
    return f". Not on all benchmarks: {names}"
