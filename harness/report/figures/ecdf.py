"""Distribution of runs over targets (Hansen et al. 2021, section 3.4): all targets in one curve."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from harness.compare.comparison import MethodRuns
from harness.compare.view import View
from harness.records.curves import AXES
from harness.report.figures.curves import grid, heading
from harness.report.figures.lines import Frame, Line, draw
from harness.stats.targets import first_reached

REGRETS = np.logspace(-1, -4, 51)
"""Targets (fractions): 51 regrets from 10 to 0.01 points, evenly spaced in their logarithm."""


def ecdf(view: View) -> Figure | None:
    """Share of all pairs of a run and a target that are reached; nothing where no optimum is known."""
    if view.comparison.optimum is None:
        return None
    at = grid(view)
    shares = {method.label: reached_shares(view, method, at) for method in view.comparison.methods}
    order = sorted(
        view.comparison.rankable,
        key=lambda method: (-np.nan_to_num(shares[method.label][-1], nan=-1), method.label),
    )
    frame = Frame(
        AXES[view.along],
        "share of (run, target) pairs reached",
        heading(view),
        x_log=True,
        x_limits=(at[0], at[-1]),
        y_limits=(0.0, 1.0),
        step=True,
    )
    listed = [*order, *view.comparison.degenerate]
    return draw([Line(method.name, at, shares[method.label]) for method in listed], frame)


def reached_shares(view: View, method: MethodRuns, at: Float[np.ndarray, " q"]) -> Float[np.ndarray, " q"]:
    """Of all pairs of a run and a target, the share whose target the run has reached by each point;
    NaN where the axis was not recorded."""
    optimum = view.comparison.optimum
    assert optimum is not None
    firsts = [
        first_reached(run.curve.along(view.along), optimum - run.curve.truth, target)
        for run in method.runs
        for target in REGRETS
    ]
    if np.isnan([run.curve.along(view.along)[-1] for run in method.runs]).any():
        return np.full(len(at), np.nan)
    return np.searchsorted(np.sort(firsts), at, side="right") / len(firsts)
