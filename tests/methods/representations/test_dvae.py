import numpy as np
import pytest
import torch

import tabular
from methods.networks.dag.coder import Graphs
from methods.networks.dag.vae import GraphVAE, kl_divergence
from methods.networks.flat_adam import FlatAdam
from methods.networks.layers import same_graphs, seeded
from methods.optimizers.gp_bo_latent import GPBOLatent
from methods.representations._decoding import first_valid, most_common
from methods.representations._graph_vae import like
from methods.representations.dvae import DVAE
from methods.training import Unwatched
from tabular.cells import Cells
from tests.methods import variants
from tests.methods.spaces import SPACES, listing, observe

pytestmark = pytest.mark.trains

SMALL = {
    "width": 16,
    "latent": 8,
    "epochs": 1,
    "cycles": 1,
    "batch_size": 2048,
    "paid_steps": 5,
    "cells": 200,
}
AUTHORS_GRU = 3 * 501 * (8 + 501) + 2 * 3 * 501
AUTHORS_MESSAGES = (509 * 501 + 501) + 509 * 501  # gate, map without bias; both read [state, one-hot id]
AUTHORS_ENCODER = 2 * (AUTHORS_GRU + AUTHORS_MESSAGES) + (1002 * 501 + 501) + 2 * (501 * 56 + 56)
AUTHORS_DECODER = (
    (AUTHORS_GRU + 56 * 501 + 501)
    + (501 * 1002 + 1002 + 1002 * 8 + 8)  # types
    + (1002 * 2004 + 2004 + 2004 + 1)  # edges
)


@pytest.fixture(scope="module")
def space():
    return tabular.load("nb201").space


def make(seed=0, **hyper):
    return DVAE(variants.of(DVAE.Hyper, **{**SMALL, **hyper}), np.random.default_rng(seed))


