"""Plugins with and without their `Hyper` named in the base."""

from dataclasses import dataclass

import numpy as np

from methods.base import BatchOptimizer, NoHyper, Optimizer, describe


class Proposing:
    def propose(self, space, representation, observed, n):
        return space.sample(n, self.rng)


class Bare(Proposing, Optimizer):
    """As third parties write it; its `batch` may mean anything."""

    @dataclass(frozen=True)
    class Hyper:
        batch: int = describe(7, "rows per step of its own training", "a test")


class Named(Proposing, Optimizer["Named.Hyper"]):
    @dataclass(frozen=True)
    class Hyper:
        batch: int = describe(7, "rows per step of its own training", "a test")


class Batched(Proposing, BatchOptimizer["Batched.Hyper"]):
    @dataclass(frozen=True)
    class Hyper:
        batch: int = describe(7, "architectures per proposal", "a test")


class Without(Proposing, Optimizer):
    pass


def test_only_a_batch_optimizer_takes_its_batch_from_the_hyper_parameter_of_that_name():
    found = {
        plugin.__name__: plugin(plugin.Hyper(), np.random.default_rng(0)).batch
        for plugin in (Bare, Named, Batched, Without)
    }
    assert found == {"Bare": 1, "Named": 1, "Batched": 7, "Without": 1}
    assert Without.Hyper is NoHyper
