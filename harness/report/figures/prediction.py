"""Quality of representations against the regret of searches with them: a panel per measure."""

from __future__ import annotations

import math
from collections.abc import Iterator

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator

from harness.compare.prediction import Prediction, Sought
from harness.compare.units import number
from harness.report.figures.lines import hide_rest, plain, spread
from harness.report.figures.style import INK, MARKERS, look
from harness.report.tables.prediction_blocks import asked, verdict
from harness.stats.association import Association
from harness.stats.paired import holm
from tabular.quantity import common

COLUMNS = 3
LEAST = 0.005
"""Regret (points) of what has found the optimum, on an axis that has no 0."""


def prediction(found: Prediction) -> Figure:
    """Points by representation (name and colour) and benchmark (marker); measures that nobody has are left
    out."""
    measures = asked()
    associations = found.associations(measures)
    corrected = holm([each.p for each in associations])
    shown = [each for each in zip(measures, associations, corrected, strict=True) if each[1].points]
    rows = max(math.ceil(len(shown) / COLUMNS), 1)
    figure, panels = plt.subplots(
        rows, COLUMNS, figsize=(2.8 * COLUMNS, 2.6 * rows + 0.6), sharey=True, squeeze=False
    )
    for panel, (sought, one, p) in zip(panels.flat, shown, strict=False):
        panel.set_yscale("log")
        plain(panel.yaxis)
        panel.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
        panel.margins(x=0.1, y=0.1)
        panel.set_title(_conclusion(one, p), loc="left", fontsize=7.5)
        panel.set_xlabel(f"{sought.heading}{' (less is better)' if sought.sign < 0 else ''}")
        _points(panel, found, sought)
    for panel, (sought, *_) in zip(panels.flat, shown, strict=False):  # all heights are known now
        _labels(panel, found, sought)
    hide_rest(panels, len(shown))
    quantity = common(each.quantity for each in found.comparisons)
    figure.supylabel(quantity.said("mean regret at the end (points)"), fontsize=8.5)
    figure.suptitle(f"Quality and regret, searches with {found.optimizer}", x=0.01, ha="left", fontsize=9)
    _name_benchmarks(figure, found)
    return figure


def _places(found: Prediction, sought: Sought) -> Iterator[tuple[int, str, float, float]]:
    """Number of the benchmark, representation and coordinates of every point."""
    scale = 100 if sought.heading.endswith("%") else 1
    for (benchmark, label), point in sorted(found.points.items()):
        x, y = scale * point.value(sought), max(100 * point.regret, LEAST)
        if not math.isnan(x + y):
            yield found.benchmarks.index(benchmark), label, x, y


def _points(panel: Axes, found: Prediction, sought: Sought) -> None:
    for place, label, x, y in _places(found, sought):
        marker = MARKERS[place % len(MARKERS)]
        panel.plot([x], [y], marker, color=look(label).colour, markersize=5, markeredgewidth=0)


def _labels(panel: Axes, found: Prediction, sought: Sought) -> None:
    """Every representation at its point with most regret, moved apart where they would overlap."""
    tops: dict[str, tuple[float, float]] = {}
    for _, label, x, y in _places(found, sought):
        tops[label] = max(tops.get(label, (x, y)), (x, y), key=lambda place: place[1])
    known = sorted(
        (_share(math.log10(y), *map(math.log10, panel.get_ylim())), _share(x, *panel.get_xlim()), label)
        for label, (x, y) in tops.items()
    )
    heights = spread([height for height, _, _ in known], 0.06, 0.98)
    for (height, across, label), moved in zip(known, heights, strict=True):
        left = across < 0.5
        panel.annotate(
            label, (across, height), (across + (0.04 if left else -0.04), moved), xycoords="axes fraction",
            textcoords="axes fraction", ha="left" if left else "right", va="center", fontsize=6,
            color=look(label).ink,
        )  # fmt: skip


def _share(value: float, low: float, high: float) -> float:
    """How far between."""
    return (value - low) / (high - low)


def _conclusion(one: Association, p: float) -> str:
    if math.isnan(one.rho):
        return f"n = {one.n}: too few"
    interval = "" if math.isnan(one.low) else f" [{number(one.low)}, {number(one.high)}]"
    return f"rho {number(one.rho)}{interval}, n = {one.n}\n{verdict(one, p)}"


def _name_benchmarks(figure: Figure, found: Prediction) -> None:
    handles = [
        Line2D([], [], color=INK, marker=MARKERS[place % len(MARKERS)], linestyle="", markersize=5)
        for place in range(len(found.benchmarks))
    ]
    figure.legend(
        handles, found.benchmarks, loc="outside lower center", ncols=min(len(handles), 4), frameon=False,
        fontsize=7.5,
    )  # fmt: skip
