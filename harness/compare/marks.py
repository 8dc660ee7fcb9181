"""The best of a column, and everything that is not significantly worse."""

from __future__ import annotations

import math
from typing import Literal

from harness.compare.comparison import Comparison
from harness.stats.paired import holm

LEVEL = 0.05
Mark = Literal["best", "tied", ""]


def marks(
    comparison: Comparison, metric: str, at: float, axis: str | None = None, statistic: str = "mean"
) -> dict[str, Mark]:
    """By label: `best`, all of them where several are equal; `tied` where a paired Wilcoxon test against
    the best (of equals the first by name), Holm-corrected for the number of other methods, is not
    significant at 5 %; else empty. No marks where there is nothing to compare, and for degenerate lines.
    """
    ranked = comparison.ranked(metric, at, axis, statistic)
    centres = {each.label: comparison.centre(each, metric, at, axis, statistic) for each in ranked}
    known = [each for each in ranked if not math.isnan(centres[each.label])]
    if len(known) < 2:
        return {}
    best, *others = known
    p = [comparison.p_value(best, other, metric, at, axis) for other in others]
    found: dict[str, Mark] = {best.label: "best"}
    for other, corrected in zip(others, holm(p), strict=True):
        equal = centres[other.label] == centres[best.label]
        found[other.label] = "best" if equal else "" if corrected < LEVEL else "tied"
    return found
