"""Features of labelled graphs that need no label: counts, degrees, and paths through subsets of operations.

A vertex is of an operation, or neutral (an input or output), or absent. All graphs are worked on together,
vertex by vertex in topological order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Int

Subset = tuple[int, ...]
NEUTRAL, ABSENT = -1, -2
"""In place of an operation."""
FAR = 10_000
"""Longer than any path, and twice that fits 16 bits."""


@dataclass(frozen=True, eq=False)
class Graphs:
    """n graphs of v vertices in topological order, vertex first: the last one of each is its output."""

    kind: Int[np.ndarray, "v n"]
    """Operation, 0 .. m-1, or `NEUTRAL`, or `ABSENT`."""
    edges: Bool[np.ndarray, "v v n"]
    """Between vertices that are there; `edges[a, b]` is a -> b."""
    output: Int[np.ndarray, " n"]
    """Place of the last vertex."""

    @staticmethod
    def of(adjacency: Bool[np.ndarray, "n v v"], kind: Int[np.ndarray, "n v"]) -> Graphs:
        """From arrays with the graph first; edges of absent vertices are left out."""
        there = kind != ABSENT
        edges = adjacency & there[:, :, None] & there[:, None]
        output = kind.shape[1] - 1 - there[:, ::-1].argmax(axis=1)
        return Graphs(
            np.ascontiguousarray(kind.T), np.ascontiguousarray(edges.transpose(1, 2, 0)), output.astype(int)
        )

    @property
    def inputs(self) -> Bool[np.ndarray, "v n"]:
        """Neutral vertices that read nothing, without the output."""
        place = np.arange(len(self.kind))[:, None]
        return (self.kind == NEUTRAL) & ~self.edges.any(axis=0) & (place != self.output)


def subsets(operations: int, most: int) -> list[Subset]:
    """Non-empty subsets of 0 .. operations-1, the small ones first: all up to a size, and the whole set.

    The size is the largest of which no more than `most` come together, at least 1.
    """
    found: list[Subset] = []
    everything = tuple(range(operations))
    for size in range(1, operations):
        more = list(combinations(everything, size))
        if size > 1 and len(found) + len(more) + 1 > most:
            break
        found += more
    return [*found, everything] if operations else []


def counted(graphs: Graphs, operations: int) -> list[Int[np.ndarray, " n"]]:
    """Vertices of each operation, of all operations, and edges."""
    each = [(graphs.kind == op).sum(axis=0) for op in range(operations)]
    return [*each, (graphs.kind >= 0).sum(axis=0), graphs.edges.sum(axis=(0, 1))]


def degrees(graphs: Graphs, operations: int) -> list[Int[np.ndarray, " n"]]:
    """Of each operation: edges into it and out of it, vertices of it that read an input, that the output
    reads; then edges out of the inputs and into the output, whatever is there.

    What a subset of operations has is the sum over its members.
    """
    into, out_of = graphs.edges.sum(axis=0), graphs.edges.sum(axis=1)
    first = (graphs.edges & graphs.inputs[:, None]).any(axis=0)
    n = len(graphs.output)
    last = graphs.edges[:, graphs.output, np.arange(n)]
    found = []
    for op in range(operations):
        mine = graphs.kind == op
        found += [(into * mine).sum(axis=0), (out_of * mine).sum(axis=0)]
        found += [(first & mine).sum(axis=0), (last & mine).sum(axis=0)]
    return [*found, (out_of * graphs.inputs).sum(axis=0), last.sum(axis=0)]


def paths(graphs: Graphs, chosen: Sequence[Subset]) -> Iterator[list[Int[np.ndarray, " n"]]]:
    """By subset the paths from an input to the output through its operations alone: fewest and most
    operations on one, and how many there are. Without any, fewest is v and the others are 0."""
    v, n = graphs.kind.shape
    barred = np.where(graphs.edges, 0, FAR).astype(np.int16)
    inputs, rows = graphs.inputs, np.arange(n)
    counts = (graphs.kind >= 0).astype(np.int16)
    for subset in chosen:
        is_open = np.isin(graphs.kind, (NEUTRAL, *subset))
        shortest = np.where(inputs, 0, FAR).astype(np.int16)
        longest = np.where(inputs, 0, -FAR).astype(np.int16)
        ways = inputs.astype(np.int64)
        for b in range(1, v):
            for a in range(b):
                np.minimum(shortest[b], shortest[a] + barred[a, b], out=shortest[b])
                np.maximum(longest[b], longest[a] - barred[a, b], out=longest[b])
                ways[b] += ways[a] * graphs.edges[a, b]
            reached = is_open[b] & (ways[b] > 0)
            shortest[b] = np.where(reached, shortest[b] + counts[b], FAR)
            longest[b] = np.where(reached, longest[b] + counts[b], -FAR)
            ways[b] *= is_open[b]
        ends = ways[graphs.output, rows]
        yield [
            np.where(ends > 0, shortest[graphs.output, rows], v),
            np.where(ends > 0, longest[graphs.output, rows], 0),
            ends,
        ]
