"""Local search: ask neighbours until one is better, move, restart at random (White et al., UAI 2021)."""

from __future__ import annotations

from typing import Any

import numpy as np

from methods.base import Optimizer
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace, sample_unseen


class LocalSearch(Optimizer):
    """Starts at the best of the initial design; a local optimum is left for a random unseen architecture.

    Neighbours are asked one by one in random order and the first improvement is taken
    ("query until lower" in the authors' code).
    """

    def setup(self) -> None:
        self._centre: int | None = None  # position among the observed
        self._untried: list[Cells] = []
        self._restarted = False

    def propose(self, space: SearchSpace, representation: Any, observed: Observations, n: int) -> Cells:
        last = len(observed) - 1
        if self._centre is None:
            self._move(space, observed, int(np.argmax(observed.accuracy)))
        elif self._restarted or observed.accuracy[last] > observed.accuracy[self._centre]:
            self._move(space, observed, last)
        while self._untried:
            candidate = self._untried.pop()
            if int(space.keys(candidate)[0]) not in observed.known:
                return candidate
        self._restarted = True  # a local optimum: the next answer, whatever it is, becomes the centre
        return sample_unseen(space, space.keys, observed.known, n, self.rng)

    def _move(self, space: SearchSpace, observed: Observations, centre: int) -> None:
        self._centre, self._restarted = centre, False
        neighbours = space.neighbours(observed.cells[[centre]])
        order = self.rng.permutation(len(neighbours)).tolist()
        self._untried = [neighbours[[row]] for row in order]
