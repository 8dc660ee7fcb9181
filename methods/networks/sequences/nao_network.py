"""The network of NAO: an LSTM autoencoder of token sequences whose pooled steps a predictor reads.

Sources: Luo et al., "Neural Architecture Optimization", NeurIPS 2018, section 3.2; sizes and the
residual predictor as in the authors' later code (SemiNAS, NAS-Bench-101).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from methods.networks.sequences.lstm import (
    SequenceDecoder,
    SequenceEncoder,
    greedy,
    joined,
    negative_log_likelihood,
    sampled,
)
from methods.networks.sequences.tokens import Tokens

ROWS = 2048
"""Architectures read or written at once where no gradient is needed."""


class Network(nn.Module):
    """Encoder, decoder and predictor of an architecture's tokens."""

    def __init__(
        self, scheme: Tokens, width: int, predictor_width: int, dropout: float, noise: float
    ) -> None:
        """`noise` is the length of noise on unit steps."""
        super().__init__()
        self.scheme, self.width, self.noise = scheme, width, noise
        self.encoder = SequenceEncoder(scheme.vocabulary, width, dropout)
        self.decoder = SequenceDecoder(scheme.vocabulary, width, dropout)
        self.predictor = ResidualPredictor(width, predictor_width, dropout)

    def unit_steps(self, z: Float[Tensor, "n d"]) -> Float[Tensor, "n length width"]:
        """The steps of flattened latent points, each brought to unit length."""
        return F.normalize(z.view(len(z), self.scheme.length, self.width), dim=-1)

    def reconstruction(self, tokens: Int[Tensor, "n length"]) -> Float[Tensor, " n"]:
        """Nats per token of each architecture written from its own encoding."""
        return negative_log_likelihood(self.decoder(self.encoded(tokens), tokens), tokens)

    def encoded(self, tokens: Int[Tensor, "n length"]) -> Float[Tensor, "n length width"]:
        """The encoder's steps; in training with noise, so that what lies between encodings decodes too."""
        steps: Tensor = self.encoder(tokens)
        if not self.training or not self.noise:
            return steps
        return F.normalize(steps + torch.randn_like(steps) * (self.noise * self.width**-0.5), dim=-1)

    def written(self, steps: Float[Tensor, "n length width"], drawn: bool = False) -> Int[Tensor, "n length"]:
        """The sequences decoded greedily, or with every token drawn."""
        return self.decoder.written(steps, self.scheme, sampled() if drawn else greedy)

    @torch.no_grad()
    def reconstructed(self, tokens: Int[Tensor, "n length"]) -> float:
        """Share of architectures whose encoding decodes to exactly themselves."""
        exact = [(self.written(self.encoder(part)) == part).all(1) for part in tokens.split(ROWS)]
        return float(torch.cat(exact).float().mean())


class ResidualPredictor(nn.Module):
    """Two layers width -> inner -> width beside a direct connection, then one number; no sigmoid."""

    def __init__(self, width: int, inner: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(width, inner),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(inner, width),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.out = nn.Linear(width, 1)

    def forward(self, embedding: Float[Tensor, "n width"]) -> Float[Tensor, " n"]:
        prediction: Tensor = self.out(joined(embedding, self.layers(embedding))).squeeze(1)
        return prediction
