import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

import tabular
from methods.optimizers.gp_bo import GPBO
from methods.representations.supervised import Network, Supervised, batches
from tabular.cells import Cells
from tests.methods import variants
from tests.methods.spaces import SPACES, DARTSShaped, NB101Shaped, labelled, observe

pytestmark = pytest.mark.trains

BENCHMARK = tabular.load("nb201:imagenet16-120")
NB201 = BENCHMARK.space


def make(seed=0, **hyper):
    return Supervised(variants.of(Supervised.Hyper, **hyper), np.random.default_rng(seed))


def answers(keys):
    return labelled(NB201, NB201.all()[keys], BENCHMARK.truth()[keys])


def random_keys(n, seed=0):
    return np.random.default_rng(seed).choice(NB201.size, n, replace=False)


def test_parameter_count_is_the_hand_count():
    norm, linear = 2 * 128, 128 * 128 + 128
    first = 1 + (7 * 128 + 128) + norm + linear + norm
    other = 1 + linear + norm + linear + norm
    network = Network(7, Supervised.Hyper())
    assert sum(p.numel() for p in network.parameters()) == first + 3 * other + (128 * 16 + 16) + (16 + 1)


def test_encoding_is_tanh_of_the_mean_over_the_vertices_that_exist():
    network = Network(5, Supervised.Hyper()).eval()
    cells = NB101Shaped().sample(20, np.random.default_rng(0))
    graphs = network.graphs(cells)
    h = network.mean(network.stack(graphs.ops, graphs.mirrored, graphs.present))
    for row, vertices in enumerate((cells.ops >= 0).sum(1)):
        expected = torch.tanh(sum(h[row, vertex] for vertex in range(vertices)) / int(vertices))
        torch.testing.assert_close(network.encode(graphs)[row], expected, atol=1e-6, rtol=1e-5)


def test_unless_mirrored_the_encoder_sees_directed_edges():
    cells = NB201.all()[random_keys(20)]
    backwards = Cells(cells.adjacency.transpose(0, 2, 1), cells.ops)
    for mirrored in (True, False):
        plugin = make(mirrored=mirrored, epochs=1)
        plugin.fit(NB201, answers(random_keys(10)))
        assert torch.allclose(plugin.encode(cells), plugin.encode(backwards)) is mirrored


def test_an_encoding_depends_on_what_is_encoded_beside_it_where_batch_norm_does():
    cells = NB201.all()[random_keys(20)]
    for batch_norm, depends in (("batch", True), ("running", False)):
        plugin = make(batch_norm=batch_norm, epochs=1)
        plugin.fit(NB201, answers(random_keys(10)))
        alone, beside = plugin.encode(cells[:5]), plugin.encode(cells)[:5]
        assert torch.allclose(alone, beside, atol=1e-5) is not depends


def test_batch_norm_sees_windows_of_random_cells_and_not_of_neighbours_in_the_table():
    """The first 512 rows share their first operation, which batch norm over them would hide."""
    plugin = make(batch_norm="batch", epochs=1)
    plugin.fit(NB201, answers(random_keys(10)))
    encoded = plugin.encode(NB201.all())
    network = plugin._network
    with torch.no_grad():
        window = network.encode(network.graphs(NB201.all()[:512]))
    assert not torch.allclose(encoded[:512], window, atol=1e-3)
    alone = plugin.encode(NB201.all()[:300])  # a single window, in any order
    with torch.no_grad():
        torch.testing.assert_close(alone, network.encode(network.graphs(NB201.all()[:300])))


@pytest.mark.parametrize("space", [NB101Shaped(), DARTSShaped()], ids=lambda space: space.name)
def test_encoding_does_not_change_when_vertices_are_relabelled(space):
    rng = np.random.default_rng(0)
    plugin = make(epochs=3)
    plugin.fit(space, observe(space, 12, rng))
    cells = space.sample(200, rng)
    other = space.relabelled(cells, rng)
    torch.testing.assert_close(plugin.encode(cells), plugin.encode(other), atol=1e-5, rtol=1e-5)


def test_batches_of_ten_without_the_rest_or_with_it():
    for n, sizes in ((10, [10]), (27, [10, 10]), (4, [4])):
        assert [len(rows) for rows in batches(n, drop_incomplete=True)] == sizes
    for n, sizes in ((10, [10]), (27, [14, 13]), (19, [19]), (4, [4])):
        parts = batches(n, drop_incomplete=False)
        assert [len(rows) for rows in parts] == sizes
        assert sorted(torch.cat(list(parts)).tolist()) == list(range(n))


def test_it_learns_to_rank_architectures_it_has_not_seen():
    plugin, keys = make(epochs=40), random_keys(600)
    plugin.fit(NB201, answers(keys[:100]))
    with torch.no_grad():
        predicted = plugin.predict(plugin.encode(NB201.all()[keys[100:]]))
    assert spearmanr(predicted, BENCHMARK.truth()[keys[100:]])[0] > 0.6


def test_training_starts_anew_every_round_or_goes_on_when_the_labels_have_grown():
    cells, keys = NB201.all()[random_keys(8, seed=1)], random_keys(12)
    plugin = make(epochs=2)
    encoded = []
    for n in (10, 11, 12):  # 11 labels are less than 1.15 times as many
        plugin.fit(NB201, answers(keys[:n]))
        encoded.append(plugin.encode(cells).clone())
    assert torch.equal(encoded[0], encoded[1]) and not torch.equal(encoded[1], encoded[2])
    network = plugin._network
    plugin.fit(NB201, answers(random_keys(40)))
    assert plugin._network is network

    anew = make(anew=True, epochs=2)
    anew.fit(NB201, answers(keys[:10]))
    network = anew._network
    anew.fit(NB201, answers(keys[:10]))
    assert anew._network is not network


def test_prediction_is_differentiable_and_the_objective():
    plugin = make(epochs=1)
    plugin.fit(NB201, answers(random_keys(10)))
    z = plugin.encode(NB201.all()[:3]).requires_grad_()
    (slope,) = torch.autograd.grad(plugin.objective(z).sum(), z)
    torch.testing.assert_close(slope, plugin._network.head.weight.expand(3, -1))


@pytest.mark.parametrize(
    ("space", "variant", "surrogate"),
    [
        (SPACES[0], "adapted", "gp"),
        *((space, variant, "linear") for space in SPACES for variant in ("adapted", "published")),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_search_over_a_pool_on_any_space_depends_on_the_seed_alone(space, variant, surrogate):
    observed = observe(space, 12, np.random.default_rng(0))

    def keys(seed):
        torch.manual_seed(np.random.default_rng().integers(2**31))
        plugin = make(seed, variant=variant, epochs=3)
        hyper = variants.of(GPBO.Hyper, variant, surrogate=surrogate, candidates="pool", pool=60)
        optimizer = GPBO(hyper, np.random.default_rng(seed))
        plugin.fit(space, observed)
        cells = optimizer.propose(space, plugin, observed, 5)
        assert space.contains(cells).all()
        return space.keys(cells).tolist()

    assert keys(0) == keys(0) != keys(1)
    assert len(set(keys(0))) == 5 and not set(keys(0)) & set(observed.keys.tolist())
