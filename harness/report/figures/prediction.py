"""Quality of representations against the regret of searches with them: a panel per measure."""

from __future__ import annotations

import math

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from harness.compare.prediction import Prediction, Sought
from harness.compare.units import number
from harness.report.figures.lines import hide_rest
from harness.report.figures.style import INK, MARKERS, look
from harness.report.tables.prediction_blocks import asked, verdict
from harness.stats.association import Association
from harness.stats.paired import holm

COLUMNS = 3
LEAST = 0.005
"""Regret (points) of what has found the optimum, on an axis that has no 0."""


def prediction(found: Prediction) -> Figure:
    """Points by representation (name and colour) and benchmark (marker)."""
    measures = asked()
    associations = found.associations(measures)
    corrected = holm([each.p for each in associations])
    rows = math.ceil(len(measures) / COLUMNS)
    figure, panels = plt.subplots(
        rows, COLUMNS, figsize=(2.6 * COLUMNS, 2.6 * rows + 0.6), sharey=True, squeeze=False
    )
    for panel, sought, one, p in zip(panels.flat, measures, associations, corrected, strict=False):
        _panel(panel, found, sought)
        panel.set_title(_conclusion(one, p), loc="left", fontsize=7.5)
        panel.set_xlabel(f"{sought.heading}{' (less is better)' if sought.sign < 0 else ''}")
    hide_rest(panels, len(measures))
    figure.supylabel("mean regret at the end (points)", fontsize=8.5)
    figure.suptitle(f"Quality and regret, searches with {found.optimizer}", x=0.01, ha="left", fontsize=9)
    _name_benchmarks(figure, found)
    return figure


def _panel(panel: Axes, found: Prediction, sought: Sought) -> None:
    panel.set_yscale("log")
    scale = 100 if sought.heading.endswith("%") else 1
    places: dict[str, list[tuple[float, float]]] = {}
    for number_, benchmark in enumerate(found.benchmarks):
        for label in found.labels:
            point = found.points.get((benchmark, label))
            if point is None or math.isnan(point.value(sought)):
                continue
            x, y = scale * point.value(sought), max(100 * point.regret, LEAST)
            marker = MARKERS[number_ % len(MARKERS)]
            panel.plot([x], [y], marker, color=look(label).colour, markersize=5, markeredgewidth=0)
            places.setdefault(label, []).append((x, y))
    if not places:
        panel.text(0.5, 0.5, "not measured", transform=panel.transAxes, ha="center", color=INK)
    for label, its in places.items():
        x, y = max(its, key=lambda place: place[1])
        panel.annotate(
            label, (x, y), xytext=(0, 4), textcoords="offset points", ha="center", fontsize=6,
            color=look(label).ink,
        )  # fmt: skip
    panel.margins(x=0.2, y=0.15)


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
