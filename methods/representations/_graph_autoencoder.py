"""What arch2vec and its baselines GAE and VGAE share: decoder, losses, pre-training, pooled encoding.

Every vertex has its own latent point of `latent` numbers; the decoder reads operations from each
vertex and edges from inner products (arch2vec section 3.1). Search uses the mean of the vertices'
latent points. No label is used. A `published` network is pre-trained as arch2vec's code does, any other
as the paper means, with a falling learning rate as our one addition:

| | published | otherwise |
|---|---|---|
| after epoch 1 | evaluation mode sticks: no sampling or dropout, frozen batch norm | training mode |
| operations | sigmoid per class, binary cross-entropy | softmax, cross-entropy |
| KL weight | 1 / (batch vertices), so it grows in a smaller last batch | `kl_weight` |
| cells | nine tenths of them, held-out reconstruction | all of them, reconstruction of all |
| order of cells | shuffled once | shuffled every epoch |
| learning rate | constant | falls to zero over the last 30 % of steps |
| absent vertices | all-zero rows like any other: in batch norm, losses and the mean | left out of all three |
| decoded graph | always as wide as the space | ends with its first `output` |

A limit of the decoder: two unconnected vertices that no encoder can tell apart share a latent point, and
the inner product of a point with itself is never negative, so they are always decoded as connected.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from pydantic import Field
from torch import Tensor, nn

from methods.base import Pretrainable, Representation, describe
from methods.networks.layers import (
    FlatAdam,
    decoding_quality,
    dense_adjacency,
    masked_mean,
    minibatches,
    one_hot_ops,
    seeded,
    unlabelled,
    vertices_present,
)
from tabular.cells import PAD, Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace

PRIOR_DRAWS = 10_000
CHUNK = 512
IGNORED = -100


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
    epochs: Annotated[int, Field(ge=1)] = describe(10, "passes over the cells", "authors' code, NB201")
    batch_size: Annotated[int, Field(ge=2)] = describe(32, "cells per step", "authors' code")
    learning_rate: Annotated[float, Field(gt=0)] = describe(1e-3, "Adam", "authors' code")
    decay: Annotated[float, Field(gt=0, le=1)] = describe(
        0.3, "last share of steps over which the rate falls to zero (not in published)", "ours: settles"
    )
    clip: Annotated[float, Field(gt=0)] = describe(5.0, "gradient norm", "authors' code")
    cells: Annotated[int, Field(ge=1)] = describe(
        100_000, "sampled for pre-training where the space cannot be listed", "ours"
    )


@dataclass(frozen=True)
class Graphs:
    """A batch of cells as tensors; `present` is None where no vertex is masked out."""

    ops: Float[Tensor, "n v c"]
    adjacency: Float[Tensor, "n v v"]
    present: Bool[Tensor, "n v"] | None

    @staticmethod
    def of(cells: Cells, classes: int, masked: bool) -> Graphs:
        """`masked` leaves absent vertices out of everything."""
        present = vertices_present(cells) if masked else None
        return Graphs(one_hot_ops(cells, classes), dense_adjacency(cells), present)

    def __getitem__(self, rows: Int[Tensor, " m"]) -> Graphs:
        present = None if self.present is None else self.present[rows]
        return Graphs(self.ops[rows], self.adjacency[rows], present)

    @property
    def mirrored(self) -> Float[Tensor, "n v v"]:
        """A + A^T, what arch2vec's encoders see."""
        return self.adjacency + self.adjacency.transpose(1, 2)


class Encoder(nn.Module, ABC):
    """Means, and log standard deviations or None, of all vertices of a batch of graphs."""

    @abstractmethod
    def forward(self, graphs: Graphs) -> tuple[Float[Tensor, "n v z"], Float[Tensor, "n v z"] | None]:
        """One latent point per vertex."""


