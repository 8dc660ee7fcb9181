"""Subjects of known representations, and sizes that take no time."""

import numpy as np
import pytest

from harness.quality.subject import Sizes, Subject
from methods.base import NoHyper
from tabular.catalogue import protocols
from tabular.spaces.pool import PoolSpace, whole


@pytest.fixture(scope="session")
def small():
    few = {"cells": 60, "encodings": 3, "decodings": 4, "draws": 80, "walks": 6, "steps": 4, "neighbours": 5}
    return Sizes(**few, grid=5, ascents=3, climb=20, step_size=0.1, tested=60, trials=1)


@pytest.fixture(scope="session")
def made():
    """An instance of a representation of these tests, which knows the space."""

    def make(cls, space, **changes):
        representation = cls(NoHyper(), np.random.default_rng(0))
        representation.fit(space, None)
        for name, value in changes.items():
            setattr(representation, name, value)
        return representation

    return make


@pytest.fixture(scope="session")
def subject_of(nb201):
    """A representation beside a benchmark, NAS-Bench-201 unless said, split in two at random."""

    def make(representation, benchmark=nb201, cells=None, **fields):
        rng = np.random.default_rng(5)
        cells = benchmark.space.all() if cells is None else cells
        order = rng.permutation(len(cells))
        cut = len(cells) * 9 // 10
        training = PoolSpace("training", whole(benchmark.space), cells[order[:cut]])
        protocol = protocols()["nb201-200ep"]
        return Subject(
            representation,
            benchmark,
            protocol,
            training,
            cells[order[cut:]],
            fields.pop("curve", []),
            **fields,
        )

    return make
