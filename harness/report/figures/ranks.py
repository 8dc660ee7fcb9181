"""Mean rank among all methods over what was spent: who is ahead, however close the accuracies are."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from harness.compare.view import View
from harness.records.curves import AXES
from harness.records.digits import EQUAL, rounded
from harness.report.figures.curves import LOGARITHMIC, grid, heading
from harness.report.figures.lines import TOGETHER, Frame, Line, draw
from harness.stats.summary import summarise


def ranks(view: View) -> Figure | None:
    """Rank by truth within each seed that all methods have, mean with 95 % band.

    Without degenerate lines. Nothing for one method, and where methods share no seed or no point at which
    all have a value.
    """
    methods = view.comparison.rankable
    if len(methods) < 2 or not (seeds := shared_seeds(view)):
        return None
    at = grid(view)
    ranked = within_seeds(_truths(view, seeds, at))
    known = ~np.isnan(ranked).any(axis=(0, 1))  # a mean over other seeds would be another mean
    if not known.any():
        return None
    ranked = np.where(known, ranked, np.nan)
    lines = []
    for method, mine in zip(methods, ranked, strict=True):
        found = [summarise(mine[:, point]) for point in range(len(at))]
        mean, low, high = (np.array([getattr(e, name) for e in found]) for name in ("mean", "low", "high"))
        lines.append(Line(method.label, at, mean, low, high))
    last = np.flatnonzero(known)[-1]
    lines.sort(key=lambda line: (line.y[last], line.label))
    frame = Frame(
        AXES[view.along],
        f"mean rank of {len(lines)} (1 is best)",
        heading(view, len(seeds)),
        x_log=view.along in LOGARITHMIC,
        x_limits=(at[0] if view.along in ("queries", *LOGARITHMIC) else 0, at[-1]),
        y_limits=(len(lines) + 0.3, 0.7),
        y_ticks=ticks(len(lines)),
    )
    return draw(lines, frame)


def ticks(methods: int) -> list[int]:
    """Ranks that are written: all of few, else the first and every fifth."""
    return list(range(1, methods + 1)) if methods <= TOGETHER else [1, *range(5, methods + 1, 5)]


def shared_seeds(view: View) -> list[int]:
    """Seeds that every method has which is ranked."""
    return sorted(set.intersection(*(set(method.seeds) for method in view.comparison.rankable)))


def _truths(view: View, seeds: list[int], at: Float[np.ndarray, " q"]) -> Float[np.ndarray, "m s q"]:
    """By method, seed and point."""
    truths = []
    for method in view.comparison.rankable:
        rows = [method.seeds.index(seed) for seed in seeds]
        columns = [view.comparison.values(method, "truth", point, view.axis)[rows] for point in at.tolist()]
        truths.append(np.stack(columns, axis=1))
    return rounded(np.stack(truths), EQUAL)


def within_seeds(values: Float[np.ndarray, "m s q"]) -> Float[np.ndarray, "m s q"]:
    """Rank of every method at each seed and point, 1 the largest, ties averaged.

    NaN where a method has no value: against what is not known nobody has a rank.
    """
    ranked = np.empty_like(values)
    for row, mine in enumerate(values):
        ranked[row] = 1 + (values > mine).sum(axis=0) + ((values == mine).sum(axis=0) - 1) / 2
    return np.where(np.isnan(values).any(axis=0), np.nan, ranked)
