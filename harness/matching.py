"""Benchmarks that know a pool only: an architecture outside it is matched to the nearest one inside.

Nearest in the latent space of the method's representation; without one, by how many entries of adjacency
and operations differ.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from methods.base import Representation
from tabular.cells import Cells
from tabular.spaces.pool import PoolSpace


class Matcher:
    """Replaces architectures that a pool lacks. Encodings of the pool are kept where they cannot change."""

    def __init__(self, pool: PoolSpace, representation: Representation | None) -> None:
        self._pool, self._representation = pool, representation
        self._encoded: Float[np.ndarray, "m d"] | None = None

    @property
    def members(self) -> Cells:
        """All architectures of the pool."""
        return self._pool.all()

    def has_outsiders(self, proposal: Cells) -> bool:
        """Whether a proposal holds architectures of the larger space that the pool lacks."""
        return bool((self._pool.admits(proposal) & ~self._pool.contains(proposal)).any())

    def replace(self, proposal: Cells, wanted: int, known: Bool[np.ndarray, " m"]) -> tuple[Cells, int]:
        """The proposal with those outsiders replaced that will be asked, and how many they are.

        `wanted` new architectures are asked, in the proposal's order. An outsider among them becomes the
        nearest member that is neither `known` (asked before) nor in this proposal already. Further outsiders
        are left out. Members and graphs outside the larger space stay as they are.
        """
        inside = self._pool.contains(proposal)
        outside = np.flatnonzero(self._pool.admits(proposal) & ~inside)
        members_here = self._pool.keys(proposal[np.flatnonzero(inside)])
        taken = known.copy()
        first = np.zeros(len(proposal), dtype=bool)
        first[np.flatnonzero(inside)[np.unique(members_here, return_index=True)[1]]] = True
        new_member = first.copy()
        new_member[np.flatnonzero(inside)] &= ~known[members_here]
        before = np.cumsum(new_member)[outside]  # new members that come before each outsider
        replaced = outside[before + np.arange(len(outside)) < wanted]
        outside = np.concatenate([replaced, np.setdiff1d(outside, replaced)])
        if not len(replaced):
            return proposal[np.setdiff1d(np.arange(len(proposal)), outside)], 0
        taken[members_here] = True
        distance = self._distances(proposal[replaced])
        members = []
        for row in distance:
            nearest = int(np.where(taken, np.inf, row).argmin())
            taken[nearest] = True
            members.append(nearest)
        source = np.arange(len(proposal))
        source[replaced] = len(proposal) + np.arange(len(replaced))
        kept = np.setdiff1d(np.arange(len(proposal)), outside[len(replaced) :])
        both = Cells.concatenate([proposal, self._pool.all()[members]])
        return both[source[kept]], len(replaced)

    def _distances(self, cells: Cells) -> Float[np.ndarray, "n m"]:
        """Squared distances of architectures to all members."""
        members = self._pool_points()
        points = self._points(cells)
        cross = points @ members.T
        return (points**2).sum(axis=1)[:, None] - 2 * cross + (members**2).sum(axis=1)

    def _pool_points(self) -> Float[np.ndarray, "m d"]:
        fixed = self._representation is None or self._representation.static
        if self._encoded is None or not fixed:
            self._encoded = self._points(self._pool.all())
        return self._encoded

    def _points(self, cells: Cells) -> Float[np.ndarray, "n d"]:
        if self._representation is None:
            one_hot = cells.ops[:, :, None] == np.arange(len(self._pool.op_names))
            return np.concatenate(
                [cells.adjacency.reshape(len(cells), -1), one_hot.reshape(len(cells), -1)], axis=1
            ).astype(np.float64)
        return self._representation.encode(cells).detach().numpy().astype(np.float64)
