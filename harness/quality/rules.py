"""What the papers' authors call a valid graph, where that is not what the space says.

Published shares of valid decodings are by these rules (authors' codes of arch2vec and D-VAE); beside them
stands the strict one, `SearchSpace.contains`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from jaxtyping import Bool

from tabular.cells import PAD, Cells
from tabular.space import SearchSpace
from tabular.spaces.nb101_official import lookup

INPUT = 0


def by_authors(space: SearchSpace) -> Callable[[Cells], Bool[np.ndarray, " n"]] | None:
    """The rule for a whole space; None where no authors have one."""
    rule = RULES.get(space.name)
    return rule and partial(rule, output=len(space.op_names) - 1)


def nb201(cells: Cells, output: int) -> Bool[np.ndarray, " n"]:
    """arch2vec: input first, output last, operations from vertex 2 on. Vertex 1 and all edges are free."""
    inner = cells.ops[:, 2:-1]
    ends = (cells.ops[:, 0] == INPUT) & (cells.ops[:, -1] == output)
    return ends & ((inner > INPUT) & (inner < output)).all(axis=1)


def nb101(cells: Cells, output: int) -> Bool[np.ndarray, " n"]:
    """arch2vec: what the benchmark's own code admits, which takes away vertices on no path first."""
    return lookup(cells.adjacency, cells.ops) >= 0


def darts(cells: Cells, output: int) -> Bool[np.ndarray, " n"]:
    """arch2vec, one cell for both: legal operations that each read a vertex of an earlier node at least.

    How many they read, and what the output reads, is free.
    """
    inner = cells.ops[:, 2:-1]
    legal = (cells.ops[:, :2] == [INPUT, INPUT + 1]).all(axis=1) & (cells.ops[:, -1] == output)
    legal &= ((inner > INPUT + 1) & (inner < output)).all(axis=1)
    for vertex in range(2, cells.ops.shape[1] - 1):
        legal &= cells.adjacency[:, : vertex - vertex % 2, vertex].any(axis=1)
    return legal


def enas(cells: Cells, output: int) -> Bool[np.ndarray, " n"]:
    """D-VAE: one input, one output, nothing loose, every vertex reads the one before, the output only that.

    There may be fewer layers than six.
    """
    edges, there = cells.adjacency, cells.ops != PAD
    is_input, is_output = cells.ops == INPUT, cells.ops == output
    legal = (is_input.sum(axis=1) == 1) & (is_output.sum(axis=1) == 1) & ~np.tril(edges).any(axis=(1, 2))
    legal &= (edges.any(axis=1) | is_input | ~there).all(axis=1)
    legal &= (edges.any(axis=2) | is_output | ~there).all(axis=1)
    before = np.arange(cells.ops.shape[1] - 1)
    legal &= (edges[:, before, before + 1] | ~there[:, 1:]).all(axis=1)
    return legal & ((edges.sum(axis=1) == 1) | ~is_output).all(axis=1)


RULES: dict[str, Callable[..., Bool[np.ndarray, " n"]]] = {
    "nb201": nb201,
    "nb101": nb101,
    "darts-tied": darts,
    "enas": enas,
}
"""By the name of the whole space."""