def size(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_parameters_of_the_authors_size():
    """Hidden 501, latent 56, 8 vertices, 8 types; the decoder shares the encoder's forward messages.

    The authors' module also holds a layer that merges the states of single vertices, never used.
    """
    published = variants.of(DVAE.Hyper, "published")
    assert size(GraphVAE(8, 8, published)) == AUTHORS_ENCODER + AUTHORS_DECODER
    adapted = DVAE.Hyper(width=501)
    positions = 3 * 501 * 8
    ours = 2 * AUTHORS_MESSAGES + positions  # the decoder's own, and those that the latent point reads
    assert size(GraphVAE(8, 8, adapted)) == AUTHORS_ENCODER + AUTHORS_DECODER + ours


def test_kl_is_that_of_two_normal_distributions():
    torch.manual_seed(0)
    mean, log_variance = torch.randn(5, 7), torch.randn(5, 7)
    posterior = torch.distributions.Normal(mean, (log_variance / 2).exp())
    theirs = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(kl_divergence(mean, log_variance), theirs)


@pytest.mark.parametrize(("variant", "noise"), [("published", 0.01), ("paper", 1.0), ("adapted", 1.0)])
def test_loss_is_the_mean_over_single_graphs(variant, noise):
    """On cells of different sizes; the posterior noise is scaled as the variant has it."""
    shaped = SPACES[0]
    graphs = Graphs.of(shaped.sample(6, np.random.default_rng(0)))
    hyper = variants.of(DVAE.Hyper, variant, width=16, latent=8, kl_weight=0.7)
    torch.manual_seed(0)
    vae = GraphVAE(len(shaped.op_names), shaped.vertices, hyper)
    torch.manual_seed(1)
    mean, losses = vae.losses(graphs)
    torch.manual_seed(1)
    draw = torch.randn(6, 8)
    terms = []
    for row in range(6):
        one = graphs.rows(torch.tensor([row]))
        centre, log_variance = vae.encoder(one)
        torch.testing.assert_close(mean[[row]], centre, atol=1e-5, rtol=1e-5)
        z = centre + noise * draw[[row]] * (log_variance / 2).exp()
        nll = vae.decoder.negative_log_likelihood(z, one)
        kl = -0.5 * (1 + log_variance - centre**2 - log_variance.exp()).sum()
        terms.append(nll + 0.7 * kl)
    torch.testing.assert_close(losses["loss"], torch.cat(terms).mean(), atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("shape", [None, 0], ids=["nb201", "nb101-shaped"])
def test_64_graphs_are_learnt_by_heart(space, shape):
    space = space if shape is None else SPACES[shape]
    cells = space.sample(64, np.random.default_rng(3))
    plugin = make(width=48, latent=16, batch_size=32, joint_rate=1e-2)
    graphs = Graphs.of(cells)
    with seeded(np.random.default_rng(0)):
        plugin._build(space)
        optimizer = FlatAdam(plugin._network, 1e-2, 1.0)
        optimizer.one_cycle(250)
        for _ in range(250):
            optimizer.step(plugin._network.losses(graphs)[1]["loss"])
    assert same_graphs(cells, plugin.decode(plugin.encode(cells))).mean() > 0.9


def learnt_loss(space, variant, **hyper):
    """Loss of one architecture, trained on alone, whose first two inner vertices have the same operation."""
    plugin = make(variant=variant, width=48, kl_weight=1e-3, **hyper)
    graphs = Graphs.of(space.from_strings(["004321"]))
    with seeded(np.random.default_rng(0)):
        plugin._build(space)
        optimizer = FlatAdam(plugin._network, 3e-3, 1.0)
        for _ in range(150):
            loss = plugin._network.losses(graphs)[1]["loss"]
            optimizer.step(loss)
    return loss.item()


def test_published_decoder_cannot_tell_vertices_with_the_same_predecessors_apart(space):
    """Vertices 1 and 2 look the same to it, but are followed by different operations: it can only guess."""
    assert learnt_loss(space, "published") > 1.99 * np.log(2)
    assert learnt_loss(space, "adapted") < np.log(2)
    assert learnt_loss(space, "adapted", vertex_ids=False) < np.log(2)  # positions are the decoder's own


def counted(cells):
    """A sampler that gives its points' integer parts as rows of `cells`, and counts its draws."""
    draws = []

    def sample(z):
        draws.append(len(z))
        rows = [script[int(z[row, 0])].pop(0) for row in range(len(z))]
        return cells[rows]

    script = {}
    return sample, script, draws


def test_published_takes_the_first_valid_decoding_and_majority_the_most_common(space):
    good = space.sample(3, np.random.default_rng(0))
    broken = Cells(good.adjacency[:1], np.zeros_like(good.ops[:1]))
    cells = Cells.concatenate([good, broken])  # row 3 is invalid
    z = torch.tensor([[0.0], [1.0], [2.0]])
    for choose, expected in ((first_valid, [0, 1, 3]), (most_common, [2, 1, 3])):
        sample, script, draws = counted(cells)
        script.update({0: [0, 3, 2, 2, 3, 3, 3, 2], 1: [3, 3, 1, 2, 2, 1, 3, 3], 2: [3] * 8})
        chosen = choose(z, sample, space.contains, 8)
        assert same_graphs(cells[expected], chosen).all()
        assert sum(draws) <= 24
    assert draws == [24]
    assert len(most_common(z[:0], lambda none: cells[:0], space.contains, 8)) == 0


def test_decodings_are_drawn_unless_greedy(space):
    majority, greedy = make(decoding="majority", decodings=9), make()
    for plugin in (majority, greedy):
        plugin.pretrain(space, None, Unwatched())
    z = greedy.encode(space.sample(30, np.random.default_rng(1)))
    assert same_graphs(greedy.decode(z), greedy.decode(z)).all()
    assert len(majority.decode(z)) == 30
    for decoding, decodings in (("first_valid", 500), ("sample", 500), ("majority", 1)):
        drawing = make(decoding=decoding, decodings=decodings)
        drawing._build(space)
        assert not same_graphs(drawing.decode(z), drawing.decode(z)).all()  # drawn anew


@pytest.mark.parametrize("prior", ["encodings", "rescaled", "normal"])
def test_prior_has_the_moments_it_should(space, prior):
    plugin = make(prior=prior)
    plugin._build(space)
    plugin._free = plugin._known(space, space.all(), None)
    draws, codes = plugin.prior(20_000), plugin.encode(space.all())
    mean, true = codes.mean(0), torch.cov(codes.T)
    if prior == "rescaled":
        true = torch.diag(torch.diag(true))
    if prior == "normal":
        mean, true = torch.zeros(8), torch.eye(8)
    scale = true.diagonal().max() ** 0.5
    assert (draws.mean(0) - mean).abs().max() < 0.1 * scale
    assert (torch.cov(draws.T) - true).abs().max() < 0.2 * scale**2


def test_prior_of_few_or_flat_encodings_stays_where_they_are():
    codes = 50 * torch.randn(6, 40, generator=torch.Generator().manual_seed(0))
    draws = like(codes, 500)
    assert torch.linalg.matrix_rank(draws - codes.mean(0)) == 5
    assert torch.equal(like(codes[:1], 3), codes[:1].expand(3, -1))


def test_pretraining_goes_on_in_longer_cycles_until_held_out_cells_come_back(space, monkeypatch):
    cells = listing(space, space.sample(300, np.random.default_rng(0)))
    for floor, trained in ((0.0, 1), (1.1, 1 + 2 + 4)):
        monkeypatch.setattr("methods.representations._graph_vae.floor", lambda space, least=floor: least)
        facts = make(epochs=1, cycles=3, batch_size=64).pretrain(cells, None, Unwatched())
        assert facts["epochs_trained"] == trained and facts["floor_percent"] == 100 * floor
        assert 0 <= facts["held_out_exact_percent"] <= 100 >= facts["reconstruction_exact_percent"] >= 0


def test_published_pretraining_learns_and_keeps_its_last_state():
    shaped = SPACES[1]
    plugin = make(variant="published", epochs=20, batch_size=16, learning_rate=1e-3)
    plugin._build(shaped)
    graphs = Graphs.of(shaped.sample(200, np.random.default_rng(0)))
    facts = plugin.pretrain(shaped, None, Unwatched())
    trained = plugin._network.losses(graphs)[1]["loss"].item()
    plugin._build(shaped)
    assert trained < plugin._network.losses(graphs)[1]["loss"].item()
    assert "held_out_exact_percent" not in facts


def test_labels_do_not_matter_once_it_is_pretrained(space):
    plugin = make()
    plugin.pretrain(space, None, Unwatched())
    cells = space.sample(20, np.random.default_rng(0))
    before = plugin.encode(cells)
    plugin.fit(space, observe(space, 15, np.random.default_rng(1)))
    assert torch.equal(plugin.encode(cells), before)


@pytest.mark.parametrize("variant", ["adapted", "published"])
def test_where_no_cells_are_shown_it_learns_the_paid_ones(space, variant):
    plugin = make(variant=variant, paid_steps=40, batch_size=32, width=32)
    observed = observe(space, 15, np.random.default_rng(1))
    plugin.fit(space, observed)
    graphs = Graphs.of(observed.cells)
    first = plugin._network.losses(graphs)[1]["loss"].item()
    for _ in range(3):
        plugin.fit(space, observed)
    assert plugin._free is None
    assert plugin._network.losses(graphs)[1]["loss"].item() < 0.97 * first
    assert plugin.prior(7).shape == (7, 8) and len(plugin.decode(plugin.prior(7))) == 7


def test_restored_it_encodes_the_same_and_same_seed_does_the_same(space):
    original, twin = make(), make()
    original.pretrain(space, None, Unwatched())
    twin.pretrain(space, None, Unwatched())
    cells = space.sample(50, np.random.default_rng(0))
    restored = make(seed=9)
    restored.restore(space, original.state())
    assert torch.equal(original.encode(cells), twin.encode(cells))
    assert torch.equal(original.encode(cells), restored.encode(cells))
    assert original.encode(cells[:0]).shape == (0, 8)


@pytest.mark.parametrize("shown", [True, False], ids=["shown", "paid-only"])
@pytest.mark.parametrize("variant", ["adapted", "published"])
@pytest.mark.parametrize("shape", SPACES, ids=lambda shape: shape.name)
def test_end_to_end_on_spaces_that_cannot_be_listed(shape, variant, shown):
    plugin = make(variant=variant, batch_size=64)
    if shown:
        plugin.pretrain(shape, None, Unwatched())
    small = variants.of(GPBOLatent.Hyper, variant, codes=50, starts=20, batch=3)
    optimizer = GPBOLatent(small, np.random.default_rng(0))
    observed = observe(shape, 12, np.random.default_rng(2))
    plugin.fit(shape, observed)
    cells = optimizer.propose(shape, plugin, observed, 3)
    assert cells.ops.shape[1] == shape.vertices
    assert len(cells) == (3 if variant == "published" else 2 * 20)
    assert plugin.encode(observed.cells).shape == (len(observed), 8)


@pytest.mark.slow
def test_pretraining_with_default_settings_reconstructs_all_cells(space):
    plugin = DVAE(DVAE.Hyper(), np.random.default_rng(0))
    facts = plugin.pretrain(space, None, Unwatched())
    print(facts)
    assert facts["reconstruction_exact_percent"] >= 99 <= facts["held_out_exact_percent"]
