"""What a part of `harness quality` is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from methods.base import Optimizer, Representation
from tabular.benchmark import Benchmark
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.protocol import Protocol
from tabular.quantity import ACCURACY, Quantity
from tabular.space import SearchSpace
from tabular.spaces.pool import PoolSpace


@dataclass(frozen=True)
class Sizes:
    """How much is measured. Those that a part reads are part of its records' identity."""

    cells: int = 2000
    """Cells of the test part, and of all, at most."""
    encodings: int = 10
    """Posterior samples per cell (D-VAE's rule)."""
    decodings: int = 10
    """Stochastic decodings per point (D-VAE's rule)."""
    draws: int = 10_000
    """Graphs decoded from draws of a prior."""
    walks: int = 50
    """Random walks, cells whose neighbours are looked for, and interpolations."""
    steps: int = 8
    """Of a random walk; points of an interpolation."""
    neighbours: int = 10
    """k of nearest neighbours."""
    grid: int = 31
    """Points along each side of the decoded plane."""
    ascents: int = 10
    """Ascents of the objective, from draws of the prior (NGAE authors' code: ten)."""
    climb: int = 100
    """Steps of an ascent (NGAE authors' code)."""
    step_size: float = 1.0
    """Of an ascent, times the gradient; `gradient_ascent.step_size` of the search that is looked at."""
    proposals: int = 10
    """Architectures a search is asked for (NGAE authors' code: ten)."""
    top: int = 3
    """Of these, the first new ones that are looked at (NGAE Figure 5)."""
    tested: int = 2000
    """Cells whose accuracy is predicted."""
    trials: int = 7
    """Times that other cells are labelled."""
    above: float = 0.0
    """Least true accuracy (fraction) of the cells that are predicted, 0: of any; arch2vec's authors: .8."""


@dataclass(frozen=True)
class Subject:
    """A representation that has learnt, and what it is measured on."""

    representation: Representation
    benchmark: Benchmark
    protocol: Protocol
    """Says what accuracy is (`protocol.truth`)."""
    training: PoolSpace
    """The part of the space it has learnt from."""
    test: Cells
    """The part it has not seen; disjoint."""
    curve: Sequence[Mapping[str, float]]
    """Facts by `epoch` of its training; empty where nothing was trained."""
    labelled: bool = False
    """Whether it has learnt the labels of the training part, so that what it predicts means something."""

    optimizer: Optimizer | None = None
    """The search of the method, for parts that need one."""
    observed: Observations | None = None
    """Labels of the training part, for that search; None where they are not free."""
    judge: Benchmark | None = None
    """What answers for every architecture of the whole space; None: `benchmark` knows them all."""

    @property
    def space(self) -> SearchSpace:
        """The whole space, whose `contains` is validity."""
        return self.training.whole

    @property
    def everything(self) -> Cells:
        """Both parts, training first."""
        return Cells.concatenate([self.training.all(), self.test])

    def truth(self, cells: Cells) -> Float[np.ndarray, " n"]:
        """Mean over replicates of what the protocol reports (fraction); NaN where it is not recorded.

        `cells` lie in the whole space; a pool knows its members alone. A measurement, apart from any search:
        no method sees it.
        """
        split, epochs = self.protocol.truth
        accuracy = np.full(len(cells), np.nan)
        if not self.benchmark.has(split, epochs):
            return accuracy
        known = self.benchmark.space.contains(cells)
        accuracy[known] = self.benchmark.mean(cells[known], split, epochs)
        return accuracy

    def judged(self, cells: Cells) -> Float[np.ndarray, " n"]:
        """As `truth`, by `judge` for what the benchmark does not know."""
        accuracy = self.truth(cells)
        unknown = np.flatnonzero(np.isnan(accuracy))
        if self.judge is not None and len(unknown):
            accuracy[unknown] = self.judge.mean(cells[unknown], "valid", self.judge.epochs)
        return accuracy


@dataclass(frozen=True)
class Outcome:
    """What a part has measured at one seed."""

    numbers: dict[str, float]
    """By the name of a `Measure`; NaN where it cannot be measured."""
    columns: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    """By name of a table its columns, of equal length: what figures are drawn from."""


@dataclass(frozen=True)
class Measure:
    """One number of a part: how it is called, shown and read."""

    name: str
    """In files and rows: `exact_test_greedy_mean`."""
    words: str
    """What it is, in a sentence: for notes, help and pages."""
    heading: str
    """Of a table's column."""
    unit: str = "%"
    """`%` (the number is a fraction, shown times 100) or another name for that, or `` for plain numbers."""
    better: str = "higher"
    """`higher`, `lower`, or `` where neither is better."""
    shown: bool = True
    """Whether tables for reading show it unasked; files hold all."""
    decimals: int = 4
    """At most, of a plain number."""
    of_quantity: bool = False
    """Whether it is in the unit of what the benchmark records: an accuracy, or an error of one."""

    def worded(self, quantity: Quantity) -> Measure:
        """The measure in words of what a benchmark records."""
        if quantity == ACCURACY:
            return self
        unit = quantity.unit if self.of_quantity else self.unit
        return replace(self, words=quantity.said(self.words), heading=quantity.said(self.heading), unit=unit)


@dataclass(frozen=True)
class Part:
    """A group of measures that are taken together."""

    name: str
    """As in `parts=`."""
    words: str
    measures: tuple[Measure, ...]
    measure: Callable[[Subject, Sizes, np.random.Generator], Outcome]
    unlisted: str = ""
    """In a sentence, the names of measures that no table shows, where they are too many to be listed."""
    sizes: tuple[str, ...] = ()
    """Fields of `Sizes` that it reads; it is given the defaults of all others."""
    needs: tuple[type, ...] = ()
    """Roles of the representation without which there is nothing to measure."""
    searches: bool = False
    """Whether it looks at the search of the method, too, with the labels of the training part."""
    judged: bool = False
    """Whether it asks `Subject.judged`, so that the surrogate of a pool answers, too."""
    asked: bool = False
    """Whether it takes so long that it is measured only where it is asked for by name."""
    labels: bool = False
    """Whether it labels cells itself, so that what learns from labels alone is measured, and nothing that has
    learnt the labels of the training part."""
