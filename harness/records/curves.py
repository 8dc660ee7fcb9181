"""From a ledger to curves over what was spent (step-hold), and the facts at a point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from harness.records.digits import rounded
from harness.records.run import Run

AXES = {
    "queries": "charged queries",
    "architectures": "different architectures",
    "classes": "different isomorphism classes",
    "seconds": "simulated GPU seconds",
    "wall": "wall seconds of search, pre-training included",
    "total": "simulated GPU and wall seconds, pre-training included",
}
"""What a curve can be drawn against. The budget's own unit is one of the first and the fourth."""
COLUMNS = ("grid", "seen", "truth", "test", "architectures", "classes", "seconds", "wall")


@dataclass(frozen=True)
class RunCurve:
    """One run by what it had spent. Accuracies are fractions, of the incumbent, rounded to 12 decimals.

    NaN before the first answer from the full schedule.
    """

    grid: Float[np.ndarray, " q"]
    """Spent at each point: charged queries 1 .. budget; or the simulated seconds of every paid answer."""
    seen: Float[np.ndarray, " q"]
    truth: Float[np.ndarray, " q"]
    test: Float[np.ndarray, " q"]
    """NaN where the table has no test accuracy."""
    architectures: Float[np.ndarray, " q"]
    """Different architectures queried so far."""
    classes: Float[np.ndarray, " q"]
    """Different isomorphism classes queried so far."""
    seconds: Float[np.ndarray, " q"]
    """Simulated training seconds spent so far; NaN where the benchmark knows no times."""
    wall: Float[np.ndarray, " q"]
    """Wall seconds of search and pre-training so far; NaN in runs stored before they were kept."""
    unit: str = "queries"
    """What `grid` counts: `queries` or `seconds`."""

    def along(self, axis: str) -> Float[np.ndarray, " q"]:
        """The points on one of `AXES`, in order; NaN where that was not recorded."""
        if axis == self.unit:
            return self.grid
        if axis == "queries":
            return np.arange(1.0, len(self.grid) + 1)
        if axis == "total":
            return self.seconds + self.wall
        points: Float[np.ndarray, " q"] = getattr(self, axis)
        return points

    def value(self, name: str, at: float, axis: str | None = None) -> float:
        """A column after `at` of the budget's unit, or of another axis; NaN before the first paid answer.

        A budget is held to its end, and so is what a finished search gave as wall time goes on. On another
        axis nothing is known beyond the run's last point: NaN.
        """
        column: Float[np.ndarray, " q"] = getattr(self, name)
        if axis in (None, self.unit):
            if self.unit == "queries":  # the grid is 1 .. budget
                point = min(int(at), len(column)) - 1
            else:
                point = int(np.searchsorted(self.grid, at, side="right")) - 1
            return float(column[point]) if point >= 0 else np.nan
        points = self.along(axis)
        point = int(np.searchsorted(points, at, side="right")) - 1
        known = point >= 0 and (axis == "wall" or at <= points[-1])
        return float(column[point]) if known else np.nan


def curve(run: Run) -> RunCurve:
    """The incumbent is the first architecture with the best validation accuracy seen so far.

    Answers from shorter schedules cost what they cost, and make no incumbent; a grid point holds all that
    was paid for by then. Accuracies are rounded here, once.
    """
    ledger, joined = run.ledger, run.joined
    charged, spent = np.flatnonzero(ledger.charged), ledger.spent
    if ledger.unit == "seconds":
        grid, at = spent[charged], charged
    else:
        grid = np.arange(1.0, ledger.queries + 1)
        at = charged[np.searchsorted(spent[charged], grid, side="right") - 1]
    incumbent = ledger.incumbent[at]

    def of_incumbent(column: Float[np.ndarray, " n"]) -> Float[np.ndarray, " q"]:
        return rounded(np.where(incumbent >= 0, column[incumbent], np.nan))

    return RunCurve(
        grid=grid,
        seen=of_incumbent(ledger.seen),
        truth=of_incumbent(joined.truth),
        test=of_incumbent(joined.test),
        architectures=_distinct(joined.architectures)[at].astype(float),
        classes=_distinct(joined.classes)[at].astype(float),
        seconds=np.cumsum(ledger.cost)[at],
        wall=_wall(run)[at],
        unit=ledger.unit,
    )


def _wall(run: Run) -> Float[np.ndarray, " n"]:
    """Wall seconds until every answer, with the pre-training the run needed."""
    answered = run.timing.answered
    return (np.full(len(run.ledger), np.nan) if answered is None else answered) + run.timing.pretrained


def _distinct(names: Sequence[str | int]) -> Int[np.ndarray, " n"]:
    """Number of different names among the first 1, 2, ... n."""
    first = {name: place for place, name in reversed(list(enumerate(names)))}
    new = np.zeros(len(names), dtype=int)
    new[list(first.values())] = 1
    return np.cumsum(new)
