"""The space of NAS-Bench-Graph (Qin et al., NeurIPS 2022): graph neural networks of four operations."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from tabular.cells import Cells
from tabular.errors import unknown
from tabular.forms import Form
from tabular.space import EnumerableSpace, refuse_outside
from tabular.spaces.nas_bench_graph_forms import nas_bench_graph_forms
from tabular.spaces.nas_bench_graph_trees import (
    COUNT,
    DECIMALS,
    LINK_POWERS,
    LINKS,
    OPS,
    POWERS,
    SHAPES,
    SKIP,
    SLOTS,
    form_classes,
    keys_of_forms,
    listed_hashes,
    trees,
)

WIDTH, REST = 128, 22_696
"""Hidden width on ogbn-arxiv, and parameters outside the four operations there."""
MATRICES = np.array([1, 1, 1, 2, 2, 3, 2, 1, 0], dtype=np.int64)
"""Width x width matrices of each operation."""
VECTORS = np.array([3, 1, 1, 1, 1, 1, 1, 1, 0], dtype=np.int64)


class NASBenchGraphSpace(EnumerableSpace):
    """Six vertices: input, four operations that each read one earlier vertex, output, which reads the leaves.

    26,206 architectures. `contains` holds for every order of the operations (24 link lists of 9^4 operation
    lists each, all four skip connections excepted); `keys` are equal for those that are one architecture to
    the authors, and `all`, `sample` give the form that the authors list, in the order of their hashes.
    """

    name = "nas-bench-graph"
    op_names = ("input", *OPS, "output")
    vertices = SLOTS + 2
    size = 26206
    digest = "nas-bench-graph-1"
    complexity_digest = "nas-bench-graph-arxiv-1"

    def sample(self, n: int, rng: np.random.Generator) -> Cells:
        return self._all[rng.integers(0, self.size, size=n)]

    def contains(self, cells: Cells) -> Bool[np.ndarray, " n"]:
        return self._forms(cells) >= 0

    def neighbours(self, cell: Cells) -> Cells:
        """Other architectures by one other operation (32) or one other link (6), each once."""
        (form,) = self.numbers(cell).tolist()
        link, ops = np.array(LINKS[form // COUNT]), np.full(4, form % COUNT) // POWERS % len(OPS)
        links, rows = np.tile(link, (38, 1)), np.tile(ops, (38, 1))
        slot, step = np.repeat(np.arange(SLOTS), len(OPS) - 1), np.tile(np.arange(1, len(OPS)), SLOTS)
        rows[np.arange(32), slot] = (ops[slot] + step) % len(OPS)
        slot, step = np.array([1, 2, 2, 3, 3, 3]), np.array([1, 1, 2, 1, 2, 3])
        links[32 + np.arange(6), slot] = (link[slot] + step) % (slot + 1)
        forms = (links @ LINK_POWERS) * COUNT + rows @ POWERS
        keys = keys_of_forms()[forms]
        first = np.sort(np.unique(keys, return_index=True)[1])
        return trees(forms[first[(keys[first] >= 0) & (keys[first] != keys_of_forms()[form])]])

    def keys(self, cells: Cells) -> Int[np.ndarray, " n"]:
        return keys_of_forms()[self.numbers(cells)]

    def canonical(self, cells: Cells) -> Int[np.ndarray, " n"]:
        return self.keys(cells)

    def relabelled(self, cells: Cells, rng: np.random.Generator) -> Cells:
        """Uniform over the graphs of the same architecture: other orders, skip connections elsewhere."""
        return trees(form_classes().draw(self.numbers(cells), rng))

    def complexity(self, cells: Cells, measure: str = "flops") -> Float[np.ndarray, " n"]:
        """Of the network on ogbn-arxiv: `params`, or `flops` for one node of the graph, in millions.

        `params` equals what the authors record there for every architecture. `flops` are multiply-adds with
        the operations' matrices alone: aggregation over the graph's edges is left out.
        """
        if measure not in self.complexity_measures:
            raise unknown("complexity measure", measure, self.complexity_measures)
        forms = self.numbers(cells)
        ops = cells.ops[:, 1 : SLOTS + 1] - 1
        leaves = cells.adjacency[:, :, -1].sum(axis=1)
        matrices = MATRICES[ops].sum(axis=1) + leaves - 1  # what joins the leaves grows with their number
        if measure == "flops":
            return matrices * WIDTH**2 / 1e6 + np.zeros(len(forms))
        return (matrices * WIDTH**2 + VECTORS[ops].sum(axis=1) * WIDTH + REST) / 1e6

    def largest_complexity(self, measure: str = "flops") -> float:
        return float(self.complexity(trees(np.array([int("5555", len(OPS))])), measure)[0])

    @property
    def forms(self) -> tuple[Form, ...]:
        return nas_bench_graph_forms(self)

    def all(self) -> Cells:
        return self._all

    @cached_property
    def _all(self) -> Cells:
        link_of_shape = np.array([LINKS.index(shape) for shape in SHAPES])
        hashes = listed_hashes()
        ops = hashes[:, None] // DECIMALS % 10
        cells = trees(link_of_shape[hashes // 10**SLOTS] * COUNT + ops @ POWERS)
        cells.ops.setflags(write=False)  # shared by all runs of a process
        cells.adjacency.setflags(write=False)
        return cells

    def numbers(self, cells: Cells) -> Int[np.ndarray, " n"]:
        """The inverse of `trees`; `HarnessError` for a graph outside the space."""
        forms = self._forms(cells)
        refuse_outside(forms >= 0, self.name)
        return forms

    def _forms(self, cells: Cells) -> Int[np.ndarray, " n"]:
        """Number of the link list and operations of each graph; -1 where it is not of this space."""
        if cells.ops.shape[1] != self.vertices:
            return np.full(len(cells), -1, dtype=np.int64)
        ops = cells.ops[:, 1 : SLOTS + 1].astype(np.int64) - 1
        links = cells.adjacency[:, :, 1 : SLOTS + 1].argmax(axis=1).astype(np.int64)
        legal = ((ops >= 0) & (ops < len(OPS))).all(axis=1) & (ops != SKIP).any(axis=1)
        legal &= (links <= np.arange(SLOTS)).all(axis=1)
        forms = np.where(legal, links @ LINK_POWERS * COUNT + ops @ POWERS, 0)
        again = trees(forms)
        legal &= (again.ops == cells.ops).all(axis=1)
        legal &= (again.adjacency == cells.adjacency).all(axis=(1, 2))
        return np.where(legal, forms, -1)
