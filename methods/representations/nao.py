"""NAO: encoder, predictor and decoder on token sequences (Luo et al., NeurIPS 2018).

A bidirectional LSTM reads the architecture (`networks.sequences.tokens`), the predictor its pooled steps,
and an LSTM with attention over all steps writes it again. The latent point is what NAO's gradient moves: the
encoder's outputs at every step, flattened (length * width numbers). `predict`, `objective` and `decode`
first bring every step back to unit length, as the authors do after their gradient step; the gradient
is therefore tangential to the steps' spheres. One loss trains all parts (paper eq. 3):

    tradeoff * squared error of the prediction + (1 - tradeoff) * negative log-likelihood per token

Sizes are those of SemiNAS' code for NAS-Bench-101, the authors' only one for a tabular benchmark.

| | published | corrected |
|---|---|---|
| target | z-score: on NB101 by the **whole table**, a leak, elsewhere by the paid labels | `target` |
| unlabelled cells | none: encoder and decoder see paid labels alone | pre-trained on, mixed into every step |
| relabelled copies | none for tables of cells | `copies` of each paid cell, with its label |
| noise on the encoder's steps | none | `noise` in training, so that the decoder follows the gradient |
| weight decay | `weight_decay` | none |

Both are trained for a fixed number of steps per proposal from the last state (authors: 1000 epochs).
Not copied: the authors throw seed architectures below 0.9 away without paying for them; they train the
decoder on padding too; their weight decay comes after the clipping of gradients; their gradient is not
tangential. They reject sequences they have seen, the system `nao` whole isomorphism classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from methods.base import Decoder, Predictor, Pretrainable, Representation, describe
from methods.networks.layers import FlatAdam, seeded, unlabelled
from methods.networks.sequences.lstm import negative_log_likelihood, pooled
from methods.networks.sequences.nao_network import ROWS, Network
from methods.networks.sequences.tokens import Tokens
from methods.representations._targets import mid_ranks
from methods.training import Plan, train
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace

SEMINAS = "authors' code (SemiNAS, NB101)"
ON_UNLABELLED = "ours: reconstruction of unlabelled NB201 cells in about a minute; no label looked at"
ON_DEVELOPMENT = "ours: chosen on nb201:imagenet16-120, checked on cifar100"
WHOLE_TABLE = {"nb101": (0.908192301, 0.023961)}
"""Mean and standard deviation of all validation accuracies, by space, as the authors' code holds them."""


