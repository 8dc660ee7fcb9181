"""Trade-offs between complexity (less is better) and accuracy (more is better)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int


def pareto_front(
    complexity: Float[np.ndarray, " n"], accuracy: Float[np.ndarray, " n"]
) -> Int[np.ndarray, " front"]:
    """Positions of what nothing else dominates, by rising complexity and accuracy; of equals the first.

    Where either value is NaN nothing is known, and the position is left out.
    """
    known = np.flatnonzero(~(np.isnan(complexity) | np.isnan(accuracy)))
    order = known[np.lexsort((-accuracy[known], complexity[known]))]
    best = np.maximum.accumulate(accuracy[order])
    return order[np.concatenate([[True], best[1:] > best[:-1]])] if len(order) else order


def dominated_area(
    complexity: Float[np.ndarray, " n"],
    accuracy: Float[np.ndarray, " n"],
    most: float,
    least: float,
) -> float:
    """Area that the points dominate, down to complexity `most` and accuracy `least` (the hypervolume of
    two objectives, Zitzler and Thiele 1998). Points beyond that corner add nothing.
    """
    front = pareto_front(complexity, accuracy)
    front = front[(complexity[front] < most) & (accuracy[front] > least)]
    edges = np.append(complexity[front], most)
    return float(np.sum(np.diff(edges) * (accuracy[front] - least)))
