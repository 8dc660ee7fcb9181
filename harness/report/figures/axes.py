"""Best accuracy against everything but the budget's own unit: what a query count leaves out."""

from __future__ import annotations

import math

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.compare.comparison import MethodRuns
from harness.compare.view import View
from harness.records.curves import AXES
from harness.report.figures.curves import POINTS, heading
from harness.report.figures.lines import plain
from harness.report.figures.style import INK, legend_columns, look

SHOWN = ("classes", "seconds", "wall", "total")
HOUR = 3600.0
LEGEND = 7.0
"""Points."""
Line = tuple[Float[np.ndarray, " q"], Float[np.ndarray, " q"]]


def axes(view: View) -> Figure | None:
    """Mean truth against the other axes that all runs have recorded; nothing where there is none."""
    known = [axis for axis in SHOWN if axis != view.along and is_recorded(view, axis)]
    if not known:
        return None
    methods = view.listed
    lines = {(axis, each.label): along(view, each, axis) for axis in known for each in methods}
    truths = [truth for _, truth in lines.values()]
    if all(np.isnan(truth).all() for truth in truths):
        return None
    columns = min(len(known), 2)
    rows = math.ceil(len(known) / columns)
    figure, pictures = plt.subplots(
        rows, columns, figsize=(3.6 * columns, 2.6 * rows + 0.6), sharey=True, squeeze=False
    )
    for axis, picture in zip(known, pictures.flat, strict=False):
        for method in reversed(methods):
            _draw(picture, method, axis, lines[axis, method.label])
        if view.comparison.optimum is not None:
            picture.axhline(100 * view.comparison.optimum, color=INK, linewidth=0.8)
        picture.set_xlabel(words(axis))
        if axis == "wall":
            picture.set_xscale("log")
            plain(picture.xaxis)
    for picture in pictures.flat[len(known) :]:
        picture.set_visible(False)
    _limits(pictures[0, 0], view.comparison.optimum, truths)
    figure.supylabel(view.comparison.quantity.said("accuracy of the best found (%)"), fontsize=8.5)
    figure.suptitle(heading(view), x=0.01, ha="left", fontsize=9)
    handles, labels = pictures[0, 0].get_legend_handles_labels()
    figure.legend(
        handles[::-1],
        labels[::-1],
        loc="outside lower center",
        ncols=legend_columns(labels, figure.get_figwidth(), LEGEND),
        frameon=False,
        fontsize=LEGEND,
        handlelength=2.6,
    )
    return figure


def is_recorded(view: View, axis: str) -> bool:
    """Whether every run knows where it was on this axis, all along."""
    return not any(
        np.isnan(run.curve.along(axis)).any() for method in view.comparison.methods for run in method.runs
    )


def words(axis: str) -> str:
    """The axis with the unit it is drawn in."""
    return AXES[axis].replace("simulated GPU seconds", "simulated GPU hours").replace(
        "simulated GPU and wall seconds", "simulated GPU and wall hours"
    )  # fmt: skip


def along(view: View, method: MethodRuns, axis: str) -> Line:
    """Points and mean truth (fraction) over seeds, up to where the first run ends."""
    ends = [run.curve.along(axis) for run in method.runs]
    start, end = max(each[0] for each in ends), min(each[-1] for each in ends)
    if axis == "wall":
        x = np.geomspace(max(start, 1e-3), max(end, 2e-3), POINTS)
    else:
        x = np.linspace(start, end, POINTS)
    x[-1] = end
    y = [view.comparison.values(method, "truth", float(at), axis).mean() for at in x]
    return x, np.array(y)


def _draw(picture: Axes, method: MethodRuns, axis: str, line: Line) -> None:
    """A line, with the method's marker where its first run ends."""
    (x, y), mine = line, look(method.label)
    picture.plot(
        x / (HOUR if axis in ("seconds", "total") else 1.0),
        100 * y,
        color=mine.colour,
        linestyle=mine.dash,
        linewidth=1.1,
        marker=mine.marker,
        markevery=[len(x) - 1],
        markersize=5,
        markeredgecolor="white",
        markeredgewidth=0.5,
        label=method.name,
    )


def _limits(picture: Axes, optimum: float | None, truths: list[Float[np.ndarray, " q"]]) -> None:
    """From where the worst line is after a sixth of its way."""
    late = np.concatenate([truth[POINTS // 6 :] for truth in truths])
    low = float(np.nanmin(late))
    high = float(np.nanmax(np.concatenate(truths))) if optimum is None else optimum
    pad = 0.03 * (high - low) or 0.01
    picture.set_ylim(100 * (low - pad), 100 * (high + pad))
