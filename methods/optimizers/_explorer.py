"""The authors' random explorer, with its two biases (for the elite searches)."""

from __future__ import annotations

import numpy as np

from tabular.cells import PAD, Cells
from tabular.space import EdgeLabelled, SearchSpace
from tabular.spaces.pool import whole

EDGE_PROBABILITY = 0.25
DRAWS = 4096
SMALLEST = 3


def explore(space: SearchSpace, n: int, rng: np.random.Generator) -> Cells:
    """n random architectures as the authors' code draws them.

    Where operations are on edges (NAS-Bench-201) no edge is ever left out. Elsewhere Erdos-Renyi graphs
    of uniform size are drawn and the invalid ones rejected, so that small cells come too often; where
    that hits nothing in `DRAWS` graphs, the space's own sampling is used.
    """
    all_of_it = whole(space)
    if isinstance(all_of_it, EdgeLabelled):
        k = all_of_it.edge_vertices
        labels = rng.integers(1, len(all_of_it.edge_ops), size=(n, k, k))
        return all_of_it.from_edge_labels(np.triu(labels, 1))
    drawn = erdos_renyi(space.vertices, len(space.op_names), DRAWS, rng)
    valid = np.flatnonzero(all_of_it.contains(drawn))[:n]
    return Cells.concatenate([drawn[valid], space.sample(n - len(valid), rng)])


def erdos_renyi(vertices: int, labels: int, n: int, rng: np.random.Generator) -> Cells:
    """n graphs of 3 .. `vertices` vertices; size and inner operations uniform, edges with probability 1/4."""
    size = rng.integers(SMALLEST, vertices + 1, size=n)[:, None]
    vertex = np.arange(vertices)
    ops = rng.integers(1, labels - 1, size=(n, vertices), dtype=np.int8)
    ops[:, 0] = 0
    ops[vertex == size - 1] = labels - 1
    ops[vertex >= size] = PAD
    inside = vertex < size
    edges = np.triu(rng.random((n, vertices, vertices)) < EDGE_PROBABILITY, 1)
    return Cells(edges & inside[:, :, None] & inside[:, None, :], ops)
