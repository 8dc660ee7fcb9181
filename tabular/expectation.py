"""The exact expectation of random search, to hold every curve against."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

NEGLIGIBLE = 1e-30
"""A chance that changes no digit of a sum."""


def expected_best(
    seen: Float[np.ndarray, " rows"], truth: Float[np.ndarray, " rows"], queries: int
) -> Float[np.ndarray, " queries"]:
    """Expected truth of the incumbent (largest `seen`) after 1 .. `queries` draws without replacement.

    With N rows sorted by `seen`, the incumbent of q draws is among the i smallest with the
    hypergeometric probability C(i, q) / C(N, q). Rows that tie in `seen` win equally often, so each
    stands for the mean truth of its tie. Exact for the given answers; average over seeds for noise.
    """
    _, tie, count = np.unique(seen, return_inverse=True, return_counts=True)
    value = np.bincount(tie, weights=truth) / count
    total = len(seen)
    # ranks at which one tie ends and the next begins: within a tie all are worth the same
    rank = np.concatenate([[0.0], np.cumsum(count)])
    below = np.ones(len(rank))
    expected = np.empty(queries)
    for q in range(queries):
        below *= np.clip(rank - q, 0, None) / (total - q)
        start = max(int(below.searchsorted(NEGLIGIBLE)) - 1, 0)  # what lies below is never the best
        below, rank, value = below[start:], rank[start:], value[start:]
        expected[q] = np.diff(below) @ value
    return expected