class NAO(Representation["NAO.Hyper"], Pretrainable, Decoder, Predictor):
    """Neural architecture optimization: LSTM autoencoder with a joint accuracy predictor."""

    version = 2

    @dataclass(frozen=True)
    class Hyper:
        variant: Literal["corrected", "published"] = describe(
            "corrected", "what the paper means, or what the authors' code does", "this file's table"
        )
        width: Annotated[int, Field(ge=1)] = describe(64, "width of embeddings and LSTMs", SEMINAS)
        predictor_width: Annotated[int, Field(ge=1)] = describe(16, "predictor's inner width", SEMINAS)
        dropout: Annotated[float, Field(ge=0, lt=1)] = describe(0.1, "in all three networks", SEMINAS)
        tradeoff: Annotated[float, Field(ge=0, le=1)] = describe(
            0.8, "weight of the squared error; the rest is the reconstruction's", "all authors' codes"
        )
        target: Literal["rank", "range"] = describe(
            "rank", "rank among the paid labels, or place between worst and best (NAO)", ON_DEVELOPMENT
        )
        copies: Annotated[int, Field(ge=0)] = describe(
            1, "relabelled copies of a paid cell (corrected only)", "ours, for NAO's swapped branches"
        )
        weight_decay: Annotated[float, Field(ge=0)] = describe(1e-4, "L2 penalty (published only)", SEMINAS)
        noise: Annotated[float, Field(ge=0)] = describe(
            1.0, "length of noise on unit steps in training (corrected only); of 0, 0.5, 1", ON_DEVELOPMENT
        )
        batch_size: Annotated[int, Field(ge=4)] = describe(
            64, "paid architectures per step, a quarter as many unlabelled ones (authors: 100)", "ours: speed"
        )
        pretrain_batch: Annotated[int, Field(ge=2)] = describe(100, "cells per step without labels", SEMINAS)
        epochs: Annotated[int, Field(ge=1)] = describe(6, "most passes over unlabelled cells", ON_UNLABELLED)
        learning_rate: Annotated[float, Field(gt=0)] = describe(
            3e-3, "peak of a one-cycle schedule, Adam (authors: 1e-3)", ON_UNLABELLED
        )
        joint_rate: Annotated[float, Field(gt=0)] = describe(1e-3, "Adam, with labels", "all authors' codes")
        joint_steps: Annotated[int, Field(ge=1)] = describe(20, "joint steps per proposal", ON_DEVELOPMENT)
        first_steps: Annotated[int, Field(ge=1)] = describe(
            100, "joint steps of the first proposal: the predictor starts from nothing", ON_DEVELOPMENT
        )
        cold_steps: Annotated[int, Field(ge=1)] = describe(
            400, "those of the first proposal where nothing was pre-trained", "ours: paid cells are learnt"
        )
        clip: Annotated[float, Field(gt=0)] = describe(5.0, "gradient norm", "all authors' codes")
        cells: Annotated[int, Field(ge=1)] = describe(
            50_000, "most unlabelled cells used, sampled if there are more", ON_UNLABELLED
        )

    def setup(self) -> None:
        self._network: Network | None = None
        self._free: Int[Tensor, "n length"] | None = None
        self._joint: FlatAdam | None = None

    @classmethod
    def pretrains(cls, hyper: NAO.Hyper) -> bool:
        return hyper.variant == "corrected"

    def pretrain(self, space: SearchSpace) -> dict[str, float]:
        """Reconstruction of unlabelled cells; percent that come back exactly."""
        with seeded(self.rng):
            network = self._build(space)
            tokens = self._see_space(space)
            plan = Plan(self.hyper.epochs, self.hyper.pretrain_batch)
            optimizer = FlatAdam(network, self.hyper.learning_rate, self.hyper.clip)
            optimizer.one_cycle(plan.steps(len(tokens)))
            facts = train(
                network,
                optimizer,
                len(tokens),
                plan,
                lambda rows: network.reconstruction(tokens[rows]).mean(),
                lambda rows: network.reconstructed(tokens[rows]),
            )
        return {**facts, "reconstruction_exact_percent": 100 * network.reconstructed(tokens)}

    def state(self) -> Mapping[str, Tensor]:
        return self._trained().state_dict()

    def restore(self, space: SearchSpace, state: Mapping[str, Tensor]) -> None:
        with seeded(self.rng):
            self._build(space).load_state_dict(state)
            self._see_space(space)

    def fit(self, space: SearchSpace, observed: Observations) -> None:
        """`joint_steps` steps of the joint loss from the last state; more of them the first time."""
        hyper, labels = self.hyper, observed.distinct()
        with seeded(self.rng):
            network = self._network or self._build(space)
            first = hyper.cold_steps if self._free is None else hyper.first_steps
            steps = hyper.joint_steps if self._joint else first
            self._joint = self._joint or FlatAdam(network, hyper.joint_rate, hyper.clip)
            paid, target = self._training_set(space, labels)
            network.train()
            for _ in range(steps):
                rows = torch.randperm(len(paid))[: hyper.batch_size]
                self._joint.step(self._loss(network, paid[rows], target[rows]))
            network.eval()

    def _loss(self, network: Network, paid: Tensor, target: Float[Tensor, " m"]) -> Float[Tensor, ""]:
        """The joint loss on paid architectures; unlabelled ones join its reconstruction."""
        hyper = self.hyper
        steps = network.encoded(paid)
        error = (network.predictor(pooled(steps)) - target).square().mean()
        if self._free is not None:
            free = self._free[torch.randint(len(self._free), (hyper.batch_size // 4,))]
            paid, steps = torch.cat([paid, free]), torch.cat([steps, network.encoded(free)])
        nll = negative_log_likelihood(network.decoder(steps, paid), paid).mean()
        loss = hyper.tradeoff * error + (1 - hyper.tradeoff) * nll
        if hyper.variant == "published":
            squares = torch.stack([p.square().sum() for p in network.parameters()])
            loss = loss + 0.5 * hyper.weight_decay * squares.sum()
        return loss

    def _training_set(self, space: SearchSpace, labels: Observations) -> tuple[Tensor, Float[Tensor, " m"]]:
        """Sequences of the paid architectures and of their relabelled copies, with their targets."""
        published = self.hyper.variant == "published"
        copies = 0 if published else self.hyper.copies
        cells = [labels.cells, *(space.relabelled(labels.cells, self.rng) for _ in range(copies))]
        if published:
            target = standardised(labels.accuracy, WHOLE_TABLE.get(space.name))
        else:
            target = (mid_ranks if self.hyper.target == "rank" else ranged)(labels.accuracy)
        tokens = torch.from_numpy(self._scheme.encode(Cells.concatenate(cells)))
        return tokens, torch.from_numpy(np.tile(target, 1 + copies)).float()

    @torch.no_grad()
    def encode(self, cells: Cells) -> Float[Tensor, "n d"]:
        """The encoder's unit-length outputs at every step, flattened."""
        network = self._trained()
        tokens = torch.from_numpy(self._scheme.encode(cells))
        return torch.cat([network.encoder(part).flatten(1) for part in tokens.split(ROWS)])

    @torch.no_grad()
    def decode(self, z: Float[Tensor, "n d"]) -> Cells:
        """Greedy decoding under the token mask."""
        network = self._trained()
        parts = [network.written(network.unit_steps(part)) for part in z.split(ROWS)]
        return self._scheme.decode(torch.cat(parts).numpy())

    @torch.no_grad()
    def prior(self, n: int) -> Float[Tensor, "n d"]:
        """Encodings of uniformly random architectures: NAO has no prior of its own."""
        self._trained()
        return self.encode(self._space.sample(n, self.rng))

    def predict(self, z: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        """Predicted target (see the table above)."""
        network = self._trained()
        return network.predictor(pooled(network.unit_steps(z)))

    def objective(self, z: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        """The prediction itself."""
        return self.predict(z)

    def _build(self, space: SearchSpace) -> Network:
        self._space, self._scheme = space, Tokens(space)
        hyper = self.hyper
        noise = 0.0 if hyper.variant == "published" else hyper.noise
        network = Network(self._scheme, hyper.width, hyper.predictor_width, hyper.dropout, noise).eval()
        self._network, self._joint = network, None
        return network

    def _see_space(self, space: SearchSpace) -> Int[Tensor, "n length"]:
        cells = unlabelled(space, self.hyper.cells, self.rng)
        if len(cells) > self.hyper.cells:
            cells = cells[self.rng.choice(len(cells), self.hyper.cells, replace=False)]
        self._free = torch.from_numpy(self._scheme.encode(cells))
        return self._free

    def _trained(self) -> Network:
        if self._network is None:
            raise RuntimeError("fit, pretrain or restore comes first")
        return self._network


def ranged(accuracy: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Place between the worst (0) and the best (1); zeros where all are equal (NAO's own target)."""
    return (accuracy - accuracy.min()) / max(float(np.ptp(accuracy)), 1e-9)


def standardised(
    accuracy: Float[np.ndarray, " n"], moments: tuple[float, float] | None
) -> Float[np.ndarray, " n"]:
    """Less the mean, over the standard deviation: of the given accuracies, or the given moments."""
    mean, sd = moments or (float(accuracy.mean()), float(accuracy.std()))
    return (accuracy - mean) / max(sd, 1e-9)
