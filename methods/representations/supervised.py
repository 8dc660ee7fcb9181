"""arch2vec's supervised twin: the same GIN encoder, trained on paid labels alone (Yan et al., section 4.2).

The vertices' latent points are averaged, passed through tanh and read by a linear head, whose squared
error on the labels is all that is learnt: no decoder, no KL divergence, no unlabelled cells. The averaged
point is the encoding. In the authors' search it is the basis of a Bayesian linear regression:
`gp_bo.surrogate=linear`. A Gaussian process is no match for it: scaled to the unit cube, features that
hardly vary weigh as much as those the head relies on.

`published` is the authors' network in their supervised DNGO; the slip of that script's acquisition is in the
system `supervised-published`. Their supervised REINFORCE, which always shows the policy the initial
architecture, is not reproduced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from methods.base import Predictor, Representation
from methods.hyper import describe
from methods.networks.flat_adam import FlatAdam
from methods.networks.layers import GINStack, masked_mean, seeded
from methods.networks.vertex_autoencoder import Graphs
from methods.representations._graph_autoencoder import CHUNK
from methods.surrogates.surrogate import standardise
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace

BATCH = 10
CODE = "authors' code"
ON_DEVELOPMENT = "ours: best of 3 by rank correlation on random labels of nb201:imagenet16-120"


class Supervised(Representation["Supervised.Hyper"], Predictor):
    """GIN encoder and linear head, trained on paid labels."""

    @dataclass(frozen=True)
    class Hyper:
        latent: Annotated[int, Field(ge=1)] = describe(16, "width of the encoding", "paper section 4.1")
        width: Annotated[int, Field(ge=1)] = describe(128, "hidden width of the encoder", CODE)
        layers: Annotated[int, Field(ge=1)] = describe(4, "GIN layers", CODE)
        mirrored: bool = describe(
            True,
            "a vertex hears from both ends of its edges, as in arch2vec; else from its successors alone",
            f"ours; {CODE}",
            published=False,
        )
        absent_vertices: bool = describe(
            False,
            "absent vertices are all-zero rows like any other; else left out of everything",
            f"ours; {CODE}",
            published=True,
        )
        batch_norm: Literal["running", "batch"] = describe(
            "running",
            "what batch norm uses in `encode`: running statistics, or those of 512 random cells at a time",
            f"ours; {CODE}, which stays in training mode",
            published="batch",
        )
        labels: Literal["standardised", "raw"] = describe(
            "standardised", "what is learnt", f"ours; {CODE}", published="raw"
        )
        incomplete: Literal["shared", "dropped"] = describe(
            "shared",
            "what is left after batches of 10 labels is shared among them, or dropped",
            f"ours; {CODE}",
            published="dropped",
        )
        learning_rate: Annotated[float, Field(gt=0)] = describe(0.01, "Adam", CODE)
        epochs: Annotated[int, Field(ge=1)] = describe(
            100, "passes over the labels when training from scratch", CODE
        )
        anew: bool = describe(
            False,
            "every proposal trains a new network; else training goes on when the labels have grown",
            f"ours, for speed; {CODE}",
            published=True,
        )
        more_epochs: Annotated[int, Field(ge=1)] = describe(
            10, "passes when training goes on", ON_DEVELOPMENT, when={"anew": False}
        )
        refit_growth: Annotated[float, Field(gt=1)] = describe(
            1.15,
            "training goes on when the labels grew by this factor",
            "ours, for speed",
            when={"anew": False},
        )

    def setup(self) -> None:
        self._trained_labels = 0
        self._last: tuple[Cells, Tensor] | None = None

    def fit(self, space: SearchSpace, observed: Observations) -> None:
        """Train on all paid labels; unless `anew` only where they have grown enough since the last time."""
        hyper, labels = self.hyper, observed.distinct()
        anew = hyper.anew or self._trained_labels == 0
        if not anew and len(labels) < self._trained_labels * hyper.refit_growth:
            return
        y = torch.from_numpy(labels.accuracy)
        with seeded(self.rng):
            if anew:
                self._network = Network(len(space.op_names), hyper)
            graphs = self._network.graphs(labels.cells)
            targets = (y if hyper.labels == "raw" else standardise(y)).float()
            train(self._network, graphs, targets, hyper, hyper.epochs if anew else hyper.more_epochs)
        self._trained_labels, self._last = len(labels), None

    @torch.no_grad()
    def encode(self, cells: Cells) -> Float[Tensor, "n d"]:
        """tanh of the averaged latent points. The last batch is remembered until training goes on."""
        if self._last is None or self._last[0] is not cells:
            network = self._network
            # In training mode a window of neighbours in the table would lose what they have in common.
            mixed = self.hyper.batch_norm == "batch"
            order = self.rng.permutation(len(cells)) if mixed else np.arange(len(cells))
            parts = [network.encode(network.graphs(part)) for part in cells[order].split(CHUNK)]
            self._last = cells, torch.cat(parts)[torch.from_numpy(order).argsort()]
        return self._last[1]

    def predict(self, z: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        """Predicted accuracy, as `labels` has it."""
        return self._network.head(z).squeeze(1)

    def objective(self, z: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        return self.predict(z)


class Network(nn.Module):
    """GIN layers, a linear map to the latent width, and the head."""

    def __init__(self, classes: int, hyper: Supervised.Hyper) -> None:
        super().__init__()
        self.classes = classes
        self._mirrored, self._masked = hyper.mirrored, not hyper.absent_vertices
        self.stack = GINStack(classes, hyper.width, hyper.layers)
        self.mean = nn.Linear(hyper.width, hyper.latent)
        self.head = nn.Linear(hyper.latent, 1)

    def graphs(self, cells: Cells) -> Graphs:
        """Cells as this network sees them."""
        return Graphs.of(cells, self.classes, self._masked)

    def encode(self, graphs: Graphs) -> Float[Tensor, "n d"]:
        """The averaged latent points after tanh."""
        mixing = graphs.mirrored if self._mirrored else graphs.adjacency
        h = self.stack(graphs.ops, mixing, graphs.present)
        return torch.tanh(masked_mean(self.mean(h), graphs.present))


def train(
    network: Network, graphs: Graphs, targets: Float[Tensor, " n"], hyper: Supervised.Hyper, epochs: int
) -> None:
    """Least squares by Adam, from the weights as they are."""
    optimizer = FlatAdam(network, hyper.learning_rate)
    network.train()
    for _ in range(epochs):
        for rows in batches(len(targets), drop_incomplete=hyper.incomplete == "dropped"):
            predicted = network.head(network.encode(graphs[rows])).squeeze(1)
            optimizer.step((predicted - targets[rows]).square().mean())
    network.train(hyper.batch_norm == "batch")


def batches(n: int, drop_incomplete: bool) -> Sequence[Int[Tensor, " m"]]:
    """n rows in random order, in batches of 10 without the rest, or in batches of 10 to 19."""
    order, count = torch.randperm(n), max(n // BATCH, 1)
    return order[: count * BATCH].split(BATCH) if drop_incomplete else order.tensor_split(count)
