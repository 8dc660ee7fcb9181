import dataclasses

import numpy as np
import pytest
import torch

import tabular
from methods.networks.layers import seeded
from methods.networks.sequences.lstm import negative_log_likelihood, pooled
from methods.networks.sequences.nao_network import ResidualPredictor
from methods.networks.sequences.tokens import Tokens
from methods.optimizers.gradient_ascent import GradientAscent, gradient
from methods.representations._targets import mid_ranks, ranged, standardised
from methods.representations.nao import NAO
from methods.training import Unwatched
from tabular.oracle import Observations
from tabular.space import EnumerableSpace
from tests.methods import variants
from tests.methods.spaces import SPACES, NB101Shaped, observe

pytestmark = pytest.mark.trains

SMALL = {
    "width": 16,
    "cells": 300,
    "epochs": 1,
    "cycles": 1,
    "first_steps": 8,
    "cold_steps": 10,
    "joint_steps": 4,
}
NB201 = tabular.load("nb201").space


def make(seed=0, **hyper):
    return NAO(variants.of(NAO.Hyper, **{**SMALL, **hyper}), np.random.default_rng(seed))


def with_accuracy(observed, accuracy):
    return dataclasses.replace(observed, accuracy=accuracy)


def labels(space, n=20, seed=0):
    return observe(space, n, np.random.default_rng(seed))


def test_parameter_count_at_the_default_sizes():
    plugin = NAO(NAO.Hyper(cold_steps=1), np.random.default_rng(0))
    plugin.fit(NB101Shaped(), labels(NB101Shaped()))
    lstm = 4 * 64 * (64 + 64 + 2)
    encoder = 7 * 64 + 2 * lstm + (128 * 64 + 64)
    decoder = 7 * 64 + lstm + 64 * 64 + 128 * 64 + (64 * 7 + 7)
    predictor = (64 * 16 + 16) + (16 * 64 + 64) + 65
    assert sum(tensor.numel() for tensor in plugin.state().values()) == encoder + decoder + predictor


def test_predictor_is_a_residual_block_of_two_layers_and_a_linear_map():
    predictor = ResidualPredictor(4, 3, dropout=0.0)
    x = torch.tensor([0.5, -0.5, 0.5, 0.5])
    first, second = predictor.layers[0], predictor.layers[3]
    inner = (first.weight @ x + first.bias).clamp_min(0)
    h = (x + (second.weight @ inner + second.bias).clamp_min(0)) / 2**0.5
    torch.testing.assert_close(predictor(x[None])[0], predictor.out.weight[0] @ h + predictor.out.bias[0])


@pytest.mark.parametrize("variant", ["published", "paper", "adapted"])
def test_joint_loss_is_the_weighted_sum_of_both_errors(variant):
    """On a tiny batch, architecture by architecture."""
    space = NB101Shaped()
    plugin, observed = make(variant=variant), labels(space, 5)
    plugin.fit(space, observed)
    network = plugin._network
    paid, target = plugin._training_set(space, observed)
    with torch.no_grad():
        loss = plugin._loss(network, paid, target).item()
        errors, nlls = [], []
        for sequence, wanted in zip(paid, target, strict=True):
            steps = network.encoder(sequence[None])
            mean = steps[0].mean(0)
            errors.append((network.predictor((mean / mean.norm())[None])[0] - wanted).item() ** 2)
            log_p = torch.log_softmax(network.decoder(steps, sequence[None])[0], dim=1)
            taken = [log_p[at, token].item() for at, token in enumerate(sequence.tolist()) if token]
            nlls.append(-np.mean(taken))
        expected = 0.8 * np.mean(errors) + 0.2 * np.mean(nlls)
        if variant != "adapted":
            expected += 0.5 * 1e-4 * sum(float(p.square().sum()) for p in network.parameters())
    assert loss == pytest.approx(expected, rel=1e-4)


def test_copies_are_relabelled_cells_of_the_same_class_with_the_same_label():
    observed = labels(NB201, 30)
    plugin = make(copies=2)
    plugin.fit(NB201, observed)
    paid, target = plugin._training_set(NB201, observed)
    cells = plugin._scheme.decode(paid.numpy())
    classes = NB201.canonical(cells).reshape(3, -1)
    assert (classes == NB201.canonical(observed.cells)).all()
    assert (NB201.keys(cells).reshape(3, -1)[1:] != observed.keys).any()
    assert (target.view(3, -1) == target[: len(observed)]).all()


