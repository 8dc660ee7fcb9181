"""arch2vec: an unsupervised variational graph isomorphism autoencoder (Yan et al., NeurIPS 2020).

The encoder is a stack of GIN layers on the mirrored graph, so a vertex's latent point depends on the
labelled graph alone and not on the order of vertices. `variant=published` has the defects of the
authors' pre-training, named in `_graph_autoencoder.py`; with `gp_bo.variant=published
gp_bo.surrogate=dngo` it is their arch2vec-BO.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from methods.base import describe
from methods.networks.layers import GINStack
from methods.representations._graph_autoencoder import (
    AutoencoderHyper,
    Encoder,
    GraphAutoencoder,
    Graphs,
    Network,
)


class Arch2Vec(GraphAutoencoder["Arch2Vec.Hyper"]):
    """Variational graph isomorphism autoencoder, pre-trained on all unlabelled cells."""

    version = 2
    default_optimizer = "gp_bo"

    @dataclass(frozen=True)
    class Hyper(AutoencoderHyper):
        variant: Literal["corrected", "published"] = describe(
            "corrected", "what the paper means, or what the authors' code does", "_graph_autoencoder.py"
        )
        kl_weight: Annotated[float, Field(ge=0)] = describe(
            0.005, "times the mean KL per vertex (corrected only)", "value recalled from the paper"
        )

    def _new_network(self, classes: int) -> Network:
        hyper = self.hyper
        published = hyper.variant == "published"
        return Network(GINEncoder(classes, hyper), classes, hyper, hyper.kl_weight, published)


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
