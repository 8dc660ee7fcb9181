"""What arch2vec and its baselines GAE and VGAE share: pre-training and pooled encoding.

Every vertex has its own latent point of `latent` numbers (`networks/vertex_autoencoder.py`). Search uses the
mean of the vertices' latent points. No label is used.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from methods.base import Autoencoder, Pretrainable, Representation, Watch
from methods.hyper import describe
from methods.networks.flat_adam import FlatAdam
from methods.networks.layers import (
    drawn_facts,
    masked_mean,
    same_graphs,
    seeded,
    unlabelled,
    vertices_present,
)
from methods.networks.vertex_autoencoder import Network, losses
from methods.training import UNTRAINED, Plan, floor, outcome, train
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace

CHUNK = 512
WATCHED_DRAWS = 500
"""Normal draws with the moments of vertices' points (authors' code) that are looked at after every pass."""
MEASURED = 2000
"""Cells whose reconstruction is measured at the end."""


@dataclass(frozen=True)
class AutoencoderHyper:
    """Hyper-parameters of all three autoencoders."""

    latent: Annotated[int, Field(ge=1)] = describe(16, "latent numbers per vertex", "paper section 4.1")
    width: Annotated[int, Field(ge=1)] = describe(128, "hidden width of the encoder", "authors' code")
    layers: Annotated[int, Field(ge=1)] = describe(
        4, "graph layers (the paper says five, the code builds four)", "authors' code"
    )
    dropout: Annotated[float, Field(ge=0, lt=1)] = describe(
        0.3, "on latent points entering the decoder", "authors' code"
    )
    epochs: Annotated[int, Field(ge=0)] = describe(
        10, f"passes over the cells; {UNTRAINED}", "authors' code, NB201"
    )
    batch_size: Annotated[int, Field(ge=2)] = describe(32, "cells per step", "authors' code")
    learning_rate: Annotated[float, Field(gt=0)] = describe(1e-3, "Adam", "authors' code")
    decay: Annotated[float, Field(ge=0, le=1)] = describe(
        0.3, "last share of steps over which the rate falls to zero; 0: it is constant", "ours: settles"
    )
    clip: Annotated[float, Field(ge=0)] = describe(5.0, "gradient norm; 0: any", "authors' code")
    cells: Annotated[int, Field(ge=1)] = describe(
        100_000, "most cells used in pre-training, sampled if there are more", "ours"
    )


A = TypeVar("A", bound=AutoencoderHyper)


class GraphAutoencoder(Representation[A], Pretrainable, Autoencoder):
    """A graph autoencoder, pre-trained on all unlabelled cells; its full latent points are all vertices'."""

    static = True
    transductive = True

    @abstractmethod
    def _new_network(self, classes: int) -> Network:
        """An untrained network for a vocabulary of that size."""

    def fit(self, space: SearchSpace, observed: Observations) -> None:
        """Nothing to learn from labels."""

    def encode(self, cells: Cells) -> Float[Tensor, "n d"]:
        """Latent means averaged over vertices."""
        means, _ = self._vertices(cells)
        return masked_mean(means, None if self._network.rules.absent_vertices else vertices_present(cells))

    def pretrain(self, space: SearchSpace, labels: Observations | None, watch: Watch) -> dict[str, float]:
        hyper = self.hyper
        cells = unlabelled(space, hyper.cells, self.rng)
        with seeded(self.rng):
            network = self._network = self._new_network(len(space.op_names))
            graphs, rules = network.graphs(cells), network.rules
            plan = Plan(
                hyper.epochs,
                hyper.batch_size,
                rules.held_out,
                selects=False,
                shuffled=rules.shuffled,
                only_first_trains=rules.sticky_evaluation,
            )
            optimizer = FlatAdam(network, hyper.learning_rate, hyper.clip)

            def schedule(steps: int) -> None:
                if hyper.decay:
                    optimizer.linear_decay(steps, hyper.decay)

            def reconstructed(rows: Int[Tensor, " m"]) -> float:
                return self._exact(cells[rows.numpy()])

            some = cells[torch.randperm(len(cells))[:MEASURED].numpy()]

            def drawn() -> dict[str, float]:
                means, _ = self._vertices(some)
                points = torch.randn(WATCHED_DRAWS, *means.shape[1:]) * means.std(0) + means.mean(0)
                return drawn_facts(space, network.decode(points))

            facts = train(
                network,
                optimizer,
                schedule,
                len(cells),
                plan,
                lambda rows: losses(network, graphs[rows]),
                reconstructed,
                watch,
                drawn,
            )
        return outcome(self._exact(some), floor(space), facts)

    def state(self) -> Mapping[str, Tensor]:
        return self._network.state_dict()

    def restore(self, space: SearchSpace, state: Mapping[str, Tensor]) -> None:
        with seeded(self.rng):
            self._network = self._new_network(len(space.op_names))
        self._network.load_state_dict(state)
        self._network.eval()

    def posterior(self, cells: Cells) -> tuple[Float[Tensor, "n k"], Float[Tensor, "n k"]]:
        means, deviations = self._vertices(cells)
        return means.flatten(1), deviations.flatten(1)

    @torch.no_grad()
    def reconstructed(self, points: Float[Tensor, "n k"], stochastic: bool) -> Cells:
        with seeded(self.rng):
            vertices = points.unflatten(1, (-1, self.hyper.latent))
            parts = [self._network.decode(part, stochastic) for part in vertices.split(CHUNK)]
        return Cells.concatenate(parts)

    @torch.no_grad()
    def _vertices(self, cells: Cells) -> tuple[Float[Tensor, "n v z"], Float[Tensor, "n v z"]]:
        """Mean and standard deviation of all vertices' latent points."""
        network = self._network
        means, deviations = [], []
        for part in cells.split(CHUNK):
            mean, log_sd = network.encoder(network.graphs(part))
            means.append(mean)
            deviations.append(torch.zeros_like(mean) if log_sd is None else log_sd.exp())
        return torch.cat(means), torch.cat(deviations)

    def _exact(self, cells: Cells) -> float:
        """Share that comes back from the means."""
        means, _ = self._vertices(cells)
        with torch.no_grad():
            parts = [self._network.decode(part) for part in means.split(CHUNK)]
        return float(same_graphs(cells, Cells.concatenate(parts)).mean())
