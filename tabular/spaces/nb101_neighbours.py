"""Single edits of a NAS-Bench-101 cell, before those outside the space are dropped."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool

from tabular.cells import PAD, Cells
from tabular.spaces.nb101_graphs import (
    CONV1,
    POOL,
    last_vertex,
    on_paths,
    restricted,
    sorted_topologically,
)


def candidates(cell: Cells) -> Cells:
    """Every edit of one cell that `NB101Space.neighbours` names, repeats and invalid ones included."""
    edits = (_other_operations, _fewer_edges, _more_edges, _more_vertices)
    return Cells.concatenate([edit(cell) for edit in edits])


def _repeated(cell: Cells, n: int) -> Cells:
    return Cells(np.repeat(cell.adjacency, n, axis=0), np.repeat(cell.ops, n, axis=0))


def _other_operations(cell: Cells) -> Cells:
    inner = np.arange(1, int(last_vertex(cell.ops)[0]))
    vertex, op = np.meshgrid(inner, np.arange(CONV1, POOL + 1))
    edited = _repeated(cell, vertex.size)
    edited.ops[np.arange(vertex.size), vertex.ravel()] = op.ravel()
    return edited


def _fewer_edges(cell: Cells) -> Cells:
    source, target = np.nonzero(cell.adjacency[0])
    edited = _repeated(cell, len(source))
    edited.adjacency[np.arange(len(source)), source, target] = False
    kept = on_paths(edited.adjacency, last_vertex(edited.ops))
    return restricted(edited, kept)


def _more_edges(cell: Cells) -> Cells:
    source, target = np.nonzero(_open_pairs(cell) & ~cell.adjacency[0])
    edited = _repeated(cell, len(source))
    edited.adjacency[np.arange(len(source)), source, target] = True
    return sorted_topologically(edited)


def _more_vertices(cell: Cells) -> Cells:
    """A new vertex on the way from a to b, whether or not they are connected."""
    free = np.flatnonzero(cell.ops[0] == PAD)[:1]
    source, target = np.nonzero(_open_pairs(cell))
    source, target = (np.repeat(each, POOL * len(free)) for each in (source, target))
    edited = _repeated(cell, len(source))
    each = np.arange(len(source))
    for vertex in free:
        edited.adjacency[each, source, vertex] = edited.adjacency[each, vertex, target] = True
        edited.ops[:, vertex] = CONV1 + each % POOL
    return sorted_topologically(edited)


def _open_pairs(cell: Cells) -> Bool[np.ndarray, "v v"]:
    """True where an edge from row to column leaves no cycle: two vertices, no path from column to row."""
    exists = cell.ops[0] != PAD
    reach = cell.adjacency[0] | np.eye(len(exists), dtype=bool)
    for _ in range(3):  # paths of up to 8 edges
        reach = reach @ reach
    return ~reach.T & exists & exists[:, None]
