"""Values at the end by seed: every run is seen, the unlucky ones too."""

from __future__ import annotations

import math

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.compare.comparison import MethodRuns
from harness.compare.units import percent
from harness.compare.view import View
from harness.report.figures.curves import heading
from harness.report.figures.lines import name_references
from harness.report.figures.rows import HEIGHT, in_order, name_rows
from harness.report.figures.style import INK, look
from harness.stats.summary import Summary

SHOWN = 0.97
"""This share of all runs lies inside the picture; an arrow at its edge stands for each of the others."""
APART = 0.62
"""Height of the band of dots, in rows."""


def final(view: View) -> Figure | None:
    """A row per method, best on top; nothing where no run has a value at the last point."""
    methods = view.listed
    values = [100 * view.comparison.values(method, "truth", view.last, view.axis) for method in methods]
    summaries = [view.summary(method, view.last, "truth") for method in methods]
    known = np.concatenate(values)
    known = known[~np.isnan(known)]
    if not len(known):
        return None
    figure, axes = plt.subplots(figsize=(6.4, 1.2 + HEIGHT * len(methods)))
    offsets = heights(view.comparison.seeds)
    low, high = limits(known, [100 * each.low for each in summaries])
    for row, (method, mine) in enumerate(zip(methods, values, strict=True)):
        _dots(axes, method, mine, row + np.array([offsets[seed] for seed in method.seeds]), low)
        _interval(axes, method, summaries[row], row)
    _references(axes, view)
    optimum = view.comparison.optimum
    right = high if optimum is None else max(high, 100 * optimum)
    axes.set_xlim(low, right + 0.03 * (right - low))
    name_rows(axes, [method.name for method in methods])
    in_order(axes, [_text(each) for each in summaries])
    words = f"accuracy of the best found after {view.last} {view.units} (%)"
    axes.set_xlabel(view.comparison.quantity.said(words))
    figure.suptitle(heading(view), x=0.01, ha="left", fontsize=9)
    name_references(figure, axes)
    return figure


def heights(seeds: list[int]) -> dict[int, float]:
    """Offset from its row by seed, the same in all rows; neighbours in the list lie far apart."""
    golden = (math.sqrt(5) - 1) / 2
    return {seed: ((index * golden) % 1 - 0.5) * APART for index, seed in enumerate(seeds)}


def limits(values: Float[np.ndarray, " n"], intervals: list[float]) -> tuple[float, float]:
    """What the axis shows of the values (%): `SHOWN` of them from the top, and all ends of intervals."""
    ordered = np.sort(values)
    cut = ordered[int((1 - SHOWN) * len(ordered))]
    low, high = float(min([cut, *(end for end in intervals if not math.isnan(end))])), float(ordered[-1])
    pad = 0.02 * (high - low or 1.0)
    return low - pad, high + pad


def _dots(
    axes: Axes, method: MethodRuns, values: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], low: float
) -> None:
    mine = look(method.label)
    inside = values >= low
    axes.plot(
        values[inside], y[inside], "o", color=mine.colour, alpha=0.45, markersize=3.4, markeredgewidth=0
    )
    for place in y[values < low]:
        axes.plot(low, place, "<", color=mine.colour, markersize=4.5, markeredgewidth=0, clip_on=False)


def _interval(axes: Axes, method: MethodRuns, found: Summary, row: int) -> None:
    mine = look(method.label)
    if not math.isnan(found.low):
        axes.plot([100 * found.low, 100 * found.high], [row, row], color=INK, linewidth=1.3, zorder=3)
    axes.plot(
        100 * found.mean,
        row,
        marker="D",
        color=mine.colour,
        markersize=5.5,
        markeredgecolor=INK,
        markeredgewidth=0.8,
        zorder=4,
    )


def _references(axes: Axes, view: View) -> None:
    comparison = view.comparison
    if comparison.optimum is not None:
        axes.axvline(100 * comparison.optimum, color=INK, linewidth=0.8, label="optimum of the table")
    if comparison.random is not None and view.own_axis:
        expected = 100 * float(comparison.random[view.last - 1])
        axes.axvline(expected, color=INK, linewidth=0.9, linestyle=(0, (1, 2)), label="random search, exact")


def _text(found: Summary) -> str:
    return percent(found.mean)
