"""What a reader asked to see of a comparison."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from harness.compare.comparison import Comparison, MethodRuns
from harness.compare.marks import Mark, marks
from harness.compare.metrics import METRICS
from harness.compare.units import unit_words
from harness.stats.paired import Paired
from harness.stats.summary import STATISTICS, Summary
from harness.stats.targets import Reached, first_reached, summarise_reached
from tabular.errors import unknown

CHOICES: dict[str, Iterable[str]] = {"metric": METRICS, "statistic": STATISTICS}
"""What a reader can ask for, by key of the command line."""


def refuse_unknown(metric: str | None, statistic: str) -> None:
    """Raises `HarnessError`, with the closest name, for a metric or statistic that there is not."""
    for key, given in (("metric", metric or "truth"), ("statistic", statistic)):
        if given not in set(CHOICES[key]):
            raise unknown(key, given, CHOICES[key])


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
    statistic: str = "mean"
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
        """Best first at the last point; without degenerate lines, so there may be none."""
        return self.comparison.ranked(self.metric, self.last, self.axis, self.statistic)

    @property
    def listed(self) -> list[MethodRuns]:
        """All lines as tables and figures show them: ranked, and below them the degenerate ones by label."""
        return [*self.ranked, *self.comparison.degenerate]

    @property
    def at_end(self) -> bool:
        """Whether methods are ranked at the end of the budget, in its own unit."""
        return self.own_axis and self.last >= self.comparison.budget

    @property
    def units(self) -> str:
        """What the axis counts, in words."""
        return unit_words(self.along)

    def summary(self, method: MethodRuns, at: float, metric: str | None = None) -> Summary:
        """The statistic over seeds at a point."""
        return self.comparison.summary(method, metric or self.metric, at, self.axis, self.statistic)

    def centre(self, method: MethodRuns) -> float:
        """What methods are ranked by at the last point; smaller is better, NaN where unknown."""
        return self.comparison.centre(method, self.metric, self.last, self.axis, self.statistic)

    def marks(self, at: float, metric: str | None = None) -> dict[str, Mark]:
        """By label: the best, and what is not significantly worse."""
        return marks(self.comparison, metric or self.metric, at, self.axis, self.statistic)

    def reached(self, method: MethodRuns, first: Float[np.ndarray, " seeds"]) -> Reached:
        """How the runs fared against a target, by `first_reached`, along the axis up to its end; NaN where
        the axis was not recorded."""
        points = [run.curve.along(self.along) for run in method.runs]
        ends = [float(self.comparison.budget) if self.own_axis else float(along[-1]) for along in points]
        if np.isnan(ends).any():  # not recorded: neither reached nor missed
            return Reached(len(ends), 0, *[math.nan] * 4)
        return summarise_reached(first, np.array(ends))

    def first_reached(self, method: MethodRuns, target: float) -> Float[np.ndarray, " seeds"]:
        """Where on the axis each run first had such a regret (fraction); infinite if it never had."""
        optimum = self.comparison.optimum
        assert optimum is not None
        curves = [run.curve for run in method.runs]
        firsts = [first_reached(curve.along(self.along), optimum - curve.truth, target) for curve in curves]
        return np.array(firsts)

    def paired(self, first: MethodRuns, second: MethodRuns) -> Paired:
        """The first against the second at the last point; better is positive."""
        return self.comparison.paired(first, second, self.metric, self.last, self.axis)

    def differences(self, first: MethodRuns, second: MethodRuns) -> tuple[float, ...]:
        """By run of the first: how much better it is at the last point than the run of the second with the
        same seed; NaN where there is none."""
        sign = METRICS[self.metric].sign
        mine, other = (
            self.comparison.values(each, self.metric, self.last, self.axis).tolist()
            for each in (first, second)
        )
        by_seed = dict(zip(second.seeds, other, strict=True))
        return tuple(
            sign * (value - by_seed.get(seed, np.nan)) for seed, value in zip(first.seeds, mine, strict=True)
        )
