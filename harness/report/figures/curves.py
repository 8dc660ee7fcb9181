"""Best accuracy and regret over what was spent, with 95 % bands."""

from __future__ import annotations

import textwrap

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from harness.compare.comparison import MethodRuns
from harness.compare.degenerate import SIGN
from harness.compare.view import View
from harness.records.curves import AXES
from harness.report.figures.lines import Frame, Line, draw, reference_lines

POINTS = 60
"""Along an axis that is not counted in queries."""
WIDTH = 80
"""Letters in a line of a heading."""


LOGARITHMIC = ("wall",)
"""Axes on which methods lie orders of magnitude apart."""


def grid(view: View, axis: str | None = None) -> Float[np.ndarray, " q"]:
    """Where a curve is drawn: every query, or points along another axis up to its end."""
    along = axis or view.along
    end = view.comparison.budget if along == view.comparison.protocol.unit else view.comparison.end(along)
    if along == "queries":
        return np.arange(1.0, end + 1)
    if along in LOGARITHMIC:
        starts = [run.curve.along(along)[0] for method in view.comparison.methods for run in method.runs]
        return np.geomspace(min(max(np.nanmin(starts), 1e-3), end / 2), end, POINTS)
    return np.linspace(end / POINTS, end, POINTS)


def line(view: View, method: MethodRuns, metric: str, at: Float[np.ndarray, " q"]) -> Line:
    """Mean over seeds in percent with its interval."""
    found = [view.comparison.summary(method, metric, point, view.axis, view.statistic) for point in at]
    mean, low, high = (
        100 * np.array([getattr(each, name) for each in found]) for name in ("mean", "low", "high")
    )
    return Line(method.name, at, mean, low, high)


def curves(view: View) -> Figure | None:
    """Truth over what was spent: the figure of most papers; nothing where no method has a value."""
    comparison, at = view.comparison, grid(view)
    lines = [line(view, method, "truth", at) for method in view.listed]
    start = int(len(at) / 6)
    shown = np.concatenate([each.y[start:] for each in lines])
    if np.isnan(shown).all():
        return None
    low = float(np.nanmin(shown))
    optimum = None if comparison.optimum is None else 100 * comparison.optimum
    high = optimum if optimum is not None else float(np.nanmax(shown))
    pad = 0.04 * (high - low or 1.0)
    random = None
    if comparison.random is not None and view.own_axis:
        random = at, 100 * comparison.random[: len(at)]
    frame = Frame(
        AXES[view.along],
        comparison.quantity.said("accuracy of the best found (%)"),
        heading(view),
        x_log=view.along in LOGARITHMIC,
        y_limits=(low - pad, high + pad),
        x_limits=(at[0] if view.along in ("queries", *LOGARITHMIC) else 0, at[-1]),
    )
    return draw(lines, frame, reference_lines(optimum, random))


def heading(view: View, seeds: int | None = None) -> str:
    """What every figure says of itself: benchmark, protocol, the number of seeds, who is not ranked."""
    comparison = view.comparison
    numbers = sorted({len(method.seeds) for method in comparison.methods})
    n = str(seeds) if seeds else "..".join(str(each) for each in dict.fromkeys((numbers[0], numbers[-1])))
    words = f"{comparison.benchmark}, {comparison.protocol.name}, n = {n}"
    named = ", ".join(f"{each.label} ({each.flaw})" for each in comparison.degenerate)
    return f"{words}\n{textwrap.fill(f'{SIGN} not ranked: {named}', WIDTH)}" if named else words


def regret(view: View) -> Figure | None:
    """Distance from the optimum on log axes, where differences near it show."""
    comparison, at = view.comparison, grid(view)
    if comparison.optimum is None:
        return None
    lines = [line(view, method, "regret", at) for method in view.listed]
    if all(np.isnan(each.y).all() for each in lines):
        return None
    floor = _floor(lines)
    clipped = [each.at_least(floor) for each in lines]
    random = None
    if comparison.random is not None and view.own_axis:
        random = at, 100 * (comparison.optimum - comparison.random[: len(at)])
    frame = Frame(
        AXES[view.along],
        comparison.quantity.said("regret (points)"),
        heading(view),
        x_log=True,
        y_log=True,
        y_limits=(floor, float(np.nanmax(np.concatenate([each.y for each in lines])))),
        x_limits=(at[0], at[-1]),
    )
    return draw(clipped, frame, reference_lines(None, random))


def _floor(lines: list[Line]) -> float:
    """Lowest regret shown: half the smallest mean that is not 0."""
    means = np.concatenate([each.y for each in lines])
    positive = means[means > 1e-9]
    return float(positive.min() / 2) if len(positive) else 1e-3
