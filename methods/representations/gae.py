"""GAE: a graph-convolutional autoencoder (Kipf and Welling, 2016), arch2vec's first baseline.

Graph convolutions instead of GIN layers, no sampling and no KL divergence; decoder and training are
arch2vec's without its defects. The layer is ReLU(A X W) + bias as in the arch2vec authors' code, A the
normalised adjacency with self-loops, the last layer without ReLU. The authors ship no training script
for the baseline, so there is no published variant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from methods.base import describe
from methods.networks.layers import GCN
from methods.networks.vertex_autoencoder import Encoder, Graphs, Network, Rules
from methods.representations._graph_autoencoder import AutoencoderHyper, GraphAutoencoder


@dataclass(frozen=True)
class ConvolutionalHyper(AutoencoderHyper):
    """Where graph convolutions differ from arch2vec."""

    layers: Annotated[int, Field(ge=1)] = describe(
        1, "hidden graph convolutions before the last one", "Kipf and Welling 2016, section 2: two layers"
    )
    learning_rate: Annotated[float, Field(gt=0)] = describe(
        1e-2, "Adam", "Kipf and Welling 2016; reconstruction without labels agrees (about 10 settings tried)"
    )


class GAE(GraphAutoencoder["GAE.Hyper"]):
    """Graph-convolutional autoencoder, pre-trained on all unlabelled cells."""

    default_optimizer = "gp_bo"

    @dataclass(frozen=True)
    class Hyper(ConvolutionalHyper):
        pass

    def _new_network(self, classes: int) -> Network:
        return Network(
            GCNEncoder(classes, self.hyper, heads=1), classes, self.hyper.latent, self.hyper.dropout, Rules()
        )


class GCNEncoder(Encoder):
    """Hidden graph convolutions, then one linear graph convolution per head: mean, then log sd if wanted."""

    def __init__(self, classes: int, hyper: AutoencoderHyper, heads: int) -> None:
        super().__init__()
        inputs = [classes] + [hyper.width] * (hyper.layers - 1)
        self.hidden = nn.ModuleList(GCN(size, hyper.width, activated=True) for size in inputs)
        self.heads = nn.ModuleList(GCN(hyper.width, hyper.latent, activated=False) for _ in range(heads))

    def forward(self, graphs: Graphs) -> tuple[Float[Tensor, "n v z"], Float[Tensor, "n v z"] | None]:
        mixing = normalised(graphs.mirrored)
        h = graphs.ops
        for layer in self.hidden:
            h = layer(h, mixing)
        outputs = [head(h, mixing) for head in self.heads]
        return outputs[0], outputs[1] if len(outputs) > 1 else None


def normalised(mirrored: Float[Tensor, "n v v"]) -> Float[Tensor, "n v v"]:
    """D^-1/2 (A + I) D^-1/2 with the degrees D of A + I (Kipf and Welling, ICLR 2017, eq. 2)."""
    looped = mirrored + torch.eye(mirrored.shape[-1])
    scale = looped.sum(-1).rsqrt()
    return looped * scale.unsqueeze(1) * scale.unsqueeze(2)
