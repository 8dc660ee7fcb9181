"""Training and test part of a search space, for measuring what was learnt on cells that were not seen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tabular.benchmark import Benchmark, Table
from tabular.cells import Cells
from tabular.space import EnumerableSpace, sample_unseen
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
    rng = np.random.default_rng(int(hashlib.sha256(f"split {space.digest}".encode()).hexdigest()[:15], 16))
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
        order, cut = rng.permutation(len(cells)), round(len(cells) * (1 - TEST_SHARE))
        first, second = np.sort(order[:cut]), np.sort(order[cut:])
        words = "nine tenths of all cells" if listed else f"nine tenths of {len(cells):,} sampled cells"
    return Split(PoolSpace(f"{space.name}-training", whole(space), cells[first]), cells[second], words)
