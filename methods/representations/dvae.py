"""D-VAE: an unsupervised variational autoencoder of directed acyclic graphs (Zhang et al., NeurIPS 2019).

No label is used; the paper searches its latent space with a Gaussian process (`gp_bo_latent`). It learns
from all unlabelled cells where the protocol shows them; elsewhere from the paid cells, a few steps before
every proposal, and then can decode little else. What `variant` means for network and training stands in
`networks/dag/vae.py`; for decoding and drawing:

| | published | corrected |
|---|---|---|
| a latent point decodes to | the first valid of 500 stochastic decodings | `decoding` |
| draws from the prior | each dimension rescaled to the encodings' | with the encodings' covariance |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from methods.base import describe
from methods.networks.dag.coder import Graphs
from methods.networks.dag.vae import GraphVAE, GraphVAEHyper
from methods.networks.layers import seeded
from methods.representations._decoding import first_valid, most_common
from methods.representations._graph_vae import DagRepresentation, Known, like
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace
from tabular.spaces.pool import whole

PUBLISHED_DECODINGS = 500


class DVAE(DagRepresentation["DVAE.Hyper"]):
    """Graph VAE without labels."""

    default_optimizer = "gp_bo_latent"

    @dataclass(frozen=True)
    class Hyper(GraphVAEHyper):
        decoding: Literal["greedy", "majority"] = describe(
            "greedy",
            "likeliest decisions, or the most common of `decodings` (corrected only)",
            "ours: faster",
        )
        decodings: Annotated[int, Field(ge=1)] = describe(
            500, "stochastic decodings of a point for a majority (corrected only)", "authors' code"
        )
        paid_steps: Annotated[int, Field(ge=1)] = describe(
            100, "steps on paid cells per proposal where no others are shown", "ours: a second on one core"
        )

    def fit(self, space: SearchSpace, observed: Observations) -> None:
        """Nothing to learn from labels; reconstruction of the paid cells where no others are shown."""
        if self._free is not None:
            return
        with seeded(self.rng):
            paid = self._learn_from_paid(space, observed.distinct().cells)
            assert self._step is not None
            for _ in range(self.hyper.paid_steps):
                rows = torch.randperm(len(paid))[: self.hyper.batch_size]
                _, loss = self._free_loss(paid.rows(rows))
                self._step(loss * len(rows) if self.hyper.published else loss)

    def decode(self, z: Float[Tensor, "n d"]) -> Cells:
        network, space = self._trained(), self._space
        assert space is not None
        with seeded(self.rng):
            if self.hyper.published:
                return first_valid(z, network.decoder.sample, whole(space).contains, PUBLISHED_DECODINGS)
            if self.hyper.decoding == "majority":
                return most_common(z, network.decoder.sample, whole(space).contains, self.hyper.decodings)
            return network.decoder.most_likely(z)

    def prior(self, n: int) -> Float[Tensor, "n d"]:
        """Normal draws with the moments of encodings."""
        with seeded(self.rng):
            codes = self._codes()
            if codes is None:
                return torch.randn(n, self.hyper.latent)
            if self.hyper.published:
                return torch.randn(n, self.hyper.latent) * codes.std(
                    0, correction=min(1, len(codes) - 1)
                ) + codes.mean(0)
            return like(codes, n)

    def _new_network(self, space: SearchSpace) -> GraphVAE:
        return GraphVAE(len(space.op_names), space.vertices, self.hyper)

    def _known(self, space: SearchSpace, cells: Cells) -> Known:
        return Known(Graphs.of(cells))

    def _free_loss(self, cells: Known) -> tuple[Float[Tensor, "n d"], Float[Tensor, ""]]:
        return self._trained().loss(cells.graphs)
