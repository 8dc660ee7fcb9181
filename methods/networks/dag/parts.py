"""Blocks of the directed acyclic graph VAE: graphs as tensors, messages, state updates, and their sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from methods.networks.dag.kernels import GatherSum, Sweep
from methods.networks.dag.rows import Bags, VertexRows
from methods.networks.layers import dense_adjacency
from tabular.cells import PAD, Cells


@dataclass(frozen=True)
class Graphs:
    """Cells as tensors."""

    ops: Int[Tensor, "n v"]
    adjacency: Float[Tensor, "n v v"]
    last: Int[Tensor, " n"]
    """Index of the output vertex."""

    @staticmethod
    def of(cells: Cells) -> Graphs:
        """The tensors of a batch of architectures."""
        ops = torch.tensor(cells.ops, dtype=torch.long)
        return Graphs(ops, dense_adjacency(cells), (ops != PAD).sum(1) - 1)

    def __len__(self) -> int:
        return len(self.ops)

    def rows(self, index: Int[Tensor, " m"]) -> Graphs:
        """The graphs at the given positions."""
        return Graphs(self.ops[index], self.adjacency[index], self.last[index])

    @staticmethod
    def concatenate(parts: Sequence[Graphs]) -> Graphs:
        """One batch of several."""
        return Graphs(
            torch.cat([p.ops for p in parts]),
            torch.cat([p.adjacency for p in parts]),
            torch.cat([p.last for p in parts]),
        )

    def edges(self) -> Bool[np.ndarray, "n v v"]:
        """Edges from earlier to later vertices that exist."""
        present = self.ops.numpy() != PAD
        forward = np.tri(self.ops.shape[1], k=-1, dtype=bool).T
        return (self.adjacency.numpy() > 0) & forward & present[:, :, None] & present[:, None]


class Messages(nn.Module):
    """What a vertex sends: sigmoid(gate [h, id]) * map [h, id] (D-VAE eq. 6), the id one-hot if wanted."""

    def __init__(self, width: int, vertices: int, vertex_ids: bool, open_gates: bool = True) -> None:
        """`open_gates`: start open and length-preserving; else as the authors do (PyTorch's default)."""
        super().__init__()
        self.mix = nn.Linear(width, 2 * width, bias=False)  # gate and map
        self.gate_bias = nn.Parameter(torch.zeros(width))
        # A one-hot id times a matrix is a row of it: one learnt offset per vertex.
        self.ids = nn.Parameter(torch.zeros(vertices, 2 * width)) if vertex_ids else None
        if open_gates:
            # Signals cross several gates; started open they are not lost on the way.
            nn.init.orthogonal_(self.mix.weight.data[width:])
            nn.init.constant_(self.gate_bias, 2.0)
            if self.ids is not None:
                nn.init.normal_(self.ids, std=width**-0.5)
        else:
            bound = (width + vertices * vertex_ids) ** -0.5
            for parameter in self.parameters():
                nn.init.uniform_(parameter, -bound, bound)

    def offsets(self) -> Float[Tensor, "ids two_width"]:
        """What the id of every vertex adds to gate and map, with the gate's bias; one row without ids."""
        bias = F.pad(self.gate_bias, (0, len(self.gate_bias))).unsqueeze(0)
        return bias if self.ids is None else bias + self.ids

    def offset_rows(self, vertex: Int[np.ndarray, " m"]) -> Float[Tensor, "m two_width"]:
        """`offsets` of the given vertices."""
        offsets = self.offsets()
        index = vertex if self.ids is not None else np.zeros_like(vertex)
        return GatherSum.apply(offsets, Bags.table(index[:, None], len(offsets)))

    def forward(self, h: Float[Tensor, "n width"], vertex: int) -> Float[Tensor, "n width"]:
        """Messages of one vertex of every graph."""
        return self._gated(h, self.offsets()[vertex if self.ids is not None else 0])

    def of_rows(self, h: Float[Tensor, "m width"], vertex: Int[np.ndarray, " m"]) -> Float[Tensor, "m width"]:
        """Messages of the given vertices."""
        return self._gated(h, self.offset_rows(vertex))

    def _gated(self, h: Float[Tensor, "m width"], offset: Float[Tensor, "..."]) -> Float[Tensor, "m width"]:
        gate, value = (self.mix(h) + offset).chunk(2, 1)
        return torch.sigmoid(gate) * value


class VertexUpdate(nn.Module):
    """GRU cell whose hidden input is a sum of messages (D-VAE eq. 5); products of messages are shared."""

    def __init__(self, types: int, width: int, positions: int = 0, open_gates: bool = True) -> None:
        """`positions` vertices can be told apart by a one-hot of their own index, behind their type's."""
        super().__init__()
        self.cell = nn.GRUCell(types + positions, width)
        if open_gates:
            nn.init.constant_(self.cell.bias_ih[width : 2 * width], 1.0)
        self.types, self.positions, self._width = types, positions, width

    @property
    def bias(self) -> Float[Tensor, " width"]:
        """Hidden bias of the candidate state: the one a gate is multiplied with."""
        return self.cell.bias_hh[2 * self._width :]

    def product(self, message: Float[Tensor, "n width"]) -> Float[Tensor, "n three_width"]:
        """Hidden-side product of messages or their sums, without bias."""
        return message @ self.cell.weight_hh.T

    def inputs(
        self, types: Int[np.ndarray, " m"], vertex: Int[np.ndarray, " m"]
    ) -> Float[Tensor, "m three_width"]:
        """Input-side products with all biases but `bias`, of vertices of the given types and indices."""
        # A one-hot times a matrix is a row of it.
        both = self.cell.bias_ih + F.pad(self.cell.bias_hh[: 2 * self._width], (0, self._width))
        table = self.cell.weight_ih.T
        table = torch.cat([table[: self.types] + both, table[self.types :]])
        columns = [types, self.types + vertex] if self.positions else [types]
        return GatherSum.apply(table, Bags.table(np.column_stack(columns), len(table)))


def sweep(
    update: VertexUpdate, send: Messages, rows: VertexRows, first: Float[Tensor, "n four_width"] | None = None
) -> tuple[Float[Tensor, "rows width"], Float[Tensor, "senders four_width"]]:
    """States of all rows, and messages and their products of all rows that send."""
    x = update.inputs(rows.types, rows.vertex)
    offsets = send.offset_rows(rows.vertex[: rows.senders])
    return Sweep.apply(x, update.bias, update.cell.weight_hh, send.mix.weight, offsets, first, rows)
