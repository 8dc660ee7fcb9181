"""What a comparison found, in one sentence made from its numbers."""

from __future__ import annotations

import math

from harness.compare.comparison import MethodRuns
from harness.compare.marks import LEVEL
from harness.compare.metrics import METRICS
from harness.compare.view import View
from harness.report.tables.blocks import unit_words
from harness.report.tables.notes import too_few
from harness.stats.paired import holm

RANDOM = "random"


def finding(view: View) -> str:
    """Which method is best at the last point, what is not told apart from it, what does not beat random."""
    best, *others = view.ranked
    found = view.summary(best, view.last)
    if math.isnan(found.mean):
        return f"No {view.metric} is known after {view.last} {unit_words(view)}."
    metric = METRICS[view.metric]
    interval = "" if math.isnan(found.low) else f" [{metric.shown(found.low)}, {metric.shown(found.high)}]"
    head = (
        f"{best.label} {'is best' if others else 'reaches'} after {view.last} {unit_words(view)}: "
        f"{view.metric} {metric.shown(found.mean)} {metric.unit}{interval}"
    )
    if not others:
        return f"{head}."
    if few := too_few(view):
        return f"{head}. {few}."
    marked = view.marks(view.last)
    if not marked:
        return f"{head}; no other method has a value there."
    tied = sum(mark == "tied" for mark in marked.values())
    unknown = len(others) + 1 - len(marked)
    absent = f"; {unknown} without a value there" if unknown else ""
    return f"{head}; {_tied(tied, len(marked) - 1)}{absent}{_against_random(view)}."


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
    known = [each for each in view.comparison.methods if view.summary(each, view.last).n]
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
