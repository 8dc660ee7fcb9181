"""A batch of architectures as arrays: the one form in which architectures travel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

PAD = -1
"""Operation of a vertex that does not exist (graphs smaller than the batch is wide)."""


@dataclass(frozen=True, eq=False)
class Cells:
    """n labelled directed acyclic graphs of at most v vertices, in topological order.

    `adjacency[i, a, b]` is True where graph i has an edge a -> b (strictly upper-triangular in a valid
    graph); `ops[i, a]` indexes the space's `op_names`, or is `PAD` where the graph has no vertex a. A
    decoder may produce graphs outside the search space; `SearchSpace.contains` tells them apart.
    """

    adjacency: Bool[np.ndarray, "n v v"]
    ops: Int[np.ndarray, "n v"]

    def __post_init__(self) -> None:
        n, v = self.ops.shape
        if self.adjacency.shape != (n, v, v):
            raise ValueError(f"adjacency {self.adjacency.shape} does not fit ops {self.ops.shape}")

    def __len__(self) -> int:
        return len(self.ops)

    def __getitem__(self, rows: slice | Sequence[int] | np.ndarray) -> Cells:
        """The batch of the given rows: a slice, indices or a mask (never a single graph without batch)."""
        return Cells(self.adjacency[rows], self.ops[rows])

    def split(self, size: int) -> list[Cells]:
        """Consecutive batches of at most `size` graphs; of no graphs one empty batch."""
        return [self[start : start + size] for start in range(0, max(len(self), 1), size)]

    @staticmethod
    def none(width: int) -> Cells:
        """The batch of no graphs."""
        return Cells(np.zeros((0, width, width), dtype=bool), np.zeros((0, width), dtype=np.int8))

    @staticmethod
    def concatenate(batches: Sequence[Cells]) -> Cells:
        """One batch of several batches of the same width, in order."""
        return Cells(np.concatenate([b.adjacency for b in batches]), np.concatenate([b.ops for b in batches]))
