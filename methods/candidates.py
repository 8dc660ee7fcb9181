"""Architectures an acquisition is asked about: every one of a listed space, or a sampled and mutated pool."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Int

from methods.base import Representation
from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.oracle import Observations
from tabular.space import EnumerableSpace, SearchSpace, sample_unseen
from tabular.spaces.pool import whole

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Candidates:
    """Architectures with their latent points, and the latent points of what was paid for."""

    cells: Cells
    z: Float[Tensor, "m d"]
    is_open: Bool[np.ndarray, " m"]
    """False where the architecture was observed already."""
    paid: Float[Tensor, "n d"]
    """Latent points of `observed.distinct()`, in its order."""


class CandidateSource:
    """Gives the candidates of a round. Encodings of a listed space are kept where they cannot change."""

    def __init__(self, kind: str, size: int, parents: int, rng: np.random.Generator) -> None:
        """`kind` is `all` or `pool`; a pool has `size` members, half mutated from the `parents` best."""
        self._kind, self._size, self._parents, self._rng = kind, size, parents, rng
        self._table: Tensor | None = None

    def draw(self, space: SearchSpace, representation: Representation, observed: Observations) -> Candidates:
        """Candidates of this round. Raises `HarnessError` for latent points that are not finite."""
        labels = observed.distinct()
        if self._kind == "all":
            assert isinstance(space, EnumerableSpace)
            if self._table is None or not representation.static:
                self._table = finite(representation.encode(space.all()))
            is_open = np.ones(space.size, dtype=bool)
            is_open[observed.keys] = False
            return Candidates(space.all(), self._table, is_open, self._table[labels.keys])
        cells = pool(space, observed, self._size, self._parents, self._rng)
        z = finite(representation.encode(Cells.concatenate([cells, labels.cells])))
        return Candidates(cells, z[: len(cells)], np.ones(len(cells), dtype=bool), z[len(cells) :])


def pool(
    space: SearchSpace, observed: Observations, size: int, parents: int, rng: np.random.Generator
) -> Cells:
    """At most `size` different unseen architectures: neighbours of the best paid ones, then random ones.

    Half of them at most are neighbours, drawn over the `parents` best with equal chances.
    """
    labels = observed.distinct()
    best = np.argsort(-labels.accuracy, kind="stable")[:parents]
    children = Cells.concatenate([space.neighbours(labels.cells[[row]]) for row in best.tolist()])
    children = children[rng.permutation(len(children))]
    children = children[new_rows(space, children, observed)[: size // 2]]
    taken = {*observed.keys.tolist(), *space.keys(children).tolist()}
    left = min(size - len(children), space.size - len(taken))
    return Cells.concatenate([children, sample_unseen(space, space.keys, taken, left, rng)])


def first_new(names: Int[np.ndarray, " n"], seen: Int[np.ndarray, " m"]) -> Int[np.ndarray, " k"]:
    """Where names that were not seen stand for the first time, in order."""
    first = np.sort(np.unique(names, return_index=True)[1])
    return first[~np.isin(names[first], seen)]


def new_rows(space: SearchSpace, cells: Cells, observed: Observations) -> Int[np.ndarray, " k"]:
    """Rows of the valid architectures that were not observed yet, each architecture once, in order."""
    valid = np.flatnonzero(whole(space).contains(cells))
    return valid[first_new(space.keys(cells[valid]), observed.keys)]


def until_new(
    batches: Iterable[Cells], space: SearchSpace, observed: Observations, wanted: float, by_class: bool
) -> tuple[Cells, Int[np.ndarray, " new"], Int[np.ndarray, " valid"]]:
    """Batches one after the other until `wanted` architectures are valid and new, or there are no more.

    All of them together, and the rows of the new (each once) and of the valid ones among them, in order.
    With `by_class` new means of an unseen isomorphism class.
    """
    identity = space.canonical if by_class else space.keys
    seen = identity(observed.cells)
    drawn = observed.cells[:0]
    valid = names = new = np.zeros(0, dtype=np.int64)
    for cells in batches:
        rows = np.flatnonzero(whole(space).contains(cells))
        if len(rows):
            valid = np.concatenate([valid, len(drawn) + rows])
            names = np.concatenate([names, identity(cells[rows])])
        drawn = Cells.concatenate([drawn, cells])
        new = valid[first_new(names, seen)]
        if len(new) >= wanted:
            break
    return drawn, new, valid


def finite(z: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
    """The points themselves, or a `HarnessError` if one is not finite."""
    if not z.isfinite().all():
        raise HarnessError("the representation gave latent points that are not finite")
    return z
