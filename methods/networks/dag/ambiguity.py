"""Which graphs D-VAE's decoder can give back at all.

The decoder computes every decision from the state of the new vertex and of an earlier one. Where two
decisions of one graph have the same inputs but different outcomes, no weights can be right about both: the
likeliest decisions never are the graph. Inputs are the same where they have been computed the same way, so
this is a matter of comparing descriptions.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from jaxtyping import Bool, Int

from tabular.cells import PAD, Cells

NONE = -9


def representable(
    cells: Cells, types: int, positions: bool, vertex_ids: bool, free_output: bool
) -> Bool[np.ndarray, " n"]:
    """False where a graph asks for different decisions on equal inputs, or has edges the decoder never draws.

    `types` is the size of the vocabulary, whose last is the output. See `GraphDecoder` for the other three.
    """
    edges = cells.adjacency & (cells.ops != PAD)[:, :, None] & (cells.ops != PAD)[:, None]
    output, n, v = types - 1, *cells.ops.shape
    state, messages = _states(cells.ops, edges, positions, vertex_ids)
    able = np.ones(n, dtype=bool)
    asked: list[tuple[Int[np.ndarray, "n k"], Int[np.ndarray, " n"]]] = []
    """Of every edge decision its inputs and its outcome; NONE where a graph is not asked."""
    for vertex in range(1, v):
        ends = cells.ops[:, vertex] == output
        loose = ~edges[:, :vertex, :vertex].any(axis=2)
        forced = ends[:, None] & loose & (cells.ops[:, :vertex] != PAD)
        drawn = edges[:, :vertex, vertex]
        able &= (drawn | ~forced).all(axis=1)
        if not free_output:
            able &= ~ends | (drawn == forced).all(axis=1)
        decides = (cells.ops[:, vertex] != PAD) & (free_output | ~ends)
        for source in range(vertex):
            partial = np.full((n, v), NONE)
            later = slice(source + 1, vertex)
            partial[:, later] = np.where(edges[:, later, vertex], messages[:, later], NONE)
            place = np.full(n, vertex if positions else 0)
            received = np.sort(partial, axis=1)
            inputs = np.column_stack([state[:, source], cells.ops[:, vertex], place, received])
            free = decides & ~forced[:, source]
            asked.append((inputs, np.where(free, drawn[:, source], NONE)))
    for vertex in range(v - 2):  # the last vertex has no choice of its type
        follows = cells.ops[:, vertex + 1]
        inputs = np.column_stack([state[:, vertex], np.full((n, v + 2), NONE)])
        asked.append((inputs, np.where(follows == PAD, NONE, follows + v)))
    for (one, first), (other, second) in combinations(asked, 2):
        able &= ~((first != second) & (first != NONE) & (second != NONE) & (one == other).all(axis=1))
    return able


def _states(
    ops: Int[np.ndarray, "n v"], edges: Bool[np.ndarray, "n v v"], positions: bool, vertex_ids: bool
) -> tuple[Int[np.ndarray, "n v"], Int[np.ndarray, "n v"]]:
    """For every vertex the first of its graph with the same state, and the same for what it sends."""
    n, v = ops.shape
    state, messages = np.tile(np.arange(v), (n, 1)), np.tile(np.arange(v), (n, 1))
    described = []
    for vertex in range(v):
        received = np.full((n, v), NONE)
        received[:, :vertex] = np.where(edges[:, :vertex, vertex], messages[:, :vertex], NONE)
        # Without positions the input vertex alone is told apart: it reads the latent point.
        place = np.full(n, vertex if positions else int(vertex > 0))
        described.append(np.column_stack([ops[:, vertex], place, np.sort(received, axis=1)]))
        for earlier in reversed(range(vertex)):
            same = (described[vertex] == described[earlier]).all(axis=1)
            state[same, vertex] = state[same, earlier]
        if not vertex_ids:
            messages[:, vertex] = state[:, vertex]
    return state, messages
