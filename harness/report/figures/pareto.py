"""Accuracy against complexity: fronts, and each method's best three architectures (NGAE's figure 5)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.compare.comparison import Comparison, MethodRuns
from harness.compare.found import Found, top
from harness.compare.view import View
from harness.records.tradeoffs import Front
from harness.report.figures.curves import heading
from harness.report.figures.lines import COLUMNS, TOGETHER, hide_rest, name_references
from harness.report.figures.style import INK, look
from tabular.pareto import pareto_front

UNITS = {"flops": "FLOPs (M)", "params": "parameters (M)"}
BELOW = 0.35
"""The picture reaches this far below the worst of the best three, in their distance from the best."""


def pareto(view: View) -> Figure | None:
    """A picture per method, since good methods find the same architectures; nothing where runs were stored
    without complexities.
    """
    comparison = view.comparison
    measure = measure_of(comparison)
    if measure is None:
        return None
    methods = view.listed
    fronts = [front_of(method, measure) for method in methods]
    found = [top(method) for method in methods]
    columns = next(number for number in (1, 2, 3, COLUMNS) if number in (len(methods), COLUMNS))
    rows = math.ceil(len(methods) / columns)
    height = 1.6 if len(methods) > TOGETHER else 2.1
    figure, pictures = plt.subplots(
        rows, columns, figsize=(1.75 * columns + 0.4, height * rows + 0.7), sharex=True, sharey=True,
        squeeze=False,
    )  # fmt: skip
    _limits(pictures[0, 0], comparison.fronts.get(measure), fronts, found, measure)
    for picture, method, front, best in zip(pictures.flat, methods, fronts, found, strict=False):
        _table(picture, comparison, measure)
        _front(picture, method, front)
        _numbers(picture, method, best, measure)
        picture.set_title(method.name, loc="left", color=look(method.label).ink, fontsize=8)
    hide_rest(pictures, len(methods))
    figure.supxlabel(unit(measure), fontsize=8.5)
    figure.supylabel(comparison.quantity.said("accuracy (%)"), fontsize=8.5)
    figure.suptitle(heading(view), x=0.01, ha="left", fontsize=9)
    name_references(figure, pictures[0, 0])
    return figure


def measure_of(comparison: Comparison) -> str | None:
    """The measure of the table's fronts; where it has none the first that all runs recorded, FLOPs first."""
    recorded = [set(run.fronts) for method in comparison.methods for run in method.runs]
    if comparison.measure is not None and any(comparison.measure in names for names in recorded):
        return comparison.measure
    return next(iter(sorted(set.intersection(*recorded), key=lambda name: (name != "flops", name))), None)


def unit(measure: str) -> str:
    """The measure as an axis names it."""
    kind, _, device = measure.partition(":")
    ending = {"latency": " (ms)", "energy": " (mJ)"}.get(kind, "")
    return UNITS.get(measure, f"{kind}{' on ' + device if device else ''}{ending}")


def front_of(method: MethodRuns, measure: str) -> Front:
    """Pareto-optimal by truth (fractions) among what the method's runs chose by what they saw."""
    known = [run.fronts[measure] for run in method.runs if measure in run.fronts]
    complexity, truth = (np.array([value for front in known for value in front[row]]) for row in (0, 1))
    kept = pareto_front(complexity, truth)
    return complexity[kept], truth[kept]


def _limits(
    axes: Axes, table: Front | None, fronts: Sequence[Front], found: Sequence[list[Found]], measure: str
) -> None:
    """Where the best architectures are: what lies far below them is left out."""
    best = [each for method in found for each in method if not math.isnan(each.truth)]
    tops = [front[1][-1] for front in [*fronts, *([table] if table else [])] if len(front[1])]
    if not best or not tops:
        return
    high, low = max(tops), min(each.truth for each in best)
    low -= BELOW * (high - low) or 0.01
    axes.set_ylim(100 * low, 100 * (high + 0.08 * (high - low)))
    shown = [float(each) for x, y in [*fronts, *([table] if table else [])] for each in x[y >= low]] + [
        each.complexity[measure] for each in best if measure in each.complexity
    ]
    pad = 0.1 * (max(shown) - min(shown) or 1.0)
    axes.set_xlim(min(shown) - pad, max(shown) + pad)


def _table(axes: Axes, comparison: Comparison, measure: str) -> None:
    if measure in comparison.fronts:
        complexity, truth = comparison.fronts[measure]
        axes.step(
            [*complexity, 10 * complexity[-1]],
            100 * np.append(truth, truth[-1]),
            where="post",
            color=INK,
            linewidth=0.9,
            label="front of the table",
        )


def _front(axes: Axes, method: MethodRuns, front: Front) -> None:
    mine = look(method.label)
    if len(front[0]):
        axes.step(
            [*front[0], 10 * front[0][-1]],
            100 * np.append(front[1], front[1][-1]),
            where="post",
            color=mine.colour,
            linewidth=1.3,
        )
        axes.plot(front[0], 100 * front[1], ".", color=mine.colour, markersize=4)


def _numbers(axes: Axes, method: MethodRuns, best: list[Found], measure: str) -> None:
    """The best architectures by rank, the first drawn last."""
    for number, each in reversed(list(enumerate(best, start=1))):
        if measure not in each.complexity or math.isnan(each.truth):
            continue
        at, colour = (each.complexity[measure], 100 * each.truth), look(method.label).colour
        axes.plot(*at, "o", color="white", markersize=8.5, markeredgecolor=colour, markeredgewidth=1.3)
        axes.annotate(
            str(number), at, color=INK, fontsize=6, fontweight="bold", ha="center", va="center_baseline"
        )
