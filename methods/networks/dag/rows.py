"""Which rows of a flat buffer feed which: the index arithmetic behind batched message passing on graphs.

A batch of graphs is a list of rows, one per vertex, ordered by level (longest path from a source), so that
all vertices of a level can be computed at once. Absent vertices have no row. Plain numpy: a few array
operations per level, no loop over graphs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Lists:
    """m lists of row numbers, one after the other."""

    indices: Int[Tensor, " e"]
    offsets: Int[Tensor, " m+1"]

    @staticmethod
    def of(indices: Int[np.ndarray, " e"], lengths: Int[np.ndarray, " m"]) -> Lists:
        """Lists of the given lengths."""
        return Lists(torch.from_numpy(indices), torch.from_numpy(np.append(0, lengths.cumsum())))

    def part(self, start: int, stop: int) -> Lists:
        """The lists start .. stop-1."""
        first, last = int(self.offsets[start]), int(self.offsets[stop])
        return Lists(self.indices[first:last], self.offsets[start : stop + 1] - first)

    def sum(
        self, rows: Float[Tensor, "r c"], weights: Float[Tensor, " e"] | None = None
    ) -> Float[Tensor, "m c"]:
        """For every list the sum of its rows, each times its weight. No gradient.

        On CPU an embedding bag is about ten times as fast as `index_select` and `index_add`.
        """
        summed, *_ = torch.embedding_bag(
            rows.detach(), self.indices, self.offsets, False, 0, False, weights, True
        )
        return summed


@dataclass(frozen=True)
class Bags:
    """m lists of rows of a buffer of `sources` rows, and the transpose: a sparse matrix of zeros and ones."""

    down: Lists
    sources: int

    @cached_property
    def up(self) -> Lists:
        """For every source row the lists it is in."""
        lengths, indices = self.down.offsets.diff().numpy(), self.down.indices.numpy()
        owner = np.repeat(np.arange(len(lengths)), lengths)
        counts = np.bincount(indices, minlength=self.sources)
        return Lists.of(owner[indices.argsort(kind="stable")], counts)

    @staticmethod
    def table(columns: Int[np.ndarray, "m k"], sources: int) -> Bags:
        """m lists of the same length k."""
        m, k = columns.shape
        return Bags(Lists.of(columns.reshape(-1), np.full(m, k)), sources)


@dataclass(frozen=True)
class VertexRows:
    """Rows of all vertices of a batch of graphs, level by level; every graph's `target` comes last."""

    types: Int[np.ndarray, " rows"]
    vertex: Int[np.ndarray, " rows"]
    graph: Int[np.ndarray, " rows"]
    """The graph a row belongs to (the first, if several share it)."""
    row_of: Int[np.ndarray, "n v"]
    """Row of a vertex of a graph; -1 where absent. Graphs may share rows."""
    stops: tuple[int, ...]
    """Where each level ends. The last level holds the targets, in the order of the graphs."""
    incoming: Bags
    """For every row the rows that send to it."""

    @property
    def sources(self) -> int:
        """Rows of the first level: nothing sends to them."""
        return self.stops[0] if self.stops else 0

    @property
    def senders(self) -> int:
        """Rows before the last level: only these send."""
        return self.stops[-2] if len(self.stops) > 1 else 0

    @property
    def of_graphs(self) -> Bags:
        """For every graph the rows of its vertices."""
        present = self.row_of >= 0
        return Bags(Lists.of(self.row_of[present], present.sum(axis=1)), len(self.types))

    @property
    def levels(self) -> list[tuple[int, int]]:
        """First row and end of every level."""
        return list(pairwise((0, *self.stops)))

    @staticmethod
    def of(
        ops: Int[np.ndarray, "n v"],
        edges: Bool[np.ndarray, "n v v"],
        target: Int[np.ndarray, " n"],
        backward: bool = False,
        shared: bool = False,
    ) -> VertexRows:
        """Rows for messages along the edges, or against them if `backward`.

        `target` sends nothing. With `shared`, vertices of different graphs get one row if they have the
        same index, the same type and the same senders' rows, that is, the same graph above them: what is
        computed from the graph alone is then computed once.
        """
        n, v = ops.shape
        order = range(v)[::-1] if backward else range(v)
        into = edges if backward else edges.transpose(0, 2, 1)  # graph, receiver, sender
        level = np.zeros((n, v), dtype=np.int16)
        for receiver in order:
            level[:, receiver] = (into[:, receiver] * (level + 1)).max(axis=1, initial=0)
        level[ops < 0] = -1
        level[np.arange(n), target] = level.max(initial=0) + 1
        row_of = np.full((n, v), -1)
        found, senders, stops = [], [], [0]
        for here in np.unique(level[level >= 0]).tolist():
            at, graph = np.nonzero((level == here).T)
            if here == level.max():  # the targets, by graph
                graph, at = np.nonzero(level == here)
            feeds = np.where(into[graph, at], row_of[graph], -1)
            kept, position = np.arange(len(at)), np.arange(len(at))
            if shared and here < level.max():
                kept, position = distinct(np.column_stack([at, ops[graph, at], feeds]))
            row_of[graph, at] = stops[-1] + position
            stops.append(stops[-1] + len(kept))
            found.append(np.stack([ops[graph, at], at, graph])[:, kept])
            senders.append(feeds[kept])
        feeds = np.concatenate([np.zeros((0, v), dtype=int), *senders])
        count = stops[-2] if len(stops) > 1 else 0
        incoming = Bags(Lists.of(feeds[feeds >= 0], (feeds >= 0).sum(axis=1)), count)
        types, vertex, of_graph = np.concatenate([np.zeros((3, 0), dtype=int), *found], axis=1)
        return VertexRows(types, vertex, of_graph, row_of, tuple(stops[1:]), incoming)


def distinct(rows: Int[np.ndarray, "m k"]) -> tuple[Int[np.ndarray, " d"], Int[np.ndarray, " m"]]:
    """Where each different row first stands, and for every row the number of its like."""
    small = np.ascontiguousarray(rows, dtype=np.int32)
    packed = small.view(np.dtype((np.void, small.itemsize * small.shape[1]))).ravel()
    _, first, inverse = np.unique(packed, return_index=True, return_inverse=True)
    return first, inverse
