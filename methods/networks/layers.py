"""Torch blocks that several methods share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from tabular.cells import PAD, Cells
from tabular.space import EnumerableSpace, SearchSpace
from tabular.spaces.pool import whole


@contextmanager
def seeded(rng: np.random.Generator) -> Iterator[None]:
    """Torch's default generator seeded from `rng` inside, and as it was outside.

    Layer initialisation and dropout have no generator argument; within this scope they depend on
    `rng` alone.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**62)))
        yield


@contextmanager
def unmoved() -> Iterator[None]:
    """Torch's default generator in the same state whenever this is entered, and as it was outside."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def one_hot_ops(cells: Cells, classes: int) -> Float[Tensor, "n v classes"]:
    """One-hot operations; all zeros for an absent vertex."""
    ops = torch.tensor(cells.ops, dtype=torch.long)
    return (ops.unsqueeze(-1) == torch.arange(classes)).float()


def dense_adjacency(cells: Cells) -> Float[Tensor, "n v v"]:
    """Adjacency as 0.0 and 1.0."""
    return torch.tensor(cells.adjacency, dtype=torch.float32)


def unlabelled(space: SearchSpace, at_most: int, rng: np.random.Generator) -> Cells:
    """All architectures of a space that lists no more than `at_most`, else so many random ones of it.

    What transductive methods may see, or as much of that as they want to.
    """
    if not isinstance(space, EnumerableSpace):
        return space.sample(at_most, rng)
    cells = space.all()
    return cells if len(cells) <= at_most else cells[np.sort(rng.choice(len(cells), at_most, replace=False))]


def minibatches(n: int, size: int) -> Iterator[Tensor]:
    """A random order of n rows in batches (the last may be smaller), from torch's default generator."""
    yield from torch.randperm(n).split(size)


def same_graphs(cells: Cells, again: Cells) -> Bool[np.ndarray, " n"]:
    """True where two batches hold the same labelled graph."""
    return (again.ops == cells.ops).all(1) & (again.adjacency == cells.adjacency).all((1, 2))


def drawn_facts(space: SearchSpace, drawn: Cells) -> dict[str, float]:
    """Of what draws from a prior decode to: the share that is valid, and of these the share distinct."""
    valid = whole(space).contains(drawn)
    distinct = len(np.unique(whole(space).keys(drawn[valid])))
    return {
        "prior_valid_percent": 100 * float(valid.mean()),
        "prior_unique_percent": 100 * distinct / max(int(valid.sum()), 1),
    }


def vertices_present(cells: Cells) -> Bool[Tensor, "n v"] | None:
    """True where a graph has the vertex; None where no graph lacks one, so that nothing needs a mask."""
    present = torch.from_numpy(cells.ops != PAD)
    return None if bool(present.all()) else present


class GIN(nn.Module):
    """Graph isomorphism layer (Xu et al., ICLR 2019, eq. 4.1) with batch normalisation, as arch2vec has it.

    h <- ReLU(BN(MLP((1 + eps) h + A h))), eps learnt from 0, MLP = Linear, BN, ReLU, Linear. Where
    `present` is given, absent vertices stay zero and do not enter the batch statistics.
    """

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.eps = nn.Parameter(torch.zeros(1))
        self.first = nn.Linear(inputs, width)
        self.first_norm = nn.BatchNorm1d(width)
        self.second = nn.Linear(width, width)
        self.second_norm = nn.BatchNorm1d(width)

    def forward(
        self,
        h: Float[Tensor, "n v inputs"],
        adjacency: Float[Tensor, "n v v"],
        present: Bool[Tensor, "n v"] | None = None,
    ) -> Float[Tensor, "n v width"]:
        n, v, _ = h.shape
        mixed = torch.baddbmm(h * (1 + self.eps), adjacency, h).flatten(0, 1)
        if present is None:
            return self._rows(mixed).unflatten(0, (n, v))
        kept = present.flatten().nonzero().squeeze(1)
        rows = self._rows(mixed[kept])
        return rows.new_zeros(n * v, rows.shape[1]).index_copy(0, kept, rows).unflatten(0, (n, v))

    def _rows(self, mixed: Float[Tensor, "m inputs"]) -> Float[Tensor, "m width"]:
        rows = self.second(torch.relu_(self.first_norm(self.first(mixed))))
        return torch.relu_(self.second_norm(rows))


class GINStack(nn.Module):
    """`depth` GIN layers one after the other."""

    def __init__(self, inputs: int, width: int, depth: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(GIN(size, width) for size in [inputs] + [width] * (depth - 1))

    def forward(
        self,
        h: Float[Tensor, "n v inputs"],
        adjacency: Float[Tensor, "n v v"],
        present: Bool[Tensor, "n v"] | None = None,
    ) -> Float[Tensor, "n v width"]:
        for layer in self.layers:
            h = layer(h, adjacency, present)
        return h


class GCN(nn.Module):
    """Graph convolution (Kipf and Welling, ICLR 2017, eq. 2): activation(A h W) + bias.

    The bias after the activation, and the Kaiming-uniform start of W, are those of arch2vec's baselines.
    """

    def __init__(self, inputs: int, width: int, activated: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(nn.init.kaiming_uniform_(torch.empty(width, inputs)))
        self.bias = nn.Parameter(torch.empty(width).uniform_(-(inputs**-0.5), inputs**-0.5))
        self.activated = activated

    def forward(
        self, h: Float[Tensor, "n v inputs"], adjacency: Float[Tensor, "n v v"]
    ) -> Float[Tensor, "n v width"]:
        mixed = adjacency @ (h @ self.weight.T)
        return (torch.relu_(mixed) if self.activated else mixed) + self.bias


def masked_mean(h: Float[Tensor, "n v d"], present: Bool[Tensor, "n v"] | None) -> Float[Tensor, "n d"]:
    """Mean over the vertices that are present."""
    if present is None:
        return h.mean(dim=1)
    weight = present.unsqueeze(-1).to(h.dtype)
    return (h * weight).sum(1) / weight.sum(1)
