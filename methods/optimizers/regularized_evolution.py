"""Regularized (aging) evolution (Real et al., AAAI 2019, algorithm 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from methods.base import Optimizer, describe
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace


class RegularizedEvolution(Optimizer["RegularizedEvolution.Hyper"]):
    """The population is the last queries, repeats included; the best of a random sample is mutated."""

    @dataclass(frozen=True)
    class Hyper:
        population: Annotated[int, Field(ge=1)] = describe(
            10, "most recent architectures that may be parents", "NAS-Bench-201 authors' code"
        )
        sample: Annotated[int, Field(ge=1)] = describe(
            3, "tournament size, drawn with replacement", "NAS-Bench-201 authors' code"
        )

    def propose(self, space: SearchSpace, representation: Any, observed: Observations, n: int) -> Cells:
        """One child: a uniform neighbour of the tournament's winner. It may be a repeat."""
        oldest = max(0, len(observed) - self.hyper.population)
        drawn = self.rng.integers(oldest, len(observed), size=self.hyper.sample)
        winner = int(drawn[np.argmax(observed.accuracy[drawn])])
        children = space.neighbours(observed.cells[[winner]])
        return children[[int(self.rng.integers(len(children)))]]
