"""The curves of a comparison as whole numbers, for the chart of a page."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from harness.compare.comparison import Comparison, MethodRuns
from harness.compare.metrics import METRICS
from harness.compare.view import View
from harness.records.curves import AXES
from harness.report.tables.blocks import is_known

SCALE = 1e6
"""Accuracies are sent as parts of this: a hundred times finer than what is printed."""
MOST = 150
"""Points along the budget's own axis."""
POINTS = 60
"""Along every other axis."""
Grid = Float[np.ndarray, " q"]


def chart(view: View) -> dict[str, Any]:
    """Everything the chart draws.

    `axes`: by name its words and grids (one for all methods, or one each). `series`: by metric and axis, for
    every method in the order of `view.comparison.methods`: means, how far the interval lies below and above,
    as whole numbers of 1 / SCALE; null where unknown.
    """
    comparison = view.comparison
    axes = {axis: _grids(comparison, axis) for axis in AXES if _is_recorded(comparison, axis)}
    sent = [each.name for each in METRICS.values() if each.in_chart]  # regret follows from truth
    metrics = [metric for metric in sent if is_known(replace(view, axis=None, at=None), metric)]
    return {
        "axes": {
            axis: {"words": AXES[axis], "grids": [[_short(x) for x in grid] for grid in grids]}
            for axis, grids in axes.items()
        },
        "own": comparison.protocol.unit,
        "optimum": _whole(math.nan if comparison.optimum is None else comparison.optimum),
        "random": _random(comparison),
        "series": {
            metric: {axis: _lines(replace(view, axis=axis), metric, grids) for axis, grids in axes.items()}
            for metric in metrics
        },
    }


def _is_recorded(comparison: Comparison, axis: str) -> bool:
    return any(
        not np.isnan(run.curve.along(axis)).any() for method in comparison.methods for run in method.runs
    )


def _grids(comparison: Comparison, axis: str) -> list[Grid]:
    """One for all methods; for wall time, which differs by orders of magnitude, one each."""
    if axis == "wall":
        return [_own_grid(method, axis) for method in comparison.methods]
    if axis == comparison.protocol.unit:
        end, most = float(comparison.budget), MOST
    else:
        end, most = float(comparison.end(axis)), POINTS
    if axis == "queries":
        return [np.unique(np.linspace(1, end, min(int(end), most)).round())]
    return [np.linspace(end / most, end, most)]


def _own_grid(method: MethodRuns, axis: str) -> Grid:
    """From where all runs of a method have an answer to where the first ends; empty if that is unknown."""
    points = [run.curve.along(axis) for run in method.runs]
    start, end = max(each[0] for each in points), min(each[-1] for each in points)
    if np.isnan([each.sum() for each in points]).any() or not start < end:
        return np.empty(0)
    grid: Grid = np.geomspace(max(start, end / 1e4), end, POINTS)
    grid[-1] = end
    return grid


def _lines(view: View, metric: str, grids: list[Grid]) -> list[list[list[int | None]]]:
    methods = view.comparison.methods
    each = grids if len(grids) == len(methods) else grids * len(methods)
    return [_line(view, method, metric, grid) for method, grid in zip(methods, each, strict=True)]


def _line(view: View, method: MethodRuns, metric: str, grid: Grid) -> list[list[int | None]]:
    found = [view.summary(method, float(at), metric) for at in grid]
    means = [_whole(each.mean) for each in found]
    if all(mean is None for mean in means):
        return []
    below = [_whole(each.mean - each.low) for each in found]
    above = [_whole(each.high - each.mean) for each in found]
    known = any(each is not None for each in below)
    return [means, below, above] if known else [means]


def _random(comparison: Comparison) -> list[int | None]:
    """The exact expectation of random search on the grid of queries; empty if unknown."""
    if comparison.random is None or comparison.protocol.unit != "queries":
        return []
    (grid,) = _grids(comparison, "queries")
    return [_whole(float(comparison.random[int(at) - 1])) for at in grid]


def _whole(value: float) -> int | None:
    return None if math.isnan(value) else round(SCALE * value)


def _short(value: float) -> float | int:
    """Four significant digits; whole numbers stay whole."""
    return int(value) if value == int(value) else float(f"{value:.4g}")
