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

    def replace(self, proposal: Cells, wanted: int, known: Bool[np.ndarray, " m"]) -> tuple[Cells, int]:
        """The proposal with its first `wanted` outsiders replaced, and how many were.

        Each becomes the nearest member that is neither `known` (asked before) nor taken by an earlier one of
        this proposal. Further outsiders are left out: they would not be asked. Members and graphs outside
        the larger space stay as they are.
        """
        outside = np.flatnonzero(self._pool.admits(proposal) & ~self._pool.contains(proposal))
        replaced = outside[:wanted]
        if not len(replaced):
            return proposal[np.setdiff1d(np.arange(len(proposal)), outside)], 0
        taken = known.copy()
        distance = self._distances(proposal[replaced])
        members = []
        for row in distance:
            nearest = int(np.where(taken, np.inf, row).argmin())
            taken[nearest] = True
            members.append(nearest)
        source = np.arange(len(proposal))
        source[replaced] = len(proposal) + np.arange(len(replaced))
        kept = np.setdiff1d(np.arange(len(proposal)), outside[wanted:])
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