class Network(nn.Module):
    """An encoder with arch2vec's decoder. `kl_weight` is times the mean KL divergence per vertex."""

    def __init__(
        self,
        encoder: Encoder,
        classes: int,
        hyper: AutoencoderHyper,
        kl_weight: float = 0.0,
        published: bool = False,
    ) -> None:
        super().__init__()
        self.classes, self.kl_weight, self.published = classes, kl_weight, published
        self.encoder = encoder
        self.dropout = nn.Dropout(hyper.dropout)
        self.ops = nn.Linear(hyper.latent, classes)

    def graphs(self, cells: Cells) -> Graphs:
        """Cells as this network sees them."""
        return Graphs.of(cells, self.classes, masked=not self.published)

    def logits(self, z: Float[Tensor, "n v z"]) -> tuple[Float[Tensor, "n v c"], Float[Tensor, "n v v"]]:
        """Logits of operations, and of edges as inner products of vertices."""
        z = self.dropout(z)
        return self.ops(z), z @ z.transpose(1, 2)

    def most_likely(self, z: Float[Tensor, "n v z"]) -> Cells:
        """Most likely operation per vertex; an edge a -> b (a < b) where its probability exceeds 1/2."""
        ops, edges = self.logits(z)
        adjacency = torch.triu(edges > 0, diagonal=1)
        return Cells(adjacency.numpy(), ops.argmax(-1).to(torch.int8).numpy())

    def decode(self, z: Float[Tensor, "n v z"]) -> Cells:
        """The most likely graph; unless `published` it ends with its first `output`."""
        cells = self.most_likely(z)
        return cells if self.published else ended(cells, output=self.classes - 1)


A = TypeVar("A", bound=AutoencoderHyper)


