"""D-VAE's encoder and decoder with their loss, as the authors' code or as the paper has them.

Sources: Zhang et al., "D-VAE", NeurIPS 2019, sections 3.1 to 3.3, and the authors' code. NGAE (Li et al.)
copied it and added two predictors. What `variant` means for both:

| | published | corrected |
|---|---|---|
| decoder | two vertices with the same predecessors look alike to it | a vertex knows its index |
| its messages | the encoder's forward ones | its own |
| the output vertex reads | the loose ends | and what its edge decisions choose |
| initial weights | PyTorch's | open gates, orthogonal maps |
| posterior noise | times 0.01 | times `noise` |
| rate, unlabelled cells | 1e-4, a tenth after 10 epochs without a lower loss | cycle up to `learning_rate` |
| rate, paid cells | 1e-4 | `joint_rate` |
| gradients | of sums over the batch | of means, clipped |
| end | after the last epoch, all cells trained on | best held-out reconstruction of 10 % of the cells |

In both, absent vertices add nothing to the loss (the authors train them to be of the input type, at which
their decoder has stopped already). The authors train for 300 epochs at width 501.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from methods.base import describe
from methods.networks.dag.coder import GraphDecoder, GraphEncoder, Graphs
from methods.networks.layers import FlatAdam, minibatches, same_graphs
from methods.training import Plan, train
from tabular.cells import Cells

PUBLISHED_NOISE = 0.01
PUBLISHED_RATE = 1e-4
ON_UNLABELLED = "ours: reconstruction of unlabelled NB201 cells in about half a minute; no label looked at"

Loss = Callable[[Int[Tensor, " m"]], Float[Tensor, ""]]
"""Mean over the graphs in the given rows."""


@dataclass(frozen=True)
class GraphVAEHyper:
    """Hyper-parameters of D-VAE and NGAE."""

    variant: Literal["corrected", "published"] = describe(
        "corrected", "what the paper means, or what the authors' code does", "table in networks/dag/vae.py"
    )
    latent: Annotated[int, Field(ge=1)] = describe(56, "width of the latent point", "authors' code")
    width: Annotated[int, Field(ge=1)] = describe(
        64, "hidden width (authors: 501)", "ours: fits two CPU cores"
    )
    vertex_ids: bool = describe(True, "tell senders of messages by their index", "authors' code")
    kl_weight: Annotated[float, Field(ge=0)] = describe(0.005, "weight of the KL", "authors' code")
    noise: Annotated[float, Field(ge=0)] = describe(
        0.1, "scale of posterior noise in training (corrected only)", ON_UNLABELLED
    )
    batch_size: Annotated[int, Field(ge=2)] = describe(32, "graphs per step", "authors' code")
    epochs: Annotated[int, Field(ge=1)] = describe(
        4, "most passes over unlabelled cells (authors: 300)", ON_UNLABELLED
    )
    learning_rate: Annotated[float, Field(gt=0)] = describe(
        3e-3, "peak of a one-cycle schedule, Adam (corrected only)", ON_UNLABELLED
    )
    joint_rate: Annotated[float, Field(gt=0)] = describe(
        1e-3, "Adam, when it learns from paid cells (corrected only)", "ours"
    )
    clip: Annotated[float, Field(gt=0)] = describe(1.0, "gradient norm (corrected only)", ON_UNLABELLED)
    cells: Annotated[int, Field(ge=1)] = describe(
        20_000, "unlabelled cells sampled where the space cannot be listed", "ours"
    )

    @property
    def published(self) -> bool:
        """Whether the authors' code is followed."""
        return self.variant == "published"


class GraphVAE(nn.Module):
    """D-VAE's encoder and decoder as the variant has them."""

    def __init__(self, types: int, vertices: int, hyper: GraphVAEHyper) -> None:
        super().__init__()
        sizes = (types, vertices, hyper.width, hyper.latent, hyper.vertex_ids)
        published = hyper.published
        self.encoder = GraphEncoder(*sizes, open_gates=not published)
        self.decoder = GraphDecoder(
            *sizes,
            positions=not published,
            messages=self.encoder.send if published else None,
            open_gates=not published,
            free_output=not published,
        )
        self._noise = PUBLISHED_NOISE if published else hyper.noise
        self._kl_weight = hyper.kl_weight

    def loss(self, graphs: Graphs) -> tuple[Float[Tensor, "n d"], Float[Tensor, ""]]:
        """Posterior means, and reconstruction plus weighted KL in nats, mean over graphs (eq. 9)."""
        mean, log_variance = self.encoder(graphs)
        z = mean + torch.randn_like(mean) * (0.5 * log_variance).exp() * self._noise
        reconstruction = self.decoder.negative_log_likelihood(z, graphs).mean()
        return mean, reconstruction + self._kl_weight * kl_divergence(mean, log_variance).mean()


def kl_divergence(mean: Float[Tensor, "n d"], log_variance: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
    """KL(N(mean, variance) || N(0, 1)) summed over dimensions, in nats."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)


def pretrain(
    network: GraphVAE, cells: Cells, graphs: Graphs, loss: Loss, hyper: GraphVAEHyper
) -> dict[str, float]:
    """Train on unlabelled cells; measured facts of that.

    `loss` is in training mode and takes rows of `graphs`, which are `cells`. Randomness is torch's default
    generator. Leaves the network in evaluation mode.
    """
    if hyper.published:
        return _pretrain_published(network, len(cells), loss, hyper)
    optimizer = FlatAdam(network, hyper.learning_rate, hyper.clip)
    # In the middle of the cycle, at high rates, reconstruction may stand still for long.
    plan = Plan(hyper.epochs, hyper.batch_size, patience=max(5, hyper.epochs // 2))
    optimizer.one_cycle(plan.steps(len(cells)))

    def reconstructed(rows: Int[Tensor, " m"]) -> float:
        mean, _ = network.encoder(graphs.rows(rows))
        return float(same_graphs(cells[rows.numpy()], network.decoder.most_likely(mean)).mean())

    return train(network, optimizer, len(cells), plan, loss, reconstructed)


def _pretrain_published(network: GraphVAE, rows: int, loss: Loss, hyper: GraphVAEHyper) -> dict[str, float]:
    adam = torch.optim.Adam(network.parameters(), PUBLISHED_RATE)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(adam, factor=0.1, patience=10)
    step = published_step(adam)
    network.train()
    for _ in range(hyper.epochs):
        total = 0.0
        for batch in minibatches(rows, hyper.batch_size):
            value = loss(batch) * len(batch)
            step(value)
            total += float(value.detach())
        schedule.step(total)
    network.eval()
    return {}


def published_step(adam: torch.optim.Adam) -> Callable[[Float[Tensor, ""]], None]:
    """One step down the gradient of a loss, unclipped."""

    def step(loss: Float[Tensor, ""]) -> None:
        adam.zero_grad()
        loss.backward()
        adam.step()

    return step
