"""The critical-difference diagram (Demšar 2006, figure 1): mean ranks; bars join what is not separated."""

from __future__ import annotations

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.report.figures.style import INK, look
from harness.stats.ranks import Ranks

WIDTH = 6.4
TICK, BAR, ROW, TOP = 0.17, 0.13, 0.2, 0.55
"""Inches: from the axis to the first bar, between bars, between names, above the axis."""
MARGIN = 0.025
"""Room beyond the axis of ranks on either side, as a share of it."""
MOST_TICKS, EVERY = 10, 5
"""Ranks all have a tick up to so many; beyond, the first and every fifth."""


def critical_difference(ranks: Ranks, outside: Sequence[str] = ()) -> Figure:
    """Best on the left. Names of the better half stand on the left, of the others on the right; below all
    of them stands who is not ranked."""
    order, bars = ranks.order, len(ranks.groups)
    half = math.ceil(len(order) / 2)
    below = TICK + bars * BAR + half * ROW + (ROW if outside else 0)
    figure, axes = plt.subplots(figsize=(WIDTH, TOP + below + 0.1))
    axes.set_axis_off()
    low, high = 1.0, float(len(order))
    margin = MARGIN * (high - low)
    axes.set_xlim(low - margin, high + margin)
    axes.set_ylim(-below, TOP)
    _ruler(axes, ranks, low, high)
    for row, group in enumerate(ranks.groups):
        means = [float(ranks.mean[ranks.methods.index(name)]) for name in group]
        pad, y = (high - low) / 150, -TICK - row * BAR
        axes.plot(
            [min(means) - pad, max(means) + pad], [y, y], color=INK, linewidth=2.6, solid_capstyle="butt"
        )
    start = TICK + bars * BAR + ROW / 2
    for row, place in enumerate(order[:half]):
        _name(axes, ranks, place, low - margin, -start - row * ROW)
    for row, place in enumerate(reversed(order[half:])):
        _name(axes, ranks, place, high + margin, -start - row * ROW)
    if outside:
        words = f"degenerate, so not ranked: {', '.join(outside)}"
        axes.text(low - margin, -below + 0.02, words, va="bottom", fontsize=8, wrap=True)
    return figure


def _ruler(axes: Axes, ranks: Ranks, low: float, high: float) -> None:
    """The axis of ranks, and how long the critical difference is on it."""
    axes.plot([low, high], [0, 0], color=INK, linewidth=0.8, solid_capstyle="butt")
    ticks = range(int(low), int(high) + 1)
    for tick in ticks if high <= MOST_TICKS else (tick for tick in ticks if tick == low or tick % EVERY == 0):
        axes.plot([tick, tick], [0, 0.05], color=INK, linewidth=0.8)
        axes.text(tick, 0.07, str(tick), ha="center", va="bottom", fontsize=8)
    axes.annotate(
        "mean rank", (1, 0), (8, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
        va="center", fontsize=8, annotation_clip=False,
    )  # fmt: skip
    end, y = low + min(ranks.critical, high - low), 0.32
    axes.plot([low, end], [y, y], color=INK, linewidth=1.2)
    for x in (low, end):
        axes.plot([x, x], [y - 0.035, y + 0.035], color=INK, linewidth=1.2)
    words = f"critical difference {ranks.critical:.2f}"
    if not ranks.different:
        words += f", but no difference is shown at all (p = {ranks.p:.2g})"
    axes.text(low, y + 0.06, words, ha="left", va="bottom", fontsize=8)


def _name(axes: Axes, ranks: Ranks, place: int, side: float, y: float) -> None:
    """An elbow from a mean rank on the axis to the method's name at a side."""
    name, mean = ranks.methods[place], float(ranks.mean[place])
    mine, left = look(name), side < 1
    axes.plot([mean, mean, side], [0, y, y], color=mine.colour, linewidth=0.8, zorder=1)
    axes.plot(mean, 0, mine.marker, color=mine.colour, markersize=5, zorder=3, clip_on=False)
    text = f"{name}  {mean:.2f}" if left else f"{mean:.2f}  {name}"
    axes.annotate(
        text, (side, y), (-4 if left else 4, 0), textcoords="offset points", color=mine.colour,
        ha="right" if left else "left", va="center", fontsize=8, annotation_clip=False,
    )  # fmt: skip