class GraphAutoencoder(Representation[A], Pretrainable):
    """A graph autoencoder, pre-trained on all unlabelled cells."""

    static = True
    transductive = True

    @abstractmethod
    def _new_network(self, classes: int) -> Network:
        """An untrained network for a vocabulary of that size."""

    def fit(self, space: SearchSpace, observed: Observations) -> None:
        """Nothing to learn from labels."""

    @torch.no_grad()
    def encode(self, cells: Cells) -> Float[Tensor, "n d"]:
        """Latent means averaged over vertices; in `published` over absent ones too (authors' scripts)."""
        means = self._means(cells)
        return masked_mean(means, None if self._network.published else vertices_present(cells))

    def pretrain(self, space: SearchSpace) -> dict[str, float]:
        cells = unlabelled(space, self.hyper.cells, self.rng)
        with seeded(self.rng):
            self._network = self._new_network(len(space.op_names))
            if not self._network.published:
                train(self._network, cells, self.hyper)
                return self._quality(space, cells)
            order = self.rng.permutation(len(cells))
            train(self._network, cells[order[: len(cells) * 9 // 10]], self.hyper)
            return self._quality(space, cells[order[len(cells) * 9 // 10 :]])

    def state(self) -> Mapping[str, Tensor]:
        return self._network.state_dict()

    def restore(self, space: SearchSpace, state: Mapping[str, Tensor]) -> None:
        with seeded(self.rng):
            self._network = self._new_network(len(space.op_names))
        self._network.load_state_dict(state)
        self._network.eval()

    @torch.no_grad()
    def _means(self, cells: Cells) -> Float[Tensor, "n v z"]:
        network = self._network
        return torch.cat([network.encoder(network.graphs(part))[0] for part in cells.split(CHUNK)])

    @torch.no_grad()
    def _quality(self, space: SearchSpace, cells: Cells) -> dict[str, float]:
        """Percentages: exact whole graphs decoded from the mean; validity and uniqueness of prior draws.

        Draws are standard normal, rescaled to the means' moments per vertex and dimension (authors'
        code). The authors' rule for NAS-Bench-201 checks operations from vertex 2 on and no edge at all.
        """
        means = self._means(cells)
        again = self._network.decode(means)
        noise = torch.randn(PRIOR_DRAWS, *means.shape[1:])
        mean, sd = moments(means, None if self._network.published else vertices_present(cells))
        points = noise * sd + mean
        facts = decoding_quality(space, cells, again, self._network.decode(points))
        if space.name != "nb201":
            return facts
        raw, last = self._network.most_likely(points), len(space.op_names) - 1
        inner = raw.ops[:, 2:-1]
        loose = (raw.ops[:, 0] == 0) & (raw.ops[:, -1] == last)
        loose &= ((inner > 0) & (inner < last)).all(1)
        return {**facts, "prior_valid_authors_rule_percent": 100 * float(loose.mean())}


def ended(cells: Cells, output: int) -> Cells:
    """The same graphs without what comes after their first vertex of operation `output`."""
    is_output = cells.ops == output
    after = np.cumsum(is_output, axis=1) - is_output > 0
    kept = ~after
    return Cells(cells.adjacency & kept[:, :, None] & kept[:, None, :], np.where(after, PAD, cells.ops))


def moments(
    means: Float[Tensor, "n v z"], present: Bool[Tensor, "n v"] | None
) -> tuple[Float[Tensor, "v z"], Float[Tensor, "v z"]]:
    """Mean and standard deviation over the graphs that have the vertex."""
    if present is None:
        return means.mean(0), means.std(0)
    weight = present.unsqueeze(-1).to(means.dtype)
    count = weight.sum(0)
    mean = (means * weight).sum(0) / count.clamp_min(1)
    square = ((means - mean).square() * weight).sum(0) / (count - 1).clamp_min(1)
    return mean, square.sqrt()


def train(network: Network, cells: Cells, hyper: AutoencoderHyper) -> None:
    """Pre-training; leaves the network in evaluation mode."""
    graphs = network.graphs(cells)
    optimizer = FlatAdam(network, hyper.learning_rate, hyper.clip)
    if not network.published:
        optimizer.linear_decay(hyper.epochs * -(-len(cells) // hyper.batch_size), hyper.decay)
    order = list(minibatches(len(cells), hyper.batch_size))
    for epoch in range(hyper.epochs):
        network.train(not network.published or epoch == 0)
        for rows in order if network.published else minibatches(len(cells), hyper.batch_size):
            optimizer.step(loss(network, graphs[rows]))
    network.eval()


def loss(network: Network, graphs: Graphs) -> Float[Tensor, ""]:
    """Reconstruction of operations and edges plus the weighted KL divergence (arch2vec section 3.2)."""
    mean, log_sd = network.encoder(graphs)
    z = mean
    if log_sd is not None and network.training:
        z = mean + torch.randn_like(mean) * log_sd.exp()
    op_logits, edge_logits = network.logits(z)
    n, v, _ = graphs.ops.shape
    pairs = torch.triu(torch.ones(v, v), diagonal=1)
    if network.published:
        # As the authors, who average over all v * v entries with the lower half masked.
        edges = F.binary_cross_entropy_with_logits(edge_logits, graphs.adjacency, weight=pairs)
        operations = F.binary_cross_entropy_with_logits(op_logits, graphs.ops)
        return operations + edges + kl_divergence(mean, log_sd, None) / (n * v)
    target = graphs.ops.argmax(-1)
    if graphs.present is None:
        share = (v - 1) / (2 * v)
    else:
        target = target.masked_fill(~graphs.present, IGNORED)
        pairs = pairs * graphs.present.unsqueeze(1) * graphs.present.unsqueeze(2)
        share = float(pairs.mean())
    edges = F.binary_cross_entropy_with_logits(edge_logits, graphs.adjacency, weight=pairs)
    edges = edges / share  # the mean over the pairs a < b alone
    operations = F.cross_entropy(op_logits.flatten(0, 1), target.flatten(), ignore_index=IGNORED)
    return operations + edges + network.kl_weight * kl_divergence(mean, log_sd, graphs.present)


def kl_divergence(
    mean: Float[Tensor, "n v z"], log_sd: Float[Tensor, "n v z"] | None, present: Bool[Tensor, "n v"] | None
) -> Float[Tensor, ""]:
    """KL(posterior || standard normal) per vertex, averaged over vertices; 0 without a posterior."""
    if log_sd is None:
        return mean.new_zeros(())
    per_vertex = 0.5 * (mean.square() + (2 * log_sd).exp() - 1 - 2 * log_sd).sum(-1)
    return per_vertex.mean() if present is None else per_vertex[present].mean()
