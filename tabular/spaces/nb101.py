"""The NAS-Bench-101 cell space (Ying et al., ICML 2019): 423,624 cells of at most 7 vertices and 9 edges."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int64

from tabular.cells import PAD, Cells
from tabular.errors import HarnessError
from tabular.forms import Form
from tabular.space import EnumerableSpace, refuse_outside
from tabular.spaces import nb101_official as official
from tabular.spaces.nb101_forms import nb101_forms
from tabular.spaces.nb101_graphs import (
    CONV1,
    INPUT,
    OUTPUT,
    POOL,
    fingerprint,
    last_vertex,
    on_paths,
    random_order,
    reordered,
)
from tabular.spaces.nb101_neighbours import candidates
from tabular.spaces.nb101_network import network_complexity
from tabular.spaces.nb101_rows import EDGES, SIZE, VERSION, VERTICES, rows
from tabular.spaces.nb101_specifications import OP_NAMES


class NB101Space(EnumerableSpace):
    """Directed acyclic graphs with every vertex on a path from input to output.

    A cell of n < 7 vertices has its output at place n - 1 and `PAD` behind. Isomorphic cells are one
    architecture: `keys` and `canonical` are both the row in `all()`, whose order is that of the authors'
    enumeration (`nb101_rows`). `sample` and `neighbours` give the rows' own cells; any other topological
    order of one is in the space as well.
    """

    name = "nb101"
    op_names = OP_NAMES
    vertices = VERTICES
    size = SIZE
    digest = VERSION
    complexity_digest = VERSION

    def all(self) -> Cells:
        return rows().cells

    def sample(self, n: int, rng: np.random.Generator) -> Cells:
        return self.all()[rng.integers(0, self.size, size=n)]

    def contains(self, cells: Cells) -> Bool[np.ndarray, " n"]:
        """Topological order, PAD only behind, at most 9 edges, every vertex on a path, legal operations."""
        n, width = cells.ops.shape
        if width != self.vertices or n == 0:
            return np.zeros(n, dtype=bool)
        adjacency, ops = cells.adjacency, cells.ops
        last = last_vertex(ops)
        place = np.arange(width)
        inner = (place > 0) & (place < last[:, None])
        legal = np.where(inner, (ops >= CONV1) & (ops <= POOL), True).all(axis=1)
        ends = (last > 0) & (ops[:, 0] == INPUT) & (ops[np.arange(n), last] == OUTPUT)
        upper = ~np.tril(adjacency).any(axis=(1, 2)) & (adjacency.sum(axis=(1, 2)) <= EDGES)
        # a vertex that does not exist is on no path: this refuses edges at PAD as well
        used = (on_paths(adjacency, last) == (ops != PAD)).all(axis=1)
        stray = (adjacency & ((ops == PAD)[:, :, None] | (ops == PAD)[:, None, :])).any(axis=(1, 2))
        return legal & ends & upper & used & ~stray

    def keys(self, cells: Cells) -> Int64[np.ndarray, " n"]:
        """Row of each cell's isomorphism class in `all()`."""
        self.check(cells)
        return rows().find(fingerprint(cells.adjacency, cells.ops))

    def canonical(self, cells: Cells) -> Int64[np.ndarray, " n"]:
        return self.keys(cells)

    def neighbours(self, cell: Cells) -> Cells:
        """The classes one edit away, each once by its row's cell, in row order.

        An edit changes one operation, adds an edge between two vertices in any order that leaves no
        cycle, removes an edge (and every vertex that is then on no path), or puts a new vertex x with an
        edge a -> x -> b. It does not depend on which cell of a class is given. The relation is symmetric
        but for one case: a removal that takes with it more than one vertex, or one with several edges
        left, cannot be undone by one edit.
        """
        self.check(cell)
        found = candidates(cell)
        found = found[self.contains(found)]
        keys = np.unique(self.keys(found))
        return self.all()[keys[keys != self.keys(cell)]]

    def relabelled(self, cells: Cells, rng: np.random.Generator) -> Cells:
        """The same architectures with their vertices in a random topological order."""
        self.check(cells)
        return reordered(cells, random_order(cells, rng))

    def complexity(self, cells: Cells, measure: str = "flops") -> Float[np.ndarray, " n"]:
        """Of the network the authors trained, the one of the class's row: equal for isomorphic cells."""
        self._check_measure(measure)
        return network_complexity(self.all()[self.keys(cells)], measure)

    def largest_complexity(self, measure: str = "flops") -> float:
        self._check_measure(measure)
        # any row's network is at most that of the same graph with 3x3 convolutions alone, also a row
        plain = np.flatnonzero(~np.isin(self.all().ops, (CONV1, POOL)).any(axis=1))
        return float(network_complexity(self.all()[plain], measure).max())

    @property
    def forms(self) -> tuple[Form, ...]:
        return nb101_forms(self)

    def module_hash(self, cells: Cells) -> list[str]:
        """The authors' MD5 name of each cell's class (`nb101_official.module_hash`)."""
        self.check(cells)
        return official.module_hash(cells)

    def lookup(self, matrices: Any, ops: Any) -> Int64[np.ndarray, " n"]:
        """Row of each specification after pruning, -1 where there is none (`nb101_official.lookup`).

        A batch or a single one; matrices and operations as lists or arrays.
        """
        return official.lookup(matrices, ops)

    def check(self, cells: Cells) -> None:
        """Raises `HarnessError` for cells outside the space."""
        refuse_outside(self.contains(cells), self.name)

    def _check_measure(self, measure: str) -> None:
        if measure not in ("flops", "params"):
            raise HarnessError(f"nb101 has no complexity '{measure}'. Available: flops, params")
