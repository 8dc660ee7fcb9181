import numpy as np
import pytest
import torch

import tabular
from methods.representations.ngae import NGAE
from tabular.oracle import Observations

SMALL = {"width": 16, "latent": 8, "epochs": 1, "batch_size": 2048, "joint_steps": 5}


@pytest.fixture(scope="module")
def space():
    return tabular.load("nb201").space


def labels(space, n=40):
    """Architectures with labels that rise with the number of 3x3 convolutions."""
    cells = space.sample(n, np.random.default_rng(0))
    accuracy = 0.1 + 0.1 * (cells.ops == 4).sum(1) + np.linspace(0, 0.01, n)
    flat = np.zeros(n)
    return Observations(cells, space.keys(cells), accuracy, flat, flat.astype(bool))


def make(seed=0, **hyper):
    return NGAE(NGAE.Hyper(**{**SMALL, **hyper}), np.random.default_rng(seed))


def test_predictor_learns_the_rank_of_paid_labels(space):
    observed = labels(space)
    plugin = make(joint_steps=300, joint_rate=5e-3)
    plugin.fit(space, observed)
    with torch.no_grad():
        predicted = plugin.predict(plugin.encode(observed.cells))
    assert np.corrcoef(predicted.numpy(), observed.accuracy)[0, 1] > 0.9
    assert ((predicted > 0) & (predicted < 1)).all()


def test_labels_are_used_as_ranks_so_scale_does_not_matter(space):
    observed = labels(space)
    stretched = Observations(
        observed.cells, observed.keys, observed.accuracy**3, observed.cost, observed.repeated
    )
    one, other = make(), make()
    one.fit(space, observed)
    other.fit(space, stretched)
    assert torch.equal(one.encode(observed.cells), other.encode(observed.cells))


def test_objective_is_accuracy_less_weighted_complexity_and_differentiable(space):
    observed = labels(space)
    plugin = make(complexity_weight=0.5)
    plugin.fit(space, observed)
    z = plugin.encode(observed.cells).requires_grad_(True)
    expected = plugin.predict(z) - 0.5 * plugin._joint().complexity(z)
    torch.testing.assert_close(plugin.objective(z), expected)
    (slope,) = torch.autograd.grad(plugin.objective(z).sum(), z)
    assert slope.abs().sum() > 0
    free = make(complexity_weight=0.0)
    free.fit(space, observed)
    torch.testing.assert_close(free.objective(z), free.predict(z))


def test_relative_complexity_is_one_for_the_costliest_cell(space):
    relative = make()._known(space, space.all()).complexity
    assert relative.max().item() == pytest.approx(1.0)
    assert 0 < relative.min().item() < 0.05


def test_without_pretraining_it_learns_from_paid_labels_alone(space):
    plugin = make()
    plugin.fit(space, labels(space))
    assert plugin._free is None
    assert plugin.prior(7).shape == (7, 8)
    assert len(plugin.decode(plugin.prior(7))) == 7


def test_restore_gives_the_pretrained_encoding_and_same_seed_the_same_fit(space):
    original = make()
    facts = original.pretrain(space)
    assert {
        "reconstruction_exact_percent",
        "prior_valid_strict_percent",
        "prior_unique_strict_percent",
    } <= set(facts)
    encodings = []
    for _ in range(2):
        twin = make(seed=9)
        twin.restore(space, original.state())
        cells = labels(space).cells
        assert torch.equal(twin.encode(cells), original.encode(cells))
        twin.fit(space, labels(space))
        encodings.append(twin.encode(cells))
    assert torch.equal(*encodings)


def test_prior_has_mean_and_covariance_of_encodings(space):
    plugin = make()
    plugin.pretrain(space)
    draws, codes = plugin.prior(20000), plugin.encode(space.all())
    scale = codes.std(0).max()
    assert (draws.mean(0) - codes.mean(0)).abs().max() < 0.1 * scale
    assert (torch.cov(draws.T) - torch.cov(codes.T)).abs().max() < 0.2 * scale**2


def test_fit_learns_also_in_the_instance_that_was_pretrained(space):
    plugin = make()
    plugin.pretrain(space)
    before = plugin.encode(labels(space).cells)
    plugin.fit(space, labels(space))
    assert not torch.equal(before, plugin.encode(labels(space).cells))


@pytest.mark.slow
def test_pretraining_with_default_settings_reconstructs_all_cells(space):
    plugin = NGAE(NGAE.Hyper(), np.random.default_rng(0))
    facts = plugin.pretrain(space)
    print(facts)
    assert facts["reconstruction_exact_percent"] >= 99
    assert facts["prior_valid_strict_percent"] >= 90
