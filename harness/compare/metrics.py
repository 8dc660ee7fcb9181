"""What is measured of a run at a point, and how it is shown. Values are fractions inside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.records.curves import RunCurve


@dataclass(frozen=True)
class Metric:
    """One number per run and point."""

    name: str
    words: str
    """What it is, for notes under a table."""
    higher: bool
    """Whether more is better."""
    unit: str = "%"
    """Shown after multiplication with 100: percent, or points of it."""

    def shown(self, value: float) -> str:
        """The number as tables print it."""
        return f"{100 * value:.2f}"


METRICS = {
    metric.name: metric
    for metric in (
        Metric(
            "truth", "mean over replicates of the architecture with the best validation accuracy seen", True
        ),
        Metric("seen", "the best validation accuracy seen", True),
        Metric("test", "test accuracy of that architecture, joined after the run has closed", True),
        Metric("regret", "optimum - truth", False, "points"),
        Metric("auc", "area under the regret curve: the mean regret up to this point", False, "points"),
        Metric(
            "hypervolume",
            "what the paid architectures that look Pareto-optimal by the accuracy seen dominate, by truth, "
            "as a share of what the table's own front dominates",
            True,
        ),
    )
}


def area_under_regret(run: RunCurve, optimum: float | None, at: float, axis: str) -> float:
    """Mean regret (fraction) up to `at`; NaN where any of it is unknown.

    Over queries the mean over queries 1 .. at; over anything continuous the step curve is integrated from
    the first answer on.
    """
    if optimum is None or np.isnan(run.value("truth", at, axis)):
        return np.nan
    if axis == run.unit == "queries":
        return optimum - float(run.truth[: int(at)].mean())
    points, regret = run.along(axis), optimum - run.truth
    if axis == "queries":
        return float(regret[points <= at].mean())
    until = np.minimum(np.append(points[1:], max(at, points[-1])), at)
    lengths = np.clip(until - points, 0, None)
    whole = lengths.sum()
    return float((lengths * regret).sum() / whole) if whole > 0 else float(regret[0])
