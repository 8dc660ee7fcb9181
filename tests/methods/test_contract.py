"""What every plugin keeps, on NB201 and on synthetic spaces shaped like NB101, ENAS and DARTS.

A new plugin is tested here without a line being added; `SMALL` only makes slow ones quick.
"""

import ast
import dataclasses
import hashlib

import numpy as np
import pytest
import torch

import tabular
from harness.study.registry import Registry
from methods.base import MultiFidelity, Pretrainable
from methods.systems import SYSTEMS
from tabular.cells import Cells
from tabular.space import EnumerableSpace
from tests.methods.spaces import SPACES, observe

REGISTRY = Registry()
SMALL = {
    "arch2vec": {"epochs": 1, "cells": 200},
    "gae": {"epochs": 1, "cells": 200},
    "vgae": {"epochs": 1, "cells": 200},
    "ngae": {"epochs": 1, "cells": 200, "width": 16},
    "dvae": {"epochs": 1, "cells": 200, "width": 16},
    "nao": {"epochs": 1, "cells": 200, "width": 16, "joint_steps": 2, "first_steps": 3, "cold_steps": 5},
    "bananas": {"epochs": 3, "pool": 60},
    "gp_bo": {"candidates": "pool", "pool": 60},
    "reinforce_latent": {"candidates": "pool", "pool": 60},
    "graphpnas": {"epochs": 2, "attempts": 2},
    "rnn_generator": {"epochs": 2, "attempts": 2},
    "gradient_ascent": {"steps": 3, "starts_prior": 20},
}


def fits(representation, optimizer):
    needs = REGISTRY.load("optimizer", optimizer).needs
    if representation is None:
        return not needs
    return bool(needs) and all(
        issubclass(REGISTRY.load("representation", representation), role) for role in needs
    )


def pairs():
    """Every optimizer with a representation that fits, every representation with its own optimizer."""
    names = [None, "one_hot", *REGISTRY.names("representation")]
    chosen = {
        (next(name for name in names if fits(name, optimizer)), optimizer)
        for optimizer in REGISTRY.names("optimizer")
    }
    chosen |= {
        (name, REGISTRY.load("representation", name).default_optimizer or "gp_bo")
        for name in REGISTRY.names("representation")
    }
    chosen |= {(system.representation, system.optimizer) for system in SYSTEMS.values()}
    return sorted(chosen, key=str)


PAIRS = pairs()
SHAPES = {space.name: space for space in SPACES}
PUBLISHED = [name for name in SYSTEMS if name.endswith("-published") and name != "bohb-published"]


def make(role, name, seed=0, settings=()):
    plugin = REGISTRY.load(role, name)
    fields = {field.name for field in dataclasses.fields(plugin.Hyper)}
    given = {key: value for key, value in {**dict(settings), **SMALL.get(name, {})}.items() if key in fields}
    return plugin(plugin.Hyper(**given), np.random.default_rng(seed))


def global_states():
    """A short word per generator; Python's own is left out, the tests' shape checks draw from it."""
    numpy_state = np.random.get_state()  # noqa: NPY002
    states = {
        "numpy": numpy_state[1].tobytes() + str(numpy_state[2:]).encode(),
        "torch": torch.get_rng_state().numpy().tobytes(),
    }
    return {name: hashlib.sha256(state).hexdigest()[:8] for name, state in states.items()}


def one_round(representation_name, optimizer_name, space, settings=None):
    """Two proposals of a fresh pair."""
    observed, settings = observe(space, 12, np.random.default_rng(5)), settings or {}
    representation = None
    if representation_name:
        made_with = settings.get(representation_name, {})
        representation = make("representation", representation_name, settings=made_with)
    optimizer = make("optimizer", optimizer_name, settings=settings.get(optimizer_name, {}))
    if isinstance(representation, Pretrainable):
        small = SMALL.get(representation_name, {}).get("cells")
        if not isinstance(space, EnumerableSpace) and small:
            representation.pretrain(space)
    proposals = []
    for _ in range(2):
        if representation:
            representation.fit(space, observed)
        proposals.append(optimizer.propose(space, representation, observed, 2))
    return proposals


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "+".join(filter(None, pair)))
def test_proposes_without_touching_global_generators(pair, shape):
    _, optimizer = pair
    plugin = REGISTRY.load("optimizer", optimizer)
    space = SHAPES[shape]
    if issubclass(plugin, MultiFidelity):
        pytest.skip("asks for a schedule too: tested with its own table")
    if not isinstance(space, plugin.needs_space):
        pytest.skip(f"{optimizer} needs {plugin.needs_space.__name__}")
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002
    before = global_states()
    first = one_round(*pair, space)
    assert global_states() == before
    torch.manual_seed(2)
    np.random.seed(2)  # noqa: NPY002
    second = one_round(*pair, space)
    for a, b in zip(first, second, strict=True):
        assert isinstance(a, Cells) and len(a) >= 1 and a.ops.shape[1] == space.vertices
        assert (a.ops == b.ops).all() and (a.adjacency == b.adjacency).all()


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_the_authors_ran_proposes_too(name):
    system, space = SYSTEMS[name], SPACES[0]
    first, second = (
        one_round(system.representation, system.optimizer, space, system.settings) for _ in range(2)
    )
    for a, b in zip(first, second, strict=True):
        assert a.ops.shape[1] == space.vertices and len(a) >= 1
        assert (a.ops == b.ops).all() and (a.adjacency == b.adjacency).all()


@pytest.mark.parametrize("name", REGISTRY.names("representation"))
def test_encodings_depend_on_the_architecture_alone(name):
    """Not on the company it is encoded in, nor on the order."""
    space = tabular.load("nb201").space
    observed = observe(space, 20, np.random.default_rng(1))
    representation = make("representation", name)
    if isinstance(representation, Pretrainable):
        space = SHAPES["nb101-shaped"]
        observed = observe(space, 20, np.random.default_rng(1))
        representation.pretrain(space)
    representation.fit(space, observed)
    cells = space.sample(50, np.random.default_rng(0))
    with torch.no_grad():
        z = representation.encode(cells)
        alone = torch.cat([representation.encode(cells[[row]]) for row in (7, 3)])
    assert z.shape[0] == 50 and z.dtype == torch.float32 and z.isfinite().all()
    assert torch.allclose(alone, z[[7, 3]], atol=1e-5)


def test_no_source_file_names_a_global_generator(root):
    """Only `layers.seeded` seeds torch, and it restores the state."""
    for path in (root / "methods").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            where = f"{path}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Import):
                assert all(alias.name != "random" for alias in node.names), where
            if isinstance(node, ast.Attribute):
                name = ast.unparse(node)
                assert not name.startswith("np.random.") or name in ("np.random.Generator",), where
                assert name != "torch.manual_seed" or path.name == "layers.py", where
                assert not name.startswith("random."), where
