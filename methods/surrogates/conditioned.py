"""A Gaussian process given labels, asked about a table that is too large to hold its covariances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

BLOCK = 1024
"""Candidates to look at together: their covariances with 150 labels take 1.2 MB, which caches hold."""
ROUNDING = 1e-9
"""More than that of the variances that are bounded, for noise of 1e-4 and more."""
WORTH = 0.8
"""Share of different points above which a table is taken as it is."""


@dataclass(frozen=True)
class Different:
    """A table's points, equal ones once: Weisfeiler-Lehman features give 423,624 cells 176,657 points."""

    points: Float[Tensor, "k d"]
    place: Int[Tensor, " m"]
    """Of every row of the table among `points`."""

    @staticmethod
    def of(table: Float[Tensor, "m d"]) -> Different:
        generator = torch.Generator().manual_seed(0)
        direction = torch.rand(table.shape[1], dtype=torch.float64, generator=generator)
        shadow = torch.cat([block.double() @ direction for block in table.split(BLOCK)])
        _, first, place = np.unique(shadow.numpy(), return_index=True, return_inverse=True)
        if len(first) <= WORTH * len(table):
            found = Different(table[torch.from_numpy(first)], torch.from_numpy(place))
            if torch.equal(found.points[found.place], table):  # points of one shadow may differ
                return found
        return Different(table, torch.arange(len(table)))


@dataclass(frozen=True)
class Conditioned:
    """What n labels say of other points, which come in blocks.

    The kernel is exp(-|a - b|^2 / 2) with each coordinate divided by its length scale, so the prior variance
    is 1 everywhere.
    """

    points: Float[Tensor, "n d"]
    lengths: Float[Tensor, " d"]
    root: Float[Tensor, "n n"]
    """Lower Cholesky factor of the labels' covariance, noise included."""
    weights: Float[Tensor, " n"]
    """Of the labels' covariances with a point in its mean."""
    constant: float
    noise: float

    def mean_and_bound(
        self, blocks: Iterable[Float[Tensor, "b d"]]
    ) -> tuple[Float[Tensor, " m"], Float[Tensor, " m"]]:
        """Mean, and an upper bound of the standard deviation: what it is given the nearest label alone."""
        means, nearest = [], []
        for cross in self._cross(blocks):
            means.append(cross @ self.weights)
            nearest.append(cross.amax(1))
        variance = 1 - torch.cat(nearest).square() / (1 + self.noise)
        return torch.cat(means) + self.constant, (variance + ROUNDING).sqrt()

    def deviation(self, blocks: Iterable[Float[Tensor, "b d"]]) -> Float[Tensor, " m"]:
        """Standard deviation."""
        found = [self.root.new_empty(0)]
        for cross in self._cross(blocks):
            half = torch.linalg.solve_triangular(self.root, cross.T, upper=False)
            found.append(1 - half.square_().sum(0))
        return torch.cat(found).clamp_min(1e-12).sqrt()

    def _cross(self, blocks: Iterable[Float[Tensor, "b d"]]) -> Iterator[Float[Tensor, "b n"]]:
        """Covariances of points and labels, by |a - b|^2 = |a|^2 + |b|^2 - 2 a b."""
        weight = self.lengths**-2
        scaled = self.points * weight
        square = (self.points * scaled).sum(1)
        for block in blocks:
            both = (block.square() @ weight).unsqueeze(1) + square
            yield both.addmm_(block, scaled.T, alpha=-2).clamp_min_(0).mul_(-0.5).exp_()
