"""Kendall's tau by the number of labels, for every predictor, between floors and ceiling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from harness.compare.quality import QualityLine, QualityTable
from harness.quality.prediction import COUNTS, PREDICTOR_WORDS, measure_name
from harness.report.figures.lines import plain
from harness.report.figures.style import FAINT, INK, legend_columns, look
from harness.report.quality_figures.panels import entitle, name_below, panels
from harness.report.tables.label_blocks import FREE_NAMES

SHOWN = (("tau", "Kendall's tau"), ("tau_best", "in the best 10 %"))
LEGEND = 7.5
"""Points."""
DASHES = {"flops": (0, (1.4, 1.4)), "params": (0, (6, 1.6, 1.4, 1.6)), "training": (0, ())}


def by_labels_caption(table: QualityTable) -> str:
    """What stands under `by_labels`."""
    return table.quantity.said(
        "Kendall's tau of predicted and true accuracy by labels learnt from, means over seeds with their "
        "95 % intervals; above over all tested cells, below among the truly best tenth. Grey: what needs no "
        "label, and another training of the same cells."
    )


def by_labels(table: QualityTable) -> Figure | None:
    """Two rows, a panel per predictor that anything is known of; nothing where nothing is."""
    predictors = [each for each in PREDICTOR_WORDS if any(_points(line, "tau", each) for line in table.lines)]
    if not predictors:
        return None
    figure, shown = panels(len(SHOWN) * len(predictors), width=2.0, height=2.2, most=len(predictors))
    places = [(metric, predictor) for metric in SHOWN for predictor in predictors]
    for axes, ((metric, words), predictor) in zip(shown, places, strict=True):
        for line in table.lines:
            _draw(axes, line, metric, predictor)
        _free(axes, table, metric)
        axes.set_xscale("log")
        plain(axes.xaxis)
        axes.set_title(f"{PREDICTOR_WORDS[predictor]}\n{words}", loc="left", fontsize=7.5, color=INK)
    name_below(shown, "labels")
    entitle(figure, table)
    _legend(figure, table.lines)
    return figure


def _points(line: QualityLine, metric: str, predictor: str) -> list[tuple[int, float, float, float]]:
    """Labels, mean and interval, where there is a mean."""
    found = []
    for n in COUNTS:
        summary = line.summary(measure_name(metric, predictor, n))
        if summary.n:
            found.append((n, summary.mean, summary.low, summary.high))
    return found


def _draw(axes: Axes, line: QualityLine, metric: str, predictor: str) -> None:
    points = _points(line, metric, predictor)
    if not points:
        return
    n, mean, low, high = np.array(points).T
    mine = look(line.label)
    axes.plot(
        n, mean, color=mine.colour, linestyle=mine.dash, marker=mine.marker, markersize=3, linewidth=1.1
    )
    axes.fill_between(n, low, high, color=mine.colour, alpha=0.12, linewidth=0)


def _free(axes: Axes, table: QualityTable, metric: str) -> None:
    line = table.fullest
    for name, dash in DASHES.items():
        summary = line.summary(f"{metric}_{name}")
        if summary.n:
            axes.axhline(summary.mean, color=FAINT, linestyle=dash, linewidth=1.2, zorder=0)


def _legend(figure: Figure, lines: Sequence[QualityLine]) -> None:
    handles = [
        Line2D([], [], color=mine.colour, linestyle=mine.dash, marker=mine.marker, markersize=4)
        for mine in (look(line.label) for line in lines)
    ]
    handles += [Line2D([], [], color=FAINT, linestyle=dash) for dash in DASHES.values()]
    names = [*(line.label for line in lines), *FREE_NAMES.values()]
    figure.legend(
        handles, names, loc="outside lower center", frameon=False, fontsize=LEGEND, labelcolor=INK,
        ncols=legend_columns(names, figure.get_figwidth(), LEGEND),
    )  # fmt: skip
