"""The NAS-Bench-201 cell space (Dong and Yang, ICLR 2020): 5 operations on 6 edges, 15,625 cells."""

from __future__ import annotations

from functools import cache, cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from tabular.cells import Cells
from tabular.errors import HarnessError, unknown
from tabular.space import EdgeLabelled, EnumerableSpace
from tabular.table_file import Columns, digest

EDGE_OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
"""Operation of a digit of the key; digits stand for the edges 1<-0, 2<-0, 2<-1, 3<-0, 3<-1, 3<-2."""
EDGES = ((1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2))
NONE, SKIP, CONV1, CONV3 = 0, 1, 2, 3
POWERS = 5 ** np.arange(5, -1, -1, dtype=np.int64)

# Measured by the benchmark's authors per dataset and additive in the operation counts:
# constant, per 1x1 convolution, per 3x3 convolution; in millions.
COMPLEXITY = {
    "cifar10": {"flops": (7.78305, 3.93216, 35.38944), "params": (0.073306, 0.028, 0.24304)},
    "cifar100": {"flops": (7.78890, 3.93216, 35.38944), "params": (0.079156, 0.028, 0.24304)},
    "imagenet16-120": {"flops": (1.95340, 0.98304, 8.84736), "params": (0.080456, 0.028, 0.24304)},
}


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


