import dataclasses
import pkgutil

import numpy as np
import pytest
import torch

import methods.optimizers
import methods.representations
import tabular
from harness.study.registry import Registry
from methods.base import Decoder, Predictor, Representation
from methods.optimizers.gp_bo import GPBO
from methods.optimizers.gradient_ascent import GradientAscent, climb
from methods.optimizers.local_search import LocalSearch
from methods.optimizers.random import Random
from methods.optimizers.regularized_evolution import RegularizedEvolution
from methods.representations.one_hot import OneHot
from tabular.oracle import Observations


@pytest.fixture(scope="module")
def benchmark():
    return tabular.load("nb201")


def observe(benchmark, keys):
    """Observations of the given keys in order, answered with the truth; repeats marked."""
    keys = np.array(keys)
    first = np.zeros(len(keys), dtype=bool)
    first[np.unique(keys, return_index=True)[1]] = True
    return Observations(
        cells=benchmark.space.all()[keys],
        keys=keys,
        accuracy=benchmark.truth()[keys],
        cost=np.where(first, 1.0, 0.0),
        repeated=~first,
    )


def start(seed=0, n=10):
    return np.random.default_rng(seed).choice(15625, n, replace=False).tolist()


def make(plugin, seed=0, **hyper):
    return plugin(plugin.Hyper(**hyper), np.random.default_rng(seed))


def test_every_hyperparameter_has_a_sentence_and_a_source():
    registry = Registry()
    for role, package in (("representation", methods.representations), ("optimizer", methods.optimizers)):
        for module in pkgutil.iter_modules(package.__path__):
            if module.name.startswith("_"):
                continue
            for field in dataclasses.fields(registry.load(role, module.name).Hyper):
                assert field.metadata["meaning"] and field.metadata["source"], (module.name, field.name)


def test_random_proposes_unseen_architectures_only(benchmark):
    seen = start(n=15000)
    keys = benchmark.space.keys(make(Random).propose(benchmark.space, None, observe(benchmark, seen), 625))
    assert len(set(keys.tolist())) == 625
    assert not set(keys.tolist()) & set(seen)


def test_evolution_mutates_the_best_of_the_sampled_population(benchmark):
    seen = start(n=30)
    observed = observe(benchmark, seen)
    plugin = make(RegularizedEvolution, sample=500)  # so large a sample holds the population's best
    child = plugin.propose(benchmark.space, None, observed, 1)
    population = seen[-10:]
    best = population[int(np.argmax(benchmark.truth()[population]))]
    parents = benchmark.space.keys(benchmark.space.neighbours(child)).tolist()
    assert best in parents and len(child) == 1


def test_evolution_forgets_the_oldest(benchmark):
    seen = start(n=11)
    best_first = sorted(seen, key=lambda key: -benchmark.truth()[key])
    child = make(RegularizedEvolution, sample=500).propose(
        benchmark.space, None, observe(benchmark, best_first), 1
    )
    parents = benchmark.space.keys(benchmark.space.neighbours(child)).tolist()
    assert best_first[1] in parents  # the best has left the population of ten


def walk(benchmark, plugin, seen, steps):
    for _ in range(steps):
        proposal = plugin.propose(benchmark.space, None, observe(benchmark, seen), 1)
        seen.append(int(benchmark.space.keys(proposal)[0]))
    return seen


def test_local_search_climbs_to_a_local_optimum_and_restarts(benchmark):
    space, truth = benchmark.space, benchmark.truth()
    seen = walk(benchmark, make(LocalSearch), start(), 200)
    assert len(set(seen)) == len(seen)
    best = seen[int(np.argmax(truth[seen]))]
    neighbours = space.keys(space.neighbours(space.all()[[best]]))
    assert truth[neighbours].max() <= truth[best]
    jumps = [
        step
        for step in range(10, 200)
        if not set(space.keys(space.neighbours(space.all()[[seen[step]]])).tolist()) & set(seen[:step])
    ]
    assert jumps  # some architecture is no neighbour of anything before it: a restart


def test_local_search_exhausts_the_neighbours_of_a_local_optimum_before_it_restarts(benchmark):
    space = benchmark.space
    optimum = int(np.argmax(benchmark.truth()))
    others = [key for key in start(n=9) if key != optimum]
    neighbours = set(space.keys(space.neighbours(space.all()[[optimum]])).tolist())
    seen = walk(benchmark, make(LocalSearch), [optimum, *others], 24)
    assert set(seen[-24:]) <= neighbours | {seen[-1]}
    assert neighbours <= set(seen)


def test_gp_bo_works_when_all_labels_are_equal(benchmark):
    space = benchmark.space
    representation, plugin = make(OneHot), make(GPBO, batch=5, refit_iterations=1)
    observed = observe(benchmark, start(n=10))
    flat = dataclasses.replace(observed, accuracy=np.full(10, 0.5))
    representation.fit(space, flat)
    assert len(plugin.propose(space, representation, flat, 5)) == 5


class Bowl(Representation, Decoder, Predictor):
    """A latent plane over operations of two edges; accuracy falls with the distance from (3, 2)."""

    def fit(self, space, observed):
        self.space = space

    def encode(self, cells):
        return torch.from_numpy(cells.ops[:, 1:3].astype(np.float32))

    def decode(self, z):
        digits = z.round().long()
        rows = ["".join(str(min(max(d, 1), 5) - 1) for d in row) + "0000" for row in digits.tolist()]
        cells = self.space.from_strings(rows)
        ops = cells.ops.copy()
        ops[(digits < 1).any(1).numpy() | (digits > 5).any(1).numpy(), 1] = 0  # off the plane: invalid
        return dataclasses.replace(cells, ops=ops)

    def prior(self, n):
        return torch.from_numpy(self.rng.normal(3, 3, size=(n, 2)).astype(np.float32))

    def predict(self, z):
        return -((z - torch.tensor([3.0, 2.0])) ** 2).sum(1)

    def objective(self, z):
        return self.predict(z)


def test_climb_follows_the_gradient(benchmark):
    bowl = make(Bowl)
    path = climb(bowl, torch.tensor([[0.0, 0.0]]), steps=50, step_size=0.1)
    assert len(path) == 51
    first = torch.tensor([[0.1 * 2 * 3.0, 0.1 * 2 * 2.0]])
    torch.testing.assert_close(path[1], first)
    torch.testing.assert_close(path[-1], torch.tensor([[3.0, 2.0]]), atol=1e-3, rtol=0)


def test_gradient_ascent_puts_the_best_new_architecture_first_and_waste_last(benchmark):
    space, bowl = benchmark.space, make(Bowl)
    observed = observe(benchmark, space.keys(space.from_strings(["000000", "220000"])).tolist())
    bowl.fit(space, observed)
    plugin = make(GradientAscent, steps=12, step_size=0.05, starts_prior=60)
    cells = plugin.propose(space, bowl, observed, 3)
    assert space.to_strings(cells[[0]]) == ["210000"]  # operations 3 and 2 are digits 2 and 1
    valid = space.contains(cells)
    keys = np.full(len(cells), -1)
    keys[valid] = space.keys(cells[np.flatnonzero(valid)])
    new = [key not in (-1, *observed.keys, *keys[:row]) for row, key in enumerate(keys)]
    count = sum(new)
    assert not valid.all() and count < valid.sum()  # this start does give invalid and repeated ones
    assert all(new[:count])  # all that is new comes first
