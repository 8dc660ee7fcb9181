"""D-VAE's encoder and decoder with their loss, as the authors' code or as the paper has them.

Sources: Zhang et al., "D-VAE", NeurIPS 2019, sections 3.1 to 3.3, and the authors' code. NGAE (Li et al.)
copied it and added two predictors. In every variant absent vertices add nothing to the loss (the authors
train them to be of the input type, at which their decoder has stopped already), and the loss is a mean over
the batch where the authors sum, which Adam does not feel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from methods.base import Watch
from methods.hyper import describe
from methods.networks.dag.coder import GraphDecoder, GraphEncoder, Graphs
from methods.networks.flat_adam import FlatAdam
from methods.training import LEARNS_NOTHING, Losses, Plan, train

ON_UNLABELLED = "ours: reconstruction of unlabelled NB201 cells in about half a minute; no label looked at"
CODE = "authors' code"
PLATEAU = (0.1, 10)
"""Factor and patience of the authors' schedule."""


@dataclass(frozen=True)
class GraphVAEHyper:
    """Hyper-parameters of D-VAE and NGAE."""

    latent: Annotated[int, Field(ge=1)] = describe(56, "width of the latent point", CODE)
    width: Annotated[int, Field(ge=1)] = describe(
        64, "hidden width", "ours: fits two CPU cores; authors' code: 501", paper=501, published=501
    )
    vertex_ids: bool = describe(True, "tell senders of messages by their index", CODE)
    positions: bool = describe(
        True,
        "tell the decoder's new vertex its index; without, those with equal predecessors look alike to it",
        "ours: cells with such vertices come back",
        paper=False,
        published=False,
    )
    own_messages: bool = describe(
        True, "the decoder has messages of its own; else the encoder's forward ones", "paper", published=False
    )
    free_output: bool = describe(
        True,
        "the output vertex reads the loose ends and what its edge decisions choose; else the loose ends",
        "ours: NB101 and DARTS cells need it",
        paper=False,
        published=False,
    )
    many_sources: bool = describe(
        True,
        "in decoding every vertex without predecessors receives the latent point, else the first alone",
        "ours: DARTS cells have two inputs",
        paper=False,
        published=False,
    )
    reads_all: bool = describe(
        True,
        "the latent point is read from all vertices, else from the states of the first and the last",
        "ours: ENAS cells need it",
        paper=False,
        published=False,
    )
    open_gates: bool = describe(
        True,
        "initial weights: open gates and orthogonal maps, or PyTorch's",
        "ours: faster",
        paper=False,
        published=False,
    )
    kl_weight: Annotated[float, Field(ge=0)] = describe(0.005, "weight of the KL", CODE)
    noise: Annotated[float, Field(ge=0)] = describe(
        1.0, "scale of posterior noise in training", "paper eq. 9; authors' code", published=0.01
    )
    batch_size: Annotated[int, Field(ge=2)] = describe(32, "graphs per step", CODE)
    epochs: Annotated[int, Field(ge=0)] = describe(
        4,
        f"passes over the cells; in cycles, of the first one; {LEARNS_NOTHING}",
        ON_UNLABELLED,
        paper=300,
        published=300,
    )
    schedule: Literal["one_cycle", "plateau"] = describe(
        "one_cycle",
        "the rate rises and falls in every cycle, or falls to a tenth after 10 epochs without a lower loss",
        f"ours; {CODE}",
        paper="plateau",
        published="plateau",
    )
    cycles: Annotated[int, Field(ge=1)] = describe(
        4,
        "most cycles, each twice as long as the last, until held-out cells come back",
        "ours",
        when={"schedule": "one_cycle"},
    )
    learning_rate: Annotated[float, Field(gt=0)] = describe(
        3e-3, "Adam's, at its peak", f"{ON_UNLABELLED}; {CODE}", paper=1e-4, published=1e-4
    )
    joint_rate: Annotated[float, Field(gt=0)] = describe(
        1e-3, "Adam's, when it learns from paid cells", f"ours; {CODE}", paper=1e-4, published=1e-4
    )
    clip: Annotated[float, Field(ge=0)] = describe(
        1.0, "most gradient norm; 0: any", f"{ON_UNLABELLED}; {CODE}", paper=0.0, published=0.0
    )
    held_out: Annotated[float, Field(ge=0, lt=1)] = describe(
        0.1,
        "share of the cells kept to measure reconstruction; 0: all are trained on, for `epochs` passes",
        "ours",
        paper=0.0,
        published=0.0,
    )
    cells: Annotated[int, Field(ge=1)] = describe(
        50_000, "most unlabelled cells used, sampled if there are more", "ours"
    )


class GraphVAE(nn.Module):
    """D-VAE's encoder and decoder."""

    def __init__(self, types: int, vertices: int, hyper: GraphVAEHyper) -> None:
        super().__init__()
        sizes = (types, vertices, hyper.width, hyper.latent, hyper.vertex_ids)
        self.encoder = GraphEncoder(*sizes, open_gates=hyper.open_gates, reads_all=hyper.reads_all)
        self.decoder = GraphDecoder(
            *sizes,
            positions=hyper.positions,
            messages=None if hyper.own_messages else self.encoder.send,
            open_gates=hyper.open_gates,
            free_output=hyper.free_output,
            many_sources=hyper.many_sources,
        )
        self._noise, self._kl_weight = hyper.noise, hyper.kl_weight

    def losses(self, graphs: Graphs) -> tuple[Float[Tensor, "n d"], dict[str, Float[Tensor, ""]]]:
        """Posterior means, and `reconstruction`, `kl` and their weighted sum `loss` (eq. 9).

        In nats, mean over graphs.
        """
        mean, log_variance = self.encoder(graphs)
        z = mean + torch.randn_like(mean) * (0.5 * log_variance).exp() * self._noise
        reconstruction = self.decoder.negative_log_likelihood(z, graphs).mean()
        kl = kl_divergence(mean, log_variance).mean()
        loss = reconstruction + self._kl_weight * kl
        return mean, {"loss": loss, "reconstruction": reconstruction, "kl": kl}


def kl_divergence(mean: Float[Tensor, "n d"], log_variance: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
    """KL(N(mean, variance) || N(0, 1)) summed over dimensions, in nats."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)


def pretrain(
    network: GraphVAE,
    rows: int,
    floor: float,
    hyper: GraphVAEHyper,
    losses: Callable[[Int[Tensor, " m"]], Losses],
    reconstructed: Callable[[Int[Tensor, " m"]], float],
    watch: Watch,
    drawn: Callable[[], dict[str, float]],
) -> dict[str, float]:
    """Train on `rows` cells as the hyper-parameters say; see `methods.training.train` for the rest."""
    optimizer = FlatAdam(network, hyper.learning_rate, hyper.clip)
    cycled = hyper.schedule == "one_cycle"
    plan = Plan(
        hyper.epochs, hyper.batch_size, hyper.held_out, hyper.cycles if cycled else 1, floor, selects=cycled
    )

    def schedule(steps: int) -> None:
        optimizer.one_cycle(steps) if cycled else optimizer.plateau(*PLATEAU)

    return train(network, optimizer, schedule, rows, plan, losses, reconstructed, watch, drawn)