class NB201Space(EnumerableSpace, EdgeLabelled):
    """Cells of 8 vertices with constant adjacency; a cell's key is its six digits read in base 5."""

    name = "nb201"
    op_names = ("input", *EDGE_OPS, "output")
    vertices = 8
    size = 5**6
    digest = "nb201-op-on-node-1"
    edge_ops = EDGE_OPS
    edge_vertices = 4

    def __init__(self, dataset: str = "cifar10", measured: Columns | None = None) -> None:
        """`measured` holds further complexity measures by name, in key order (HW-NAS-Bench)."""
        self.dataset = dataset
        self._measured = measured or {}
        self.complexity_measures = (*COMPLEXITY[dataset], *sorted(self._measured))
        self.complexity_digest = f"nb201-{dataset}-1"
        if self._measured:
            self.complexity_digest += f"-{digest(self._measured)[:12]}"
        self._adjacency = node_graph()

    def sample(self, n: int, rng: np.random.Generator) -> Cells:
        return self._cells(rng.integers(0, 5, size=(n, 6), dtype=np.int8))

    def contains(self, cells: Cells) -> Bool[np.ndarray, " n"]:
        ops = cells.ops
        if cells.ops.shape[1] != self.vertices:
            return np.zeros(len(cells), dtype=bool)
        inner = ops[:, 1:7]
        legal = (ops[:, 0] == 0) & (ops[:, 7] == 6) & ((inner >= 1) & (inner <= 5)).all(axis=1)
        return legal & (cells.adjacency == self._adjacency).all(axis=(1, 2))

    def neighbours(self, cell: Cells) -> Cells:
        """The 24 cells that differ in one edge operation (the paper's mutation)."""
        (digits,) = self._digits(cell)
        rows = np.repeat(digits[None], 24, axis=0)
        edge = np.repeat(np.arange(6), 4)
        step = np.tile(np.arange(1, 5), 6)
        rows[np.arange(24), edge] = (digits[edge] + step) % 5
        return self._cells(rows)

    def keys(self, cells: Cells) -> Int[np.ndarray, " n"]:
        return self._digits(cells).astype(np.int64) @ POWERS

    def canonical(self, cells: Cells) -> Int[np.ndarray, " n"]:
        """Key of the first cell with the same string under the NAS-Bench-201 paper's rule.

        Skip connections collapse, `none` and what reads a zero become `#`; 6,466 classes.
        """
        return isomorphism_classes()[self.keys(cells)]

    def relabelled(self, cells: Cells, rng: np.random.Generator) -> Cells:
        """Uniform over the cells with the same string under the paper's rule."""
        members, first, size = class_members()
        classes = self.canonical(cells)
        chosen = first[classes] + np.floor(rng.random(len(cells)) * size[classes]).astype(int)
        return self.all()[members[chosen]]

    def to_edge_labels(self, cells: Cells) -> Int[np.ndarray, "n 4 4"]:
        labels = np.zeros((len(cells), 4, 4), dtype=np.int8)
        written, read = np.array(EDGES).T
        labels[:, read, written] = self._digits(cells)
        return labels

    def from_edge_labels(self, labels: Int[np.ndarray, "n 4 4"]) -> Cells:
        written, read = np.array(EDGES).T
        return self._cells(labels[:, read, written].astype(np.int8))

    def complexity(self, cells: Cells, measure: str = "flops") -> Float[np.ndarray, " n"]:
        if measure in self._measured:
            return self._measured[measure][self.keys(cells)]
        if measure not in COMPLEXITY[self.dataset]:
            raise unknown("complexity measure", measure, self.complexity_measures)
        constant, per_conv1, per_conv3 = COMPLEXITY[self.dataset][measure]
        digits = self._digits(cells)
        conv1, conv3 = (digits == CONV1).sum(axis=1), (digits == CONV3).sum(axis=1)
        return constant + per_conv1 * conv1 + per_conv3 * conv3

    def largest_complexity(self, measure: str = "flops") -> float:
        if measure in self._measured:
            return float(np.nanmax(self._measured[measure]))
        return float(self.complexity(self.from_strings([str(CONV3) * 6]), measure)[0])

    def to_strings(self, cells: Cells) -> list[str]:
        return ["".join(map(str, row)) for row in self._digits(cells).tolist()]

    def from_strings(self, texts: list[str]) -> Cells:
        for text in texts:
            if len(text) != 6 or not set(text) <= set("01234"):
                raise HarnessError(f"'{text}' is no NAS-Bench-201 cell: six digits 0..4 are needed")
        rows = [[int(digit) for digit in text] for text in texts]
        return self._cells(np.array(rows, dtype=np.int8).reshape(-1, 6))

    def all(self) -> Cells:
        return self._all

    @cached_property
    def _all(self) -> Cells:
        digits = (np.arange(self.size)[:, None] // POWERS) % 5
        cells = self._cells(digits.astype(np.int8))
        cells.ops.setflags(write=False)  # shared by all runs of a process
        return cells

    def _cells(self, digits: Int[np.ndarray, "n 6"]) -> Cells:
        n = len(digits)
        ops = np.zeros((n, 8), dtype=np.int8)
        ops[:, 1:7] = digits + 1
        ops[:, 7] = 6
        # The adjacency is the same for all cells: a read-only view that takes no memory.
        return Cells(np.broadcast_to(self._adjacency, (n, 8, 8)), ops)

    def _digits(self, cells: Cells) -> Int[np.ndarray, "n 6"]:
        valid = self.contains(cells)
        if not valid.all():
            raise HarnessError(f"{int((~valid).sum())} of {len(cells)} cells are outside nb201")
        return cells.ops[:, 1:7] - 1


@cache
def isomorphism_classes() -> Int[np.ndarray, " 15625"]:
    """For every key, the smallest key with the same canonical string (NAS-Bench-201 paper, section 3)."""
    first: dict[str, int] = {}
    texts = _canonical_texts()
    return np.array([first.setdefault(text, key) for key, text in enumerate(texts)], dtype=np.int64)


@cache
def class_members() -> tuple[Int[np.ndarray, " 15625"], Int[np.ndarray, " 15625"], Int[np.ndarray, " 15625"]]:
    """Keys sorted by class; and, at the class's own key, where its members begin and how many there are."""
    classes = isomorphism_classes()
    members = np.argsort(classes, kind="stable")
    size = np.bincount(classes, minlength=len(classes))
    first = np.cumsum(size) - size
    return members, first, size


def _canonical_texts() -> list[str]:
    """The paper's string of each cell, in key order, built vertex by vertex from shared prefixes."""
    vertices: dict[tuple[int, ...], tuple[str, ...]] = {(): ("0",)}
    for width in (1, 2, 3):
        longer: dict[tuple[int, ...], tuple[str, ...]] = {}
        for prefix, inputs in vertices.items():
            terms = [[_term(op, text) for op in range(5)] for text in inputs]
            for ops in np.ndindex(*(5,) * width):
                joined = "+".join(sorted(terms[source][op] for source, op in enumerate(ops)))
                longer[prefix + ops] = (*inputs, joined)
        vertices = longer
    return [texts[-1] for texts in vertices.values()]


def _term(op: int, source: str) -> str:
    if op == NONE or source == "#":
        return "#"
    return source if op == SKIP else f"({source})@{op}"
