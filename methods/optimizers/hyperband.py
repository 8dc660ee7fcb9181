"""Hyperband: many random architectures trained briefly, the best of them at length (Li et al., JMLR 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from methods.base import MultiFidelity, Optimizer, describe
from methods.optimizers._successive_halving import SuccessiveHalving
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace, sample_unseen


class Hyperband(Optimizer["Hyperband.Hyper"], MultiFidelity):
    """Algorithm 1 on the schedules that the protocol has (see `_successive_halving.bracket`).

    The shared initial design is paid at the full schedule, as for every method, before the first bracket.
    """

    @dataclass(frozen=True)
    class Hyper:
        eta: Annotated[int, Field(ge=2)] = describe(
            3,
            "one in eta architectures of a rung reaches the next",
            "automl/nas_benchmarks, NAS-Bench-101 (section 2.5); the paper suggests 3 or 4",
        )

    def setup(self) -> None:
        self._halving = SuccessiveHalving(self.hyper.eta)

    def schedule(self, schedules: tuple[int, ...], observed: Observations) -> int:
        return self._halving.advance(schedules, observed)

    @property
    def batch(self) -> int:
        return self._halving.missing

    def propose(self, space: SearchSpace, representation: Any, observed: Observations, n: int) -> Cells:
        if self._halving.promoted is not None:
            return self._halving.promoted
        return sample_unseen(space, space.keys, observed.known, n, self.rng)
