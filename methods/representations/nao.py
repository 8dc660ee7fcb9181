"""NAO: encoder, predictor and decoder on token sequences (Luo et al., NeurIPS 2018).

A bidirectional LSTM reads the architecture (`networks.sequences.tokens`), the predictor its pooled steps,
and an LSTM with attention over all steps writes it again. The latent point is what NAO's gradient moves: the
encoder's outputs at every step, flattened (length * width numbers). `predict`, `objective` and `decode`
first bring every step back to unit length, as the authors do after their gradient step; the gradient
is therefore tangential to the steps' spheres. One loss trains all parts (paper eq. 3):

    tradeoff * squared error of the prediction + (1 - tradeoff) * negative log-likelihood per token

Sizes are those of SemiNAS' code for NAS-Bench-101, the authors' only one for a tabular benchmark; that code
is the variant `published`: no unlabelled cells, no relabelled copies, every proposal trained anew for 1000
steps, and a target standardised with the moments of the **whole table**, a leak (elsewhere with those of the
paid labels).

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

from methods.base import Autoencoder, Decoder, Predictor, Pretrainable, Representation, Watch
from methods.hyper import describe
from methods.networks.flat_adam import FlatAdam
from methods.networks.layers import seeded, unlabelled
from methods.networks.sequences.lstm import negative_log_likelihood, pooled
from methods.networks.sequences.nao_network import ROWS, Network
from methods.networks.sequences.tokens import Tokens
from methods.representations._targets import mid_ranks, ranged, standardised
from methods.training import LEARNS_NOTHING, Plan, floor, outcome, train
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace
from tabular.spaces.pool import whole

SEMINAS = "authors' code (SemiNAS, NB101)"
ON_UNLABELLED = "ours: reconstruction of unlabelled NB201 cells in about a minute; no label looked at"
ON_DEVELOPMENT = "ours: chosen on nb201:imagenet16-120, checked on cifar100"
WHOLE_TABLE = {"nb101": (0.908192301, 0.023961)}
"""Mean and standard deviation of all validation accuracies, by space, as the authors' code holds them."""


