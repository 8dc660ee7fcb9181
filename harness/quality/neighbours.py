"""Points and their nearest neighbours, and how a value changes from one to the next. Pure functions."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int


def distances(points: Float[np.ndarray, "n d"], others: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "n m"]:
    """Euclidean, of every point to every other."""
    import torch

    centre = others.mean(axis=0)  # products of small numbers lose less
    return torch.cdist(torch.from_numpy(points - centre), torch.from_numpy(others - centre)).numpy()


def mean_of_pairs(between: Float[np.ndarray, "n n"]) -> float:
    """Mean over all pairs of different points; NaN of fewer than two."""
    n = len(between)
    return float((between.sum() - np.trace(between)) / (n * (n - 1))) if n > 1 else float("nan")


def nearest(between: Float[np.ndarray, "n n"], k: int) -> Int[np.ndarray, "n k"]:
    """The k nearest others of each of n points (all others where they are fewer), the nearest first."""
    others = between.copy()
    np.fill_diagonal(others, np.inf)
    k = min(k, len(others) - 1)
    return np.argsort(others, axis=1, kind="stable")[:, :k]


def joined(neighbours: Int[np.ndarray, "n k"]) -> Bool[np.ndarray, "n n"]:
    """The symmetrised graph of neighbours: two points are joined where one is among the other's nearest."""
    graph = np.zeros((len(neighbours), len(neighbours)), dtype=bool)
    graph[np.arange(len(neighbours))[:, None], neighbours] = True
    return graph | graph.T


def morans_i(values: Float[np.ndarray, " n"], graph: Bool[np.ndarray, "n n"]) -> float:
    """Moran's I (Moran 1950): correlation of a value with those it is joined to.

    1: neighbours have the same value; -1 / (n - 1) is expected by chance. NaN where all values are equal or
    nothing is joined.
    """
    off = values - values.mean()
    weights, spread = graph.sum(), np.square(off).mean()
    return float(off @ graph @ off / weights / spread) if weights and np.ptp(values) else float("nan")


def dirichlet_energy(values: Float[np.ndarray, " n"], graph: Bool[np.ndarray, "n n"]) -> float:
    """Half the mean squared difference along the graph's edges over the variance (Geary's C, 1954).

    0: neighbours have the same value; 1 is expected by chance. NaN as for Moran's I.
    """
    if not graph.any() or not np.ptp(values):
        return float("nan")
    start, end = np.nonzero(graph)
    return float(np.square(values[start] - values[end]).mean() / 2 / values.var(ddof=1))
