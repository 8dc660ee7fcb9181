"""D-VAE: an unsupervised variational autoencoder of directed acyclic graphs (Zhang et al., NeurIPS 2019).

No label is used; the paper searches its latent space with a Gaussian process (`gp_bo_latent`). It learns
from all unlabelled cells where the protocol shows them; elsewhere from the paid cells, a few steps before
every proposal, and then can decode little else.

The paper decodes a point 500 times and keeps the most common graph; its code means that, but takes the first
valid one under Python 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from methods.hyper import describe
from methods.networks.dag.coder import Graphs
from methods.networks.dag.vae import GraphVAE
from methods.networks.layers import seeded
from methods.representations._graph_vae import DagHyper, DagRepresentation, Decoding, Known, Prior
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace


class DVAE(DagRepresentation["DVAE.Hyper"]):
    """Graph VAE without labels."""

    default_optimizer = "gp_bo_latent"
    version = 3

    @dataclass(frozen=True)
    class Hyper(DagHyper):
        decoding: Decoding = describe(
            "greedy",
            "what a latent point decodes to, see `_graph_vae.py`",
            "ours: faster; paper section 4.3; authors' code",
            paper="majority",
            published="first_valid",
        )
        prior: Prior = describe(
            "encodings",
            "draws from the prior, see `_graph_vae.py`",
            "ours; paper section 3.1; authors' code",
            paper="normal",
            published="rescaled",
        )
        paid_steps: Annotated[int, Field(ge=1)] = describe(
            100, "steps on paid cells per proposal where no others are shown", "ours: a second on one core"
        )

    def fit(self, space: SearchSpace, observed: Observations) -> None:
        """Nothing to learn from labels; reconstruction of the paid cells where no others are shown."""
        if self._free is not None:
            return
        with seeded(self.rng):
            if self._stays_untrained(space):
                return
            paid, adam = self._learn_from_paid(space, observed.distinct())
            for _ in range(self.hyper.paid_steps):
                rows = torch.randperm(len(paid))[: self.hyper.batch_size]
                adam.step(self._losses(paid.rows(rows))["loss"])

    def _new_network(self, space: SearchSpace) -> GraphVAE:
        return GraphVAE(len(space.op_names), space.vertices, self.hyper)

    def _known(self, space: SearchSpace, cells: Cells, labels: Observations | None) -> Known:
        return Known(Graphs.of(cells), {})

    def _losses(self, cells: Known) -> dict[str, Float[Tensor, ""]]:
        return self._trained().losses(cells.graphs)[1]
