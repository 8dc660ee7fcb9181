"""Two batches of graphs beside each other, element by element: operations, and entries of the adjacency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from tabular.cells import PAD, Cells
from tabular.space import SearchSpace


@dataclass(frozen=True, eq=False)
class Comparison:
    """How far each of n graphs is the one it was meant to be; no isomorphism is looked for."""

    exact: Bool[np.ndarray, " n"]
    """Same operations, same edges."""
    vertices: Int[np.ndarray, " n"]
    """That either graph has."""
    right_ops: Int[np.ndarray, " n"]
    """Of these, those with the same operation in both."""
    pairs: Int[np.ndarray, " n"]
    """a < b of such vertices."""
    right_edges: Int[np.ndarray, " n"]
    """Of these, those with an edge a -> b in both or in neither."""


def compared(cells: Cells, again: Cells) -> Comparison:
    """Row by row; both batches have the same width."""
    same_ops, same_edges = cells.ops == again.ops, cells.adjacency == again.adjacency
    there = (cells.ops != PAD) | (again.ops != PAD)
    pairs = np.triu(there[:, :, None] & there[:, None, :], 1)
    return Comparison(
        exact=same_ops.all(axis=1) & same_edges.all(axis=(1, 2)),
        vertices=there.sum(axis=1),
        right_ops=(same_ops & there).sum(axis=1),
        pairs=pairs.sum(axis=(1, 2)),
        right_edges=(same_edges & pairs).sum(axis=(1, 2)),
    )


def edits(cells: Cells, others: Cells) -> Int[np.ndarray, " n"]:
    """Row by row (or of all from one of `others`) the number of operations and adjacency entries that differ.

    In spaces whose cells have one form each (NAS-Bench-201, ENAS) that is how many mutations they are apart;
    where vertices may change places, as in NAS-Bench-101, it is at least that.
    """
    ops = (cells.ops != others.ops).sum(axis=1)
    return ops + (cells.adjacency != others.adjacency).sum(axis=(1, 2))


def texts(space: SearchSpace, cells: Cells) -> list[str]:
    """Of the architectures of a whole space among them; empty for other graphs."""
    valid = np.flatnonzero(space.contains(cells))
    found = [""] * len(cells)
    for row, text in zip(valid.tolist(), space.to_strings(cells[valid]), strict=True):
        found[row] = text
    return found
