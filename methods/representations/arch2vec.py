"""arch2vec: an unsupervised variational graph isomorphism autoencoder (Yan et al., NeurIPS 2020).

The encoder is a stack of GIN layers on the mirrored graph, so a vertex's latent point depends on the
labelled graph alone and not on the order of vertices. With `gp_bo.surrogate=dngo` the search is the paper's
arch2vec-BO (`arch2vec-paper`); `arch2vec-published` has the defects of the authors' code too.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from methods.hyper import describe
from methods.networks.layers import GINStack
from methods.networks.vertex_autoencoder import Encoder, Graphs, Network, Rules
from methods.representations._graph_autoencoder import AutoencoderHyper, GraphAutoencoder


class Arch2Vec(GraphAutoencoder["Arch2Vec.Hyper"]):
    """Variational graph isomorphism autoencoder, pre-trained on all unlabelled cells."""

    version = 3
    default_optimizer = "gp_bo"

    @dataclass(frozen=True)
    class Hyper(AutoencoderHyper):
        layers: Annotated[int, Field(ge=1)] = describe(
            4, "GIN layers", "authors' code; paper section 4.1", paper=5
        )
        decay: Annotated[float, Field(ge=0, le=1)] = describe(
            0.3,
            "last share of steps over which the rate falls to zero; 0: it is constant",
            "ours: settles; authors' code",
            paper=0.0,
            published=0.0,
        )
        kl_per_batch: bool = describe(
            False,
            "the weight of the mean KL per vertex is one over the vertices in the batch, so it grows in a "
            "smaller last batch; else `kl_weight`",
            "paper; authors' code",
            published=True,
        )
        kl_weight: Annotated[float, Field(ge=0)] = describe(
            0.005,
            "times the mean KL per vertex",
            "value recalled from the paper",
            when={"kl_per_batch": False},
        )
        sigmoid_operations: bool = describe(
            False,
            "operations by a sigmoid each, with binary cross-entropy; else softmax and cross-entropy",
            "paper section 3.1; authors' code",
            published=True,
        )
        sticky_evaluation: bool = describe(
            False,
            "after the first pass no sampling, no dropout and frozen batch norm",
            "paper; authors' code, which never returns to training",
            published=True,
        )
        absent_vertices: bool = describe(
            False,
            "absent vertices are all-zero rows like any other; else left out of everything",
            "ours; authors' code",
            paper=True,
            published=True,
        )
        shuffled: bool = describe(
            True, "a new order of the cells in every pass", "ours; authors' code", published=False
        )
        held_out: Annotated[float, Field(ge=0, lt=1)] = describe(
            0.0,
            "share of the cells that is not trained on",
            "ours; paper section 4.1",
            paper=0.1,
            published=0.1,
        )

    def _new_network(self, classes: int) -> Network:
        fields = dataclasses.fields(Rules)
        rules = Rules(**{field.name: getattr(self.hyper, field.name) for field in fields})
        return Network(GINEncoder(classes, self.hyper), classes, self.hyper.latent, self.hyper.dropout, rules)


class GINEncoder(Encoder):
    """GIN layers and two linear heads (arch2vec section 3.1)."""

    def __init__(self, classes: int, hyper: AutoencoderHyper) -> None:
        super().__init__()
        self.stack = GINStack(classes, hyper.width, hyper.layers)
        self.mean = nn.Linear(hyper.width, hyper.latent)
        self.log_sd = nn.Linear(hyper.width, hyper.latent)

    def forward(self, graphs: Graphs) -> tuple[Float[Tensor, "n v z"], Float[Tensor, "n v z"]]:
        h = self.stack(graphs.ops, graphs.mirrored, graphs.present)
        return self.mean(h), self.log_sd(h)
