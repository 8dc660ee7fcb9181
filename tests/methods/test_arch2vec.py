import time

import numpy as np
import pytest
import torch

import tabular
from methods.representations.arch2vec import Arch2Vec, Network, loss, train
from tabular.cells import Cells


@pytest.fixture(scope="module")
def space():
    return tabular.load("nb201").space


def some_cells(space, n, seed=0):
    return space.sample(n, np.random.default_rng(seed))


def batch(space, n=5):
    cells = some_cells(space, n)
    ops = torch.from_numpy((cells.ops[:, :, None] == np.arange(7)).astype(np.float32))
    return ops, torch.from_numpy(cells.adjacency.astype(np.float32))


def test_parameter_count_is_the_hand_count():
    norm, linear = 2 * 128, 128 * 128 + 128
    first = 1 + (7 * 128 + 128) + norm + linear + norm
    other = 1 + linear + norm + linear + norm
    heads = 2 * (128 * 16 + 16)
    decoder = 16 * 7 + 7
    network = Network(7, Arch2Vec.Hyper())
    assert sum(p.numel() for p in network.parameters()) == first + 3 * other + heads + decoder


@pytest.mark.parametrize("variant", ["published", "corrected"])
def test_loss_equals_a_loop_over_graphs(space, variant):
    torch.manual_seed(0)
    hyper = Arch2Vec.Hyper(variant=variant)
    network = Network(7, hyper).eval()
    ops, adjacency = batch(space)
    n, v, classes = ops.shape
    op_terms, edge_terms, kl_terms = [], [], []
    mean, log_sd = network.encode(ops, adjacency)
    for g in range(n):
        for a in range(v):
            logits = mean[g, a] @ network.ops.weight.T + network.ops.bias
            label = int(ops[g, a].argmax())
            if variant == "published":
                for c in range(classes):
                    p = torch.sigmoid(logits[c])
                    op_terms.append(-torch.log(p if c == label else 1 - p))
            else:
                op_terms.append(-torch.log_softmax(logits, 0)[label])
            variance = torch.exp(log_sd[g, a]) ** 2
            kl_terms.append(0.5 * (mean[g, a] ** 2 + variance - 1 - torch.log(variance)).sum())
            for b in range(v):
                if b > a:
                    p = torch.sigmoid((mean[g, a] * mean[g, b]).sum())
                    edge_terms.append(-torch.log(p if adjacency[g, a, b] else 1 - p))
                elif variant == "published":
                    edge_terms.append(torch.tensor(0.0))
    kl = torch.stack(kl_terms).mean()
    weight = 1 / (n * v) if variant == "published" else 0.005
    slow = torch.stack(op_terms).mean() + torch.stack(edge_terms).mean() + weight * kl
    assert loss(network, ops, adjacency, hyper).item() == pytest.approx(slow.item(), rel=1e-5)


@pytest.mark.parametrize(("variant", "epochs_with_statistics"), [("published", 1), ("corrected", 3)])
def test_published_variant_stops_training_batch_norm_after_the_first_epoch(
    space, variant, epochs_with_statistics
):
    hyper = Arch2Vec.Hyper(variant=variant, epochs=3)
    torch.manual_seed(0)
    network = Network(7, hyper)
    train(network, some_cells(space, 64), hyper)
    assert int(network.layers[0].first_norm.num_batches_tracked) == 2 * epochs_with_statistics
    assert not network.training


def test_published_posterior_noise_is_absent_after_the_first_epoch(space):
    ops, adjacency = batch(space)
    network = Network(7, Arch2Vec.Hyper(variant="published")).eval()
    hyper = Arch2Vec.Hyper(variant="published")
    assert loss(network, ops, adjacency, hyper) == loss(network, ops, adjacency, hyper)
    network.train()
    assert loss(network, ops, adjacency, hyper) != loss(network, ops, adjacency, hyper)


def pretrained(space, **hyper):
    plugin = Arch2Vec(Arch2Vec.Hyper(**hyper), np.random.default_rng(0))
    with torch.random.fork_rng():
        plugin._network = Network(7, plugin.hyper)
        train(plugin._network, some_cells(space, 64), plugin.hyper)
    return plugin


def test_encoding_does_not_depend_on_the_order_of_vertices(space):
    plugin = pretrained(space, epochs=3)
    cells = some_cells(space, 20, seed=1)
    order = np.random.default_rng(2).permutation(8)
    shuffled = Cells(cells.adjacency[:, order][:, :, order], cells.ops[:, order])
    # the encoder sees A + A^T, so a relabelled graph need not stay upper-triangular
    torch.testing.assert_close(plugin.encode(cells), plugin.encode(shuffled), atol=1e-5, rtol=1e-5)


def test_state_and_restore_give_the_same_encoding(space):
    plugin = pretrained(space, epochs=1)
    twin = Arch2Vec(plugin.hyper, np.random.default_rng(5))
    twin.restore(space, plugin.state())
    cells = some_cells(space, 10)
    assert torch.equal(plugin.encode(cells), twin.encode(cells))
    assert plugin.encode(cells).shape == (10, 16)


def test_an_overfit_set_of_64_graphs_is_decoded_exactly(space):
    plugin = pretrained(space, epochs=400, dropout=0.0, kl_weight=0.0)
    cells = some_cells(space, 64)
    again = plugin._network.decode(plugin._means(cells))
    assert np.array_equal(again.ops, cells.ops)
    assert np.array_equal(again.adjacency, cells.adjacency)


def test_global_random_state_is_neither_read_nor_changed(space):
    def learn():
        plugin = Arch2Vec(Arch2Vec.Hyper(epochs=1, batch_size=4096), np.random.default_rng(3))
        plugin.pretrain(space)
        return plugin.encode(some_cells(space, 5))

    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = learn()
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(2)
    assert torch.equal(first, learn())


@pytest.mark.slow
def test_pretraining_on_all_cells_reconstructs_them(space):
    plugin = Arch2Vec(Arch2Vec.Hyper(), np.random.default_rng(0))
    start = time.perf_counter()
    facts = plugin.pretrain(space)
    seconds = time.perf_counter() - start
    print(f"{seconds:.1f} s", facts)
    assert facts["reconstruction_exact"] >= 99
    assert 20 < facts["prior_valid_strict"] <= 100
    assert seconds < 90  # 25 s on two quiet cores; slow machines may take longer
