"""The directed acyclic graph VAE shared by D-VAE and NGAE: asynchronous message passing, vertex by vertex.

Sources: Zhang et al., "D-VAE", NeurIPS 2019, section 3; Li et al., NGAE, section 3 (same encoder and
decoder). Batched over graphs with dense adjacency; the only loop is over vertices. Conventions:
operation 0 is the input vertex, the last operation the output vertex, vertices are in topological
order, absent vertices (PAD) come last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from methods.layers import dense_adjacency
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


class Messages(nn.Module):
    """What a vertex sends: gate([h, id]) * map([h, id]) (D-VAE eq. 6), the vertex id one-hot if wanted."""

    def __init__(self, width: int, vertices: int, vertex_ids: bool) -> None:
        super().__init__()
        self.gate = nn.Linear(width, width)
        self.map = nn.Linear(width, width, bias=False)
        # A one-hot id times a matrix is a row of it: one learnt offset per vertex.
        shape = (vertices, width) if vertex_ids else (0, width)
        # Signals cross several gates; started open and length-preserving they are not lost on the way.
        nn.init.orthogonal_(self.map.weight)
        nn.init.constant_(self.gate.bias, 2.0)
        self.gate_id = nn.Parameter(torch.randn(shape) * width**-0.5)
        self.map_id = nn.Parameter(torch.randn(shape) * width**-0.5)

    def forward(self, h: Float[Tensor, "n width"], vertex: int) -> Float[Tensor, "n width"]:
        gate, value = self.gate(h), self.map(h)
        if len(self.gate_id):
            gate, value = gate + self.gate_id[vertex], value + self.map_id[vertex]
        return torch.sigmoid(gate) * value


class VertexUpdate(nn.Module):
    """GRU cell whose hidden input is a sum of messages (D-VAE eq. 5), split so that sums can be shared.

    The hidden product is linear, so the product of a partial sum of messages is the partial sum of
    products: states for all prefixes of a sum cost one matrix product per message.
    """

    def __init__(self, types: int, width: int, positions: int = 0) -> None:
        """`positions` vertices can be told apart by a one-hot of their own index; 0 for none."""
        super().__init__()
        self.cell = nn.GRUCell(types + positions, width)
        nn.init.constant_(self.cell.bias_ih[width : 2 * width], 1.0)  # as for open gates in Messages
        self._types, self._positions = types, positions

    def product(self, message: Float[Tensor, "... width"]) -> Float[Tensor, "... three_width"]:
        """Hidden-side product of one message, without bias (to be summed)."""
        return message @ self.cell.weight_hh.T

    def forward(
        self,
        types: Int[Tensor, "n *k"],
        vertex: int | Int[Tensor, " k"],
        total: Float[Tensor, "n *k width"],
        product: Float[Tensor, "n *k three_width"],
    ) -> Float[Tensor, "n *k width"]:
        """New state from type and index of the vertex, summed messages and their summed products."""
        table = self.cell.weight_ih.T  # a one-hot times a matrix is a row of it
        inputs = F.embedding(types.clamp_min(0), table[: self._types]) + self.cell.bias_ih
        if self._positions:
            inputs = inputs + table[self._types + vertex]
        width = total.shape[-1]
        hidden = product + self.cell.bias_hh
        gates = torch.sigmoid(inputs[..., : 2 * width] + hidden[..., : 2 * width])
        reset, update = gates.chunk(2, -1)
        fresh = torch.tanh(inputs[..., 2 * width :] + reset * hidden[..., 2 * width :])
        return fresh + update * (total - fresh)


class GraphEncoder(nn.Module):
    """Bidirectional asynchronous message passing: output's forward state and input's backward state."""

    def __init__(self, types: int, vertices: int, width: int, latent: int, vertex_ids: bool) -> None:
        super().__init__()
        self.update = VertexUpdate(types, width)
        self.send = Messages(width, vertices, vertex_ids)
        self.update_backward = VertexUpdate(types, width)
        self.send_backward = Messages(width, vertices, vertex_ids)
        self.merge = nn.Linear(2 * width, width)
        self.mean = nn.Linear(width, latent)
        self.log_variance = nn.Linear(width, latent)

    def forward(self, graphs: Graphs) -> tuple[Float[Tensor, "n latent"], Float[Tensor, "n latent"]]:
        """Posterior mean and log variance."""
        vertices = graphs.ops.shape[1]
        ahead = (self.update, self.send)
        back = (self.update_backward, self.send_backward)
        forward = self._sweep(*ahead, graphs, graphs.adjacency, range(vertices))
        backward = self._sweep(*back, graphs, graphs.adjacency.transpose(1, 2), range(vertices)[::-1])
        at_output = forward[torch.arange(len(graphs)), graphs.last]
        state = self.merge(torch.cat([at_output, backward[:, 0]], dim=1))
        return self.mean(state), self.log_variance(state)

    def _sweep(
        self,
        update: VertexUpdate,
        send: Messages,
        graphs: Graphs,
        adjacency: Float[Tensor, "n v v"],
        order: range,
    ) -> Float[Tensor, "n v width"]:
        """States of all vertices, visited in `order`; adjacency[:, a, b] is 1 where a sends to b."""
        width = self.mean.in_features
        states: dict[int, Tensor] = {}
        messages: list[Tensor] = []
        for vertex in order:
            if messages:
                senders = torch.stack(messages, dim=1)
                edges = adjacency[:, list(states), vertex].unsqueeze(1)
                total = torch.bmm(edges, senders).squeeze(1)
            else:
                total = graphs.adjacency.new_zeros(len(graphs), width)
            states[vertex] = update(graphs.ops[:, vertex], vertex, total, update.product(total))
            messages.append(send(states[vertex], vertex))
        return torch.stack([states[vertex] for vertex in sorted(states)], dim=1)


class GraphDecoder(nn.Module):
    """Vertex by vertex, then edge by edge from the nearest earlier vertex to the first (D-VAE section 3.3).

    An edge decision sees the state of the new vertex given the edges decided so far; under teacher
    forcing these states are functions of partial sums of known messages and come in one batch.
    """

    def __init__(self, types: int, vertices: int, width: int, latent: int, vertex_ids: bool) -> None:
        super().__init__()
        self.vertices, self.types = vertices, types
        self.start = nn.Linear(latent, width)
        nn.init.orthogonal_(self.start.weight)
        self.update = VertexUpdate(types, width, vertices if vertex_ids else 0)
        self.send = Messages(width, vertices, vertex_ids)
        self.type_head = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, types))
        # The edge head reads [earlier, new]; its first layer is split so each side is used once.
        self.edge_earlier = nn.Linear(width, 4 * width)
        self.edge_new = nn.Linear(width, 4 * width, bias=False)
        self.edge_out = nn.Linear(4 * width, 1)
        new = [b for b in range(1, vertices) for _ in range(b)]
        earlier = [a for b in range(1, vertices) for a in range(b)]
        self.pairs = (torch.tensor(new), torch.tensor(earlier))
        source = torch.arange(vertices)
        self.between = (source > self.pairs[1][:, None]) & (source < self.pairs[0][:, None])

    def negative_log_likelihood(self, z: Float[Tensor, "n latent"], graphs: Graphs) -> Float[Tensor, " n"]:
        """Of types and edges of each graph (nats), teacher-forced; vertex 0 is given."""
        states, messages = self._teacher_forced(z, graphs)
        targets = graphs.ops[:, 1:]
        type_logits = self.type_head(states[:, :-1])
        type_loss = F.cross_entropy(type_logits.transpose(1, 2), targets, ignore_index=PAD, reduction="none")
        # Pair p is the decision on edge earlier[p] -> new[p]; it sees the edges from later sources.
        new, earlier = self.pairs
        seen = self.between * graphs.adjacency[:, :, new].transpose(1, 2)  # n, pairs, vertices
        partial = torch.bmm(seen, messages)
        product = torch.bmm(seen, self.update.product(messages))
        at_decision = self.update(graphs.ops[:, new], new, partial, product)
        hidden = self.edge_earlier(states)[:, earlier] + self.edge_new(at_decision)
        edge_loss = F.binary_cross_entropy_with_logits(
            self.edge_out(torch.relu_(hidden)).squeeze(2),
            graphs.adjacency[:, earlier, new],
            weight=(graphs.ops[:, new] != PAD).float(),
            reduction="none",
        )
        return type_loss.sum(1) + edge_loss.sum(1)

    def _teacher_forced(
        self, z: Float[Tensor, "n latent"], graphs: Graphs
    ) -> tuple[Float[Tensor, "n v width"], Float[Tensor, "n v width"]]:
        """Final states and messages of all vertices of the true graphs."""
        total = torch.tanh(self.start(z))
        states: list[Tensor] = []
        messages: list[Tensor] = []
        for vertex in range(graphs.ops.shape[1]):
            if messages:
                edges = graphs.adjacency[:, :vertex, vertex].unsqueeze(1)
                total = torch.bmm(edges, torch.stack(messages, dim=1)).squeeze(1)
            product = self.update.product(total)
            states.append(self.update(graphs.ops[:, vertex], vertex, total, product))
            messages.append(self.send(states[-1], vertex))
        return torch.stack(states, dim=1), torch.stack(messages, dim=1)

    @torch.no_grad()
    def most_likely(self, z: Float[Tensor, "n latent"]) -> Cells:
        """Greedy decoding: the likeliest type, then every edge whose probability exceeds 1/2.

        A vertex of the output type receives all loose ends and ends its graph; the last possible
        vertex always is one (authors' code).
        """
        n, output = len(z), self.types - 1
        ops = torch.full((n, self.vertices), PAD)
        ops[:, 0] = 0
        adjacency = torch.zeros(n, self.vertices, self.vertices, dtype=torch.bool)
        open_graphs = torch.ones(n, dtype=torch.bool)
        state, earlier, messages, products = self._first(z)
        for vertex in range(1, self.vertices):
            types = self.type_head(state).argmax(1)
            if vertex == self.vertices - 1:
                types = torch.full_like(types, output)
            total = torch.zeros_like(state)
            product = self.update.product(total)
            state = self.update(types, vertex, total, product)
            loose = ~adjacency[:, :vertex].any(2)
            for source in range(vertex - 1, -1, -1):
                logit = self.edge_out(torch.relu(earlier[source] + self.edge_new(state))).squeeze(1)
                edge = torch.where(types == output, loose[:, source], logit > 0) & open_graphs
                adjacency[:, source, vertex] = edge
                total = total + edge.unsqueeze(1) * messages[source]
                product = product + edge.unsqueeze(1) * products[source]
                state = self.update(types, vertex, total, product)
            ops[:, vertex] = torch.where(open_graphs, types, ops[:, vertex])
            open_graphs = open_graphs & (types != output)
            self._append(state, vertex, earlier, messages, products)
        return Cells(adjacency.numpy(), ops.to(torch.int8).numpy())

    def _first(self, z: Float[Tensor, "n latent"]) -> tuple[Tensor, list[Tensor], list[Tensor], list[Tensor]]:
        """State of the input vertex, and what later vertices need of it."""
        start = torch.tanh(self.start(z))
        state = self.update(torch.zeros(len(z), dtype=torch.long), 0, start, self.update.product(start))
        earlier: list[Tensor] = []
        messages: list[Tensor] = []
        products: list[Tensor] = []
        self._append(state, 0, earlier, messages, products)
        return state, earlier, messages, products

    def _append(
        self,
        state: Tensor,
        vertex: int,
        earlier: list[Tensor],
        messages: list[Tensor],
        products: list[Tensor],
    ) -> None:
        message = self.send(state, vertex)
        earlier.append(self.edge_earlier(state))
        messages.append(message)
        products.append(self.update.product(message))
