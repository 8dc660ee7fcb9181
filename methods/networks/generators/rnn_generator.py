"""The RNN generator GraphPNAS compares itself with: an LSTM over the tokens of an architecture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from methods.networks.flat_adam import FlatAdam
from methods.networks.generators.fitting import Training, fit
from methods.networks.layers import seeded
from methods.networks.sequences.lstm import Memory, generate, negative_log_likelihood, sampled, shifted
from methods.networks.sequences.tokens import Tokens
from methods.optimizers._elite import Generator
from tabular.cells import Cells
from tabular.space import SearchSpace


@dataclass(frozen=True)
class Sizes:
    """Sizes of the LSTM, and what bounds its logits: constant * tanh(logit / temperature)."""

    width: int
    layers: int
    tanh_constant: float
    temperature: float


class TokenLSTM(nn.Module):
    """Logits of the next token from all earlier ones; no biases, as in the authors' code."""

    def __init__(self, tokens: Tokens, sizes: Sizes) -> None:
        super().__init__()
        self.embedding = nn.Embedding(tokens.vocabulary, sizes.width)
        self.lstm = nn.LSTM(sizes.width, sizes.width, sizes.layers, bias=False, batch_first=True)
        self.out = nn.Linear(sizes.width, tokens.vocabulary, bias=False)

    def forward(
        self, previous: Int[Tensor, "n t"], memory: Memory | None = None
    ) -> tuple[Float[Tensor, "n t vocabulary"], Memory]:
        hidden, memory = self.lstm(self.embedding(previous), memory)
        return self.out(hidden), memory


class RNNGenerator(Generator):
    """Token by token; tokens of the wrong class for their position have no probability.

    A sequence may still be no architecture of the space. On NAS-Bench-201 it holds the constant
    adjacency too, which has to be learnt.
    """

    def __init__(
        self, space: SearchSpace, sizes: Sizes, training: Training, rng: np.random.Generator
    ) -> None:
        self.tokens = Tokens(space)
        self._sizes, self._training, self._rng = sizes, training, rng
        self._forbidden = torch.from_numpy(~self.tokens.allowed)
        with seeded(rng):
            self.network = TokenLSTM(self.tokens, sizes)
        self._optimizer = FlatAdam(self.network, training.learning_rate)

    def fit(self, cells: Cells, weights: Float[np.ndarray, " n"]) -> None:
        sequences = torch.from_numpy(self.tokens.encode(cells))
        with seeded(self._rng):
            fit(self._optimizer, self._training, weights, lambda rows: self._losses(sequences[rows]))

    @torch.no_grad()
    def losses(self, cells: Cells) -> Float[Tensor, " n"]:
        """Negative log-likelihood (nats) per token of each architecture."""
        return self._losses(torch.from_numpy(self.tokens.encode(cells)))

    def _losses(self, sequences: Int[Tensor, "n length"]) -> Float[Tensor, " n"]:
        logits, _ = self.network(shifted(sequences))
        bounded = self._sizes.tanh_constant * torch.tanh(logits / self._sizes.temperature)
        # Padding, which no position allows, is not scored.
        return negative_log_likelihood(bounded.masked_fill(self._forbidden, -torch.inf), sequences)

    def sample(self, n: int) -> Cells:
        def step(
            token: Int[Tensor, " n"], memory: Memory | None
        ) -> tuple[Float[Tensor, "n vocabulary"], Memory | None]:
            logits, memory = self.network(token[:, None], memory)
            return logits[:, 0], memory

        choose = sampled(self._sizes.temperature, self._sizes.tanh_constant)
        with seeded(self._rng):
            drawn = generate(step, None, n, self.tokens, choose)
        return self.tokens.decode(drawn.numpy())
