"""NGAE: a graph VAE trained jointly with accuracy and complexity predictors (Li et al., 2020).

Encoder and decoder are D-VAE's (`networks/dag/vae.py`); two predictors read the latent point. One loss
trains all parts (paper eq. 6):

    reconstruction + kl_weight KL + predictor_weight (accuracy error^2 + complexity error^2)

and the search climbs predicted accuracy less `complexity_weight` times predicted complexity (eq. 7). The
authors train on 17,118 free labels; here every label of a search is a query: where the protocol lets methods
see the unlabelled space, all terms but accuracy are first learnt on it, and every later step mixes unlabelled
cells in. Complexity is free: FLOPs, where the authors count kernel sizes by a formula of their own space
(`complexity=ngae` on ENAS).

Their search is `gradient_ascent` from a draw of the prior: 100 steps of size 10, or of 1000 from the ten
best accuracies; with errors of weight 1 the predictors are lost beside the reconstruction for long, and a
price of 1 rules the search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from methods.base import Predictor
from methods.hyper import describe
from methods.networks.dag.coder import Graphs
from methods.networks.dag.vae import GraphVAE
from methods.networks.layers import seeded
from methods.representations._graph_vae import DagHyper, DagRepresentation, Known
from methods.representations._targets import mid_ranks
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace

PAPER = "paper section 3.3, where it is FLOPs"
ON_DEVELOPMENT = "ours: chosen on nb201:imagenet16-120"
ACCURACY, COMPLEXITY = "accuracy", "complexity"


class NGAE(DagRepresentation["NGAE.Hyper"], Predictor):
    """Joint graph VAE with accuracy and complexity predictors."""

    default_optimizer = "gradient_ascent"
    learns_complexity = True
    learns_labels = True
    version = 6

    @dataclass(frozen=True)
    class Hyper(DagHyper):
        kl_weight: Annotated[float, Field(ge=0)] = describe(
            0.005, "weight of the KL", "authors' code; paper eq. 6", paper=1.0
        )
        complexity_weight: Annotated[float, Field(ge=0)] = describe(
            0.02,
            "price of complexity in eq. 7; 0 leaves its predictor out",
            f"{ON_DEVELOPMENT}; paper eq. 7",
            paper=1.0,
            published=1.0,
        )
        predictor_weight: Annotated[float, Field(gt=0)] = describe(
            30.0, "weight of squared errors", f"{ON_DEVELOPMENT}; paper eq. 6", paper=1.0, published=1.0
        )
        target: Literal["rank", "accuracy"] = describe(
            "rank",
            "what is predicted: the rank among the labels known, or the accuracy, both in [0, 1]",
            "ours; paper section 3.3",
            paper="accuracy",
            published="accuracy",
        )
        complexity: str = describe(
            "flops", "what the second predictor learns: any measure of the space", PAPER
        )
        relative_to: Literal["space", "cells"] = describe(
            "space",
            "complexity is divided by the largest of the space, or of the cells it is given with",
            "ours; authors' code",
            published="cells",
        )
        hidden_layers: Annotated[int, Field(ge=1)] = describe(
            2, "of each predictor", "paper section 3.3; authors' code", published=1
        )
        joint_steps: Annotated[int, Field(ge=1)] = describe(20, "joint steps per proposal", ON_DEVELOPMENT)

    def fit(self, space: SearchSpace, observed: Observations) -> None:
        """`joint_steps` steps of eq. 6 from the last state, with a quarter of `batch_size` of free cells."""
        labels = observed.distinct()
        with seeded(self.rng):
            if self._stays_untrained(space):
                return
            paid, adam = self._learn_from_paid(space, labels)
            for _ in range(self.hyper.joint_steps):
                batch = paid.rows(torch.randperm(len(paid))[: self.hyper.batch_size])
                if self._free:
                    extra = torch.randint(len(self._free), (self.hyper.batch_size // 4,))
                    batch = batch.followed_by(self._free.rows(extra))
                adam.step(self._losses(batch)["loss"])

    @property
    def predicts_accuracy(self) -> bool:
        return bool(self.hyper.target == "accuracy")

    def predict(self, z: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        """Predicted `target`, in [0, 1]."""
        return self._joint().accuracy(z)

    def objective(self, z: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        """Eq. 7: predicted accuracy less the price of predicted relative complexity."""
        joint = self._joint()
        return joint.accuracy(z) - self.hyper.complexity_weight * joint.complexity(z)

    def _new_network(self, space: SearchSpace) -> JointVAE:
        return JointVAE(len(space.op_names), space.vertices, self.hyper)

    def _known(self, space: SearchSpace, cells: Cells, labels: Observations | None) -> Known:
        hyper = self.hyper
        complexity = space.complexity(cells, hyper.complexity)
        at_most = space.largest_complexity(hyper.complexity)
        largest = np.nanmax(complexity) if hyper.relative_to == "cells" else at_most
        targets = {
            ACCURACY: np.full(len(cells), np.nan) if labels is None else self._targets(space, cells, labels),
            COMPLEXITY: complexity / max(largest, 1e-12),
        }
        return Known(
            Graphs.of(cells), {name: torch.from_numpy(each).float() for name, each in targets.items()}
        )

    def _targets(self, space: SearchSpace, cells: Cells, labels: Observations) -> Float[np.ndarray, " n"]:
        """What is to be predicted of each cell; NaN where there is no label of it."""
        values = labels.accuracy if self.hyper.target == "accuracy" else mid_ranks(labels.accuracy)
        # not `labels.keys`: a benchmark and a part of its space number the same cells differently
        by_key = dict(zip(space.keys(labels.cells).tolist(), values.tolist(), strict=True))
        return np.array([by_key.get(key, np.nan) for key in space.keys(cells).tolist()])

    def _losses(self, cells: Known) -> dict[str, Float[Tensor, ""]]:
        """Eq. 6 and its terms; errors are means over the cells of which the target is known."""
        joint, weight = self._joint(), self.hyper.predictor_weight
        mean, losses = joint.losses(cells.graphs)
        heads = {
            ACCURACY: joint.accuracy,
            **({COMPLEXITY: joint.complexity} if self.hyper.complexity_weight else {}),
        }
        for name, predict in heads.items():
            target = cells.targets[name]
            known = ~target.isnan()
            if known.any():
                error = (predict(mean[known]) - target[known]).square().mean()
                losses |= {f"{name}_error": error, "loss": losses["loss"] + weight * error}
        return losses

    def _joint(self) -> JointVAE:
        network = self._trained()
        assert isinstance(network, JointVAE)
        return network


class JointVAE(GraphVAE):
    """A graph VAE with the two predictors of figure 2, which read the posterior mean."""

    def __init__(self, types: int, vertices: int, hyper: NGAE.Hyper) -> None:
        super().__init__(types, vertices, hyper)
        self.accuracy_head = sigmoid_head(hyper.latent, hyper.width, hyper.hidden_layers)
        self.complexity_head = sigmoid_head(hyper.latent, hyper.width, hyper.hidden_layers)

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
