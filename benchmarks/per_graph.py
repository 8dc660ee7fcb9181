"""D-VAE's training loss as the paper tells it: one graph at a time, vertex by vertex, edge by edge.

The reference for the batched code. It reads the parameters of a batched encoder and decoder, so that both
must give the same loss. The state of a new vertex is computed again after every edge decision.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from methods.networks.dag.coder import GraphDecoder, GraphEncoder
from methods.networks.dag.parts import Messages, VertexUpdate
from tabular.cells import PAD, Cells


def loss(
    encoder: GraphEncoder, decoder: GraphDecoder, cells: Cells, noise: Tensor, kl_weight: float
) -> Tensor:
    """Mean over graphs of reconstruction and weighted KL (nats)."""
    total = torch.zeros(())
    for adjacency, ops, draw in zip(cells.adjacency, cells.ops, noise, strict=True):
        types = ops[ops != PAD].tolist()
        senders = [[u for u in range(v) if adjacency[u, v]] for v in range(len(types))]
        mean, log_variance = encode(encoder, types, senders)
        z = mean + draw * (0.5 * log_variance).exp()
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum()
        total = total + decoding_loss(decoder, z, types, senders) + kl_weight * kl
    return total / len(cells)


def encode(encoder: GraphEncoder, types: list[int], senders: list[list[int]]) -> tuple[Tensor, Tensor]:
    """Posterior mean and log variance of one graph."""
    receivers = [[v for v in range(len(types)) if u in senders[v]] for u in range(len(types))]
    order = range(len(types))
    forward = propagate(encoder.update, encoder.send, types, senders, order)
    backward = propagate(encoder.update_backward, encoder.send_backward, types, receivers, order[::-1])
    state = encoder.merge(torch.cat([forward[order[-1]], backward[0]]))
    return encoder.mean(state), encoder.log_variance(state)


def propagate(
    update: VertexUpdate, send: Messages, types: list[int], feeds: list[list[int]], order: range
) -> dict[int, Tensor]:
    """States of all vertices, visited in `order`; feeds[v] are those that send to v."""
    states: dict[int, Tensor] = {}
    messages: dict[int, Tensor] = {}
    for v in order:
        states[v] = state(update, types[v], v, [messages[u] for u in feeds[v]])
        messages[v] = send(states[v][None], v)[0]
    return states


def decoding_loss(decoder: GraphDecoder, z: Tensor, types: list[int], senders: list[list[int]]) -> Tensor:
    """Negative log likelihood of one graph, its own types and edges fed back."""
    states = [state(decoder.update, types[0], 0, [torch.tanh(decoder.start(z))])]
    messages = [decoder.send(states[0][None], 0)[0]]
    total = torch.zeros(())
    for v in range(1, len(types)):
        total = total + F.cross_entropy(decoder.type_head(states[-1]), torch.tensor(types[v]))
        received: list[Tensor] = []
        new = state(decoder.update, types[v], v, received)
        for u in range(v - 1, -1, -1):
            hidden = torch.relu(decoder.edge_earlier(states[u]) + decoder.edge_new(new))
            is_edge = u in senders[v]
            total = total + F.softplus(decoder.edge_out(hidden)[0] * (-1.0 if is_edge else 1.0))
            if is_edge:
                received.append(messages[u])
            new = state(decoder.update, types[v], v, received)
        states.append(new)
        messages.append(decoder.send(new[None], v)[0])
    return total


def state(update: VertexUpdate, op: int, vertex: int, messages: list[Tensor]) -> Tensor:
    """The GRU cell's state of a vertex that has received `messages`."""
    cell = update.cell
    x = torch.zeros(cell.input_size)
    x[op] = 1
    if update.positions:
        x[update.types + vertex] = 1
    hidden = torch.stack(messages).sum(0) if messages else torch.zeros(cell.hidden_size)
    return cell(x[None], hidden[None])[0]
