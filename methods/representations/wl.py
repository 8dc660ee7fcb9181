"""Weisfeiler-Lehman subtree features (Shervashidze et al., JMLR 2011), NAS-BOWL's (Ru et al., ICLR 2021).

The colour of a vertex is its operation, then round by round a hash of its colour and the colours of the
vertices it reads. A column counts the vertices of one colour; there is one for each of the colours that
most of the sampled cells have. Colours that none of them had are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Float, UInt64
from pydantic import Field
from torch import Tensor

from methods.base import Representation, describe
from methods.representations._hashing import GOLDEN, mixed
from tabular.cells import PAD, Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace

SAMPLED = 2000
ABSENT = np.uint64(0)


class WL(Representation["WL.Hyper"]):
    """How often each frequent colour occurs in a cell."""

    static = True

    @dataclass(frozen=True)
    class Hyper:
        rounds: Annotated[int, Field(ge=0)] = describe(
            1,
            "h: rounds of refinement",
            "NAS-BOWL's code takes 1 or 2; no difference on cifar100 and imagenet16-120, 1 is quicker",
        )
        columns: Annotated[int, Field(ge=1)] = describe(
            500, "most columns", "ours: all 148 of NAS-Bench-201 at one round"
        )

    def setup(self) -> None:
        self._known: UInt64[np.ndarray, " d"] | None = None

    def fit(self, space: SearchSpace, observed: Observations) -> None:
        """Learns nothing from labels; the first call samples cells to see which colours there are."""
        if self._known is not None:
            return
        found = np.sort(colours(space.sample(SAMPLED, self.rng), self.hyper.rounds), axis=1)
        first = np.ones(found.shape, dtype=bool)  # a colour counts once per cell
        first[:, 1:] = found[:, 1:] != found[:, :-1]
        names, cells = np.unique(found[first & (found != ABSENT)], return_counts=True)
        self._known = np.sort(names[np.argsort(-cells, kind="stable")[: self.hyper.columns]])

    def encode(self, cells: Cells) -> Float[Tensor, "n d"]:
        known = self._known
        assert known is not None, "fit comes first"
        found = colours(cells, self.hyper.rounds)
        column = np.searchsorted(known, found).clip(max=len(known) - 1)
        row, place = np.nonzero(known[column] == found)
        counts = np.zeros((len(cells), len(known)), dtype=np.float32)
        np.add.at(counts, (row, column[row, place]), 1)
        return torch.from_numpy(counts)


def colours(cells: Cells, rounds: int) -> UInt64[np.ndarray, "n c"]:
    """Colours of all vertices at the start and after every round; `ABSENT` for absent vertices.

    Equal where operation and, up to that many edges back, everything a vertex depends on is equal.
    """
    present = cells.ops != PAD
    reads = cells.adjacency.transpose(0, 2, 1).astype(np.uint64)
    colour = mixed(np.where(present, cells.ops, 0).astype(np.uint64))
    every = [colour]
    for _ in range(rounds):
        # a sum of hashes does not depend on the order of the vertices read
        read = (reads @ mixed(colour)[:, :, None])[:, :, 0]
        colour = mixed(GOLDEN * colour + mixed(read))
        every.append(colour)
    return np.concatenate([np.where(present, each, ABSENT) for each in every], axis=1)
