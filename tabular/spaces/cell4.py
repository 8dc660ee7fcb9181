"""Cells of four vertices with one operation on each of the six edges: NAS-Bench-201 and its relatives."""

from __future__ import annotations

from functools import cache, cached_property

import numpy as np
from jaxtyping import Bool, Int

from tabular.cells import Cells
from tabular.space import EdgeLabelled, EnumerableSpace, refuse_outside
from tabular.spaces.classes import Classes

EDGES = ((1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2))
"""Edges (written, read) that the six digits of a key stand for."""
NONE, SKIP = 0, 1
"""Operations that every such space has first; the others are told apart by their number alone."""


def node_graph() -> Bool[np.ndarray, "8 8"]:
    """The fixed operation-on-node graph: input, the six edge operations, output (arch2vec's form).

    An edge operation feeds every operation that reads the vertex it writes to; those writing to the
    last vertex feed the output.
    """
    adjacency = np.zeros((8, 8), dtype=bool)
    for target, (_, source) in enumerate(EDGES, start=1):
        if source == 0:
            adjacency[0, target] = True
        for feeding, (written, _) in enumerate(EDGES, start=1):
            adjacency[feeding, target] |= written == source
    for feeding, (written, _) in enumerate(EDGES, start=1):
        adjacency[feeding, 7] = written == 3
    return adjacency


class Cell4Space(EnumerableSpace, EdgeLabelled):
    """Cells of 8 vertices with constant adjacency; the key is the six digits read in base `len(edge_ops)`.

    A space of this kind states `name`, `edge_ops` (first none, then skip), `op_names`, `size`, `digest`,
    `input_skip_is_identity`, `forms` and `complexity`.
    """

    input_skip_is_identity: bool
    """False where a skip connection from the cell's input has weights of its own in some cells."""
    vertices = 8
    edge_vertices = 4

    def sample(self, n: int, rng: np.random.Generator) -> Cells:
        return self.from_digits(rng.integers(0, len(self.edge_ops), size=(n, 6), dtype=np.int8))

    def contains(self, cells: Cells) -> Bool[np.ndarray, " n"]:
        ops, kinds = cells.ops, len(self.edge_ops)
        if cells.ops.shape[1] != self.vertices:
            return np.zeros(len(cells), dtype=bool)
        inner = ops[:, 1:7]
        legal = (ops[:, 0] == 0) & (ops[:, 7] == kinds + 1) & ((inner >= 1) & (inner <= kinds)).all(axis=1)
        return legal & (cells.adjacency == self._adjacency).all(axis=(1, 2))

    def neighbours(self, cell: Cells) -> Cells:
        """The cells that differ in one edge operation."""
        (digits,) = self.digits(cell)
        others = len(self.edge_ops) - 1
        rows = np.repeat(digits[None], 6 * others, axis=0)
        edge = np.repeat(np.arange(6), others)
        step = np.tile(np.arange(1, others + 1), 6)
        rows[np.arange(6 * others), edge] = (digits[edge] + step) % (others + 1)
        return self.from_digits(rows)

    def keys(self, cells: Cells) -> Int[np.ndarray, " n"]:
        return self.digits(cells).astype(np.int64) @ self._powers

    def canonical(self, cells: Cells) -> Int[np.ndarray, " n"]:
        """Key of the first cell with the same string under the rule of `cell_classes`."""
        return self._classes.of[self.keys(cells)]

    def relabelled(self, cells: Cells, rng: np.random.Generator) -> Cells:
        """Uniform over the cells with the same string under the rule of `cell_classes`."""
        return self.all()[self._classes.draw(self.keys(cells), rng)]

    def to_edge_labels(self, cells: Cells) -> Int[np.ndarray, "n 4 4"]:
        labels = np.zeros((len(cells), 4, 4), dtype=np.int8)
        written, read = np.array(EDGES).T
        labels[:, read, written] = self.digits(cells)
        return labels

    def from_edge_labels(self, labels: Int[np.ndarray, "n 4 4"]) -> Cells:
        written, read = np.array(EDGES).T
        return self.from_digits(labels[:, read, written].astype(np.int8))

    def all(self) -> Cells:
        return self._all

    def from_digits(self, digits: Int[np.ndarray, "n 6"]) -> Cells:
        """Cells of the operations on the edges, in the order of `EDGES`; they are not checked."""
        n = len(digits)
        ops = np.zeros((n, 8), dtype=np.int8)
        ops[:, 1:7] = digits + 1
        ops[:, 7] = len(self.edge_ops) + 1
        # The adjacency is the same for all cells: a read-only view that takes no memory.
        return Cells(np.broadcast_to(self._adjacency, (n, 8, 8)), ops)

    def digits(self, cells: Cells) -> Int[np.ndarray, "n 6"]:
        """Inverse of `from_digits`; `HarnessError` for a cell outside the space."""
        refuse_outside(self.contains(cells), self.name)
        return cells.ops[:, 1:7] - 1

    @cached_property
    def _all(self) -> Cells:
        cells = self.from_digits(
            ((np.arange(self.size)[:, None] // self._powers) % len(self.edge_ops)).astype(np.int8)
        )
        cells.ops.setflags(write=False)  # shared by all runs of a process
        return cells

    @cached_property
    def _adjacency(self) -> Bool[np.ndarray, "8 8"]:
        return node_graph()

    @cached_property
    def _powers(self) -> Int[np.ndarray, " 6"]:
        return len(self.edge_ops) ** np.arange(5, -1, -1, dtype=np.int64)

    @cached_property
    def _classes(self) -> Classes:
        return cell_classes(len(self.edge_ops), self.input_skip_is_identity)


@cache
def cell_classes(kinds: int, input_skip_is_identity: bool) -> Classes:
    """Cells with the same string under the rule of the NAS-Bench-201 paper (section 3).

    The string of a vertex is the sum, in sorted order, of its incoming operations applied to the strings
    they read; skip connections collapse, `none` and what reads a zero become `#`. Where a skip connection
    from the input is no identity it stands as an operation.
    """
    vertices: dict[tuple[int, ...], tuple[str, ...]] = {(): ("0",)}
    for width in (1, 2, 3):  # vertex by vertex, from shared prefixes
        longer: dict[tuple[int, ...], tuple[str, ...]] = {}
        for prefix, inputs in vertices.items():
            terms = [
                [_term(op, text, source > 0 or input_skip_is_identity) for op in range(kinds)]
                for source, text in enumerate(inputs)
            ]
            for ops in np.ndindex(*(kinds,) * width):
                joined = "+".join(sorted(terms[source][op] for source, op in enumerate(ops)))
                longer[prefix + ops] = (*inputs, joined)
        vertices = longer
    return Classes.by_label(texts[-1] for texts in vertices.values())


def _term(op: int, source: str, skip_is_identity: bool) -> str:
    if op == NONE or source == "#":
        return "#"
    return source if op == SKIP and skip_is_identity else f"({source})@{op}"
