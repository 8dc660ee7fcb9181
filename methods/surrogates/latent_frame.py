"""Coordinates in which a latent space is searched."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from tabular.errors import HarnessError

SMALLEST = 0.01
"""Principal directions in which codes spread less than this share of the widest are left out."""


@dataclass(frozen=True)
class Frame:
    """x = (z - centre) axes / scale, in float64."""

    centre: Float[Tensor, " d"]
    axes: Float[Tensor, "d k"]
    scale: Float[Tensor, " k"]

    @staticmethod
    def principal(codes: Float[Tensor, "n d"]) -> Frame:
        """The principal directions of codes, in each of which they have unit variance."""
        centre = codes.double().mean(0)
        _, spread, axes = torch.linalg.svd(codes.double() - centre, full_matrices=False)
        kept = (spread > SMALLEST * spread[0]) & (spread > 1e-9)
        if not kept.any():
            raise HarnessError("the representation gives all architectures the same latent point")
        return Frame(centre, axes[kept].T, spread[kept] / (len(codes) - 1) ** 0.5)

    @staticmethod
    def latent(width: int) -> Frame:
        """The latent space as it is."""
        one = torch.ones(width, dtype=torch.float64)
        return Frame(0 * one, torch.diag(one), one)

    def into(self, z: Float[Tensor, "n d"]) -> Float[Tensor, "n k"]:
        """Coordinates of latent points."""
        return (z.double() - self.centre) @ self.axes / self.scale

    def back(self, x: Float[Tensor, "n k"]) -> Float[Tensor, "n d"]:
        """Latent points of coordinates."""
        return (x * self.scale) @ self.axes.T + self.centre
