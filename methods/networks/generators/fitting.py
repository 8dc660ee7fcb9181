"""Weighted maximum likelihood in minibatches, the same for all generators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from methods.networks.flat_adam import FlatAdam
from methods.networks.layers import minibatches


@dataclass(frozen=True)
class Training:
    """How a generator is trained: Adam, without clipping."""

    epochs: int
    batch_size: int
    learning_rate: float


def fit(
    optimizer: FlatAdam,
    training: Training,
    weights: Float[np.ndarray, " n"],
    losses: Callable[[Int[Tensor, " m"]], Float[Tensor, " m"]],
) -> None:
    """Steps down the mean over minibatches of weight times loss; `losses` gives those of the given rows.

    The order of rows is torch's default generator (use `layers.seeded`).
    """
    weight = torch.from_numpy(weights).float()
    for _ in range(training.epochs):
        for rows in minibatches(len(weight), training.batch_size):
            optimizer.step((weight[rows] * losses(rows)).mean())
