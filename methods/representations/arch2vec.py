"""arch2vec: an unsupervised variational graph isomorphism autoencoder (Yan et al., NeurIPS 2020).

Every vertex has its own latent point of `latent` numbers; the decoder reads operations from each
vertex and edges from inner products. Search uses the mean of the vertices' posterior means. No label
is used. `variant=published` pre-trains as the authors' code does; `corrected` is what the paper means,
with a falling learning rate as our one addition:

| | published | corrected |
|---|---|---|
| after epoch 1 | evaluation mode sticks: no sampling or dropout, frozen batch norm | training mode |
| operations | sigmoid per class, binary cross-entropy | softmax, cross-entropy |
| KL weight | 1 / (batch vertices), so it grows in a smaller last batch | `kl_weight` |
| order of cells | shuffled once | shuffled every epoch |
| learning rate | constant | falls to zero over the last 30 % of steps |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from methods.base import Pretrainable, Representation, describe
from methods.layers import (
    GIN,
    FlatAdam,
    decoding_quality,
    dense_adjacency,
    minibatches,
    one_hot_ops,
    seeded,
    unlabelled,
)
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace

PRIOR_DRAWS = 10_000
ABSENT = -100


class Arch2Vec(Representation, Pretrainable):
    """Variational graph isomorphism autoencoder, pre-trained on all unlabelled cells."""

    static = True
    transductive = True
    default_optimizer = "gp_bo"

    @dataclass(frozen=True)
    class Hyper:
        variant: Literal["corrected", "published"] = describe(
            "corrected", "what the paper means, or what the authors' code does", "this file's table"
        )
        latent: Annotated[int, Field(ge=1)] = describe(16, "latent numbers per vertex", "paper section 4.1")
        width: Annotated[int, Field(ge=1)] = describe(128, "hidden width of the encoder", "authors' code")
        layers: Annotated[int, Field(ge=1)] = describe(
            4, "GIN layers (the paper says five, the code builds four)", "authors' code"
        )
        dropout: Annotated[float, Field(ge=0, lt=1)] = describe(
            0.3, "on latent points entering the decoder", "authors' code"
        )
        kl_weight: Annotated[float, Field(ge=0)] = describe(
            0.005, "times the mean KL per vertex (corrected only)", "value recalled from the paper"
        )
        epochs: Annotated[int, Field(ge=1)] = describe(10, "passes over the cells", "authors' code, NB201")
        batch_size: Annotated[int, Field(ge=2)] = describe(32, "cells per step", "authors' code")
        learning_rate: Annotated[float, Field(gt=0)] = describe(1e-3, "Adam", "authors' code")
        decay: Annotated[float, Field(gt=0, le=1)] = describe(
            0.3, "last share of steps over which the rate falls to zero (corrected only)", "ours: settles"
        )
        clip: Annotated[float, Field(gt=0)] = describe(5.0, "gradient norm", "authors' code")
        cells: Annotated[int, Field(ge=1)] = describe(
            100_000, "sampled for pre-training where the space cannot be listed", "ours"
        )

    def fit(self, space: SearchSpace, observed: Observations) -> None:
        """Nothing to learn from labels."""

    @torch.no_grad()
    def encode(self, cells: Cells) -> Float[Tensor, "n d"]:
        """Posterior mean averaged over vertices, absent ones included (authors' search scripts)."""
        return self._means(cells).mean(dim=1)

    def pretrain(self, space: SearchSpace) -> dict[str, float]:
        cells = unlabelled(space, self.hyper.cells, self.rng)
        with seeded(self.rng):
            self._network = Network(len(space.op_names), self.hyper)
            train(self._network, cells, self.hyper)
            return self._quality(space, cells)

    def state(self) -> Mapping[str, Tensor]:
        return self._network.state_dict()

    def restore(self, space: SearchSpace, state: Mapping[str, Tensor]) -> None:
        with seeded(self.rng):
            self._network = Network(len(space.op_names), self.hyper)
        self._network.load_state_dict(state)
        self._network.eval()

    @torch.no_grad()
    def _means(self, cells: Cells) -> Float[Tensor, "n v latent"]:
        parts = [cells[start : start + 4096] for start in range(0, len(cells), 4096)]
        network = self._network
        return torch.cat(
            [network.encode(one_hot_ops(p, network.classes), dense_adjacency(p))[0] for p in parts]
        )

    @torch.no_grad()
    def _quality(self, space: SearchSpace, cells: Cells) -> dict[str, float]:
        """Percentages: exact whole graphs decoded from the mean; validity and uniqueness of prior draws.

        Draws are standard normal, rescaled to the means' moments per vertex and dimension (authors'
        code). The authors' rule checks vertices 2.. of the operations and no edge at all.
        """
        means = self._means(cells)
        again = self._network.decode(means)
        noise = torch.randn(PRIOR_DRAWS, *means.shape[1:])
        drawn = self._network.decode(noise * means.std(0) + means.mean(0))
        last = len(space.op_names) - 1
        inner = drawn.ops[:, 2:-1]
        loose = (drawn.ops[:, 0] == 0) & (drawn.ops[:, -1] == last)
        loose &= ((inner > 0) & (inner < last)).all(1)
        facts = decoding_quality(space, cells, again, drawn)
        return {**facts, "prior_valid_authors_rule": 100 * float(loose.mean())}


class Network(nn.Module):
    """Encoder and decoder (paper section 3.1). Encoding sees the mirrored adjacency A + A^T."""

    def __init__(self, classes: int, hyper: Arch2Vec.Hyper) -> None:
        super().__init__()
        self.classes = classes
        inputs = [classes] + [hyper.width] * (hyper.layers - 1)
        self.layers = nn.ModuleList(GIN(size, hyper.width) for size in inputs)
        self.mean = nn.Linear(hyper.width, hyper.latent)
        self.log_sd = nn.Linear(hyper.width, hyper.latent)
        self.dropout = nn.Dropout(hyper.dropout)
        self.ops = nn.Linear(hyper.latent, classes)

    def encode(
        self, ops: Float[Tensor, "n v c"], adjacency: Float[Tensor, "n v v"]
    ) -> tuple[Float[Tensor, "n v latent"], Float[Tensor, "n v latent"]]:
        """Posterior mean and log standard deviation of every vertex."""
        h, mirrored = ops, adjacency + adjacency.transpose(1, 2)
        for layer in self.layers:
            h = layer(h, mirrored)
        return self.mean(h), self.log_sd(h)

    def logits(self, z: Float[Tensor, "n v latent"]) -> tuple[Float[Tensor, "n v c"], Float[Tensor, "n v v"]]:
        """Logits of operations, and of edges as inner products of vertices."""
        z = self.dropout(z)
        return self.ops(z), z @ z.transpose(1, 2)

    def decode(self, z: Float[Tensor, "n v latent"]) -> Cells:
        """Most likely operation per vertex; an edge a -> b (a < b) where its probability exceeds 1/2."""
        ops, edges = self.logits(z)
        adjacency = torch.triu(edges > 0, diagonal=1)
        return Cells(adjacency.numpy(), ops.argmax(-1).to(torch.int8).numpy())


def train(network: Network, cells: Cells, hyper: Arch2Vec.Hyper) -> None:
    """Pre-training; leaves the network in evaluation mode."""
    ops, adjacency = one_hot_ops(cells, network.classes), dense_adjacency(cells)
    optimizer = FlatAdam(network, hyper.learning_rate, hyper.clip)
    published = hyper.variant == "published"
    if not published:
        optimizer.linear_decay(hyper.epochs * -(-len(cells) // hyper.batch_size), hyper.decay)
    order = list(minibatches(len(cells), hyper.batch_size))
    for epoch in range(hyper.epochs):
        network.train(not published or epoch == 0)
        for rows in order if published else minibatches(len(cells), hyper.batch_size):
            optimizer.step(loss(network, ops[rows], adjacency[rows], hyper))
    network.eval()


def loss(
    network: Network,
    ops: Float[Tensor, "n v c"],
    adjacency: Float[Tensor, "n v v"],
    hyper: Arch2Vec.Hyper,
) -> Float[Tensor, ""]:
    """Reconstruction of operations and edges plus the weighted KL divergence (paper section 3.2)."""
    mean, log_sd = network.encode(ops, adjacency)
    z = mean + torch.randn_like(mean) * log_sd.exp() if network.training else mean
    op_logits, edge_logits = network.logits(z)
    kl = 0.5 * (mean.square() + (2 * log_sd).exp() - 1 - 2 * log_sd).sum(-1).mean()
    n, v, _ = ops.shape
    upper = torch.triu(torch.ones(v, v), diagonal=1)
    edges = F.binary_cross_entropy_with_logits(edge_logits, adjacency, weight=upper)
    if hyper.variant == "published":
        # As the authors, who average over all v * v entries with the lower half masked.
        return F.binary_cross_entropy_with_logits(op_logits, ops) + edges + kl / (n * v)
    edges = edges * (2 * v / (v - 1))  # the mean over the pairs a < b alone
    absent = ops.sum(-1) == 0
    target = ops.argmax(-1).masked_fill(absent, ABSENT)
    labels = F.cross_entropy(op_logits.flatten(0, 1), target.flatten(), ignore_index=ABSENT)
    return labels + edges + hyper.kl_weight * kl