def test_unlabelled_cells_join_the_reconstruction_and_not_the_error():
    space = NB101Shaped()
    plugin, observed = make(batch_size=8), labels(space, 5)
    plugin.pretrain(space, None, Unwatched())
    plugin.fit(space, observed)
    network = plugin._network
    paid, target = plugin._training_set(space, observed)
    with torch.no_grad(), seeded(np.random.default_rng(0)):
        state = torch.get_rng_state()
        loss = plugin._loss(network, paid, target).item()
        torch.set_rng_state(state)
        free = plugin._free[torch.randint(len(plugin._free), (2,))]
        predicted = network.predictor(pooled(network.encoder(paid)))
        nll = [network.reconstruction(sequence[None]).item() for sequence in (*paid, *free)]
    expected = 0.8 * (predicted - target).square().mean().item() + 0.2 * np.mean(nll)
    assert loss == pytest.approx(expected, rel=1e-4)


def test_published_uses_paid_cells_alone_and_standard_scores():
    observed = labels(NB201, 30)
    plugin = make(variant="published")
    plugin.fit(NB201, observed)
    paid, target = plugin._training_set(NB201, observed)
    assert torch.equal(paid, torch.from_numpy(Tokens(NB201).encode(observed.cells)))
    accuracy = observed.accuracy
    np.testing.assert_allclose(target, (accuracy - accuracy.mean()) / accuracy.std(), rtol=1e-5)
    assert plugin._free is None and plugin._network.noise == 0


def test_the_table_score_knows_the_whole_table_of_nb101_and_of_no_other_space():
    space = NB101Shaped()
    observed, plugin = labels(space, 10), make(target="table_score", copies=0)
    plugin.fit(space, observed)
    _, running = plugin._training_set(space, observed)
    space.name = "nb101"
    _, leaked = plugin._training_set(space, observed)
    assert abs(running.mean().item()) < 1e-5
    np.testing.assert_allclose(leaked, (observed.accuracy - 0.908192301) / 0.023961, rtol=1e-5)


def test_targets():
    accuracy = np.array([0.2, 0.6, 0.6, 0.4])
    np.testing.assert_allclose(mid_ranks(accuracy), [0.125, 0.75, 0.75, 0.375])
    np.testing.assert_allclose(ranged(accuracy), [0, 1, 1, 0.5])
    np.testing.assert_allclose(standardised(accuracy, (0.5, 0.1)), [-3, 1, 1, -1])
    for target in (ranged, lambda a: standardised(a, None)):
        assert (target(np.full(3, 0.5)) == 0).all()


def test_ranks_make_the_scale_of_labels_irrelevant_and_other_targets_do_not():
    observed = labels(NB201)
    bent = with_accuracy(observed, observed.accuracy**5)
    for target in ("rank", "range", "score", "table_score"):
        one, other = make(target=target), make(target=target)
        one.fit(NB201, observed)
        other.fit(NB201, bent)
        assert torch.equal(one.encode(observed.cells), other.encode(observed.cells)) == (target == "rank")


def test_first_fit_takes_more_steps_and_most_where_nothing_was_pretrained(monkeypatch):
    counted = []
    monkeypatch.setattr(NAO, "_loss", lambda self, network, *_: counted.append(1) or parameter_sum(network))
    for pretrained, expected in ((True, [8, 4, 4]), (False, [10, 4, 4])):
        plugin = make()
        if pretrained:
            plugin.pretrain(SPACES[0], None, Unwatched())
        for steps in expected:
            counted.clear()
            plugin.fit(SPACES[0], labels(SPACES[0]))
            assert len(counted) == steps


def parameter_sum(network):
    return sum(p.square().sum() for p in network.parameters())


def test_predictor_learns_the_order_of_paid_labels():
    observed = labels(NB201, 40)
    plugin = make(cold_steps=200, joint_rate=5e-3, noise=0.3)
    plugin.fit(NB201, observed)
    with torch.no_grad():
        predicted = plugin.predict(plugin.encode(observed.cells))
    assert np.corrcoef(predicted.numpy(), observed.accuracy)[0, 1] > 0.8


def test_latent_points_are_unit_steps_and_what_is_read_ignores_their_length():
    plugin = make()
    plugin.pretrain(SPACES[0], None, Unwatched())
    cells = SPACES[0].sample(9, np.random.default_rng(0))
    z = plugin.encode(cells)
    assert z.shape == (9, 27 * 16)
    torch.testing.assert_close(z.view(9, 27, 16).norm(dim=-1), torch.ones(9, 27))
    stretched = (z.view(9, 27, 16) * torch.rand(9, 27, 1).add(0.5)).flatten(1)
    torch.testing.assert_close(plugin.predict(stretched), plugin.predict(z))
    assert (plugin.decode(stretched).ops == plugin.decode(z).ops).all()
    slope = gradient(plugin, z).view(9, 27, 16)
    assert slope.norm() > 0
    torch.testing.assert_close((slope * z.view(9, 27, 16)).sum(-1), torch.zeros(9, 27), atol=1e-6, rtol=0)
    torch.testing.assert_close(plugin.objective(z), plugin.predict(z))


