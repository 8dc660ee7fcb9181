"""What a reader asked to see of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.paired import Paired
from harness.report.comparison import Comparison, MethodRuns
from harness.report.marks import Mark, marks
from harness.statistics import Statistic, Summary
from harness.targets import Reached, first_reached, summarise_reached


@dataclass(frozen=True)
class View:
    """A comparison seen along one axis, at some points, by one statistic. All numbers of a report come
    through here."""

    comparison: Comparison
    at: Sequence[int] | None = None
    axis: str | None = None
    """One of `AXES`; None for the budget's own unit."""
    metric: str = "truth"
    """What the main table shows and ranks by."""
    statistic: Statistic = "mean"
    remark: str = ""
    """How the runs came about, where that matters to the numbers; stands in the notes."""

    @property
    def along(self) -> str:
        """Name of the axis."""
        return self.axis or self.comparison.protocol.unit

    @property
    def own_axis(self) -> bool:
        """Whether the axis is the budget's own unit."""
        return self.along == self.comparison.protocol.unit

    @property
    def points(self) -> list[int]:
        """Points of the table."""
        return self.comparison.points(self.at, self.axis)

    @property
    def last(self) -> int:
        """The point at which methods are ranked."""
        return self.points[-1]

    @property
    def ranked(self) -> list[MethodRuns]:
        """Best first at the last point."""
        return self.comparison.ranked(self.metric, self.last, self.axis, self.statistic)

    def summary(self, method: MethodRuns, at: float, metric: str | None = None) -> Summary:
        """The statistic over seeds at a point."""
        return self.comparison.summary(method, metric or self.metric, at, self.axis, self.statistic)

    def marks(self, at: float, metric: str | None = None) -> dict[str, Mark]:
        """By label: the best, and what is not significantly worse."""
        return marks(self.comparison, metric or self.metric, at, self.axis, self.statistic)

    def reached(self, method: MethodRuns, target: float) -> Reached:
        """How the runs fared against a regret (fraction), along the axis up to its end."""
        optimum, points = self.comparison.optimum, [run.curve.along(self.along) for run in method.runs]
        assert optimum is not None
        regrets = [optimum - run.curve.truth for run in method.runs]
        pairs = zip(points, regrets, strict=True)
        firsts = [first_reached(along, regret, target) for along, regret in pairs]
        ends = [float(self.comparison.budget) if self.own_axis else float(along[-1]) for along in points]
        arrays = np.array(firsts), np.array(ends)
        numbers = self.comparison.memory("reached", lambda a, b: summarise_reached(a, b).numbers(), *arrays)
        return Reached.of(numbers)

    def paired(self, first: MethodRuns, second: MethodRuns) -> Paired:
        """The first against the second at the last point; better is positive."""
        return self.comparison.paired(first, second, self.metric, self.last, self.axis)
