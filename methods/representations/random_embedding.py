"""A random point per architecture: the control that says nothing about it but which one it is.

What a search gains with this representation it gains from the optimizer's own habits (its initial design,
the pool it mutates), not from any knowledge of architectures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from methods.base import Representation, describe
from methods.representations._hashing import GOLDEN, mixed, uniform
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace


class RandomEmbedding(Representation["RandomEmbedding.Hyper"]):
    """Standard normal numbers hashed from an architecture's key and the run's seed; kept nowhere."""

    static = True
    remark = "a control: random points, which say nothing"

    @dataclass(frozen=True)
    class Hyper:
        latent: Annotated[int, Field(ge=1)] = describe(16, "width of the point", "arch2vec's width")

    def setup(self) -> None:
        self._salt = self.rng.integers(2**63, dtype=np.uint64)

    def fit(self, space: SearchSpace, observed: Observations) -> None:
        """Learns nothing; takes note of the space, whose keys tell architectures apart."""
        self._space = space

    def encode(self, cells: Cells) -> Float[Tensor, "n d"]:
        architecture = mixed(self._space.keys(cells).astype(np.uint64) ^ self._salt)
        column = np.arange(self.hyper.latent, dtype=np.uint64) * GOLDEN
        share = torch.from_numpy(uniform(mixed(architecture[:, None] + column)))
        return torch.special.ndtri(share).float()
