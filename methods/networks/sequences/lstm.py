"""LSTM blocks for token sequences: encoder, decoder with attention, and the decoding loop under masks.

Batched over sequences; under teacher forcing no Python loop runs over steps. Sources: Luo et al.,
"Neural Architecture Optimization", NeurIPS 2018, section 3.2, and the authors' later code (SemiNAS,
NAS-Bench-101).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from methods.networks.sequences.tokens import PADDING, Tokens

S = TypeVar("S")
Memory = tuple[Tensor, Tensor]
"""Hidden and cell state of an LSTM, each (layers, n, width)."""


class SequenceEncoder(nn.Module):
    """Bidirectional LSTM, projected to `width` and added to the embedding; unit length at every step."""

    def __init__(self, vocabulary: int, width: int, dropout: float) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.lstm = nn.LSTM(width, width, batch_first=True, bidirectional=True)
        self.project = nn.Linear(2 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Int[Tensor, "n length"]) -> Float[Tensor, "n length width"]:
        embedded = self.dropout(self.embedding(tokens))
        return F.normalize(embedded + self.project(self.lstm(embedded)[0]), dim=-1)


def pooled(steps: Float[Tensor, "n length width"]) -> Float[Tensor, "n width"]:
    """The architecture's embedding: mean over steps, brought to unit length."""
    return F.normalize(steps.mean(1), dim=-1)


class SequenceDecoder(nn.Module):
    """LSTM started from the pooled encoding, with dot-product attention over the encoder's steps.

    h is the mean of input and output of the LSTM, read = tanh(merge([context, h])) with context =
    softmax(query(h) . steps) steps, and logits = out(mean of h and read); means are sums times sqrt(1/2).
    """

    def __init__(self, vocabulary: int, width: int, dropout: float) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.lstm = nn.LSTM(width, width, batch_first=True)
        self.query = nn.Linear(width, width, bias=False)
        self.merge = nn.Linear(2 * width, width, bias=False)
        self.out = nn.Linear(width, vocabulary)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, steps: Float[Tensor, "n length width"], tokens: Int[Tensor, "n length"]
    ) -> Float[Tensor, "n length vocabulary"]:
        """Logits of every token given the true ones before it (teacher forcing)."""
        return self._logits(shifted(tokens), steps, self._start(steps))[0]

    @torch.no_grad()
    def written(
        self,
        steps: Float[Tensor, "n length width"],
        scheme: Tokens,
        choose: Callable[[Float[Tensor, "n vocabulary"]], Int[Tensor, " n"]],
    ) -> Int[Tensor, "n length"]:
        """One token after the other, each of the class its position demands: `greedy`, or `sampled(...)`."""

        def step(token: Int[Tensor, " n"], memory: Memory) -> tuple[Float[Tensor, "n vocabulary"], Memory]:
            logits, memory = self._logits(token[:, None], steps, memory)
            return logits[:, 0], memory

        return generate(step, self._start(steps), len(steps), scheme, choose)

    def _start(self, steps: Float[Tensor, "n length width"]) -> Memory:
        embedding = pooled(steps)[None]
        return embedding, embedding

    def _logits(
        self, previous: Int[Tensor, "n t"], steps: Float[Tensor, "n length width"], memory: Memory
    ) -> tuple[Float[Tensor, "n t vocabulary"], Memory]:
        embedded = self.dropout(self.embedding(previous))
        h, memory = self.lstm(embedded, memory)
        h = joined(embedded, h)
        weights = torch.softmax(torch.bmm(self.query(h), steps.transpose(1, 2)), dim=-1)
        context = torch.bmm(weights, steps)
        read = torch.tanh(self.merge(torch.cat([context, h], dim=-1)))
        return self.out(joined(h, read)), memory


def joined(x: Float[Tensor, "*n width"], y: Float[Tensor, "*n width"]) -> Float[Tensor, "*n width"]:
    """A residual connection that keeps the variance."""
    return (x + y) * 0.5**0.5


def shifted(tokens: Int[Tensor, "n length"]) -> Int[Tensor, "n length"]:
    """What a decoder reads under teacher forcing: the start token, then all tokens but the last."""
    return F.pad(tokens[:, :-1], (1, 0), value=PADDING)


def negative_log_likelihood(
    logits: Float[Tensor, "n length vocabulary"], tokens: Int[Tensor, "n length"]
) -> Float[Tensor, " n"]:
    """Nats per token of each sequence; padding, which decoding fills in by rule, does not count."""
    loss = F.cross_entropy(logits.transpose(1, 2), tokens, ignore_index=PADDING, reduction="none")
    return loss.sum(1) / (tokens != PADDING).sum(1)


def greedy(logits: Float[Tensor, "n vocabulary"]) -> Int[Tensor, " n"]:
    """The likeliest token."""
    return logits.argmax(1)


def sampled(
    temperature: float = 1.0, tanh_constant: float | None = None
) -> Callable[[Float[Tensor, "n vocabulary"]], Int[Tensor, " n"]]:
    """Draws a token with probability softmax(c tanh(logits / temperature)), or without c tanh if no c.

    From torch's default generator (use `layers.seeded`). The constant bounds how sure a draw can be
    (Bello et al., ICLR 2017, section 4; ENAS' code).
    """

    def choose(logits: Float[Tensor, "n vocabulary"]) -> Int[Tensor, " n"]:
        scaled = logits / temperature
        if tanh_constant is not None:
            scaled = tanh_constant * torch.tanh(scaled)
        # Masked tokens are minus infinity and stay so, where tanh would give them a finite weight.
        return torch.multinomial(torch.softmax(scaled.masked_fill(logits.isneginf(), -torch.inf), 1), 1)[:, 0]

    return choose


@torch.no_grad()
def generate(
    step: Callable[[Int[Tensor, " n"], S], tuple[Float[Tensor, "n vocabulary"], S]],
    state: S,
    n: int,
    scheme: Tokens,
    choose: Callable[[Float[Tensor, "n vocabulary"]], Int[Tensor, " n"]],
) -> Int[Tensor, "n length"]:
    """n sequences, token by token from the start token.

    `step` takes the last tokens and a state and gives logits of the next tokens and the new state.
    `choose` (`greedy`, or `sampled(...)`) sees minus infinity for tokens of the wrong class. After the
    output operation there is only padding.
    """
    wrong = torch.from_numpy(~scheme.allowed)
    only_padding = torch.ones(scheme.vocabulary, dtype=torch.bool)
    only_padding[PADDING] = False
    sequences = torch.full((n, scheme.length), PADDING)
    last = torch.full((n,), PADDING)
    ended = torch.zeros(n, dtype=torch.bool)
    for position in range(scheme.length):
        logits, state = step(last, state)
        forbidden = torch.where(ended[:, None], only_padding, wrong[position])
        last = choose(logits.masked_fill(forbidden, -torch.inf))
        sequences[:, position] = last
        ended |= last == scheme.end
    return sequences
