"""arch2vec's decoder and losses, with whatever encoder: a latent point per vertex (Yan et al., NeurIPS 2020).

Operations are read from each vertex, edges from inner products (section 3.1). The defects of arch2vec's own
code are `Rules`, which every network has by default without them.

A limit of the decoder: two unconnected vertices that no encoder can tell apart share a latent point, and
the inner product of a point with itself is never negative, so they are always decoded as connected.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from methods.networks.layers import dense_adjacency, one_hot_ops, vertices_present
from tabular.cells import PAD, Cells

IGNORED = -100


@dataclass(frozen=True)
class Rules:
    """How a network is trained and read, as arch2vec's code does it or not."""

    kl_weight: float = 0.0
    """Times the mean KL divergence per vertex; with `kl_per_batch` that over the number of vertices in the
    batch."""
    kl_per_batch: bool = False
    sigmoid_operations: bool = False
    """A sigmoid per operation with binary cross-entropy, and all v * v entries of the masked adjacency in the
    mean; else a softmax, and the pairs a < b alone."""
    sticky_evaluation: bool = False
    """After the first pass: no sampling or dropout, frozen batch norm."""
    absent_vertices: bool = False
    """They are all-zero rows like any other: in batch norm, losses and means, and in decoded graphs; else
    they are left out, and a decoded graph ends with its first `output`."""
    shuffled: bool = True
    """The cells come in a new order in every pass; else in one for all."""
    held_out: float = 0.0
    """Share of the cells that is not trained on, to measure reconstruction."""


@dataclass(frozen=True)
class Graphs:
    """A batch of cells as tensors; `present` is None where no vertex is masked out."""

    ops: Float[Tensor, "n v c"]
    adjacency: Float[Tensor, "n v v"]
    present: Bool[Tensor, "n v"] | None

    @staticmethod
    def of(cells: Cells, classes: int, masked: bool) -> Graphs:
        """`masked` leaves absent vertices out of everything."""
        present = vertices_present(cells) if masked else None
        return Graphs(one_hot_ops(cells, classes), dense_adjacency(cells), present)

    def __getitem__(self, rows: Int[Tensor, " m"]) -> Graphs:
        present = None if self.present is None else self.present[rows]
        return Graphs(self.ops[rows], self.adjacency[rows], present)

    @property
    def mirrored(self) -> Float[Tensor, "n v v"]:
        """A + A^T, what arch2vec's encoders see."""
        return self.adjacency + self.adjacency.transpose(1, 2)


class Encoder(nn.Module, ABC):
    """Means, and log standard deviations or None, of all vertices of a batch of graphs."""

    @abstractmethod
    def forward(self, graphs: Graphs) -> tuple[Float[Tensor, "n v z"], Float[Tensor, "n v z"] | None]:
        """One latent point per vertex."""


class Network(nn.Module):
    """An encoder with arch2vec's decoder."""

    def __init__(self, encoder: Encoder, classes: int, latent: int, dropout: float, rules: Rules) -> None:
        super().__init__()
        self.classes, self.rules = classes, rules
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.ops = nn.Linear(latent, classes)

    def graphs(self, cells: Cells) -> Graphs:
        """Cells as this network sees them."""
        return Graphs.of(cells, self.classes, masked=not self.rules.absent_vertices)

    def logits(self, z: Float[Tensor, "n v z"]) -> tuple[Float[Tensor, "n v c"], Float[Tensor, "n v v"]]:
        """Logits of operations, and of edges as inner products of vertices."""
        z = self.dropout(z)
        return self.ops(z), z @ z.transpose(1, 2)

    def decode(self, z: Float[Tensor, "n v z"], stochastic: bool = False) -> Cells:
        """An operation per vertex, and an edge a -> b (a < b) where its probability exceeds 1/2; or drawn.

        Unless it has `absent_vertices` the graph ends with its first `output`.
        """
        ops, edges = self.logits(z)
        if stochastic:
            chances = ops.sigmoid() if self.rules.sigmoid_operations else ops.softmax(-1)
            drawn = torch.multinomial(chances.flatten(0, 1), 1).view(ops.shape[:2])
            edge = torch.rand_like(edges) < edges.sigmoid()
        else:
            drawn, edge = ops.argmax(-1), edges > 0
        adjacency = torch.triu(edge, diagonal=1)
        cells = Cells(adjacency.numpy(), drawn.to(torch.int8).numpy())
        return cells if self.rules.absent_vertices else ended(cells, output=self.classes - 1)


def ended(cells: Cells, output: int) -> Cells:
    """The same graphs without what comes after their first vertex of operation `output`."""
    is_output = cells.ops == output
    after = np.cumsum(is_output, axis=1) - is_output > 0
    kept = ~after
    return Cells(cells.adjacency & kept[:, :, None] & kept[:, None, :], np.where(after, PAD, cells.ops))


def losses(network: Network, graphs: Graphs) -> dict[str, Float[Tensor, ""]]:
    """Reconstruction of operations and edges, plus the weighted KL divergence where there is a posterior
    (arch2vec section 3.2)."""
    mean, log_sd = network.encoder(graphs)
    z = mean
    if log_sd is not None and network.training:
        z = mean + torch.randn_like(mean) * log_sd.exp()
    op_logits, edge_logits = network.logits(z)
    n, v, _ = graphs.ops.shape
    operations, edges = (_coded_terms if network.rules.sigmoid_operations else _terms)(
        op_logits, edge_logits, graphs
    )
    parts = {"operations": operations, "edges": edges}
    if log_sd is None:
        return {"loss": operations + edges, **parts}
    kl = kl_divergence(mean, log_sd, graphs.present)
    weight = 1 / (n * v) if network.rules.kl_per_batch else network.rules.kl_weight
    return {"loss": operations + edges + weight * kl, **parts, "kl": kl}


def _coded_terms(
    op_logits: Float[Tensor, "n v c"], edge_logits: Float[Tensor, "n v v"], graphs: Graphs
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """As the authors, who average over all v * v entries with the lower half masked."""
    v = edge_logits.shape[1]
    pairs = torch.triu(torch.ones(v, v), diagonal=1)
    edges = F.binary_cross_entropy_with_logits(edge_logits, graphs.adjacency, weight=pairs)
    return F.binary_cross_entropy_with_logits(op_logits, graphs.ops), edges


def _terms(
    op_logits: Float[Tensor, "n v c"], edge_logits: Float[Tensor, "n v v"], graphs: Graphs
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Means over the vertices and over the pairs a < b that are there."""
    v = edge_logits.shape[1]
    pairs, target = torch.triu(torch.ones(v, v), diagonal=1), graphs.ops.argmax(-1)
    share = (v - 1) / (2 * v)
    if graphs.present is not None:
        target = target.masked_fill(~graphs.present, IGNORED)
        pairs = pairs * graphs.present.unsqueeze(1) * graphs.present.unsqueeze(2)
        share = float(pairs.mean())
    edges = F.binary_cross_entropy_with_logits(edge_logits, graphs.adjacency, weight=pairs) / share
    return F.cross_entropy(op_logits.flatten(0, 1), target.flatten(), ignore_index=IGNORED), edges


def kl_divergence(
    mean: Float[Tensor, "n v z"], log_sd: Float[Tensor, "n v z"], present: Bool[Tensor, "n v"] | None
) -> Float[Tensor, ""]:
    """KL(posterior || standard normal) per vertex, averaged over vertices."""
    per_vertex = 0.5 * (mean.square() + (2 * log_sd).exp() - 1 - 2 * log_sd).sum(-1)
    return per_vertex.mean() if present is None else per_vertex[present].mean()
