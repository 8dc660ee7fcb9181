"""What every plugin keeps, on NB201 and on synthetic spaces shaped like NB101, ENAS and DARTS.

A new plugin is tested here without a line being added; `SMALL` only makes slow ones quick.
"""

import ast
import dataclasses
import hashlib

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter

import tabular
from harness.study.registry import Registry
from methods.base import MultiFidelity, OfFile, Pretrainable
from methods.hyper import VARIANTS, read_fields, variants
from methods.systems import SYSTEMS
from methods.training import Unwatched
from tabular.cells import Cells
from tabular.space import EnumerableSpace
from tests.methods import variants as by_variant
from tests.methods.spaces import SPACES, observe

REGISTRY = Registry()
REPRESENTATIONS = [
    name
    for name in REGISTRY.names("representation")
    if not issubclass(REGISTRY.load("representation", name), OfFile)  # `test_from_file.py`
]
SMALL = {
    "arch2vec": {"epochs": 1, "cells": 200},
    "gae": {"epochs": 1, "cells": 200},
    "vgae": {"epochs": 1, "cells": 200},
    "ngae": {"epochs": 1, "cycles": 1, "cells": 200, "width": 16},
    "dvae": {"epochs": 1, "cycles": 1, "cells": 200, "width": 16},
    "nao": {
        "epochs": 1,
        "cycles": 1,
        "cells": 200,
        "width": 16,
        "joint_steps": 2,
        "first_steps": 3,
        "cold_steps": 5,
    },
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
    names = [None, "one_hot", *REPRESENTATIONS]
    chosen = {
        (next(name for name in names if fits(name, optimizer)), optimizer)
        for optimizer in REGISTRY.names("optimizer")
    }
    chosen |= {
        (name, REGISTRY.load("representation", name).default_optimizer or "gp_bo") for name in REPRESENTATIONS
    }
    chosen |= {(system.representation, system.optimizer) for system in SYSTEMS.values()}
    return sorted(chosen, key=str)


PAIRS = pairs()
SHAPES = {space.name: space for space in SPACES}
THEIRS = [name for name in SYSTEMS if name.endswith(("-paper", "-published")) and name != "bohb-published"]


def make(role, name, seed=0, settings=()):
    plugin = REGISTRY.load(role, name)
    fields = {field.name for field in dataclasses.fields(plugin.Hyper)}
    given = {key: value for key, value in {**dict(settings), **SMALL.get(name, {})}.items() if key in fields}
    variant = dict(settings).get("variant", VARIANTS[0])
    return plugin(by_variant.of(plugin.Hyper, variant, **given), np.random.default_rng(seed))


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
        if (
            not isinstance(space, EnumerableSpace)
            and small
            and representation.pretrains(representation.hyper)
        ):
            representation.pretrain(space, None, Unwatched())
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


@pytest.mark.parametrize("name", THEIRS)
def test_what_the_authors_ran_proposes_too(name):
    system, space = SYSTEMS[name], SPACES[0]
    first, second = (
        one_round(system.representation, system.optimizer, space, system.settings) for _ in range(2)
    )
    for a, b in zip(first, second, strict=True):
        assert a.ops.shape[1] == space.vertices and len(a) >= 1
        assert (a.ops == b.ops).all() and (a.adjacency == b.adjacency).all()


@pytest.mark.parametrize("name", REPRESENTATIONS)
def test_encodings_depend_on_the_architecture_alone(name):
    """Not on the company it is encoded in, nor on the order."""
    space = tabular.load("nb201").space
    observed = observe(space, 20, np.random.default_rng(1))
    representation = make("representation", name)
    if isinstance(representation, Pretrainable):
        space = SHAPES["nb101-shaped"]
        observed = observe(space, 20, np.random.default_rng(1))
        representation.pretrain(space, None, Unwatched())
    representation.fit(space, observed)
    cells = space.sample(50, np.random.default_rng(0))
    with torch.no_grad():
        z = representation.encode(cells)
        alone = torch.cat([representation.encode(cells[[row]]) for row in (7, 3)])
    assert z.shape[0] == 50 and z.dtype == torch.float32 and z.isfinite().all()
    assert torch.allclose(alone, z[[7, 3]], atol=1e-5)


PLUGINS = [(role, name) for role in ("representation", "optimizer") for name in REGISTRY.names(role)]


@pytest.mark.parametrize(("role", "name"), PLUGINS)
def test_conditions_name_fields_and_values_that_exist(role, name):
    """A condition that can never hold would hide its field; one that always does says nothing."""
    hyper = REGISTRY.load(role, name).Hyper
    fields = {field.name: field for field in dataclasses.fields(hyper)}
    check = TypeAdapter(hyper).validate_python
    for field in fields.values():
        for other, values in field.metadata["when"].items():
            assert other in fields and other != field.name
            for value in values if isinstance(values, tuple) else (values,):
                assert getattr(check({other: value}), other) == value
            assert not fields[other].metadata["when"], f"{other} is itself read only at times"


@pytest.mark.parametrize(("role", "name"), PLUGINS)
def test_variants_differ_in_values_that_exist_and_are_read_there(role, name):
    hyper = REGISTRY.load(role, name).Hyper
    known = variants(hyper)
    assert next(iter(known)) == "adapted" and not known["adapted"]
    for variant, values in known.items():
        made = TypeAdapter(hyper).validate_python(values)
        defaults = dataclasses.asdict(hyper())
        for field, value in values.items():
            assert value != defaults[field], f"{variant}: {field} is as usual"
            assert field in read_fields(made), f"{variant}: {field} is not read"


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_settings_of_a_system_are_read(name):
    system = SYSTEMS[name]
    for plugin, settings in system.settings.items():
        role = "representation" if plugin == system.representation else "optimizer"
        hyper = REGISTRY.load(role, plugin).Hyper
        given = {key: value for key, value in settings.items() if key != "variant"}
        read = read_fields(by_variant.of(hyper, settings.get("variant", "adapted"), **given))
        assert set(given) <= set(read)


def test_no_code_asks_for_its_variant(root):
    """What differs between variants is a value; which variant it came from nobody knows."""
    for path in (root / "methods").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                assert node.attr != "variant", f"{path}:{node.lineno}"
            if isinstance(node, ast.Compare):
                words = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}
                assert not words & {"adapted", "published", "paper"}, f"{path}:{node.lineno}"


def test_no_source_file_names_a_global_generator(root):
    """Only `layers.seeded` seeds torch, and restores the state; a generator of its own has a fixed seed."""
    for path in (root / "methods").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            where = f"{path}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Import):
                assert all(alias.name != "random" for alias in node.names), where
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.random.default_rng":
                assert [type(argument) for argument in node.args] == [ast.Constant], where
            if isinstance(node, ast.Attribute):
                name = ast.unparse(node)
                known = ("np.random.Generator", "np.random.default_rng")
                assert not name.startswith("np.random.") or name in known, where
                assert name != "torch.manual_seed" or path.name == "layers.py", where
                assert not name.startswith("random."), where
