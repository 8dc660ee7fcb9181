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
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import AutoMinorLocator, FuncFormatter, NullLocator

from harness.report.figures.style import FAINT, INK, look

TOGETHER = 8
"""More methods than this are not told apart in one picture."""
COLUMNS = 4
CONTEXT = 24
"""Points of a line that is only context."""
MARKED = 6
"""Markers along a line in a picture of several."""


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
    y_ticks: Sequence[float] | None = None
    step: bool = False


def draw(lines: Sequence[Line], frame: Frame, context: Callable[[Axes], None] | None = None) -> Figure:
    """All lines, best first, together or in a grid. `context` adds what every picture has beneath."""
    if len(lines) <= TOGETHER:
        figure, axes = plt.subplots(figsize=(6.4, 3.7))
        _prepare(axes, frame, context)
        axes.set_xlabel(frame.x_label)
        axes.set_ylabel(frame.y_label)
        axes.set_title(frame.title, loc="left")
        for number, line in reversed(list(enumerate(lines))):
            _line(axes, line, frame)
            _markers(axes, line, number / len(lines))
        _labels(axes, lines)
        name_references(figure, axes)
        return figure
    rows = math.ceil(len(lines) / COLUMNS)
    figure, grid = plt.subplots(
        rows, COLUMNS, figsize=(7.4, 1.45 * rows + 0.7), sharex=True, sharey=True, squeeze=False
    )
    others = _joined([_thinned(line, frame) for line in lines])
    for axes, line in zip(grid.flat, lines, strict=False):
        _prepare(axes, frame, context)
        axes.plot(*others, color=FAINT, linewidth=0.5)
        _line(axes, line, frame)
        axes.set_title(line.label, loc="left", color=look(line.label).ink, fontsize=8)
    hide_rest(grid, len(lines))
    figure.supxlabel(frame.x_label, fontsize=8.5)
    figure.supylabel(frame.y_label, fontsize=8.5)
    if frame.title:
        figure.suptitle(frame.title, x=0.01, ha="left", fontsize=9)
    name_references(figure, grid[0, 0])
    return figure


def hide_rest(grid: np.ndarray, used: int) -> None:
    """Hide the pictures of a grid that are not used; those above them get the numbers of the axis."""
    columns = grid.shape[1]
    for number in range(used, grid.size):
        grid.flat[number].set_visible(False)
        if number >= columns:
            grid.flat[number - columns].tick_params(labelbottom=True)


def name_references(figure: Figure, axes: Axes) -> None:
    """What the lines are that belong to no method."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower right", ncols=2, frameon=False, fontsize=7.5)


def _thinned(line: Line, frame: Frame) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    """`CONTEXT` of the points, evenly spaced as the axis shows them, the first and the last among them."""
    x, y = line.x, line.y
    where = np.log(x) if frame.x_log else x
    even = np.linspace(where[0], where[-1], CONTEXT)
    kept = np.unique(np.append(np.searchsorted(where, even).clip(max=len(x) - 1), len(x) - 1))
    return x[kept], y[kept]


def _joined(
    lines: Sequence[tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"]]],
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Several lines as one with gaps, which is drawn many times faster."""
    gap = np.array([np.nan])
    xs, ys = ([part for line in lines for part in (line[row], gap)] for row in (0, 1))
    return np.concatenate(xs), np.concatenate(ys)


def _prepare(axes: Axes, frame: Frame, context: Callable[[Axes], None] | None) -> None:
    if frame.x_log:
        axes.set_xscale("log")
    if frame.y_log:
        axes.set_yscale("log")
    if frame.y_limits:
        axes.set_ylim(*frame.y_limits)
    if frame.x_limits:
        axes.set_xlim(*frame.x_limits)
    for axis, is_log in ((axes.xaxis, frame.x_log), (axes.yaxis, frame.y_log)):
        if is_log:
            plain(axis)
    if frame.y_ticks is not None:
        axes.set_yticks(frame.y_ticks)
    if not frame.y_log:
        axes.yaxis.set_minor_locator(AutoMinorLocator(2))
    axes.tick_params(which="minor", length=0)
    if context:
        context(axes)


def plain(axis: Axis) -> None:
    """A logarithmic axis with numbers as one says them, and no ticks between."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())


def _style(frame: Frame) -> str:
    return "steps-post" if frame.step else "default"


def _line(axes: Axes, line: Line, frame: Frame) -> None:
    mine = look(line.label)
    if line.low is not None and line.high is not None:
        step: Literal["post"] | None = "post" if frame.step else None
        axes.fill_between(line.x, line.low, line.high, color=mine.colour, alpha=0.13, linewidth=0, step=step)
    axes.plot(
        line.x,
        line.y,
        color=mine.colour,
        linestyle=mine.dash,
        drawstyle=_style(frame),
        solid_capstyle="round",
    )


def _markers(axes: Axes, line: Line, phase: float) -> None:
    """A few along the line, each line's at places of its own, evenly spaced on the axis."""
    mine, (low, high) = look(line.label), axes.get_xlim()
    log = axes.get_xscale() == "log"
    shares = (np.arange(MARKED) + 0.15 + 0.7 * phase) / MARKED
    at = np.geomspace(low, high, 1001) if log else np.linspace(low, high, 1001)
    rows = np.searchsorted(line.x, at[(1000 * shares).astype(int)], side="right") - 1
    rows = np.unique(rows[rows >= 0])
    axes.plot(
        line.x[rows],
        line.y[rows],
        linestyle="",
        color=mine.colour,
        marker=mine.marker,
        markersize=5,
        markeredgecolor="white",
        markeredgewidth=0.6,
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
    for (line, at), height in zip(known, spread([at for _, at in known], 0.062, 0.97), strict=True):
        axes.annotate(
            line.label,
            xy=(1.0, at),
            xytext=(1.035, height),
            xycoords="axes fraction",
            textcoords="axes fraction",
            color=look(line.label).ink,
            fontsize=8,
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": look(line.label).colour, "linewidth": 0.5},
        )


def _last(line: Line) -> float:
    known = line.y[~np.isnan(line.y)]
    return float(known[-1]) if len(known) else math.nan


def spread(heights: Sequence[float], gap: float, top: float = math.inf) -> list[float]:
    """Ascending heights moved as little as it takes to lie at least `gap` apart, none above `top`."""
    blocks: list[list[float]] = []  # of lines that touch: number, sum of what each would shift to
    for index, height in enumerate(heights):
        blocks.append([1, height - index * gap])
        while len(blocks) > 1 and blocks[-2][1] / blocks[-2][0] >= blocks[-1][1] / blocks[-1][0]:
            count, total = blocks.pop()
            blocks[-1][0] += count
            blocks[-1][1] += total
    placed = [total / count for count, total in blocks for _ in range(int(count))]
    most = top - (len(placed) - 1) * gap
    return [min(start, most) + index * gap for index, start in enumerate(placed)]


def reference_lines(
    optimum: float | None, random: tuple[np.ndarray, np.ndarray] | None
) -> Callable[[Axes], None]:
    """The table's optimum and the exact expectation of random search, in every picture."""

    def add(axes: Axes) -> None:
        if optimum is not None:
            axes.axhline(optimum, color=INK, linewidth=0.8, label="optimum of the table")
        if random is not None:
            axes.plot(*random, color=INK, linewidth=0.9, linestyle=(0, (1, 2)), label="random search, exact")

    return add
