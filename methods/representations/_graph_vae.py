"""A representation by a graph VAE: what D-VAE and NGAE have in common as plugins.

Decoding and draws from the prior differ between the papers and their code, so each is a hyper-parameter:
`decoding` (`greedy`: the likeliest decisions; `sample`: one stochastic decoding; `majority`: the most common
valid one of `decodings`; `first_valid`: the first valid one of them) and `prior` (`normal`: standard normal;
`rescaled`: each dimension with the encodings' mean and deviation; `encodings`: their covariance too).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

import numpy as np
import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from methods.base import Autoencoder, Decoder, Limited, Pretrainable, Representation, Watch
from methods.hyper import describe
from methods.networks.dag.ambiguity import representable
from methods.networks.dag.coder import Graphs
from methods.networks.dag.vae import GraphVAE, GraphVAEHyper, pretrain
from methods.networks.flat_adam import FlatAdam
from methods.networks.layers import drawn_facts, same_graphs, seeded, unlabelled
from methods.representations._decoding import first_valid, most_common
from methods.training import floor, outcome
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace
from tabular.spaces.pool import whole

CHUNK = 512
PRIOR_MOMENTS = 2048
WATCHED_DRAWS = 500
"""Draws from the prior that are looked at after every pass."""
MEASURED = 2000
"""Cells whose reconstruction is measured at the end."""
LEAST_REPRESENTABLE = 0.5

Decoding = Literal["greedy", "sample", "majority", "first_valid"]
Prior = Literal["encodings", "rescaled", "normal"]


@dataclass(frozen=True)
class Known:
    """Cells as a network reads them, with what it learns of them beside: NaN where that is not known."""

    graphs: Graphs
    targets: Mapping[str, Float[Tensor, " n"]]

    def __len__(self) -> int:
        return len(self.graphs)

    def rows(self, index: Int[Tensor, " m"]) -> Known:
        """Those at the given positions."""
        return Known(self.graphs.rows(index), {name: each[index] for name, each in self.targets.items()})

    def followed_by(self, other: Known) -> Known:
        """These, then the others."""
        targets = {name: torch.cat([each, other.targets[name]]) for name, each in self.targets.items()}
        return Known(Graphs.concatenate([self.graphs, other.graphs]), targets)


@dataclass(frozen=True)
class DagHyper(GraphVAEHyper):
    """Hyper-parameters of the network, and of what a search asks of it."""

    decoding: Decoding = describe(
        "greedy",
        "what a latent point decodes to, see `_graph_vae.py`",
        "ours; authors' code",
        paper="sample",
        published="sample",
    )
    decodings: Annotated[int, Field(ge=1)] = describe(
        500,
        "stochastic decodings of a point",
        "D-VAE authors' code",
        when={"decoding": ("majority", "first_valid")},
    )
    prior: Prior = describe(
        "encodings",
        "draws from the prior, see `_graph_vae.py`",
        "ours; paper section 3.2",
        paper="normal",
        published="normal",
    )


V = TypeVar("V", bound=DagHyper)


class DagRepresentation(Representation[V], Pretrainable, Decoder, Autoencoder, Limited):
    """Learns from all unlabelled cells where they are shown, else from the paid ones."""

    draws_stochastic = True  # D-VAE's measure of validity, section 4.1

    def setup(self) -> None:
        self._network: GraphVAE | None = None
        self._space: SearchSpace | None = None
        self._free: Known | None = None
        """The unlabelled cells a transductive protocol lets the method see."""
        self._paid: Known | None = None
        self._adam: FlatAdam | None = None
        self._last: tuple[Cells, Tensor] | None = None

    @abstractmethod
    def _new_network(self, space: SearchSpace) -> GraphVAE:
        """With initial weights."""

    @abstractmethod
    def _known(self, space: SearchSpace, cells: Cells, labels: Observations | None) -> Known:
        """Cells as this method reads them, with the labels there are."""

    @abstractmethod
    def _losses(self, cells: Known) -> dict[str, Float[Tensor, ""]]:
        """`loss`, mean over graphs, and its parts."""

    @classmethod
    def refusal(cls, space: SearchSpace, hyper: GraphVAEHyper) -> str | None:
        rng = np.random.default_rng(0)
        cells = unlabelled(space, MEASURED, rng)
        able = representable(cells, len(space.op_names), hyper.positions, hyper.vertex_ids, hyper.free_output)
        share = float(able.mean())
        if share >= LEAST_REPRESENTABLE:
            return None
        return (
            f"its decoder can give back {100 * share:.1f} % of the cells of {space.name}: vertices with the "
            "same operation and predecessors are the same to it, and its output reads loose ends alone"
        )

    @classmethod
    def grows(cls, hyper: GraphVAEHyper) -> str | None:
        return "epochs" if hyper.schedule == "plateau" else None

    def pretrain(self, space: SearchSpace, labels: Observations | None, watch: Watch) -> dict[str, float]:
        with seeded(self.rng):
            cells = unlabelled(space, self.hyper.cells, self.rng)
            vae = self._build(space)
            free = self._free = self._known(space, cells, labels)

            def reconstructed(rows: Int[Tensor, " m"]) -> float:
                mean, _ = vae.encoder(free.graphs.rows(rows))
                return float(same_graphs(cells[rows.numpy()], vae.decoder.most_likely(mean)).mean())

            def drawn() -> dict[str, float]:
                return drawn_facts(space, vae.decoder.most_likely(self._draws(WATCHED_DRAWS)))

            enough = floor(space)
            facts = pretrain(
                vae,
                len(cells),
                enough,
                self.hyper,
                lambda rows: self._losses(free.rows(rows)),
                reconstructed,
                watch,
                drawn,
            )
            some = cells[torch.randperm(len(cells))[:MEASURED].numpy()]
        exact = same_graphs(some, self.decode(self.encode(some)))
        return outcome(float(exact.mean()), enough, facts)

    def state(self) -> Mapping[str, Tensor]:
        return self._trained().state_dict()

    def restore(self, space: SearchSpace, state: Mapping[str, Tensor]) -> None:
        with seeded(self.rng):
            self._build(space).load_state_dict(state)
            self._free = self._known(space, unlabelled(space, self.hyper.cells, self.rng), None)

    def encode(self, cells: Cells) -> Float[Tensor, "n d"]:
        """Posterior means. Those of the last batch are remembered until something is learnt."""
        if self._last is None or self._last[0] is not cells:
            self._last = cells, self.posterior(cells)[0]
        return self._last[1]

    @torch.no_grad()
    def posterior(self, cells: Cells) -> tuple[Float[Tensor, "n d"], Float[Tensor, "n d"]]:
        encoder = self._trained().encoder
        parts = [encoder(Graphs.of(part)) for part in cells.split(CHUNK)]
        return torch.cat([mean for mean, _ in parts]), torch.cat([(0.5 * log).exp() for _, log in parts])

    def reconstructed(self, points: Float[Tensor, "n d"], stochastic: bool) -> Cells:
        decoder = self._trained().decoder
        with seeded(self.rng):
            decode = decoder.sample if stochastic else decoder.most_likely
            return Cells.concatenate([decode(part) for part in points.split(CHUNK)])

    def decode(self, z: Float[Tensor, "n d"]) -> Cells:
        """By `decoding`."""
        decoder, hyper, space = self._trained().decoder, self.hyper, self._space
        assert space is not None
        if hyper.decoding == "greedy":
            return decoder.most_likely(z)
        with seeded(self.rng):
            if hyper.decoding == "sample":
                return decoder.sample(z)
            choose = most_common if hyper.decoding == "majority" else first_valid
            return choose(z, decoder.sample, whole(space).contains, hyper.decodings)

    def prior(self, n: int) -> Float[Tensor, "n d"]:
        """Draws by `prior`; standard normal before anything was seen."""
        with seeded(self.rng):
            return self._draws(n)

    def _draws(self, n: int) -> Float[Tensor, "n d"]:
        """As `prior`; call with torch's default generator seeded."""
        codes = None if self.hyper.prior == "normal" else self._codes()
        if codes is None:
            return torch.randn(n, self.hyper.latent)
        if self.hyper.prior == "rescaled":
            return torch.randn(n, self.hyper.latent) * codes.std(0, correction=0) + codes.mean(0)
        return like(codes, n)

    def _build(self, space: SearchSpace) -> GraphVAE:
        self._space, self._network = space, self._new_network(space)
        self._free = self._paid = self._adam = self._last = None
        return self._network

    def _trained(self) -> GraphVAE:
        if self._network is None:
            raise RuntimeError("fit, pretrain or restore comes first")
        return self._network

    def _stays_untrained(self, space: SearchSpace) -> bool:
        """Whether nothing is to be learnt; the network is then there, with its initial weights."""
        self._network = self._network or self._build(space)
        return self.hyper.epochs == 0

    def _learn_from_paid(self, space: SearchSpace, labels: Observations) -> tuple[Known, FlatAdam]:
        """The paid cells, and what trains the network on them."""
        vae, self._last = self._network or self._build(space), None
        self._paid = self._known(space, labels.cells, labels)
        self._adam = self._adam or FlatAdam(vae, self.hyper.joint_rate, self.hyper.clip)
        return self._paid, self._adam

    def _codes(self) -> Float[Tensor, "n d"] | None:
        """Encodings of a random part of what may be seen, or None before anything was.

        Call with torch's default generator seeded.
        """
        known = self._free or self._paid
        if known is None:
            return None
        graphs, encoder = (
            known.graphs.rows(torch.randperm(len(known))[:PRIOR_MOMENTS]),
            self._trained().encoder,
        )
        with torch.no_grad():
            parts = torch.arange(len(graphs)).split(CHUNK)
            return torch.cat([encoder(graphs.rows(rows))[0] for rows in parts])


def like(codes: Float[Tensor, "m d"], n: int) -> Float[Tensor, "n d"]:
    """n normal draws with the mean and covariance of `codes`, from torch's default generator.

    D-VAE's code rescales each dimension alone; encodings are correlated, and such draws decode to few
    different architectures. Sums of the codes with normal weights need no factor of the covariance, which
    has hardly full rank.
    """
    spread = (codes - codes.mean(0)) / max(len(codes) - 1, 1) ** 0.5
    return torch.randn(n, len(codes)) @ spread + codes.mean(0)
