"""Lines with bands: few methods in one picture with labels at their ends, many in a grid of pictures."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import AutoMinorLocator

from harness.report.figures.style import FAINT, INK, look

TOGETHER = 8
"""More methods than this are not told apart in one picture."""
COLUMNS = 4
CONTEXT = 50
"""Points of a line that is only context."""


@dataclass(frozen=True)
class Line:
    """One method. Without `low` and `high` it has no band."""

    label: str
    x: Float[np.ndarray, " q"]
    y: Float[np.ndarray, " q"]
    low: Float[np.ndarray, " q"] | None = None
    high: Float[np.ndarray, " q"] | None = None

    def at_least(self, floor: float) -> Line:
        """The same with nothing below `floor`, which a logarithmic axis can show."""
        low, high = (None if part is None else np.maximum(part, floor) for part in (self.low, self.high))
        return dataclasses.replace(self, y=np.maximum(self.y, floor), low=low, high=high)


@dataclass(frozen=True)
class Frame:
    """What the axes of a picture show."""

    x_label: str
    y_label: str
    title: str = ""
    x_log: bool = False
    y_log: bool = False
    y_limits: tuple[float, float] | None = None
    x_limits: tuple[float, float] | None = None
    step: bool = False


def draw(lines: Sequence[Line], frame: Frame, context: Callable[[Axes], None] | None = None) -> Figure:
    """All lines, best first, together or in a grid. `context` adds what every picture has beneath."""
    if len(lines) <= TOGETHER:
        figure, axes = plt.subplots(figsize=(6.4, 3.7))
        _prepare(axes, frame, context)
        axes.set_xlabel(frame.x_label)
        axes.set_ylabel(frame.y_label)
        axes.set_title(frame.title, loc="left")
        for line in reversed(lines):
            _line(axes, line, frame)
        _labels(axes, lines)
        return figure
    rows = math.ceil(len(lines) / COLUMNS)
    figure, grid = plt.subplots(
        rows, COLUMNS, figsize=(7.4, 1.45 * rows + 0.7), sharex=True, sharey=True, squeeze=False
    )
    for axes, line in zip(grid.flat, lines, strict=False):
        _prepare(axes, frame, context)
        for other in lines:
            thin = slice(None, None, max(len(other.x) // CONTEXT, 1))
            axes.plot(other.x[thin], other.y[thin], color=FAINT, linewidth=0.5, drawstyle=_style(frame))
        _line(axes, line, frame)
        axes.set_title(line.label, loc="left", color=look(line.label).colour, fontsize=8)
    for axes in grid.flat[len(lines) :]:
        axes.set_visible(False)
    figure.supxlabel(frame.x_label, fontsize=8.5)
    figure.supylabel(frame.y_label, fontsize=8.5)
    if frame.title:
        figure.suptitle(frame.title, x=0.01, ha="left", fontsize=9)
    return figure


def _prepare(axes: Axes, frame: Frame, context: Callable[[Axes], None] | None) -> None:
    if frame.x_log:
        axes.set_xscale("log")
    if frame.y_log:
        axes.set_yscale("log")
    if frame.y_limits:
        axes.set_ylim(*frame.y_limits)
    if frame.x_limits:
        axes.set_xlim(*frame.x_limits)
    if not frame.y_log:
        axes.yaxis.set_minor_locator(AutoMinorLocator(2))
    axes.tick_params(which="minor", length=0)
    if context:
        context(axes)


def _style(frame: Frame) -> str:
    return "steps-post" if frame.step else "default"


def _line(axes: Axes, line: Line, frame: Frame) -> None:
    mine = look(line.label)
    if line.low is not None and line.high is not None:
        step: Literal["post"] | None = "post" if frame.step else None
        axes.fill_between(line.x, line.low, line.high, color=mine.colour, alpha=0.16, linewidth=0, step=step)
    axes.plot(
        line.x,
        line.y,
        color=mine.colour,
        linestyle=mine.dash,
        drawstyle=_style(frame),
        solid_capstyle="round",
    )


def _labels(axes: Axes, lines: Sequence[Line]) -> None:
    """Names at the right end, moved apart where lines end close to each other."""
    shown = [(line, _last(line)) for line in lines]
    low, high = axes.get_ylim()
    log = axes.get_yscale() == "log"
    if log:
        low, high = math.log10(low), math.log10(high)

    def place(value: float) -> float:
        value = math.log10(max(value, 10**low)) if log else value
        return min(max((value - low) / (high - low), 0.0), 1.0)

    known = [(line, place(y)) for line, y in shown if not math.isnan(y)]
    known.sort(key=lambda pair: pair[1])
    for (line, at), height in zip(known, spread([at for _, at in known], 0.062), strict=True):
        axes.annotate(
            line.label,
            xy=(1.0, at),
            xytext=(1.035, height),
            xycoords="axes fraction",
            textcoords="axes fraction",
            color=look(line.label).colour,
            fontsize=8,
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": look(line.label).colour, "linewidth": 0.5},
        )


def _last(line: Line) -> float:
    known = line.y[~np.isnan(line.y)]
    return float(known[-1]) if len(known) else math.nan


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Ascending heights moved as little as it takes to lie at least `gap` apart."""
    blocks: list[list[float]] = []  # of lines that touch: number, sum of what each would shift to
    for index, height in enumerate(heights):
        blocks.append([1, height - index * gap])
        while len(blocks) > 1 and blocks[-2][1] / blocks[-2][0] >= blocks[-1][1] / blocks[-1][0]:
            count, total = blocks.pop()
            blocks[-1][0] += count
            blocks[-1][1] += total
    placed = [total / count for count, total in blocks for _ in range(int(count))]
    return [start + index * gap for index, start in enumerate(placed)]


def reference_lines(
    optimum: float | None, random: tuple[np.ndarray, np.ndarray] | None
) -> Callable[[Axes], None]:
    """The table's optimum and the exact expectation of random search, in every picture."""

    def add(axes: Axes) -> None:
        if optimum is not None:
            axes.axhline(optimum, color=INK, linewidth=0.8)
        if random is not None:
            axes.plot(*random, color=INK, linewidth=0.9, linestyle=(0, (1, 2)))

    return add