class NAO(Representation["NAO.Hyper"], Pretrainable, Decoder, Autoencoder, Predictor):
    """Neural architecture optimization: LSTM autoencoder with a joint accuracy predictor."""

    version = 3

    @dataclass(frozen=True)
    class Hyper:
        width: Annotated[int, Field(ge=1)] = describe(
            64, "width of embeddings and LSTMs", f"{SEMINAS}; NAO's code", paper=96
        )
        predictor_width: Annotated[int, Field(ge=1)] = describe(16, "predictor's inner width", SEMINAS)
        dropout: Annotated[float, Field(ge=0, lt=1)] = describe(0.1, "in all three networks", SEMINAS)
        tradeoff: Annotated[float, Field(ge=0, le=1)] = describe(
            0.8, "weight of the squared error; the rest is the reconstruction's", "all authors' codes"
        )
        target: Literal["rank", "range", "score", "table_score"] = describe(
            "rank",
            "what is predicted: rank among the paid labels, place between worst and best, or standard score "
            "among them or in the whole table",
            f"{ON_DEVELOPMENT}; paper section 3.2; {SEMINAS}",
            paper="range",
            published="table_score",
        )
        unlabelled: bool = describe(
            True,
            "unlabelled cells are pre-trained on, and mixed into every step",
            "ours; papers: paid labels alone",
            paper=False,
            published=False,
        )
        copies: Annotated[int, Field(ge=0)] = describe(
            1, "relabelled copies of a paid cell", "paper section 3.2, for its swapped branches", published=0
        )
        weight_decay: Annotated[float, Field(ge=0)] = describe(
            0.0, "L2 penalty of the joint loss", f"ours; {SEMINAS}", paper=1e-4, published=1e-4
        )
        noise: Annotated[float, Field(ge=0)] = describe(
            1.0,
            "length of noise on unit steps in training: decoding follows the gradient; of 0, 0.5, 1",
            ON_DEVELOPMENT,
            paper=0.0,
            published=0.0,
        )
        batch_size: Annotated[int, Field(ge=4)] = describe(
            64,
            "paid architectures per step, a quarter as many unlabelled ones",
            f"ours: speed; {SEMINAS}",
            paper=100,
            published=100,
        )
        joint_rate: Annotated[float, Field(gt=0)] = describe(1e-3, "Adam, with labels", "all authors' codes")
        joint_steps: Annotated[int, Field(ge=1)] = describe(
            20,
            "joint steps per proposal (authors: 1000 epochs, which are one step each for 100 labels)",
            f"{ON_DEVELOPMENT}; all authors' codes",
            paper=1000,
            published=1000,
        )
        anew: bool = describe(
            False,
            "every proposal trains a new network",
            "ours; all authors' codes",
            paper=True,
            published=True,
        )
        first_steps: Annotated[int, Field(ge=1)] = describe(
            100,
            "joint steps of the first proposal: the predictor starts from nothing",
            ON_DEVELOPMENT,
            when={"unlabelled": True},
        )
        cold_steps: Annotated[int, Field(ge=1)] = describe(
            400,
            "those of the first proposal where nothing was pre-trained",
            "ours: paid cells are learnt",
            when={"anew": False},
        )
        clip: Annotated[float, Field(ge=0)] = describe(5.0, "gradient norm; 0: any", "all authors' codes")
        pretrain_batch: Annotated[int, Field(ge=2)] = describe(
            100, "cells per step without labels", SEMINAS, when={"unlabelled": True}
        )
        epochs: Annotated[int, Field(ge=0)] = describe(
            6, f"passes in the first cycle; {LEARNS_NOTHING}", ON_UNLABELLED, when={"unlabelled": True}
        )
        cycles: Annotated[int, Field(ge=1)] = describe(
            4,
            "most cycles, each twice as long as the last, until held-out cells come back",
            "ours",
            when={"unlabelled": True},
        )
        learning_rate: Annotated[float, Field(gt=0)] = describe(
            3e-3, "peak of a one-cycle schedule, Adam", ON_UNLABELLED, when={"unlabelled": True}
        )
        cells: Annotated[int, Field(ge=1)] = describe(
            50_000,
            "most unlabelled cells used, sampled if there are more",
            ON_UNLABELLED,
            when={"unlabelled": True},
        )

    def setup(self) -> None:
        self._network: Network | None = None
        self._free: Int[Tensor, "n length"] | None = None
        self._joint: FlatAdam | None = None

    @classmethod
    def pretrains(cls, hyper: NAO.Hyper) -> bool:
        return hyper.unlabelled

    def pretrain(self, space: SearchSpace, labels: Observations | None, watch: Watch) -> dict[str, float]:
        """Reconstruction of unlabelled cells; percent that come back exactly."""
        hyper = self.hyper
        with seeded(self.rng):
            network = self._build(space)
            tokens = self._see_space(space)
            plan = Plan(hyper.epochs, hyper.pretrain_batch, cycles=hyper.cycles, floor=floor(space))
            optimizer = FlatAdam(network, hyper.learning_rate, hyper.clip)
            facts = train(
                network,
                optimizer,
                optimizer.one_cycle,
                len(tokens),
                plan,
                lambda rows: {"loss": network.reconstruction(tokens[rows]).mean()},
                lambda rows: network.reconstructed(tokens[rows]),
                watch,
            )
            some = tokens[torch.randperm(len(tokens))[:ROWS]]
        return outcome(network.reconstructed(some), plan.floor, facts)

    def state(self) -> Mapping[str, Tensor]:
        return self._trained().state_dict()

    def restore(self, space: SearchSpace, state: Mapping[str, Tensor]) -> None:
        with seeded(self.rng):
            self._build(space).load_state_dict(state)
            self._see_space(space)

    def fit(self, space: SearchSpace, observed: Observations) -> None:
        """`joint_steps` steps of the joint loss, from the last state or `anew`; more the first time."""
        hyper, labels = self.hyper, observed.distinct()
        with seeded(self.rng):
            network = self._build(space) if hyper.anew or not self._network else self._network
            if hyper.unlabelled and not hyper.epochs:
                return
            first = hyper.cold_steps if self._free is None else hyper.first_steps
            steps = hyper.joint_steps if self._joint or hyper.anew else first
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
        if hyper.weight_decay:
            squares = torch.stack([p.square().sum() for p in network.parameters()])
            loss = loss + 0.5 * hyper.weight_decay * squares.sum()
        return loss

    def _training_set(self, space: SearchSpace, labels: Observations) -> tuple[Tensor, Float[Tensor, " m"]]:
        """Sequences of the paid architectures and of their relabelled copies, with their targets."""
        cells = [labels.cells, *(space.relabelled(labels.cells, self.rng) for _ in range(self.hyper.copies))]
        tokens = torch.from_numpy(self._scheme.encode(Cells.concatenate(cells)))
        target = self._target(labels.accuracy, whole(space).name)
        return tokens, torch.from_numpy(np.tile(target, len(cells))).float()

    def _target(self, accuracy: Float[np.ndarray, " n"], space: str) -> Float[np.ndarray, " n"]:
        if self.hyper.target == "rank":
            return mid_ranks(accuracy)
        if self.hyper.target == "range":
            return ranged(accuracy)
        leaked = WHOLE_TABLE.get(space) if self.hyper.target == "table_score" else None
        return standardised(accuracy, leaked)

    @torch.no_grad()
    def encode(self, cells: Cells) -> Float[Tensor, "n d"]:
        """The encoder's unit-length outputs at every step, flattened."""
        network = self._trained()
        tokens = torch.from_numpy(self._scheme.encode(cells))
        return torch.cat([network.encoder(part).flatten(1) for part in tokens.split(ROWS)])

    def posterior(self, cells: Cells) -> tuple[Float[Tensor, "n d"], Float[Tensor, "n d"]]:
        """The encodings; NAO has no posterior."""
        codes = self.encode(cells)
        return codes, torch.zeros_like(codes)

    def reconstructed(self, points: Float[Tensor, "n d"], stochastic: bool) -> Cells:
        """As `decode`, or with every token drawn."""
        if not stochastic:
            return self.decode(points)
        with seeded(self.rng):
            return self._decoded(points, drawn=True)

    def decode(self, z: Float[Tensor, "n d"]) -> Cells:
        """Greedy decoding under the token mask."""
        return self._decoded(z, drawn=False)

    @torch.no_grad()
    def _decoded(self, z: Float[Tensor, "n d"], drawn: bool) -> Cells:
        network = self._trained()
        parts = [network.written(network.unit_steps(part), drawn) for part in z.split(ROWS)]
        return self._scheme.decode(torch.cat(parts).numpy())

    @torch.no_grad()
    def prior(self, n: int) -> Float[Tensor, "n d"]:
        """Encodings of uniformly random architectures: NAO has no prior of its own."""
        self._trained()
        return self.encode(self._space.sample(n, self.rng))

    def predict(self, z: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        """Predicted `target`."""
        network = self._trained()
        return network.predictor(pooled(network.unit_steps(z)))

    def objective(self, z: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        """The prediction itself."""
        return self.predict(z)

    def _build(self, space: SearchSpace) -> Network:
        self._space, self._scheme = space, Tokens(space)
        hyper = self.hyper
        sizes = (hyper.width, hyper.predictor_width, hyper.dropout, hyper.noise)
        network = Network(self._scheme, *sizes).eval()
        self._network, self._joint = network, None
        return network

    def _see_space(self, space: SearchSpace) -> Int[Tensor, "n length"]:
        cells = unlabelled(space, self.hyper.cells, self.rng)
        self._free = torch.from_numpy(self._scheme.encode(cells))
        return self._free

    def _trained(self) -> Network:
        if self._network is None:
            raise RuntimeError("fit, pretrain or restore comes first")
        return self._network
