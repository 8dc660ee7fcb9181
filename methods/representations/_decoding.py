"""Which of several stochastic decodings of a latent point counts (D-VAE section 4.3)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from tabular.cells import Cells

Sample = Callable[[Float[Tensor, "n d"]], Cells]
"""One stochastic decoding of every point."""
IsValid = Callable[[Cells], Bool[np.ndarray, " n"]]
AT_ONCE = 20_000
"""Graphs decoded together, to bound memory."""


def first_valid(z: Float[Tensor, "n d"], sample: Sample, is_valid: IsValid, attempts: int) -> Cells:
    """The first valid decoding of at most `attempts`; where there is none, the very first.

    The authors mean the most common one, but take the first in their counter under Python 3.
    """
    parts = z.split(max(AT_ONCE // attempts, 1))
    return Cells.concatenate([_first_valid_each(part, sample, is_valid, attempts) for part in parts])


def _first_valid_each(z: Float[Tensor, "n d"], sample: Sample, is_valid: IsValid, attempts: int) -> Cells:
    cells = sample(z)
    adjacency, ops = cells.adjacency.copy(), cells.ops.copy()
    pending, done = np.flatnonzero(~is_valid(cells)), 1
    while len(pending) and done < attempts:
        more = min(done, attempts - done)
        again = sample(z[torch.from_numpy(pending)].repeat_interleave(more, 0))
        valid = is_valid(again).reshape(len(pending), more)
        found = np.flatnonzero(valid.any(axis=1))
        rows = found * more + valid[found].argmax(axis=1)
        adjacency[pending[found]], ops[pending[found]] = again.adjacency[rows], again.ops[rows]
        pending, done = np.delete(pending, found), done + more
    return Cells(adjacency, ops)


def most_common(z: Float[Tensor, "n d"], sample: Sample, is_valid: IsValid, attempts: int) -> Cells:
    """The most common valid decoding of `attempts`, the earlier one of equals; else the very first."""
    parts = z.split(max(AT_ONCE // attempts, 1))
    return Cells.concatenate([_most_common_each(part, sample, is_valid, attempts) for part in parts])


def _most_common_each(z: Float[Tensor, "n d"], sample: Sample, is_valid: IsValid, attempts: int) -> Cells:
    drawn = sample(z.repeat_interleave(attempts, 0))
    n, v = len(z), drawn.ops.shape[1]
    edges = drawn.adjacency.reshape(n * attempts, v * v)
    point = np.repeat(np.arange(n), attempts)
    rows = np.concatenate([point[:, None], edges, drawn.ops], axis=1)
    _, first, like, times = np.unique(
        rows, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    votes = np.where(is_valid(drawn), times[like.reshape(-1)], 0)
    votes = np.where(first[like.reshape(-1)] == np.arange(len(point)), votes, 0)  # each graph once
    return drawn[votes.reshape(n, attempts).argmax(axis=1) + np.arange(n) * attempts]