def test_noise_moves_unit_steps_in_training_only():
    plugin = make(noise=1.0)
    plugin.fit(NB201, labels(NB201))
    network, tokens = plugin._network, torch.from_numpy(Tokens(NB201).encode(NB201.all()[:200]))
    with torch.no_grad():
        assert torch.equal(network.encoded(tokens), network.encoder(tokens))
        network.train()
        for dropout in network.modules():
            if isinstance(dropout, torch.nn.Dropout):
                dropout.p = 0.0
        noisy = network.encoded(tokens)
    torch.testing.assert_close(noisy.norm(dim=-1), torch.ones(200, 35))
    cosine = (noisy * network.encoder(tokens)).sum(-1).mean().item()
    assert cosine == pytest.approx(2**-0.5, abs=0.05)  # noise as long as the step, at a right angle to it


def test_same_seed_same_proposals_after_restore():
    space = SPACES[0]
    original, observed = make(), labels(space)
    facts = original.pretrain(space, None, Unwatched())
    assert set(facts) == {
        "epochs_trained",
        "floor_percent",
        "held_out_exact_percent",
        "reconstruction_exact_percent",
    }
    found = []
    for seed in (9, 9, 10):
        twin = make(seed=seed)
        twin.restore(space, original.state())
        assert torch.equal(twin.encode(observed.cells), original.encode(observed.cells))
        twin.fit(space, observed)
        found.append((twin.encode(observed.cells), twin.prior(5)))
    for one, same, other in zip(*found, strict=True):
        assert torch.equal(one, same) and not torch.equal(one, other)


def test_unlabelled_cells_are_drawn_from_a_space_that_lists_more_than_wanted():
    plugin = make(cells=200)
    plugin.pretrain(NB201, None, Unwatched())
    assert isinstance(NB201, EnumerableSpace) and plugin._free.shape == (200, 35)
    assert len(np.unique(plugin._free.numpy(), axis=0)) == 200


@pytest.mark.parametrize("variant", ["published", "paper", "adapted"])
@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_a_small_search_runs_from_end_to_end(space, variant):
    representation = make(variant=variant)
    if NAO.pretrains(representation.hyper):
        representation.pretrain(space, None, Unwatched())
    optimizer = GradientAscent(
        GradientAscent.Hyper(mode="until_new", steps=3, step_size=20.0, starts_prior=10, distinct="classes"),
        np.random.default_rng(1),
    )
    observed = labels(space, 12)
    for _ in range(3):
        representation.fit(space, observed)
        proposal = optimizer.propose(space, representation, observed, 4)
        assert proposal.ops.shape[1] == space.vertices and len(proposal) >= 4
        fresh = proposal[np.flatnonzero(space.contains(proposal))][:4]
        cells = type(fresh).concatenate([observed.cells, fresh])
        keys = space.keys(cells)
        flat = np.zeros(len(cells))
        repeated = ~np.isin(np.arange(len(keys)), np.unique(keys, return_index=True)[1])
        observed = Observations(cells, keys, 0.5 + 0.01 * (cells.ops == 2).sum(1), flat, repeated)


def test_pretraining_lowers_the_loss_of_cells_it_never_saw():
    space = NB101Shaped()
    plugin = make(width=32, cells=2000, epochs=2)
    tokens = torch.from_numpy(Tokens(space).encode(space.sample(100, np.random.default_rng(77))))

    def loss():
        with torch.no_grad():
            network = plugin._network
            return negative_log_likelihood(network.decoder(network.encoder(tokens), tokens), tokens).mean()

    plugin._build(space)
    before = loss()
    plugin.pretrain(space, None, Unwatched())
    assert loss() < 0.8 * before


@pytest.mark.parametrize(
    "space",
    [
        pytest.param(NB201, marks=pytest.mark.slow),
        pytest.param(NB101Shaped(), marks=pytest.mark.long),
    ],
    ids=lambda space: space.name,
)
def test_pretraining_with_default_settings_reconstructs_all_cells(space):
    plugin = NAO(NAO.Hyper(), np.random.default_rng(0))
    facts = plugin.pretrain(space, None, Unwatched())
    print(facts)
    assert facts["reconstruction_exact_percent"] >= 99
