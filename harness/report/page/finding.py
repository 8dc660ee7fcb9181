"""What a comparison found, in one sentence made from its numbers."""

from __future__ import annotations

import math

from harness.compare.comparison import Comparison, MethodRuns
from harness.compare.degenerate import SIGN
from harness.compare.marks import LEVEL
from harness.compare.units import percent
from harness.compare.view import View
from harness.report.tables.notes import too_few
from harness.stats.paired import holm

RANDOM = "random"
MOST_NAMED = 3
"""Degenerate lines in a sentence."""


def finding(view: View) -> str:
    """Which method is best at the last point, what is not told apart from it, what does not beat random; how
    many lines are no results. Degenerate lines are compared with none."""
    if not view.ranked:
        return _nothing(view)
    outside = len(view.comparison.degenerate)
    lines = f"{outside} degenerate line{'s are' if outside > 1 else ' is'} not ranked"
    return f"{_of_ranked(view)}.{f' {lines} ({SIGN}).' if outside else ''}"


def counted(comparison: Comparison) -> str:
    """How many methods there are, and how many of them are not ranked."""
    outside = len(comparison.degenerate)
    return f"{len(comparison.methods)}{f', {outside} not ranked' if outside else ''}"


def _nothing(view: View) -> str:
    """Where all lines are degenerate."""
    named = [f"{each.label} ({each.flaw})" for each in view.comparison.degenerate]
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return f"Nothing is ranked, every line is degenerate: {', '.join(named[:MOST_NAMED])}{more}."


def _of_ranked(view: View) -> str:
    ranked, found = view.ranked, view.summary(view.ranked[0], view.last)
    if math.isnan(found.mean):
        return f"No {view.metric} is known after {view.last} {view.units}"
    best = [each for each in ranked if view.centre(each) == view.centre(ranked[0])]
    head = f"{_best(best, len(ranked))} after {view.last} {view.units}: {_reached(view, best)}"
    if len(ranked) == 1:
        return head
    if few := too_few(view):
        return f"{head}. {few}"
    marked = view.marks(view.last)
    if not marked:
        return f"{head}; no other method has a value there"
    tied = sum(mark == "tied" for mark in marked.values())
    unknown = len(ranked) - len(marked)
    absent = f"; {unknown} without a value there" if unknown else ""
    others = len(marked) - len(best)
    told = f"; {_tied(tied, others)}" if others else ""
    return f"{head}{told}{absent}{_against_random(view)}"


def _best(best: list[MethodRuns], methods: int) -> str:
    """Who is best: all of equals, in words."""
    *names, last = (each.label for each in best)
    if names:
        return f"{', '.join(names)} and {last} are best"
    return f"{last} {'is best' if methods > 1 else 'reaches'}"


def _reached(view: View, best: list[MethodRuns]) -> str:
    """The number of the best, with its interval where equals have one."""
    metric = view.comparison.worded(view.metric)
    found = [view.summary(each, view.last) for each in best]
    intervals = {f" [{percent(each.low)}, {percent(each.high)}]" for each in found}
    interval = intervals.pop() if len(intervals) == 1 and not math.isnan(found[0].low) else ""
    return f"{view.metric} {percent(found[0].mean)} {metric.unit}{interval}"


def _tied(tied: int, others: int) -> str:
    if not tied:
        return (
            f"all {others} others are significantly worse"
            if others > 1
            else "the other is significantly worse"
        )
    if tied == others:
        return (
            f"none of the {others} others is significantly worse"
            if others > 1
            else "the other is not significantly worse"
        )
    return f"{tied} of the {others} others {'are' if tied > 1 else 'is'} not significantly worse"


def _against_random(view: View) -> str:
    """How many methods do not beat the runs of random search; empty if there are none."""
    known = [each for each in view.comparison.rankable if view.summary(each, view.last).n]
    random = next((each for each in known if each.label == RANDOM), None)
    if random is None:
        return ""
    rivals = [each for each in known if each is not random]
    losers = len(rivals) - sum(_beats(view, rivals, random))
    if not losers or losers == len(rivals):
        return "; all beat random search" if not losers else "; none beats random search"
    return f"; {losers} {'do' if losers > 1 else 'does'} not beat random search"


def _beats(view: View, rivals: list[MethodRuns], random: MethodRuns) -> list[bool]:
    """Better on average, and significantly so, Holm-corrected for the number of rivals."""
    pairs = [view.paired(each, random) for each in rivals]
    corrected = holm([pair.p for pair in pairs])
    return [pair.difference > 0 and p < LEVEL for pair, p in zip(pairs, corrected, strict=True)]
