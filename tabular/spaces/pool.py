"""A finite list of architectures of a larger space, for tables that hold only some of it."""

from __future__ import annotations

import hashlib
from functools import lru_cache

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

    A `closed` pool is for those who know nothing of what it lacks: only members are admitted, are neighbours,
    and stand for others of their class.
    """

    def __init__(self, name: str, whole: SearchSpace, cells: Cells, closed: bool = False) -> None:
        """`HarnessError` for a cell outside `whole` or given twice, and for an empty list."""
        self.name, self.whole, self.closed = name, whole, closed
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
        inside = self.whole.contains(cells)
        member = np.zeros(len(cells), dtype=bool)
        member[inside] = self._positions(self.whole.keys(cells[inside])) >= 0
        return member

    def admits(self, cells: Cells) -> Bool[np.ndarray, " n"]:
        """True where a graph may be asked for: an architecture of the larger space, listed or not, unless the
        pool is closed."""
        return self.contains(cells) if self.closed else self.whole.contains(cells)

    def neighbours(self, cell: Cells) -> Cells:
        found = self.whole.neighbours(cell)
        return found[self.contains(found)] if self.closed else found

    def keys(self, cells: Cells) -> Int[np.ndarray, " n"]:
        whole = self.whole.keys(cells)
        positions = self._positions(whole)
        return np.where(positions >= 0, positions, self.size + whole)

    def canonical(self, cells: Cells) -> Int[np.ndarray, " n"]:
        return self.whole.canonical(cells)

    def relabelled(self, cells: Cells, rng: np.random.Generator) -> Cells:
        others = self.whole.relabelled(cells, rng)
        if not self.closed:
            return others
        rows = np.arange(len(cells)) + np.where(self.contains(others), len(cells), 0)
        return Cells.concatenate([cells, others])[rows]

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


@lru_cache(maxsize=8)
def among(space: SearchSpace, cells: Cells, closed: bool = False) -> SearchSpace:
    """The part of a space that is among architectures of its `bottom`; the space itself if that is all of it.

    In the order of the space where that is listed. `HarnessError` if nothing is left. A `closed` part (see
    `PoolSpace`) of a pool is closed whatever is left. Cached per process.
    """
    inside = cells[space.contains(cells)]
    if len(inside) == space.size and not (closed and isinstance(space, PoolSpace)):
        return space
    if isinstance(space, EnumerableSpace):
        inside = space.all()[np.sort(space.keys(inside))]
    return PoolSpace(space.name, bottom(space), inside, closed)
