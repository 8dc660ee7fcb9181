"""The directed acyclic graph VAE shared by D-VAE and NGAE: asynchronous message passing on typed vertices.

Sources: Zhang et al., "D-VAE", NeurIPS 2019, section 3; Li et al., NGAE, section 3 (same encoder and
decoder). Batched over graphs; loops run over levels of vertices (training) or over vertices (decoding).
Conventions: operation 0 is the input vertex, the last operation the output vertex, vertices are in
topological order, absent vertices (PAD) come last and take no part; a graph has at least two vertices.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from methods.networks.dag.decisions import Decisions
from methods.networks.dag.kernels import EdgeScores, GatherSum, GRUStates
from methods.networks.dag.parts import Graphs, Messages, VertexUpdate, sweep
from methods.networks.dag.rows import VertexRows
from tabular.cells import PAD, Cells

__all__ = ["GraphDecoder", "GraphEncoder", "Graphs", "Messages"]

CACHED_FLOATS = 2**21
"""Edge decisions are taken in blocks whose hidden layers have about this many numbers."""


class GraphEncoder(nn.Module):
    """Bidirectional asynchronous message passing: output's forward state and input's backward state."""

    def __init__(
        self,
        types: int,
        vertices: int,
        width: int,
        latent: int,
        vertex_ids: bool,
        open_gates: bool = True,
        reads_all: bool = False,
    ) -> None:
        """`reads_all` adds a gated sum over all vertices to the two end states.

        In the paper, what is known of a vertex reaches the latent point along edges alone, on other ways in
        every graph: where edges vary as freely as in ENAS cells, operations are learnt late or not at all.
        """
        super().__init__()
        self.update = VertexUpdate(types, width, open_gates=open_gates)
        self.send = Messages(width, vertices, vertex_ids, open_gates)
        self.update_backward = VertexUpdate(types, width, open_gates=open_gates)
        self.send_backward = Messages(width, vertices, vertex_ids, open_gates)
        self.merge = nn.Linear(2 * width, width)
        self.read = Messages(width, vertices, vertex_ids, open_gates) if reads_all else None
        self.mean = nn.Linear(width, latent)
        self.log_variance = nn.Linear(width, latent)

    def forward(self, graphs: Graphs) -> tuple[Float[Tensor, "n latent"], Float[Tensor, "n latent"]]:
        """Posterior mean and log variance."""
        ops, edges, last = graphs.ops.numpy(), graphs.edges(), graphs.last.numpy()
        # Equal parts of different graphs have equal states here, and share their rows.
        ahead = VertexRows.of(ops, edges, last, shared=True)
        back = VertexRows.of(ops, edges, np.zeros_like(last), backward=True, shared=True)
        forward, _ = sweep(self.update, self.send, ahead)
        backward, _ = sweep(self.update_backward, self.send_backward, back)
        state = self.merge(torch.cat([forward[ahead.senders :], backward[back.senders :]], dim=1))
        if self.read:
            state = state + GatherSum.apply(self.read.of_rows(forward, ahead.vertex), ahead.of_graphs)
        return self.mean(state), self.log_variance(state)


class GraphDecoder(nn.Module):
    """Vertex by vertex, then edge by edge from the nearest earlier vertex to the first (D-VAE section 3.3).

    An edge decision sees the state of the new vertex given the edges decided so far; under teacher
    forcing these states are functions of partial sums of known messages and come in one batch.
    """

    def __init__(
        self,
        types: int,
        vertices: int,
        width: int,
        latent: int,
        vertex_ids: bool,
        positions: bool = True,
        messages: Messages | None = None,
        open_gates: bool = True,
        free_output: bool = False,
        many_sources: bool = False,
    ) -> None:
        """`vertex_ids` marks messages, `positions` tells a new vertex its own index.

        The authors' decoder has no positions, shares the forward `messages` of the encoder
        (`encoder.send`) and keeps PyTorch's initialisation (`open_gates=False`). In the paper the output
        vertex reads the loose ends and nothing else, which is not true of every NB101 or DARTS cell;
        `free_output` adds what its edge decisions choose. In the paper vertex 0 alone receives the latent
        point, and what does not descend from it knows nothing of it; with `many_sources` every vertex
        without predecessors receives it.
        """
        super().__init__()
        self.vertices, self.types = vertices, types
        self.free_output, self.many_sources = free_output, many_sources
        self.start = nn.Linear(latent, width)
        self.update = VertexUpdate(types, width, vertices * positions, open_gates)
        self.send = messages or Messages(width, vertices, vertex_ids, open_gates)
        self.type_head = nn.Sequential(
            nn.Linear(width, 2 * width), nn.ReLU(inplace=True), nn.Linear(2 * width, types)
        )
        # The edge head reads [earlier, new]; its first layer is split so each side is used once.
        self.edge_earlier = nn.Linear(width, 4 * width)
        self.edge_new = nn.Linear(width, 4 * width, bias=False)
        self.edge_out = nn.Linear(4 * width, 1)
        if open_gates:
            nn.init.orthogonal_(self.start.weight)
        else:  # as one layer of both sides
            for parameter in (*self.edge_earlier.parameters(), self.edge_new.weight):
                nn.init.uniform_(parameter, -((2 * width) ** -0.5), (2 * width) ** -0.5)

    def negative_log_likelihood(self, z: Float[Tensor, "n latent"], graphs: Graphs) -> Float[Tensor, " n"]:
        """Of types and edges of each graph (nats), teacher-forced; vertex 0 is given."""
        ops, edges = graphs.ops.numpy(), graphs.edges()
        rows = VertexRows.of(ops, edges, graphs.last.numpy())
        first = self._first(z)
        if self.many_sources:
            first = first[torch.from_numpy(rows.graph[: rows.sources])]
        states, sent = sweep(self.update, self.send, rows, first)
        graph = rows.graph[: rows.senders]
        following = ops[graph, rows.vertex[: rows.senders] + 1]
        type_logits = self.type_head(states[: rows.senders])
        type_loss = F.cross_entropy(type_logits, torch.from_numpy(following), reduction="none")
        block = CACHED_FLOATS // self.edge_out.in_features
        decisions = Decisions.of(ops, edges, rows, block)
        logits = self._edge_logits(states, sent, decisions)
        is_edge = torch.from_numpy(decisions.is_edge).float()
        edge_loss = F.binary_cross_entropy_with_logits(logits, is_edge, reduction="none")
        loss = type_loss.new_zeros(len(graphs)).index_add(0, torch.from_numpy(graph), type_loss)
        return loss.index_add(0, torch.from_numpy(decisions.graph), edge_loss)

    def _edge_logits(
        self,
        states: Float[Tensor, "rows width"],
        sent: Float[Tensor, "senders four_width"],
        decisions: Decisions,
    ) -> Float[Tensor, " decisions"]:
        x = self.update.inputs(decisions.types, decisions.vertex)
        partial = GRUStates.apply(x, GatherSum.apply(sent, decisions.added), self.update.bias)
        looked_at = GatherSum.apply(torch.cat([partial, states]), decisions.looked_at)
        scores = EdgeScores.apply(
            looked_at,
            partial[: decisions.bare],
            self.edge_earlier.weight,
            self.edge_earlier.bias,
            self.edge_new.weight,
            self.edge_out.weight[0],
            decisions,
        )
        return scores + self.edge_out.bias

    def _first(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n four_width"]:
        """What the input vertex receives instead of messages."""
        start = torch.tanh(self.start(z))
        return torch.cat([start, self.update.product(start)], dim=1)

    @torch.no_grad()
    def most_likely(self, z: Float[Tensor, "n latent"]) -> Cells:
        """Greedy decoding: the likeliest type, then every edge whose probability exceeds 1/2."""
        return self._decode(z, lambda logits: logits.argmax(1), lambda logits: logits > 0)

    @torch.no_grad()
    def sample(self, z: Float[Tensor, "n latent"], generator: torch.Generator | None = None) -> Cells:
        """Stochastic decoding: each type and each edge drawn from its predicted distribution."""

        def types(logits: Tensor) -> Tensor:
            return torch.multinomial(logits.softmax(1), 1, generator=generator).squeeze(1)

        def edges(logits: Tensor) -> Tensor:
            return torch.rand(len(logits), generator=generator) < logits.sigmoid()

        return self._decode(z, types, edges)

    def _decode(
        self,
        z: Float[Tensor, "n latent"],
        choose_types: Callable[[Float[Tensor, "n types"]], Int[Tensor, " n"]],
        choose_edges: Callable[[Float[Tensor, " n"]], Bool[Tensor, " n"]],
    ) -> Cells:
        """A vertex of the output type receives all loose ends and ends its graph; the last one is forced to.

        Rules of the paper and of the authors' code (but for `free_output`).
        """
        n, output = len(z), self.types - 1
        ops = torch.full((n, self.vertices), PAD)
        ops[:, 0] = 0
        adjacency = torch.zeros(n, self.vertices, self.vertices, dtype=torch.bool)
        is_open = torch.ones(n, dtype=torch.bool)
        x = self.update.inputs(np.zeros(n, dtype=int), np.zeros(n, dtype=int))
        first = self._first(z)
        state = GRUStates.apply(x, first, self.update.bias)
        earlier: list[Tensor] = []
        sent: list[Tensor] = []
        for vertex in range(1, self.vertices):
            types = choose_types(self.type_head(state))
            if vertex == self.vertices - 1:
                types = torch.full_like(types, output)
            ops[:, vertex] = torch.where(is_open, types, PAD)
            ends = (is_open & (types == output)).unsqueeze(1)
            adjacency[:, :vertex, vertex] = ends & ~adjacency[:, :vertex].any(2)
            asked = is_open if self.free_output else is_open & (types != output)
            is_open = is_open & (types != output)
            if not asked.any():
                break
            message = self.send(state, vertex - 1)
            sent.append(torch.cat([message, self.update.product(message)], dim=1))
            earlier.append(self.edge_earlier(state))
            x = self.update.inputs(types.numpy(), np.full(n, vertex))
            sums = torch.zeros_like(sent[0])
            for source in range(vertex - 1, -1, -1):
                state = GRUStates.apply(x, sums, self.update.bias)
                logits = self.edge_out(torch.relu_(self.edge_new(state) + earlier[source])).squeeze(1)
                edge = adjacency[:, source, vertex] | (choose_edges(logits) & asked)
                adjacency[:, source, vertex] = edge
                sums += edge.unsqueeze(1) * sent[source]
            if self.many_sources:
                sums = torch.where(adjacency[:, :vertex, vertex].any(1, keepdim=True), sums, first)
            state = GRUStates.apply(x, sums, self.update.bias)
        return Cells(adjacency.numpy(), ops.to(torch.int8).numpy())
