"""An ensemble of small regression networks trained side by side: one matrix product per layer for all."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


@dataclass(frozen=True)
class Fit:
    """How an ensemble is built and trained."""

    members: int
    layers: int
    """Hidden layers."""
    width: int
    epochs: int
    batch_size: int
    learning_rate: float


class Ensemble(nn.Module):
    """Fully connected ReLU networks with one output, each with its own weights."""

    def __init__(self, inputs: int, fit: Fit) -> None:
        """Weights are uniform with the variance of Glorot and Bengio (2010), biases zero, as in Keras."""
        super().__init__()
        sizes = [inputs, *[fit.width] * fit.layers, 1]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for before, after in pairwise(sizes):
            bound = (6 / (before + after)) ** 0.5
            self.weights.append(torch.empty(fit.members, before, after).uniform_(-bound, bound))
            self.biases.append(torch.zeros(fit.members, 1, after))

    def forward(self, x: Float[Tensor, "e n d"]) -> Float[Tensor, "e n"]:
        """Predictions of every member at its own n points."""
        last = len(self.weights) - 1
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = torch.baddbmm(bias, x, weight)
            if layer < last:
                x = torch.relu_(x)
        return x.squeeze(2)


def trained(x: Float[Tensor, "n d"], y: Float[Tensor, " n"], fit: Fit) -> Ensemble:
    """An ensemble fitted to labels y by the mean absolute error, every member in its own order.

    All randomness is torch's default generator (use `layers.seeded`).
    """
    ensemble = Ensemble(x.shape[1], fit)
    optimizer = torch.optim.Adam(ensemble.parameters(), fit.learning_rate, betas=(0.9, 0.99), fused=True)
    for _ in range(fit.epochs):
        order = torch.rand(fit.members, len(x)).argsort(dim=1)
        for rows in order.split(fit.batch_size, dim=1):
            optimizer.zero_grad()
            loss(ensemble, x, y, rows).backward()
            optimizer.step()
    return ensemble


def loss(
    ensemble: Ensemble, x: Float[Tensor, "n d"], y: Float[Tensor, " n"], rows: Int[Tensor, "e m"]
) -> Float[Tensor, ""]:
    """Sum over members of the mean absolute error on each one's rows."""
    return (ensemble(x[rows]) - y[rows]).abs().mean(dim=1).sum()
