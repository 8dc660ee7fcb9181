"""A representation by a graph VAE: what D-VAE and NGAE have in common as plugins."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import torch
from jaxtyping import Float, Int
from torch import Tensor

from methods.base import Decoder, Pretrainable, Representation
from methods.networks.dag.coder import Graphs
from methods.networks.dag.vae import PUBLISHED_RATE, GraphVAE, GraphVAEHyper, pretrain, published_step
from methods.networks.layers import FlatAdam, decoding_quality, seeded, unlabelled
from tabular.cells import Cells
from tabular.space import SearchSpace

CHUNK = 512
PRIOR_DRAWS = 10_000
PRIOR_MOMENTS = 2048


@dataclass(frozen=True)
class Known:
    """Cells as a network reads them, with their relative complexity where it learns that."""

    graphs: Graphs
    complexity: Float[Tensor, " n"] | None = None

    def __len__(self) -> int:
        return len(self.graphs)

    def rows(self, index: Int[Tensor, " m"]) -> Known:
        """Those at the given positions."""
        return Known(self.graphs.rows(index), None if self.complexity is None else self.complexity[index])

    def followed_by(self, other: Known) -> Known:
        """These, then the others."""
        graphs = Graphs.concatenate([self.graphs, other.graphs])
        if self.complexity is None or other.complexity is None:
            return Known(graphs)
        return Known(graphs, torch.cat([self.complexity, other.complexity]))


V = TypeVar("V", bound=GraphVAEHyper)


class DagRepresentation(Representation[V], Pretrainable, Decoder):
    """Learns from all unlabelled cells where they are shown, else from the paid ones."""

    def setup(self) -> None:
        self._network: GraphVAE | None = None
        self._space: SearchSpace | None = None
        self._free: Known | None = None
        """The unlabelled cells a transductive protocol lets the method see."""
        self._paid: Known | None = None
        self._step: Callable[[Tensor], None] | None = None

    @abstractmethod
    def _new_network(self, space: SearchSpace) -> GraphVAE:
        """With initial weights."""

    @abstractmethod
    def _known(self, space: SearchSpace, cells: Cells) -> Known:
        """Cells as this method reads them."""

    @abstractmethod
    def _free_loss(self, cells: Known) -> tuple[Float[Tensor, "n d"], Float[Tensor, ""]]:
        """Posterior means, and the terms of the loss that cost no query, mean over graphs."""

    def pretrain(self, space: SearchSpace) -> dict[str, float]:
        with seeded(self.rng):
            cells = unlabelled(space, self.hyper.cells, self.rng)
            vae, free = self._build(space), self._known(space, cells)
            self._free = free
            facts = pretrain(
                vae, cells, free.graphs, lambda rows: self._free_loss(free.rows(rows))[1], self.hyper
            )
        return {**self._quality(space, cells), **facts}

    def state(self) -> Mapping[str, Tensor]:
        return self._trained().state_dict()

    def restore(self, space: SearchSpace, state: Mapping[str, Tensor]) -> None:
        with seeded(self.rng):
            self._build(space).load_state_dict(state)
            self._free = self._known(space, unlabelled(space, self.hyper.cells, self.rng))

    @torch.no_grad()
    def encode(self, cells: Cells) -> Float[Tensor, "n d"]:
        """Posterior means."""
        return torch.cat([self._encoded(Graphs.of(part)) for part in cells.split(CHUNK)])

    @torch.no_grad()
    def _encoded(self, graphs: Graphs) -> Float[Tensor, "n d"]:
        encoder = self._trained().encoder
        return torch.cat([encoder(graphs.rows(rows))[0] for rows in torch.arange(len(graphs)).split(CHUNK)])

    def _quality(self, space: SearchSpace, cells: Cells) -> dict[str, float]:
        """Percentages, by one decoding of each point: greedy, or stochastic in `published`."""
        decoder = self._trained().decoder
        decode = decoder.sample if self.hyper.published else decoder.most_likely

        def decoded(z: Float[Tensor, "n d"]) -> Cells:
            return Cells.concatenate([decode(part) for part in z.split(CHUNK)])

        codes, draws = self.encode(cells), self.prior(PRIOR_DRAWS)
        with seeded(self.rng):
            return decoding_quality(space, cells, decoded(codes), decoded(draws))

    def _build(self, space: SearchSpace) -> GraphVAE:
        self._space, self._network = space, self._new_network(space)
        self._free = self._paid = self._step = None
        return self._network

    def _trained(self) -> GraphVAE:
        if self._network is None:
            raise RuntimeError("fit, pretrain or restore comes first")
        return self._network

    def _learn_from_paid(self, space: SearchSpace, cells: Cells) -> Known:
        """Get ready to learn from paid cells: a network, `_paid`, and the optimizer behind `_step`."""
        vae = self._network or self._build(space)
        self._paid = self._known(space, cells)
        if self._step is None:
            if self.hyper.published:
                self._step = published_step(torch.optim.Adam(vae.parameters(), PUBLISHED_RATE))
            else:
                self._step = FlatAdam(vae, self.hyper.joint_rate, self.hyper.clip).step
        return self._paid

    def _codes(self) -> Float[Tensor, "n d"] | None:
        """Encodings of a random part of what may be seen, or None before anything was.

        Call with torch's default generator seeded.
        """
        known = self._free or self._paid
        if known is None:
            return None
        return self._encoded(known.graphs.rows(torch.randperm(len(known))[:PRIOR_MOMENTS]))


def like(codes: Float[Tensor, "m d"], n: int) -> Float[Tensor, "n d"]:
    """n normal draws with the mean and covariance of `codes`, from torch's default generator.

    D-VAE's code rescales each dimension alone; encodings are correlated, and such draws decode to few
    different architectures. Sums of the codes with normal weights need no factor of the covariance, which
    has hardly full rank.
    """
    spread = (codes - codes.mean(0)) / max(len(codes) - 1, 1) ** 0.5
    return torch.randn(n, len(codes)) @ spread + codes.mean(0)
