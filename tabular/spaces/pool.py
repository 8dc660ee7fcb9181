"""A finite list of architectures of a larger space, for tables that hold only some of it."""

from __future__ import annotations

import hashlib

import numpy as np
from jaxtyping import Bool, Float, Int

from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.forms import Form
from tabular.space import EnumerableSpace, SearchSpace


class PoolSpace(EnumerableSpace):
    """The listed architectures of `whole`, in the given order.

    `contains` is membership of the pool, `admits` that of the larger space. `keys` are positions in the
    list for members and `size` + the larger space's key for other architectures of it, so that a method
    may pass through what the pool lacks. Sampling is uniform over the pool; neighbours, classes,
    complexity and texts are the larger space's, members of the pool or not.
    """

    def __init__(self, name: str, whole: SearchSpace, cells: Cells) -> None:
        """`HarnessError` for a cell outside `whole` or given twice, and for an empty list."""
        self.name, self.whole = name, whole
        self.op_names, self.vertices = whole.op_names, whole.vertices
        self.size = len(cells)
        if not len(cells):
            raise HarnessError(f"{name} is empty: a pool needs at least one architecture")
        listed = whole.keys(cells)
        self._order = np.argsort(listed, kind="stable")
        self._sorted = listed[self._order]
        twice = np.flatnonzero(np.diff(self._sorted) == 0)
        if len(twice):
            (text,) = whole.to_strings(cells[self._order[twice[:1]]])
            raise HarnessError(f"{name} lists {text} twice; each architecture may stand once")
        self._cells = Cells(cells.adjacency.copy(), cells.ops.copy())
        self._cells.adjacency.setflags(write=False)  # shared by all runs of a process
        self._cells.ops.setflags(write=False)
        content = hashlib.sha256(listed.astype("<i8").tobytes()).hexdigest()[:16]
        self.digest = f"{whole.digest}-pool-{content}"
        self.complexity_digest = whole.complexity_digest
        self.complexity_measures = whole.complexity_measures

    def all(self) -> Cells:
        return self._cells

    def sample(self, n: int, rng: np.random.Generator) -> Cells:
        return self._cells[rng.integers(0, self.size, size=n)]

    def contains(self, cells: Cells) -> Bool[np.ndarray, " n"]:
        admitted = self.admits(cells)
        member = np.zeros(len(cells), dtype=bool)
        member[admitted] = self._positions(self.whole.keys(cells[admitted])) >= 0
        return member

    def admits(self, cells: Cells) -> Bool[np.ndarray, " n"]:
        """True where a graph is an architecture of the larger space, listed or not."""
        return self.whole.contains(cells)

    def neighbours(self, cell: Cells) -> Cells:
        return self.whole.neighbours(cell)

    def keys(self, cells: Cells) -> Int[np.ndarray, " n"]:
        whole = self.whole.keys(cells)
        positions = self._positions(whole)
        return np.where(positions >= 0, positions, self.size + whole)

    def canonical(self, cells: Cells) -> Int[np.ndarray, " n"]:
        return self.whole.canonical(cells)

    def relabelled(self, cells: Cells, rng: np.random.Generator) -> Cells:
        return self.whole.relabelled(cells, rng)

    def complexity(self, cells: Cells, measure: str = "flops") -> Float[np.ndarray, " n"]:
        return self.whole.complexity(cells, measure)

    def largest_complexity(self, measure: str = "flops") -> float:
        return self.whole.largest_complexity(measure)

    @property
    def forms(self) -> tuple[Form, ...]:
        return self.whole.forms

    def _positions(self, whole_keys: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
        """Position in the list of each key of the larger space, -1 where it is not listed."""
        place = np.searchsorted(self._sorted, whole_keys).clip(max=self.size - 1)
        return np.where(self._sorted[place] == whole_keys, self._order[place], -1)


def whole(space: SearchSpace) -> SearchSpace:
    """The larger space of a pool; of any other space itself.

    Its `contains` is the authors' rule of validity: what a method decodes or mutates counts by that, also
    where a benchmark knows a pool only and asks the nearest member instead.
    """
    return space.whole if isinstance(space, PoolSpace) else space


def bottom(space: SearchSpace) -> SearchSpace:
    """The space that is no pool, under however many pools: what knows every architecture."""
    while isinstance(space, PoolSpace):
        space = space.whole
    return space
