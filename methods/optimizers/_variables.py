"""An architecture as a vector of categorical variables, for methods that know nothing of graphs.

Where the space's authors put operations on edges, every edge is a variable (NAS-Bench-201: six of five
values, as its REINFORCE and BOHB have it). Elsewhere the variables are found from sampled cells: the
operation of every vertex, and its in-edges. Where no more different sets of in-edges were seen than there
are earlier vertices, plus one, the set is one choice (DARTS: the input that is read); otherwise every
possible edge is one binary variable. What never varies is no variable.

In a space of cells of different sizes the graph always has all vertices, with the output last: every inner
vertex may have any operation of an inner vertex, and every possible edge is a binary variable. Decoding
leaves out what lies on no path from input to output, as the NAS-Bench-101 API does; on that space these are
the 21 binary and 5 ternary variables of encoding A of automl/nas_benchmarks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from tabular.cells import PAD, Cells
from tabular.space import EdgeLabelled, SearchSpace
from tabular.spaces.pool import whole

SAMPLED = 1000


@dataclass(frozen=True)
class Part:
    """Some numbers of a row that vary together: the values they were seen to take."""

    columns: Int[np.ndarray, " c"]
    """Positions in the row."""
    values: Int[np.ndarray, "size c"]
    """Different contents, in ascending order."""

    def encode(self, rows: Int[np.ndarray, "n w"]) -> Int[np.ndarray, " n"]:
        """Which of the values each row has; the nearest one for a content that was never seen."""
        differing = rows[:, None, self.columns] != self.values
        return differing.sum(axis=2).argmin(axis=1)


class Variables:
    """Architectures of one space as vectors of categorical variables."""

    sizes: tuple[int, ...]
    """Number of values of each of the k variables, at least two."""

    def __init__(self, space: SearchSpace, rng: np.random.Generator) -> None:
        """`rng` draws the cells that the variables are found from; an `EdgeLabelled` space needs none."""
        all_of_it = whole(space)
        self._edge_labelled = all_of_it if isinstance(all_of_it, EdgeLabelled) else None
        if self._edge_labelled is not None:
            pairs = self._edge_labelled.edge_vertices * (self._edge_labelled.edge_vertices - 1) // 2
            self.sizes = (len(self._edge_labelled.edge_ops),) * pairs
            return
        cells = space.sample(SAMPLED, rng)
        self._vertices = space.vertices
        self._prunes = bool((cells.ops == PAD).any())
        rows = self._rows(cells)
        parts = (_free_parts if self._prunes else _varying_parts)(rows, space.vertices)
        self._fixed = np.zeros(rows.shape[1], dtype=np.int8)
        for part in parts:
            self._fixed[part.columns] = part.values[0]
        self._parts = [part for part in parts if len(part.values) > 1]
        self.sizes = tuple(len(part.values) for part in self._parts)

    def encode(self, cells: Cells) -> Int[np.ndarray, "n k"]:
        """Values 0 .. size - 1 of architectures of the space; an absent vertex has value 0 and no edges."""
        if self._edge_labelled is not None:
            below, above = _edges(self._edge_labelled.edge_vertices)
            return self._edge_labelled.to_edge_labels(cells)[:, below, above].astype(np.int64)
        rows = self._rows(cells)
        columns = [part.encode(rows) for part in self._parts]
        return np.stack(columns, axis=1) if columns else np.zeros((len(cells), 0), dtype=np.int64)

    def decode(self, values: Int[np.ndarray, "n k"]) -> Cells:
        """The graphs the values stand for. They may lie outside the space."""
        if self._edge_labelled is not None:
            k = self._edge_labelled.edge_vertices
            below, above = _edges(k)
            labels = np.zeros((len(values), k, k), dtype=np.int8)
            labels[:, below, above] = values
            return self._edge_labelled.from_edge_labels(labels)
        rows = np.tile(self._fixed, (len(values), 1))
        for part, chosen in zip(self._parts, values.T, strict=True):
            rows[:, part.columns] = part.values[chosen]
        v = self._vertices
        adjacency = np.zeros((len(values), v, v), dtype=bool)
        below, above = _edges(v)
        adjacency[:, below, above] = rows[:, v:] > 0
        cells = Cells(adjacency, rows[:, :v])
        return pruned(cells) if self._prunes else cells

    def _rows(self, cells: Cells) -> Int[np.ndarray, "n w"]:
        """Operations, then possible edges (grouped by their target); the output is the last vertex."""
        if self._prunes:
            cells = _output_last(cells)
        below, above = _edges(self._vertices)
        return np.concatenate([cells.ops, cells.adjacency[:, below, above]], axis=1).astype(np.int8)


def pruned(cells: Cells) -> Cells:
    """The graphs without vertices on no path from the first to the last one, closed up, padded at the end.

    First and last vertex always stay, so a graph without any path becomes two vertices and no edge.
    """
    adjacency, (n, v) = cells.adjacency, cells.ops.shape
    reached, reaching = np.zeros((n, v), dtype=bool), np.zeros((n, v), dtype=bool)
    reached[:, 0] = reaching[:, -1] = True
    for vertex in range(1, v):
        reached[:, vertex] = (adjacency[:, :vertex, vertex] & reached[:, :vertex]).any(axis=1)
    for vertex in range(v - 2, -1, -1):
        later = slice(vertex + 1, v)
        reaching[:, vertex] = (adjacency[:, vertex, later] & reaching[:, later]).any(axis=1)
    keep = reached & reaching
    keep[:, 0] = keep[:, -1] = True
    return _reordered(cells, keep, np.argsort(~keep, axis=1, kind="stable"))


def _output_last(cells: Cells) -> Cells:
    """The same graphs with the output as last vertex of the batch and absent vertices before it."""
    n, v = cells.ops.shape
    present = cells.ops != PAD
    output = present.sum(axis=1) - 1
    order = np.tile(np.arange(v), (n, 1))
    order[np.arange(n), output], order[:, -1] = order[:, -1], output
    return _reordered(cells, present, order)


def _reordered(cells: Cells, keep: Bool[np.ndarray, "n v"], order: Int[np.ndarray, "n v"]) -> Cells:
    """Vertices in the given order; those not kept lose operation and edges."""
    rows = np.arange(len(cells))[:, None]
    kept = keep[rows, order]
    adjacency = cells.adjacency[rows[:, :, None], order[:, :, None], order[:, None, :]]
    adjacency = adjacency & kept[:, :, None] & kept[:, None, :]
    return Cells(adjacency, np.where(kept, cells.ops[rows, order], PAD).astype(np.int8))


def _edges(v: int) -> tuple[Int[np.ndarray, " e"], Int[np.ndarray, " e"]]:
    """Sources and targets of all possible edges, by target and then by source."""
    targets, sources = np.tril_indices(v, -1)
    return sources, targets


def _free_parts(rows: Int[np.ndarray, "n w"], vertices: int) -> list[Part]:
    """Every operation of an inner vertex at every inner vertex, and every edge.

    Not what was seen at each vertex: a sample may hold few of the largest cells.
    """
    inner = np.unique(rows[:, 1 : vertices - 1])
    choices = [
        np.unique(rows[:, 0]),
        *[inner[inner != PAD]] * (vertices - 2),
        np.unique(rows[:, vertices - 1]),
    ]
    choices += [np.arange(2)] * (rows.shape[1] - vertices)
    return [Part(np.array([column]), values[:, None]) for column, values in enumerate(choices)]


def _varying_parts(rows: Int[np.ndarray, "n w"], vertices: int) -> list[Part]:
    """Operation of every vertex, then its in-edges: one part for their set if that is a choice."""
    parts = []
    for vertex in range(vertices):
        parts.append(Part(np.array([vertex]), np.unique(rows[:, vertex])[:, None]))
        first = vertices + vertex * (vertex - 1) // 2
        edges = np.arange(first, first + vertex)
        together = np.unique(rows[:, edges], axis=0)
        if len(together) <= vertex + 1:
            parts.append(Part(edges, together))
        else:
            parts += [Part(edges[[i]], np.unique(rows[:, edges[i]])[:, None]) for i in range(vertex)]
    return parts
