"""VGAE: a variational graph-convolutional autoencoder (Kipf and Welling, 2016), arch2vec's second baseline.

As `gae`, with a posterior per vertex: a second head gives log standard deviations, latent points are
sampled in training, and the KL divergence is weighted as in arch2vec.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from methods.base import describe
from methods.networks.vertex_autoencoder import Network, Rules
from methods.representations._graph_autoencoder import GraphAutoencoder
from methods.representations.gae import ConvolutionalHyper, GCNEncoder


class VGAE(GraphAutoencoder["VGAE.Hyper"]):
    """Variational graph-convolutional autoencoder, pre-trained on all unlabelled cells."""

    default_optimizer = "gp_bo"

    @dataclass(frozen=True)
    class Hyper(ConvolutionalHyper):
        kl_weight: Annotated[float, Field(ge=0)] = describe(
            0.005, "times the mean KL per vertex", "as arch2vec"
        )

    def _new_network(self, classes: int) -> Network:
        encoder = GCNEncoder(classes, self.hyper, heads=2)
        return Network(encoder, classes, self.hyper.latent, self.hyper.dropout, Rules(self.hyper.kl_weight))
