"""How trainings went, pass by pass."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from harness.compare.quality import QualityLine, QualityTable
from harness.report.figures.lines import plain
from harness.report.figures.style import INK, legend_columns, look
from harness.report.quality_figures.panels import entitle, floats, name_below, panels, with_columns

FACTS = {
    "loss": "loss",
    "reconstruction": "reconstruction loss (nats)",
    "kl": "KL divergence (nats)",
    "accuracy_error": "squared error, accuracy",
    "complexity_error": "squared error, complexity",
    "held_out_exact": "held out, exact (%)",
}
"""Which of a pass are drawn, and their axes."""
SHARES = ("held_out_exact",)
LEGEND = 7.5
"""Points."""
MARKED = 10
"""Passes of a training that have a marker, about."""
SPREAD = 30.0
"""Losses that differ by a larger factor are drawn on a logarithmic axis."""


def training_caption(table: QualityTable) -> str:
    """What stands under `training`."""
    return (
        "Means over a pass by passes over the training cells, a line per seed. Losses of different methods "
        "are not the same loss; the KL divergence is before its weight. Held out: share of cells kept from "
        "training that come back exactly, where it was looked at."
    )


def training(table: QualityTable) -> Figure | None:
    """A panel per fact that any training has noted; nothing where none has."""
    known = [name for name in FACTS if any(_lines(line, name) for line in table.lines)]
    if not known:
        return None
    figure, shown = panels(len(known), width=2.5, height=1.9, most=3)
    for axes, name in zip(shown, known, strict=True):
        values = [each for line in table.lines for each in _facts(axes, line, name)]
        _scale(axes, name, np.concatenate(values))
        words = FACTS[name] if name in SHARES else table.quantity.said(FACTS[name])
        axes.set_title(words, loc="left", fontsize=8)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    name_below(shown, "passes over the cells")
    entitle(figure, table)
    _legend(figure, table)
    return figure


Facts = tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"]]


def _lines(line: QualityLine, name: str) -> list[Facts]:
    """Passes and values of every seed, where there are values."""
    found = []
    for _, columns in with_columns(line, "passes"):
        values = floats(columns, name) * (100 if name in SHARES else 1)
        known = ~np.isnan(values)
        if known.any():
            found.append((floats(columns, "epoch")[known], values[known]))
    return found


def _facts(axes: Axes, line: QualityLine, name: str) -> list[Float[np.ndarray, " k"]]:
    mine, found = look(line.label), _lines(line, name)
    for x, y in found:
        axes.plot(
            x, y, color=mine.colour, linestyle=mine.dash, linewidth=1.1, alpha=0.8, marker=mine.marker,
            markersize=3.5, markevery=max(len(x) // MARKED, 1),
        )  # fmt: skip
    return [y for _, y in found]


def _scale(axes: Axes, name: str, values: Float[np.ndarray, " n"]) -> None:
    if name not in SHARES and values.min() > 0 and values.max() > SPREAD * values.min():
        axes.set_yscale("log")
        if math.log10(values.max() / values.min()) < 3:
            plain(axes.yaxis)


def _legend(figure: Figure, table: QualityTable) -> None:
    """Methods by colour, dash and marker."""
    lines = [line for line in table.lines if with_columns(line, "passes")]
    looks = [look(line.label) for line in lines]
    handles = [
        Line2D([], [], color=each.colour, linestyle=each.dash, marker=each.marker, markersize=4)
        for each in looks
    ]
    names = [line.label for line in lines]
    figure.legend(
        handles,
        names,
        loc="outside lower center",
        ncols=legend_columns(names, figure.get_figwidth(), LEGEND),
        frameon=False,
        fontsize=LEGEND,
        labelcolor=INK,
    )
