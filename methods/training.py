"""The training loop of the autoencoders: minibatches without labels, stopped by held-out reconstruction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from methods.networks.layers import FlatAdam, minibatches


@dataclass(frozen=True)
class Plan:
    """How long to train and when to stop."""

    epochs: int
    """Most passes over the training rows."""
    batch_size: int
    patience: int = 5
    """Epochs without a better held-out reconstruction after which training stops. With a schedule whose
    rate rises first, it must outlast the rise."""
    held_out: float = 0.1
    """Share of rows kept for that; the papers' 90/10 split."""

    def steps(self, rows: int) -> int:
        """Optimizer steps if training is not stopped early, for learning-rate schedules."""
        return self.epochs * -(-self.training_rows(rows) // self.batch_size)

    def training_rows(self, rows: int) -> int:
        """Rows left for training; at least one row is held out where there are two."""
        return rows - min(max(round(rows * self.held_out), 1), rows - 1)


def train(
    network: nn.Module,
    optimizer: FlatAdam,
    rows: int,
    plan: Plan,
    loss: Callable[[Int[Tensor, " m"]], Float[Tensor, ""]],
    reconstructed: Callable[[Int[Tensor, " m"]], float],
) -> dict[str, float]:
    """Train on a random part of `rows`; the state with the best held-out reconstruction stays.

    `loss` takes row numbers of a minibatch in training mode, `reconstructed` the held-out ones in
    evaluation mode and gives the share that decodes to itself, in [0, 1]; among equal shares the later
    state wins. All randomness is torch's default generator (use `layers.seeded`). Leaves the network in
    evaluation mode; returns `epochs_trained` and `held_out_exact_percent` (left out where a single row leaves
    nothing to hold out, and then the last state stays).
    """
    order = torch.randperm(rows)
    training, held_out = order.split([plan.training_rows(rows), rows - plan.training_rows(rows)])
    best, best_epoch, epoch = -1.0, 0, 0
    state: dict[str, Tensor] = {}
    while epoch < plan.epochs and epoch - best_epoch < plan.patience:
        epoch += 1
        network.train()
        for batch in minibatches(len(training), plan.batch_size):
            optimizer.step(loss(training[batch]))
        network.eval()
        with torch.no_grad():
            share = reconstructed(held_out) if len(held_out) else 0.0
        if share > best or not len(held_out):
            best_epoch = epoch
        if share >= best:
            best = share
            state = {name: value.clone() for name, value in network.state_dict().items()}
    network.load_state_dict(state)
    facts = {"epochs_trained": float(epoch)}
    return {**facts, "held_out_exact_percent": 100 * best} if len(held_out) else facts
