"""The edge decisions of a graph decoder under teacher forcing, as index arithmetic on flat rows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Int

from methods.networks.dag.rows import Bags, Lists, VertexRows


@dataclass(frozen=True)
class Block:
    """Edge decisions of some consecutive graphs. Their rows lie together: no other block reads them."""

    decisions: slice
    earlier: slice
    new: slice
    pairs: Bags
    """For every decision two rows of [earlier of this block, bare, new of this block]."""

    @property
    def bare_at(self) -> int:
        """Where the bare states begin among the rows of the block."""
        return self.earlier.stop - self.earlier.start


@dataclass(frozen=True)
class Decisions:
    """The edge decisions of decoding known graphs, graph after graph, and the states they look at.

    Sources are asked from the nearest to the first, and the state of the new vertex changes only where an
    edge is added. So a decision looks at a bare state (no edge yet: one per type and index, whatever the
    graph), at a partial one (some of the edges) or at the final state of the vertex.
    """

    types: Int[np.ndarray, " states"]
    vertex: Int[np.ndarray, " states"]
    added: Bags
    """For every bare and every partial state, in this order, the sending rows whose messages it has."""
    bare: int
    """Number of bare states."""
    looked_at: Bags
    """For every earlier, then for every new vertex state its row in [bare, partial, final states]."""
    earlier: int
    """Number of states of earlier vertices."""
    blocks: list[Block]
    graph: Int[np.ndarray, " decisions"]
    is_edge: Bool[np.ndarray, " decisions"]

    @staticmethod
    def of(
        ops: Int[np.ndarray, "n v"], edges: Bool[np.ndarray, "n v v"], rows: VertexRows, block: int
    ) -> Decisions:
        """All decisions on graphs whose vertices are `rows`, about `block` together (a graph's at least)."""
        v = ops.shape[1]
        graph, new, source = np.nonzero((ops >= 0)[:, :, None] & np.tri(v, k=-1, dtype=bool))
        into = IncomingEdges.of(edges)
        partial = np.flatnonzero(~into.completes)
        members, sizes = into.onwards(partial)
        kinds, bare = np.unique(ops[graph, new] * v + new, return_inverse=True)
        added = Lists.of(
            rows.row_of[into.graph[members], into.source[members]], np.append(np.zeros_like(kinds), sizes)
        )
        # The state after each edge, numbered over bare, partial and final states.
        finals = len(kinds) + len(partial)
        after = finals + rows.row_of[into.graph, into.vertex]
        after[partial] = len(kinds) + np.arange(len(partial))
        is_seen = ~into.completes | (into.source > 0)  # a further decision on the vertex follows
        sends = (rows.row_of >= 0) & (rows.row_of < rows.senders)
        looked_at = np.concatenate([finals + rows.row_of[sends], after[is_seen]])
        undecided = edges.transpose(0, 2, 1).cumsum(axis=2)[graph, new, source]
        latest = into.start[graph, new] + undecided
        return Decisions(
            types=np.concatenate([kinds // v, ops[into.graph[partial], into.vertex[partial]]]),
            vertex=np.concatenate([kinds % v, into.vertex[partial]]),
            added=Bags(added, rows.senders),
            bare=len(kinds),
            looked_at=Bags.table(looked_at[:, None], finals + rows.stops[-1] if rows.stops else 0),
            earlier=int(sends.sum()),
            blocks=blocks_of(
                np.column_stack([ranks(sends)[graph, source], np.append(ranks(is_seen), 0)[latest], bare]),
                undecided == into.degree[graph, new],
                (graph, np.nonzero(sends)[0], into.graph[is_seen]),
                max(2 * block // (v * (v - 1)), 1),
            ),
            graph=graph,
            is_edge=edges[graph, source, new],
        )


@dataclass(frozen=True)
class IncomingEdges:
    """The edges of a batch of graphs, by the vertex they enter and then by their source."""

    graph: Int[np.ndarray, " e"]
    vertex: Int[np.ndarray, " e"]
    source: Int[np.ndarray, " e"]
    start: Int[np.ndarray, "n v"]
    """First edge of each vertex, in this order."""
    degree: Int[np.ndarray, "n v"]

    @staticmethod
    def of(edges: Bool[np.ndarray, "n v v"]) -> IncomingEdges:
        """The edges of adjacency matrices."""
        degree = edges.sum(axis=1)
        start = degree.cumsum().reshape(degree.shape) - degree
        graph, vertex, source = np.nonzero(edges.transpose(0, 2, 1))
        return IncomingEdges(graph, vertex, source, start, degree)

    @property
    def completes(self) -> Bool[np.ndarray, " e"]:
        """True for the first edge of a vertex: it is decided last, and leaves the vertex's final state."""
        return np.arange(len(self.graph)) == self.start[self.graph, self.vertex]

    def onwards(self, which: Int[np.ndarray, " m"]) -> tuple[Int[np.ndarray, " k"], Int[np.ndarray, " m"]]:
        """Each given edge with all later ones of its vertex, one list after the other, and their lengths."""
        sizes = (self.start + self.degree)[self.graph[which], self.vertex[which]] - which
        return np.repeat(which + sizes - sizes.cumsum(), sizes) + np.arange(sizes.sum()), sizes


def ranks(mask: Bool[np.ndarray, "..."]) -> Int[np.ndarray, "..."]:
    """For every True its number among them, in the order of the array."""
    return mask.cumsum().reshape(mask.shape) - 1


def blocks_of(
    rows: Int[np.ndarray, "decisions 3"],
    is_bare: Bool[np.ndarray, " decisions"],
    graph: tuple[np.ndarray, np.ndarray, np.ndarray],
    size: int,
) -> list[Block]:
    """Blocks of `size` graphs. `rows` numbers each decision's earlier, new and bare state over the batch.

    `graph` tells the graph of every decision, earlier state and new state, each in ascending order.
    """
    kinds = int(rows[:, 2].max(initial=-1)) + 1
    borders = np.arange(0, int(graph[0].max(initial=-1)) + 1 + size, size)
    cuts = np.stack([np.searchsorted(each, borders) for each in graph])
    blocks = []
    for (first, earlier, new), (last, earlier_end, new_end) in pairwise(cuts.T.tolist()):
        part, count = rows[first:last] - np.array([earlier, new, 0]), earlier_end - earlier
        state = np.where(is_bare[first:last], part[:, 2], kinds + part[:, 1]) + count
        pairs = Bags.table(np.column_stack([part[:, 0], state]), count + kinds + new_end - new)
        blocks.append(Block(slice(first, last), slice(earlier, earlier_end), slice(new, new_end), pairs))
    return blocks
