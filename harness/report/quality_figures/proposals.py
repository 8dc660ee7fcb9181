"""The first few architectures that each search proposes: accuracy and complexity side by side."""

from __future__ import annotations

import math
import textwrap

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.compare.claims import claims
from harness.compare.quality import QualityLine, QualityTable
from harness.compare.units import percent
from harness.report.figures.final import APART, heights
from harness.report.figures.lines import name_references
from harness.report.figures.rows import HEIGHT, in_order, name_rows
from harness.report.figures.style import INK, look
from harness.report.quality_figures.panels import floats, heading, with_columns
from harness.stats.summary import Summary

SIDES = (
    ("accuracy", "top_accuracy", "accuracy (%)"),
    ("complexity", "top_complexity", "complexity, of the largest (%)"),
)
"""Column, measure and axis."""
LETTERS = 28
"""Of a name in a line."""


def proposals_caption(table: QualityTable) -> str:
    """What stands under `proposals`, with what the paper claims."""
    asked = claims(table)
    return " ".join(
        [
            f"The first {table.spec.sizes.get('top', 'few')} new architectures that each search proposes "
            "with all training labels known: a dot each, at the same height for the same seed; the mean over "
            f"seeds with its 95 % interval. {table.quantity.said('Accuracy')} by the benchmark or its "
            "surrogate. All labels were free: "
            "no result of a search with a budget.",
            *([f"The NGAE paper's claims: {'. '.join(each.sentence for each in asked)}."] if asked else []),
        ]
    )


def proposals(table: QualityTable) -> Figure | None:
    """A row per method, two panels (NGAE Figure 5); nothing where nothing new was proposed."""
    lines = [line for line in table.lines if with_columns(line, "top")]
    if not lines:
        return None
    lines.sort(key=lambda line: -_known(line.summary("top_accuracy").mean))
    figure, sides = plt.subplots(1, 2, figsize=(8.2, 1.3 + 1.6 * HEIGHT * len(lines)))
    offsets = heights(table.seeds)
    for axes, (column, measure, words) in zip(sides, SIDES, strict=True):
        for row, line in enumerate(lines):
            _dots(axes, line, column, row, offsets)
            _interval(axes, line, line.summary(measure), row)
        if column == "accuracy":
            _best_given(axes, table)
        axes.set_xlabel(table.quantity.said(words) if column == "accuracy" else words)
        name_rows(axes, [textwrap.fill(line.label.replace(";", "; "), LETTERS) for line in lines])
        axes.tick_params(axis="y", labelsize=7.5, labelleft=axes is sides[0])
        in_order(axes, [percent(line.summary(measure).mean) for line in lines])
    figure.suptitle(heading(table), x=0.01, ha="left", fontsize=9)
    name_references(figure, sides[0])
    return figure


def _known(value: float) -> float:
    return -math.inf if math.isnan(value) else value


def _dots(axes: Axes, line: QualityLine, column: str, row: int, offsets: dict[int, float]) -> None:
    colour = look(line.label).colour
    for seed, columns in with_columns(line, "top"):
        values = 100 * floats(columns, column)
        axes.plot(
            values, np.full(len(values), row + APART * offsets[seed]), "o", color=colour, alpha=0.5,
            markersize=3.6, markeredgewidth=0,
        )  # fmt: skip


def _interval(axes: Axes, line: QualityLine, found: Summary, row: int) -> None:
    if not math.isnan(found.low):
        axes.plot([100 * found.low, 100 * found.high], [row, row], color=INK, linewidth=1.3, zorder=3)
    axes.plot(
        100 * found.mean, row, marker="D", color=look(line.label).colour, markersize=5.5, markeredgecolor=INK,
        markeredgewidth=0.8, zorder=4,
    )  # fmt: skip


def _best_given(axes: Axes, table: QualityTable) -> None:
    """The best architecture whose label was given: the same for all, unless their labels differ."""
    best = {value for line in table.lines for value in line.values("best_training") if not math.isnan(value)}
    if len(best) == 1:
        axes.axvline(100 * best.pop(), color=INK, linewidth=0.8, label="best of the given labels")
