"""What is measured of a run at a point, and how it is shown. Values are fractions inside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from harness.curves import RunCurve
from harness.store import RunRecord
from tabular.pareto import dominated_area, pareto_front

CORNER = 1.1
"""The corner of the hypervolume lies this far out, in ranges of the table's front (Ishibuchi et al. 2018)."""


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
            "what the paid architectures that look Pareto-optimal by validation accuracy dominate, by truth, as "
            "a share of what the table's own front dominates",
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
    points, regret = run.along(axis), optimum - run.truth
    if axis == "queries":
        return float(regret[points <= at].mean())
    until = np.minimum(np.append(points[1:], max(at, points[-1])), at)
    lengths = np.clip(until - points, 0, None)
    whole = lengths.sum()
    return float((lengths * regret).sum() / whole) if whole > 0 else float(regret[0])


def hypervolume(
    record: RunRecord, table: tuple[Float[np.ndarray, " f"], Float[np.ndarray, " f"]], measure: str, at: float
) -> float:
    """Share of the area that the table's front dominates which the run's own front dominates.

    The run's front is chosen by what it saw, and counts by its truth. Both axes are scaled to the ranges of
    the table's front (`table`: its complexities and truths); the corner is CORNER ranges out. NaN if the run
    was stored without complexities.
    """
    if measure not in record.complexity:
        return np.nan
    rows = paid_rows(record, at)
    complexity = np.array(record.complexity[measure], dtype=float)[rows]
    seen, truth = (np.array(record.ledger[name], dtype=float)[rows] for name in ("seen", "truth"))
    front = pareto_front(complexity, seen)
    low, high = table[0][0], table[1][-1]
    wide, tall = table[0][-1] - low or 1.0, high - table[1][0] or 1.0

    def area(costs: Float[np.ndarray, " n"], accuracies: Float[np.ndarray, " n"]) -> float:
        return dominated_area((costs - low) / wide, (accuracies - high) / tall, CORNER, -CORNER)

    return area(complexity[front], truth[front]) / area(*table)


def paid_rows(record: RunRecord, at: float) -> np.ndarray:
    """Rows of the ledger with answers from the full schedule that were paid for by then."""
    charged, epochs = np.array(record.ledger["charged"], dtype=bool), np.array(record.epochs)
    if record.unit == "seconds":
        spent = np.cumsum(np.array(record.ledger["cost"], dtype=float))
        spent = np.minimum(spent, record.identity["budget"])
    else:
        spent = np.cumsum(np.where(charged, epochs, 0)) / record.full_schedule
    return np.flatnonzero(charged & (epochs == record.full_schedule) & (spent <= at))
