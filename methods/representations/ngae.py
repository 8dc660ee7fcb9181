"""NGAE: a graph VAE trained jointly with accuracy and complexity predictors (Li et al., 2020).

Encoder and decoder are D-VAE's (`networks/dag/vae.py`); two predictors read the latent point. One loss
trains all parts (paper eq. 6):

    reconstruction + kl_weight KL + weight (accuracy error^2 + complexity error^2)

The authors train on 17,118 free labels; here every label is a query. Complexity is free: FLOPs, where
the authors count kernel sizes by a formula of their own space. Where the
protocol lets methods see the unlabelled space, all terms but accuracy are first learnt on it, and every
later step mixes unlabelled cells in. What `variant` means beside the table in `networks/dag/vae.py`:

| | published | corrected |
|---|---|---|
| accuracy target | the accuracy, in [0, 1] | its rank among the paid labels, in [0, 1] |
| complexity is relative to | the largest of the cells of its kind, unlabelled or paid | that of the space |
| price of complexity in eq. 7 | 1, so that it rules the search | `complexity_weight` |
| weight of the errors | 1, lost beside the reconstruction | `predictor_weight` |
| predictors | one hidden layer (the code) | two (the paper) |
| a latent point decodes to | one stochastic decoding | the likeliest decisions |
| draws from the prior | standard normal | with the moments of encodings |

The authors' search is `gradient_ascent` from one draw of the prior: 100 steps of size 10, decoded at the
end. `methods=ngae-published` is that, with paid labels in place of their 17,118.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from methods.base import Predictor, describe
from methods.networks.dag.coder import Graphs
from methods.networks.dag.vae import GraphVAE, GraphVAEHyper
from methods.networks.layers import seeded
from methods.representations._graph_vae import DagRepresentation, Known, like
from methods.representations._targets import mid_ranks
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace

PAPER = "paper section 3.3, where it is FLOPs"
ON_DEVELOPMENT = "ours: chosen on nb201:imagenet16-120"


class NGAE(DagRepresentation["NGAE.Hyper"], Predictor):
    """Joint graph VAE with accuracy and complexity predictors."""

    default_optimizer = "gradient_ascent"
    learns_complexity = True
    version = 4

    @dataclass(frozen=True)
    class Hyper(GraphVAEHyper):
        complexity_weight: Annotated[float, Field(ge=0)] = describe(
            0.02, "price of complexity in eq. 7 (published: 1); 0 leaves its predictor out", ON_DEVELOPMENT
        )
        predictor_weight: Annotated[float, Field(gt=0)] = describe(
            30.0, "weight of squared errors (corrected only)", ON_DEVELOPMENT
        )
        complexity: str = describe(
            "flops", "what the second predictor learns: any measure of the space", PAPER
        )
        joint_steps: Annotated[int, Field(ge=1)] = describe(20, "joint steps per proposal", ON_DEVELOPMENT)

        @property
        def price(self) -> float:
            """Of complexity in eq. 7."""
            return float(self.complexity_weight > 0) if self.published else self.complexity_weight

    def fit(self, space: SearchSpace, observed: Observations) -> None:
        """`joint_steps` steps of eq. 6 from the last state, with a quarter of `batch_size` of free cells."""
        labels = observed.distinct()
        with seeded(self.rng):
            paid = self._learn_from_paid(space, labels.cells)
            target = labels.accuracy if self.hyper.published else mid_ranks(labels.accuracy)
            accuracy = torch.from_numpy(target).float()
            for _ in range(self.hyper.joint_steps):
                rows = torch.randperm(len(paid))[: self.hyper.batch_size]
                batch = paid.rows(rows)
                if self._free:
                    extra = torch.randint(len(self._free), (self.hyper.batch_size // 4,))
                    batch = batch.followed_by(self._free.rows(extra))
                self._joint_step(batch, accuracy[rows])

    def _joint_step(self, batch: Known, accuracy: Float[Tensor, " m"]) -> None:
        """One step of eq. 6; the first m cells of the batch are paid."""
        mean, loss = self._free_loss(batch)
        error = (self._joint().accuracy(mean[: len(accuracy)]) - accuracy).square()
        assert self._step is not None
        if self.hyper.published:
            self._step(loss * len(batch) + error.sum())
        else:
            self._step(loss + self.hyper.predictor_weight * error.mean())

    def decode(self, z: Float[Tensor, "n d"]) -> Cells:
        """Greedy decoding; in `published` one stochastic decoding."""
        decoder = self._trained().decoder
        if not self.hyper.published:
            return decoder.most_likely(z)
        with seeded(self.rng):
            return decoder.sample(z)

    def prior(self, n: int) -> Float[Tensor, "n d"]:
        """Normal draws with the moments of encodings; in `published` standard normal."""
        with seeded(self.rng):
            codes = None if self.hyper.published else self._codes()
            return torch.randn(n, self.hyper.latent) if codes is None else like(codes, n)

    def predict(self, z: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        """Predicted rank of the accuracy among the paid labels (`published`: accuracy), in [0, 1]."""
        return self._joint().accuracy(z)

    def objective(self, z: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        """Eq. 7: predicted accuracy less the price of predicted relative complexity."""
        joint = self._joint()
        return joint.accuracy(z) - self.hyper.price * joint.complexity(z)

    def _new_network(self, space: SearchSpace) -> JointVAE:
        return JointVAE(len(space.op_names), space.vertices, self.hyper)

    def _known(self, space: SearchSpace, cells: Cells) -> Known:
        known, measure = space.complexity(cells, self.hyper.complexity), self.hyper.complexity
        largest = np.nanmax(known) if self.hyper.published else space.largest_complexity(measure)
        return Known(Graphs.of(cells), torch.from_numpy(known / max(largest, 1e-12)).float())

    def _free_loss(self, cells: Known) -> tuple[Float[Tensor, "n d"], Float[Tensor, ""]]:
        """Reconstruction and weighted KL, and the weighted squared error of relative complexity if priced."""
        joint = self._joint()
        mean, loss = joint.loss(cells.graphs)
        if not self.hyper.price:
            return mean, loss
        assert cells.complexity is not None
        measured = ~cells.complexity.isnan()  # a device may not have run every architecture
        if not measured.any():
            return mean, loss
        error = (joint.complexity(mean) - cells.complexity)[measured].square().mean()
        return mean, loss + (1.0 if self.hyper.published else self.hyper.predictor_weight) * error

    def _joint(self) -> JointVAE:
        network = self._trained()
        assert isinstance(network, JointVAE)
        return network


class JointVAE(GraphVAE):
    """A graph VAE with the two predictors of figure 2, which read the posterior mean."""

    def __init__(self, types: int, vertices: int, hyper: NGAE.Hyper) -> None:
        super().__init__(types, vertices, hyper)
        hidden_layers = 1 if hyper.published else 2
        self.accuracy_head = sigmoid_head(hyper.latent, hyper.width, hidden_layers)
        self.complexity_head = sigmoid_head(hyper.latent, hyper.width, hidden_layers)

    def accuracy(self, z: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        """Predicted accuracy target in (0, 1)."""
        prediction: Tensor = self.accuracy_head(z).squeeze(1)
        return prediction

    def complexity(self, z: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        """Predicted relative complexity in (0, 1)."""
        prediction: Tensor = self.complexity_head(z).squeeze(1)
        return prediction


def sigmoid_head(inputs: int, width: int, hidden_layers: int) -> nn.Sequential:
    """Hidden layers with tanh, then one number through a sigmoid (paper section 3.3)."""
    layers: list[nn.Module] = []
    for size in [inputs] + [width] * (hidden_layers - 1):
        layers += [nn.Linear(size, width), nn.Tanh()]
    return nn.Sequential(*layers, nn.Linear(width, 1), nn.Sigmoid())
