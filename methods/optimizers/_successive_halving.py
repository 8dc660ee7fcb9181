"""Successive halving in Hyperband's brackets: what `hyperband` and `bohb` share (Li et al., JMLR 2018)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from tabular.cells import Cells
from tabular.oracle import Observations

FirstRung = Callable[[int, int, int], int]
"""Architectures a bracket starts with, from eta, the deepest bracket s_max and the bracket s."""


@dataclass(frozen=True)
class Rung:
    """`size` architectures are queried at `epochs`; the best of them reach the next rung."""

    epochs: int
    size: int


def paper_size(eta: int, deepest: int, s: int) -> int:
    """n = ceil((s_max + 1) eta^s / (s + 1)) (algorithm 1, line 3, with B = (s_max + 1) R)."""
    return -(-(deepest + 1) * eta**s // (s + 1))


def deepest_bracket(schedules: tuple[int, ...], eta: int) -> int:
    """s_max = floor(log_eta(R)), where R is the longest schedule in units of the shortest (algorithm 1)."""
    s = 0
    while schedules[0] * eta ** (s + 1) <= schedules[-1]:
        s += 1
    return s


def bracket(schedules: tuple[int, ...], eta: int, s: int, n: int) -> list[Rung]:
    """Rungs of bracket s that starts with n architectures, on the schedules there are (ascending).

    Rung i of algorithm 1 trains floor(n / eta^i) architectures for R / eta^(s - i) epochs. A table
    records few schedules, so a rung takes the longest one that is not above this. Of rungs that fall on
    the same schedule the first is kept: the others would ask for answers that are known.
    """
    sizes: dict[int, int] = {}
    for i in range(s + 1):
        epochs = max(each for each in schedules if each * eta ** (s - i) <= schedules[-1])
        sizes.setdefault(epochs, n // eta**i)
    return [Rung(epochs, size) for epochs, size in sizes.items()]


class SuccessiveHalving:
    """Brackets s_max .. 0, again and again; who fills their first rungs is the optimizer's business.

    A rung holds the different architectures that were answered at its schedule since it began, whoever
    proposed them; answers that were known count too.
    """

    def __init__(self, eta: int, first_rung: FirstRung = paper_size) -> None:
        self._eta, self._first_rung = eta, first_rung
        self._s = 0
        self._rungs: list[Rung] = []
        self._begun = 0  # number of observations when the rung began
        self.missing = 1
        """Architectures the rung still lacks."""
        self.promoted: Cells | None = None
        """Best of the rung below, best first; None on a first rung."""

    def advance(self, schedules: tuple[int, ...], observed: Observations) -> int:
        """Epochs of the rung to fill. A full rung is left for the next one, or for the next bracket."""
        if not self._rungs:
            self._start_bracket(schedules, observed)
        members = self._members(observed)
        if len(members) >= self._rungs[0].size:
            del self._rungs[0]
            if self._rungs:
                best = np.argsort(-observed.accuracy[members], kind="stable")[: self._rungs[0].size]
                self.promoted, self._begun = observed.cells[members[best]], len(observed)
            else:
                self._start_bracket(schedules, observed)
            members = self._members(observed)
        self.missing = self._rungs[0].size - len(members)
        return self._rungs[0].epochs

    def _start_bracket(self, schedules: tuple[int, ...], observed: Observations) -> None:
        deepest = deepest_bracket(schedules, self._eta)
        self._s = self._s - 1 if self._s else deepest
        size = self._first_rung(self._eta, deepest, self._s)
        self._rungs = bracket(schedules, self._eta, self._s, size)
        self.promoted, self._begun = None, len(observed)

    def _members(self, observed: Observations) -> Int[np.ndarray, " n"]:
        """Positions of the rung's architectures among the observed, each once."""
        assert observed.epochs is not None
        rows = self._begun + np.flatnonzero(observed.epochs[self._begun :] == self._rungs[0].epochs)
        return rows[np.sort(np.unique(observed.keys[rows], return_index=True)[1])]
