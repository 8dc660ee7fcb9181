"""Accuracy against complexity: fronts, and each method's best three architectures (NGAE's figure 5)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.report.comparison import Comparison, MethodRuns
from harness.report.figures.curves import heading
from harness.report.figures.lines import COLUMNS, TOGETHER
from harness.report.figures.style import INK, look
from harness.report.found import Found, top
from harness.report.view import View
from harness.tradeoffs import Front
from tabular.pareto import pareto_front

UNITS = {"flops": "FLOPs (M)", "params": "parameters (M)"}
BELOW = 0.35
"""The picture reaches this far below the worst of the best three, in their distance from the best."""


def pareto(view: View) -> Figure | None:
    """Together or in a grid as all lines; nothing where runs were stored without complexities."""
    comparison = view.comparison
    measure = measure_of(comparison)
    if measure is None:
        return None
    methods = view.ranked
    fronts = [front_of(method, measure) for method in methods]
    found = [top(method) for method in methods]
    grid = len(methods) > TOGETHER
    rows = math.ceil(len(methods) / COLUMNS) if grid else 1
    size = (7.4, 1.6 * rows + 0.7) if grid else (6.4, 4.0)
    figure, pictures = plt.subplots(
        rows, COLUMNS if grid else 1, figsize=size, sharex=True, sharey=True, squeeze=False
    )
    _limits(pictures[0, 0], comparison.fronts.get(measure), fronts, found, measure)
    drawn = list(zip(methods, fronts, found, strict=True))
    for picture, cells in zip(
        pictures.flat, [[each] for each in drawn] if grid else [drawn[::-1]], strict=False
    ):
        _table(picture, comparison, measure)
        for method, front, best in cells:
            _method(picture, method, front, best, measure)
        if grid:
            picture.set_title(cells[0][0].label, loc="left", color=look(cells[0][0].label).colour, fontsize=8)
    for picture in pictures.flat[len(drawn) if grid else 1 :]:
        picture.set_visible(False)
    figure.supxlabel(unit(measure), fontsize=8.5)
    figure.supylabel("accuracy (%)", fontsize=8.5)
    figure.suptitle(heading(view), x=0.01, ha="left", fontsize=9)
    if not grid:
        handles, labels = pictures[0, 0].get_legend_handles_labels()
        figure.legend(handles[::-1], labels[::-1], loc="outside right center", frameon=False, fontsize=8)
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
    shown = [
        float(each) for x, y in [*fronts, *([table] if table else [])] for each in x[y >= low]
    ] + [each.complexity[measure] for each in best if measure in each.complexity]
    pad = 0.06 * (max(shown) - min(shown) or 1.0)
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


def _method(axes: Axes, method: MethodRuns, front: Front, best: list[Found], measure: str) -> None:
    mine = look(method.label)
    if len(front[0]):
        axes.step(
            [*front[0], 10 * front[0][-1]],
            100 * np.append(front[1], front[1][-1]),
            where="post",
            color=mine.colour,
            linestyle=mine.dash,
            linewidth=1.1,
        )
        axes.plot(front[0], 100 * front[1], ".", color=mine.colour, markersize=3)
    known = [(number, each) for number, each in enumerate(best, start=1) if measure in each.complexity]
    axes.plot(
        [each.complexity[measure] for _, each in known],
        [100 * each.truth for _, each in known],
        mine.marker,
        color=mine.colour,
        markersize=9,
        markeredgecolor="white",
        markeredgewidth=0.7,
        label=method.label,
    )
    for number, each in known:
        axes.annotate(
            str(number),
            (each.complexity[measure], 100 * each.truth),
            color="white",
            fontsize=5.5,
            fontweight="bold",
            ha="center",
            va="center_baseline",
        )
