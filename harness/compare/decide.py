"""Seeds until methods are separated: when to look, at which level, and what the looks have shown.

Looking again and again at growing data finds differences that are not there, unless the level is shared
among the looks. The looks are planned beforehand, and each tests at the K-th part of the level (Bonferroni):
whatever is seen, and whenever it is stopped, the chance of separating any two equal methods of a
comparison is at most the level. Pure functions; the loop is in `commands/_until_decided`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from harness.compare.comparison import Comparison
from harness.stats.paired import holm
from tabular.errors import HarnessError

LEVEL = 0.05
"""Chance of separating any two equal methods of a comparison, over all looks."""
NO_PAIR = "nothing to separate, fewer than two methods are not degenerate"
Pair = tuple[str, str]


@dataclass(frozen=True)
class Plan:
    """Numbers of seeds: of the first batch, of each later one, and the limit."""

    first: int
    batch: int
    most: int

    def __post_init__(self) -> None:
        if self.most < self.first:
            raise HarnessError(
                f"most_seeds={self.most} is below the first batch of {self.first} seeds (seeds=)"
            )

    @property
    def looks(self) -> int:
        """Number of planned looks K."""
        return 1 + math.ceil((self.most - self.first) / self.batch)

    @property
    def level(self) -> float:
        """Of the test at every look."""
        return LEVEL / self.looks

    def seeds(self, look: int) -> int:
        """How many seeds there are at look 1 .. K."""
        return min(self.first + (look - 1) * self.batch, self.most)


@dataclass(frozen=True)
class Decided:
    """What the looks have shown of the pairs of one comparison."""

    pairs: tuple[Pair, ...] = ()
    separated: frozenset[Pair] = frozenset()

    @property
    def undecided(self) -> tuple[Pair, ...]:
        """Pairs that are not separated, in order; which of two was ahead may have changed since."""
        return tuple(pair for pair in self.pairs if not {pair, pair[::-1]} & self.separated)

    def after(self, p: Mapping[Pair, float], level: float) -> Decided:
        """One look later: a pair is separated where its p value, Holm-corrected for the number of pairs, is
        below the level of a look. It stays so, whatever later looks show. NaN separates nothing."""
        corrected = zip(p, holm(list(p.values())), strict=True)
        now = {pair for pair, value in corrected if value < level}
        return Decided(tuple(p), self.separated | now)


def pair_values(comparison: Comparison) -> dict[Pair, float]:
    """p value of every pair of methods, best first: paired exact Wilcoxon test on the truth at the budget.

    Degenerate lines are in no pair, and none of the number that Holm's correction counts.
    """
    ranked = comparison.ranked("truth", comparison.budget)
    return {
        (one.label, two.label): comparison.p_value(one, two, "truth", comparison.budget)
        for row, one in enumerate(ranked)
        for two in ranked[row + 1 :]
    }


def fewest_seeds(pairs: int, level: float) -> int:
    """Below so many seeds not even the clearest difference separates anything: the smallest p value of n
    pairs is 2 / 2^n, and Holm multiplies the smallest by the number of pairs."""
    return math.floor(1 + math.log2(max(pairs, 1) / level)) + 1


def said(name: str, found: Decided, plan: Plan, look: int) -> str:
    """What a look has shown, for progress."""
    seeds, pairs = plan.seeds(look), len(found.pairs)
    if not pairs:
        return f"{name}: look {look} of {plan.looks}, {seeds} seeds: {NO_PAIR}"
    few = ""
    if seeds < fewest_seeds(pairs, plan.level):
        few = f"; fewer than {fewest_seeds(pairs, plan.level)} seeds cannot separate any"
    counted = f"{pairs - len(found.undecided)} of {pairs} pairs separated"
    return (
        f"{name}: look {look} of {plan.looks}, {seeds} seeds: {counted} at p < {plan.level:.2g} (Holm){few}"
    )


def remark(found: Decided, plan: Plan, looks: int) -> str:
    """For under the table: what was planned, what was done, and what is left open."""
    seeds, undecided = plan.seeds(looks), found.undecided
    outcome = "every pair of methods is separated" if found.pairs else NO_PAIR
    if undecided:
        named = ", ".join(f"{one} and {two}" for one, two in undecided)
        outcome = f"{len(undecided)} of {len(found.pairs)} pairs stayed undecided: {named}"
    planned = f"{plan.first} to {plan.most} seeds in steps of {plan.batch}"
    many = "s" if plan.looks > 1 else ""
    return (
        f"until=decided: {plan.looks} look{many} planned ({planned}), {looks} made, the last at {seeds} "
        "seeds. At each, all pairs of methods are tested on the truth at the budget (paired exact Wilcoxon, "
        f"Holm over pairs) at {LEVEL:g} / {plan.looks} = {plan.level:.2g}, so that over all looks the chance "
        f"of separating any two equal methods of this table is at most {100 * LEVEL:g} %; a pair once "
        f"separated stays so. {outcome[0].upper()}{outcome[1:]}. The marks and p values of the tables are "
        "not corrected for the looks."
    )
