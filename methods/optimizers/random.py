"""Random search without replacement: the baseline whose expectation is known exactly."""

from __future__ import annotations

from typing import Any

from methods.base import Optimizer
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace, sample_unseen


class Random(Optimizer):
    """Uniform over the architectures not yet queried."""

    def propose(self, space: SearchSpace, representation: Any, observed: Observations, n: int) -> Cells:
        return sample_unseen(space, space.keys, observed.known, n, self.rng)
