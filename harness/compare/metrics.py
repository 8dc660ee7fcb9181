"""What is measured of a run at a point: its values, and how it is named and shown. Values are fractions.

A new metric is an entry of `METRICS`: the command line, tables, rows and pages take it from there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from harness.records.curves import RunCurve
from harness.records.tradeoffs import hypervolumes, run_fronts
from tabular.errors import HarnessError
from tabular.quantity import ACCURACY, Quantity

if TYPE_CHECKING:
    from harness.compare.comparison import Comparison, MethodRuns

    Values = Callable[[Comparison, MethodRuns, float, str | None], Float[np.ndarray, " seeds"]]


@dataclass(frozen=True)
class Metric:
    """One number per run and point."""

    name: str
    words: str
    """What it is, for notes under a table."""
    values: Values
    """One per run at a point of an axis (None for the budget's own unit); NaN where unknown."""
    higher: bool = True
    """Whether more is better."""
    unit: str = "%"
    """Shown after multiplication with 100: percent, or points of it."""
    share: bool = False
    """Whether it is a share, whatever quantity the benchmark records."""
    heading: str = ""
    """Over its column; its name if empty."""
    of_curve: str = ""
    """In the title of a table over points; its heading if empty."""
    at_end_only: bool = False
    """Whether the table of the last point shows it at the end of a budget alone: before, it takes the
    ledgers of all runs."""
    in_rows: bool = False
    """Whether csv and json hold it unless one metric is asked for."""
    in_chart: bool = False
    """Whether a page's chart is sent its curves."""
    beside: int = 0
    """Place in the table of the last point, beside the metric that is ranked by; 0 for none."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "heading", self.heading or self.name)
        object.__setattr__(self, "of_curve", self.of_curve or self.heading)

    @property
    def sign(self) -> float:
        """Times this, larger is better."""
        return 1.0 if self.higher else -1.0


def _column(name: str) -> Values:
    """Of the incumbent."""
    return lambda comparison, method, at, axis: comparison.column(method, name, at, axis)


def _regrets(
    comparison: Comparison, method: MethodRuns, at: float, axis: str | None
) -> Float[np.ndarray, " seeds"]:
    best = np.nan if comparison.optimum is None else comparison.optimum
    return best - comparison.column(method, "truth", at, axis)


def _areas(
    comparison: Comparison, method: MethodRuns, at: float, axis: str | None
) -> Float[np.ndarray, " seeds"]:
    along = axis or comparison.protocol.unit
    return np.array([area_under_regret(run.curve, comparison.optimum, at, along) for run in method.runs])


def area_under_regret(run: RunCurve, optimum: float | None, at: float, axis: str) -> float:
    """Mean regret (fraction) up to `at`; NaN where any of it is unknown.

    Over queries the mean over queries 1 .. at; over anything continuous the step curve is integrated from
    the first answer on. A run that ended before keeps what it found.
    """
    if optimum is None or np.isnan(run.value("truth", at, axis)):
        return np.nan
    if axis == run.unit == "queries":
        held = np.minimum(np.arange(int(at)), len(run.truth) - 1)
        return optimum - float(run.truth[held].mean())
    points, regret = run.along(axis), optimum - run.truth
    if axis == "queries":
        return float(regret[points <= at].mean())
    until = np.minimum(np.append(points[1:], max(at, points[-1])), at)
    lengths = np.clip(until - points, 0, None)
    whole = lengths.sum()
    return float((lengths * regret).sum() / whole) if whole > 0 else float(regret[0])


def _hypervolumes(
    comparison: Comparison, method: MethodRuns, at: float, axis: str | None
) -> Float[np.ndarray, " seeds"]:
    if axis not in (None, comparison.protocol.unit):
        unit = comparison.protocol.unit
        raise HarnessError(f"metric=hypervolume is known by {unit} only, not by {axis}")
    measure = comparison.measure
    if measure is None:
        return np.full(len(method.runs), np.nan)
    if at >= comparison.budget:
        found = [run.fronts for run in method.runs]
    else:
        found = [run_fronts(run, at) for run in method.whole()]
    known = np.array([measure in each for each in found])  # not in runs from before it was kept
    fronts = [(np.array(each[measure][0]), np.array(each[measure][1])) for each in found if measure in each]
    values = np.full(len(found), np.nan)
    values[known] = hypervolumes(fronts, comparison.fronts[measure])
    return values


def worded(metric: Metric, quantity: Quantity) -> Metric:
    """A metric in the words and units of what a benchmark records."""
    if quantity == ACCURACY:
        return metric
    units = {} if metric.share else {"%": quantity.unit, "points": quantity.points}
    return replace(
        metric,
        words=quantity.said(metric.words),
        of_curve=quantity.said(metric.of_curve),
        unit=units.get(metric.unit, metric.unit),
    )


METRICS = {
    metric.name: metric
    for metric in (
        Metric(
            "truth",
            "mean over replicates of the architecture with the best validation accuracy seen",
            _column("truth"),
            of_curve="best accuracy",
            in_rows=True,
            in_chart=True,
        ),
        Metric(
            "seen",
            "the best validation accuracy seen",
            _column("seen"),
            of_curve="best accuracy",
            in_rows=True,
            in_chart=True,
            beside=3,
        ),
        Metric(
            "test",
            "test accuracy of that architecture, joined after the run has closed",
            _column("test"),
            of_curve="best accuracy",
            in_rows=True,
            in_chart=True,
            beside=4,
        ),
        Metric(
            "regret",
            "optimum - truth",
            _regrets,
            higher=False,
            unit="points",
            in_rows=True,
            beside=1,
        ),
        Metric(
            "auc",
            "area under the regret curve: the mean regret up to this point",
            _areas,
            higher=False,
            unit="points",
            heading="mean regret",
            of_curve="mean regret so far",
            beside=2,
        ),
        Metric(
            "hypervolume",
            "what the paid architectures that look Pareto-optimal by the accuracy seen dominate, by truth, "
            "as a share of what the table's own front dominates",
            _hypervolumes,
            share=True,
            at_end_only=True,
            beside=5,
        ),
    )
}
