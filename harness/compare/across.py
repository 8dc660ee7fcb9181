"""Comparisons on several benchmarks put together: which methods all of them have, and how they rank.

A method that is degenerate on one of them is not ranked: a mean of ranks needs all, and there it has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from harness.compare.comparison import Comparison
from harness.compare.degenerate import SIGN
from harness.records.digits import EQUAL, rounded
from harness.records.stored import StoredRun
from harness.stats.ranks import Ranks, rank, refuse_too_few
from harness.stats.summary import point
from tabular.errors import HarnessError


@dataclass(frozen=True)
class Outside:
    """A method that is not ranked because it is degenerate on a benchmark or several."""

    method: str
    truth: Float[np.ndarray, " N"]
    """Mean over seeds at the end of the budget (fraction); NaN where it has none."""
    flaws: dict[str, str]
    """By benchmark on which it is degenerate: why, in words."""

    @property
    def name(self) -> str:
        """As tables print it."""
        return f"{self.method} {SIGN}"


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
    outside: tuple[Outside, ...]
    """Methods that are not ranked because they are degenerate somewhere, by name; they may be in `left_out`
    too."""

    def runs(self, method: str, *comparisons: Comparison) -> list[StoredRun]:
        """The runs of a method on these benchmarks, or on all; none where it has none."""
        lines = [line for each in comparisons or self.comparisons for line in each.methods]
        return [run for line in lines if line.label == method for run in line.runs]

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
    outside = _outside(comparisons, found)
    degenerate = {each.method for each in outside}
    shared = [name for name in names if not missing[name] and name not in degenerate]
    left_out = {name: where for name, where in missing.items() if where}
    try:
        refuse_too_few(len(comparisons), len(shared))
    except ValueError as problem:
        raise HarnessError(f"{problem}{_hint(left_out, outside)}") from None
    truth = np.array([[means[name] for name in shared] for means in found.values()])
    regret = np.array([_normalised(each, row) for each, row in zip(comparisons, truth, strict=True)])
    return Across(tuple(comparisons), rank(shared, rounded(truth, EQUAL)), truth, regret, left_out, outside)


def _outside(comparisons: Sequence[Comparison], found: dict[str, dict[str, float]]) -> tuple[Outside, ...]:
    """Methods that are degenerate on any benchmark; `found` are the means by benchmark and method."""
    flaws: dict[str, dict[str, str]] = {}
    for comparison in comparisons:
        for each in comparison.degenerate:
            flaws.setdefault(each.label, {})[comparison.benchmark] = each.flaw
    return tuple(
        Outside(name, np.array([means.get(name, np.nan) for means in found.values()]), flaws[name])
        for name in sorted(flaws)
    )


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


def _hint(left_out: dict[str, list[str]], outside: Sequence[Outside]) -> str:
    hint = ""
    if left_out:
        names = ", ".join(f"{name} ({len(where)} missing)" for name, where in left_out.items())
        hint = f". Not on all benchmarks: {names}"
    if outside:
        hint += f". Degenerate, so not ranked: {', '.join(map(in_words, outside))}"
    return hint


def in_words(outside: Outside) -> str:
    """The method, and what is wrong with it where."""
    where: dict[str, list[str]] = {}
    for benchmark, words in outside.flaws.items():
        where.setdefault(words, []).append(benchmark)
    named = [f"{words} on {', '.join(names)}" for words, names in where.items()]
    return f"{outside.method} ({'; '.join(named)})"
