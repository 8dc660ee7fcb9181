"""The batched graph VAE against loops over single graphs, vertices and edges, written with GRUCell."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from methods.dag_vae import GraphDecoder, GraphEncoder, Graphs
from methods.layers import FlatAdam
from tabular.cells import PAD, Cells

TYPES, VERTICES, WIDTH, LATENT = 5, 6, 12, 7


def random_cells(n, seed=0, smallest=3):
    """Random DAGs of `smallest` .. VERTICES vertices: input first, output last, absent vertices behind."""
    rng = np.random.default_rng(seed)
    ops = np.full((n, VERTICES), PAD)
    adjacency = np.zeros((n, VERTICES, VERTICES), dtype=bool)
    for g in range(n):
        size = rng.integers(smallest, VERTICES + 1)
        ops[g, :size] = [0, *rng.integers(1, TYPES - 1, size - 2), TYPES - 1]
        adjacency[g, :size, :size] = np.triu(rng.random((size, size)) < 0.5, 1)
    return Cells(adjacency, ops)


def message(send, h, vertex):
    gate, value = h @ send.gate.weight.T + send.gate.bias, h @ send.map.weight.T
    if len(send.gate_id):
        gate, value = gate + send.gate_id[vertex], value + send.map_id[vertex]
    return torch.sigmoid(gate) * value


def cell_state(update, op, vertex, total):
    width = update.cell.input_size
    x = torch.zeros(width)
    x[op] = 1
    if width > TYPES:
        x[TYPES + vertex] = 1
    return update.cell(x[None], total[None])[0]


def slow_encode(encoder, cells, g):
    size = int((cells.ops[g] != PAD).sum())
    edges = cells.adjacency[g]
    final = []
    for update, send, order, feeds in (
        (encoder.update, encoder.send, range(size), lambda u, v: edges[u, v]),
        (encoder.update_backward, encoder.send_backward, range(size)[::-1], lambda u, v: edges[v, u]),
    ):
        h = {}
        for v in order:
            total = torch.zeros(WIDTH)
            for u, state in h.items():
                if feeds(u, v):
                    total = total + message(send, state, u)
            h[v] = cell_state(update, cells.ops[g, v], v, total)
        final.append(h[order[-1]])
    state = encoder.merge(torch.cat(final))
    return encoder.mean(state), encoder.log_variance(state)


def slow_likelihood(decoder, z, cells, g):
    size = int((cells.ops[g] != PAD).sum())
    h = [cell_state(decoder.update, 0, 0, torch.tanh(decoder.start(z)))]
    loss = torch.tensor(0.0)
    for v in range(1, size):
        op = int(cells.ops[g, v])
        loss = loss - F.log_softmax(decoder.type_head(h[-1]), 0)[op]
        total = torch.zeros(WIDTH)
        new = cell_state(decoder.update, op, v, total)
        for u in range(v - 1, -1, -1):
            hidden = torch.relu(decoder.edge_earlier(h[u]) + decoder.edge_new(new))
            p = torch.sigmoid(decoder.edge_out(hidden))[0]
            loss = loss - torch.log(p if cells.adjacency[g, u, v] else 1 - p)
            if cells.adjacency[g, u, v]:
                total = total + message(decoder.send, h[u], u)
            new = cell_state(decoder.update, op, v, total)
        h.append(new)
    return loss


@pytest.mark.parametrize("vertex_ids", [True, False])
def test_batched_encoder_equals_propagation_graph_by_graph(vertex_ids):
    torch.manual_seed(0)
    encoder, cells = GraphEncoder(TYPES, VERTICES, WIDTH, LATENT, vertex_ids), random_cells(12)
    mean, log_variance = encoder(Graphs.of(cells))
    for g in range(len(cells)):
        slow_mean, slow_log_variance = slow_encode(encoder, cells, g)
        torch.testing.assert_close(mean[g], slow_mean, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(log_variance[g], slow_log_variance, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("vertex_ids", [True, False])
def test_batched_likelihood_equals_edge_by_edge_decoding(vertex_ids):
    torch.manual_seed(1)
    decoder, cells = GraphDecoder(TYPES, VERTICES, WIDTH, LATENT, vertex_ids), random_cells(12, seed=1)
    z = torch.randn(12, LATENT)
    fast = decoder.negative_log_likelihood(z, Graphs.of(cells))
    slow = torch.stack([slow_likelihood(decoder, z[g], cells, g) for g in range(12)])
    torch.testing.assert_close(fast, slow, atol=1e-5, rtol=1e-5)


def relabelled_twins():
    """Two diamonds that differ in the order of their two parallel middle vertices only."""
    adjacency = np.zeros((1, 4, 4), dtype=bool)
    adjacency[0, 0, [1, 2]] = adjacency[0, [1, 2], 3] = True
    return Cells(adjacency, np.array([[0, 1, 2, 4]])), Cells(adjacency, np.array([[0, 2, 1, 4]]))


def test_encoder_is_invariant_to_relabelling_without_vertex_ids():
    torch.manual_seed(2)
    one, other = relabelled_twins()
    encoder = GraphEncoder(TYPES, 4, WIDTH, LATENT, vertex_ids=False)
    torch.testing.assert_close(encoder(Graphs.of(one))[0], encoder(Graphs.of(other))[0])


def test_vertex_ids_break_the_invariance():
    torch.manual_seed(2)
    one, other = relabelled_twins()
    encoder = GraphEncoder(TYPES, 4, WIDTH, LATENT, vertex_ids=True)
    assert (encoder(Graphs.of(one))[0] - encoder(Graphs.of(other))[0]).abs().max() > 1e-3


def test_an_overfit_set_of_64_graphs_is_decoded_exactly():
    torch.manual_seed(3)
    cells = connected(random_cells(64, seed=4))
    graphs = Graphs.of(cells)
    model = torch.nn.ModuleDict(
        {
            "encoder": GraphEncoder(TYPES, VERTICES, 48, 16, True),
            "decoder": GraphDecoder(TYPES, VERTICES, 48, 16, True),
        }
    )
    optimizer = FlatAdam(model, 1e-2, 1.0)
    optimizer.one_cycle(400)
    for _ in range(400):
        mean, _ = model["encoder"](graphs)
        optimizer.step(model["decoder"].negative_log_likelihood(mean, graphs).mean())
    again = model["decoder"].most_likely(model["encoder"](graphs)[0])
    assert np.array_equal(again.ops, cells.ops)
    assert np.array_equal(again.adjacency, cells.adjacency)


def connected(cells):
    """Every vertex is fed (else its state knows nothing of z) and the output reads exactly the loose ends."""
    adjacency = cells.adjacency.copy()
    for g in range(len(cells)):
        last = int((cells.ops[g] != PAD).sum()) - 1
        for v in range(1, last):
            adjacency[g, v - 1, v] |= not adjacency[g, :v, v].any()
        adjacency[g, :, last] = False
        adjacency[g, :last, last] = ~adjacency[g, :last].any(1)
    return Cells(adjacency, cells.ops)
