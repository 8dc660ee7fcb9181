"""Training and test part of a search space, for measuring what was learnt on cells that were not seen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tabular.benchmark import Benchmark, Table
from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.space import EnumerableSpace, SearchSpace, sample_unseen
from tabular.spaces.pool import PoolSpace, whole

TEST_SHARE = 0.1
PUBLISHED = "published_test"
"""Column of a table whose authors have split it: True for the rows of their test part."""


@dataclass(frozen=True)
class Split:
    """Two disjoint parts of a space."""

    training: PoolSpace
    test: Cells
    words: str
    """Where it comes from, in words."""


@lru_cache(maxsize=8)
def split(benchmark: Benchmark, sampled: int) -> Split:
    """The same parts whenever and whoever asks. Cached per process.

    As published where the benchmark's authors did that, else nine tenths and one tenth at random: of all
    cells of a space that can be listed, of `sampled` different ones where it cannot.
    """
    space = benchmark.space
    rng = _named(space)
    if isinstance(benchmark, Table) and PUBLISHED in benchmark.columns:
        is_test = np.asarray(benchmark.columns[PUBLISHED], dtype=bool)
        cells, words = benchmark.space.all(), "the published one"
        first, second = np.flatnonzero(~is_test), np.flatnonzero(is_test)
    else:
        listed = isinstance(space, EnumerableSpace)
        cells = (
            space.all()
            if isinstance(space, EnumerableSpace)
            else sample_unseen(space, space.keys, set(), sampled, rng)
        )
        first, second = _tenth_apart(len(cells), rng)
        words = "nine tenths of all cells" if listed else f"nine tenths of {len(cells):,} sampled cells"
    return Split(PoolSpace(f"{space.name}-training", whole(space), cells[first]), cells[second], words)


def split_among(benchmark: Benchmark, sampled: int, known: SearchSpace) -> Split:
    """The parts as far as they are among the `known` cells of the benchmark's space, or that space itself.

    Of a space that cannot be listed, known cells by themselves are split at random: hardly one of them would
    be among those sampled. What is known becomes the `whole` of the training part. `HarnessError` if a part
    is empty.
    """
    if known is benchmark.space:
        return split(benchmark, sampled)
    assert isinstance(known, PoolSpace)
    if isinstance(benchmark.space, EnumerableSpace):
        parts = split(benchmark, sampled)
        training, test, words = parts.training.all(), parts.test, parts.words
        training, test = training[known.contains(training)], test[known.contains(test)]
    else:
        first, second = _tenth_apart(known.size, _named(known))
        training, test, words = known.all()[first], known.all()[second], "nine tenths at random"
    if not len(training) or not len(test):
        raise HarnessError(f"only {known.size} cells of {benchmark.name} are known: too few to split them")
    words = f"{words}, as far as known: {known.size:,} cells"
    return Split(PoolSpace(f"{known.name}-training", known, training), test, words)


def _tenth_apart(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Nine tenths of n rows at random, and the others."""
    order, cut = rng.permutation(n), round(n * (1 - TEST_SHARE))
    return np.sort(order[:cut]), np.sort(order[cut:])


def _named(space: SearchSpace) -> np.random.Generator:
    """The generator of a space's split."""
    return np.random.default_rng(int(hashlib.sha256(f"split {space.digest}".encode()).hexdigest()[:15], 16))
