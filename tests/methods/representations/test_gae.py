import dataclasses

import numpy as np
import pytest
import torch

import tabular
from methods.networks.layers import GCN
from methods.networks.vertex_autoencoder import losses
from methods.representations.gae import GAE, normalised
from methods.representations.vgae import VGAE
from methods.training import Unwatched
from tests.methods.spaces import DARTSShaped, NB101Shaped, has_twins, listing

pytestmark = pytest.mark.trains

NB201 = tabular.load("nb201").space


def some_cells(space, n, seed=0):
    return space.sample(n, np.random.default_rng(seed))


def untrained(cls, space, **hyper):
    plugin = cls(cls.Hyper(**hyper), np.random.default_rng(0))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        plugin._network = plugin._new_network(len(space.op_names))
    return plugin


@pytest.mark.parametrize(("cls", "heads"), [(GAE, 1), (VGAE, 2)])
def test_parameter_count_is_the_hand_count(cls, heads):
    network = untrained(cls, NB201, layers=3)._network
    hidden = (7 * 128 + 128) + 2 * (128 * 128 + 128)
    expected = hidden + heads * (128 * 16 + 16) + (16 * 7 + 7)
    assert sum(p.numel() for p in network.parameters()) == expected


@pytest.mark.parametrize("activated", [True, False])
def test_graph_convolution_equals_a_loop_over_vertices(activated):
    torch.manual_seed(0)
    layer = GCN(5, 3, activated)
    h, mixing = torch.randn(4, 6, 5), torch.rand(4, 6, 6)
    out = layer(h, mixing)
    for graph in range(4):
        for vertex in range(6):
            total = sum(mixing[graph, vertex, other] * (layer.weight @ h[graph, other]) for other in range(6))
            expected = (total.clamp_min(0) if activated else total) + layer.bias
            torch.testing.assert_close(out[graph, vertex], expected, atol=1e-5, rtol=1e-5)


def test_normalised_adjacency_divides_by_the_roots_of_both_degrees():
    mirrored = torch.tensor([[[0.0, 1, 1], [1, 0, 0], [1, 0, 0]]])
    third, half, between = 1 / 3, 1 / 2, 6**-0.5
    expected = torch.tensor([[[third, between, between], [between, half, 0], [between, 0, half]]])
    torch.testing.assert_close(normalised(mirrored), expected)


def test_gae_has_no_posterior_and_its_loss_is_reconstruction_alone():
    network = untrained(GAE, NB201, dropout=0.0)._network.train()
    graphs = network.graphs(some_cells(NB201, 6))
    mean, log_sd = network.encoder(graphs)
    assert log_sd is None and "kl" not in losses(network, graphs)
    op_logits, edge_logits = network.ops(mean), mean @ mean.transpose(1, 2)
    upper = torch.triu_indices(8, 8, 1)
    edges = torch.nn.functional.binary_cross_entropy_with_logits(
        edge_logits[:, upper[0], upper[1]], graphs.adjacency[:, upper[0], upper[1]]
    )
    operations = torch.nn.functional.cross_entropy(op_logits.flatten(0, 1), graphs.ops.argmax(-1).flatten())
    assert losses(network, graphs)["loss"].item() == pytest.approx((edges + operations).item(), rel=1e-5)


def test_vgae_samples_in_training_and_pays_for_its_posterior():
    network = untrained(VGAE, NB201, dropout=0.0)._network.train()
    graphs = network.graphs(some_cells(NB201, 6))
    assert losses(network, graphs)["loss"] != losses(network, graphs)["loss"]
    network.eval()
    mean, log_sd = network.encoder(graphs)
    kl = 0.5 * (mean**2 + torch.exp(log_sd) ** 2 - 1 - 2 * log_sd).sum(-1).mean()
    with_kl = losses(network, graphs)["loss"]
    network.rules = dataclasses.replace(network.rules, kl_weight=0.0)
    assert (with_kl - losses(network, graphs)["loss"]).item() == pytest.approx(0.005 * kl.item(), rel=1e-3)


@pytest.mark.parametrize("cls", [GAE, VGAE])
@pytest.mark.parametrize("space", [NB101Shaped(), DARTSShaped()], ids=lambda space: space.name)
def test_encoding_does_not_change_when_vertices_are_relabelled(cls, space):
    plugin = untrained(cls, space)
    cells = some_cells(space, 200, seed=1)
    other = space.relabelled(cells, np.random.default_rng(2))
    torch.testing.assert_close(plugin.encode(cells), plugin.encode(other), atol=1e-5, rtol=1e-5)


def reconstructed(plugin, cells):
    """Shares of operations, and of edges among all pairs of vertices, that are decoded right."""
    with torch.no_grad():
        again = plugin._network.decode(plugin._vertices(cells)[0])
    pairs = np.triu_indices(8, 1)
    return (again.ops == cells.ops).mean(), (again.adjacency == cells.adjacency)[:, *pairs].mean()


@pytest.mark.parametrize("cls", [GAE, VGAE])
def test_training_reconstructs_operations(cls):
    plugin, cells = untrained(cls, NB201, epochs=60), some_cells(NB201, 500)
    plugin.pretrain(listing(NB201, cells), None, Unwatched())
    assert reconstructed(plugin, cells)[0] > 0.7  # one of five operations by chance


@pytest.mark.parametrize("cls", [GAE, VGAE])
def test_an_overfit_set_of_64_graphs_is_decoded(cls):
    """On NAS-Bench-201, with three hidden layers; on cells of other shapes these baselines cannot."""
    free = {"kl_weight": 0.0} if cls is VGAE else {}
    fast = {"epochs": 1200, "batch_size": 64, "layers": 3, "dropout": 0.0, **free}
    cells = some_cells(NB201, 300)
    plugin, cells = untrained(cls, NB201, **fast), cells[np.flatnonzero(~has_twins(cells))[:64]]
    plugin.pretrain(listing(NB201, cells), None, Unwatched())
    assert min(reconstructed(plugin, cells)) > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("cls", [GAE, VGAE])
def test_pretraining_on_all_cells_reconstructs_operations_and_edges(cls):
    plugin = cls(cls.Hyper(), np.random.default_rng(0))
    print(plugin.pretrain(NB201, None, Unwatched()))
    assert min(reconstructed(plugin, NB201.all())) > 0.9


@pytest.mark.parametrize("cls", [GAE, VGAE])
def test_pretraining_depends_on_the_seed_alone(cls):
    def learn(seed):
        plugin = cls(cls.Hyper(cells=300, epochs=2), np.random.default_rng(seed))
        plugin.pretrain(NB101Shaped(), None, Unwatched())
        twin = cls(plugin.hyper, np.random.default_rng(7))
        twin.restore(NB101Shaped(), plugin.state())
        return twin.encode(some_cells(NB101Shaped(), 9))

    assert torch.equal(learn(0), learn(0))
    assert not torch.equal(learn(0), learn(1))
