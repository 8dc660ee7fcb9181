"""Graphs as the graph generator reads and writes them, and back to architectures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from tabular.cells import PAD, Cells
from tabular.space import EdgeLabelled, SearchSpace
from tabular.spaces.pool import whole


@dataclass(frozen=True)
class Graphs:
    """A batch of labelled directed acyclic graphs in topological order."""

    edges: Int[Tensor, "n k k"]
    """Label of the edge a -> b at [a, b] for a < b; 0 means no edge, and so does all else."""
    ops: Int[Tensor, "n k"]
    """Operation of each vertex, PAD where there is none; all 0 in a form without vertex labels."""

    def rows(self, rows: Int[Tensor, " m"]) -> Graphs:
        """The graphs of the given rows."""
        return Graphs(self.edges[rows], self.ops[rows])


class GraphForm:
    """How a space's architectures become graphs (authors' data set classes).

    Where the space puts operations on edges (`EdgeLabelled`, NAS-Bench-201), these are the labels of
    edges and vertices have none. Elsewhere edges are bare and vertices carry operations; the output
    operation, the last of `op_names`, ends a graph, so that graphs may differ in size.
    """

    vertices: int
    """Most vertices k."""
    edge_labels: int
    """Labels of an edge including 0; 2 where edges are bare."""
    node_labels: int
    """Labels of a vertex; 0 in a form without vertex labels."""

    def __init__(self, space: SearchSpace) -> None:
        all_of_it = whole(space)
        self._labelled = all_of_it if isinstance(all_of_it, EdgeLabelled) else None
        if self._labelled:
            self.vertices, self.node_labels = self._labelled.edge_vertices, 0
            self.edge_labels = len(self._labelled.edge_ops)
        else:
            self.vertices, self.node_labels, self.edge_labels = space.vertices, len(space.op_names), 2

    def read(self, cells: Cells) -> Graphs:
        """Graphs of architectures of the space."""
        if self._labelled:
            edges = self._labelled.to_edge_labels(cells).astype(np.int64)
            return Graphs(torch.from_numpy(edges), torch.zeros(edges.shape[:2], dtype=torch.long))
        edges = cells.adjacency.astype(np.int64)
        return Graphs(torch.from_numpy(edges), torch.from_numpy(cells.ops.astype(np.int64)))

    def write(self, graphs: Graphs) -> Cells:
        """Architectures of graphs, which may lie outside the space (inverse of `read` inside it)."""
        if self._labelled:
            return self._labelled.from_edge_labels(graphs.edges.numpy())
        return Cells(graphs.edges.numpy() > 0, graphs.ops.numpy().astype(np.int8))


def present(ops: Int[Tensor, "n k"]) -> Tensor:
    """True where a graph has the vertex."""
    return ops != PAD
