"""Accuracy against complexity: what a run found, chosen by what it saw and judged by its truth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from harness.records.run import Run
from tabular.pareto import dominated_area, pareto_front

CORNER = 1.1
"""The corner of the hypervolume lies this far out, in ranges of the table's front (Ishibuchi et al. 2018)."""
Front = tuple[Float[np.ndarray, " f"], Float[np.ndarray, " f"]]
"""Complexities (rising) and accuracies (fractions)."""


def run_fronts(run: Run, at: float) -> dict[str, list[list[float]]]:
    """By measure: complexities and truths of the paid architectures that look Pareto-optimal by what the run
    saw up to `at` of its budget. Empty if the run was stored without complexities.
    """
    rows = run.ledger.paid(at)
    seen, truth = run.ledger.seen[rows], run.joined.truth[rows]
    fronts = {}
    for measure, values in run.joined.complexity.items():
        front = pareto_front(values[rows], seen)
        fronts[measure] = [values[rows][front].tolist(), truth[front].tolist()]
    return fronts


def hypervolumes(fronts: Sequence[Front], table: Front) -> list[float]:
    """Share of the area that the table's front dominates which each of `fronts` dominates.

    Both axes are scaled to the ranges of the table's front; the corner is CORNER ranges out from its best.
    """
    low, high = table[0][0], table[1][-1]
    wide, tall = table[0][-1] - low or 1.0, high - table[1][0] or 1.0

    def area(costs: Float[np.ndarray, " n"], accuracies: Float[np.ndarray, " n"]) -> float:
        return dominated_area((costs - low) / wide, (accuracies - high) / tall, CORNER, -CORNER)

    whole = area(*table)
    return [area(*front) / whole for front in fronts]
