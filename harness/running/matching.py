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
        outside = self._pool.admits(proposal) & ~inside
        members = np.full(len(proposal), -1)
        members[inside] = self._pool.keys(proposal[inside])
        kept, replaced = _until_asked(members.tolist(), outside.tolist(), wanted, known)
        taken = known.copy()
        taken[members[inside]] = True
        found = [proposal[kept]]
        if replaced:
            nearest = self._nearest(proposal[[kept[place] for place in replaced]], taken)
            found.append(self._pool.all()[nearest])
        source = np.arange(len(kept))
        source[replaced] = len(kept) + np.arange(len(replaced))
        return Cells.concatenate(found)[source], len(replaced)

    def _nearest(self, cells: Cells, taken: Bool[np.ndarray, " m"]) -> list[int]:
        """Nearest member of each that is not `taken`, each member once, in order."""
        gone = taken.copy()
        found = []
        for distance in self._distances(cells):
            nearest = int(np.where(gone, np.inf, distance).argmin())
            gone[nearest] = True
            found.append(nearest)
        return found

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


def _until_asked(
    members: list[int], outside: list[bool], wanted: int, known: Bool[np.ndarray, " m"]
) -> tuple[list[int], list[int]]:
    """Rows of a proposal that stay, and which of those (by place) are outsiders that will be asked.

    `members` are positions in the pool, -1 for others. After `wanted` new architectures outsiders go.
    """
    kept: list[int] = []
    replaced: list[int] = []
    seen: set[int] = set()
    asked = 0
    for row, (member, is_outside) in enumerate(zip(members, outside, strict=True)):
        if is_outside:
            if asked == wanted:
                continue
            replaced.append(len(kept))
            asked += 1
        elif member >= 0 and member not in seen and not known[member] and asked < wanted:
            seen.add(member)
            asked += 1
        kept.append(row)
    return kept, replaced
