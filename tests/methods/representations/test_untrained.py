"""Untrained twins: the weights a training would begin with, whatever is paid for."""

import numpy as np
import pytest
import torch

from harness.study.registry import Registry
from methods.systems import SYSTEMS
from methods.training import Unwatched
from tests.methods.spaces import NB101Shaped, listing, observe

REGISTRY = Registry()
TWINS = {name: system for name, system in SYSTEMS.items() if name.endswith("-untrained")}
SIZES = {name: {"cells": 200, "width": 16} for name in ("arch2vec", "gae", "vgae", "dvae", "ngae", "nao")}
SPACE = NB101Shaped()
each = pytest.mark.parametrize("name", [system.representation for system in TWINS.values()])


def made(name, seed=0, **hyper):
    plugin = REGISTRY.load("representation", name)
    return plugin(plugin.Hyper(**SIZES[name], **hyper), np.random.default_rng(seed))


class Untold(Unwatched):
    """Is told of no pass."""

    def epoch(self, done, most, facts, state):
        raise AssertionError("nothing is trained")


def test_there_is_a_twin_of_every_autoencoder_with_an_optimizer_that_needs_no_more_than_points():
    assert {system.representation for system in TWINS.values()} == SIZES.keys()
    assert {system.optimizer for system in TWINS.values()} == {"gp_bo"}
    assert all(
        "control" in system.summary and "weights it began with" in system.summary for system in TWINS.values()
    )


@each
def test_no_pass_is_made_and_no_floor_is_asked_for(name):
    facts = made(name, epochs=0).pretrain(SPACE, None, Untold())
    assert set(facts) == {"reconstruction_exact_percent", "epochs_trained"}
    assert facts["epochs_trained"] == 0


@each
def test_the_weights_are_those_a_training_begins_with(name):
    """The twin of a seed has what the trained one of that seed had before its first pass."""
    twin, trained = made(name, epochs=0), made(name, epochs=1)
    twin.pretrain(SPACE, None, Unwatched())

    class First(Unwatched):
        def found(self, most):
            self.before = {key: value.clone() for key, value in trained._network.state_dict().items()}

    first = First()
    trained.pretrain(SPACE, None, first)
    assert first.before.keys() == twin.state().keys()
    assert all(torch.equal(first.before[key], value) for key, value in twin.state().items())
    assert any(not torch.equal(first.before[key], value) for key, value in trained.state().items())
    other = made(name, seed=1, epochs=0)
    other.pretrain(SPACE, None, Unwatched())
    assert any(not torch.equal(other.state()[key], value) for key, value in twin.state().items())


@each
@pytest.mark.parametrize("transductive", [True, False])
def test_labels_change_nothing(name, transductive):
    space = listing(SPACE, SPACE.sample(200, np.random.default_rng(0)))
    cells, twin = space.all(), made(name, epochs=0)
    if transductive or name in ("arch2vec", "gae", "vgae"):
        twin.pretrain(space, None, Unwatched())
    rng = np.random.default_rng(1)
    twin.fit(space, observe(space, 10, rng))
    before = twin.encode(cells).clone()
    for n in (20, 30):
        twin.fit(space, observe(space, n, rng))
    assert torch.equal(twin.encode(cells), before)
    assert len(torch.unique(before, dim=0)) > 50
