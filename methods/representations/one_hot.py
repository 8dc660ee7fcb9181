"""One-hot operations and adjacency: the control every learnt representation must beat."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from methods.base import Representation
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace


class OneHot(Representation):
    """Per vertex the one-hot operation (zeros if absent), then the upper triangle of the adjacency."""

    static = True

    def fit(self, space: SearchSpace, observed: Observations) -> None:
        self._op_count = len(space.op_names)

    def encode(self, cells: Cells) -> Float[Tensor, "n d"]:
        n, v = cells.ops.shape
        ops = cells.ops[:, :, None] == np.arange(self._op_count)
        edges = cells.adjacency[:, *np.triu_indices(v, 1)]
        flat = ops.reshape(n, v * self._op_count)
        return torch.from_numpy(np.concatenate([flat, edges], axis=1).astype(np.float32))
