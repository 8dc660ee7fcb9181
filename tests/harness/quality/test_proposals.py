from dataclasses import replace

import numpy as np
import pytest

from harness.quality.proposals import PART, first_new, nearest_recorded
from methods.base import NoHyper, Optimizer
from tabular.benchmark import Surrogate
from tabular.cells import Cells
from tabular.oracle import Observations
from tests.harness.quality.scripted import Digits


class Proposes(Optimizer):
    """Always the same."""

    def propose(self, space, representation, observed, n):
        self.asked = n, len(observed)
        return self.proposal


@pytest.fixture
def searched(subject_of, made, space):
    """A subject whose search proposes a known cell, one that is none, and test cells, one of them twice."""

    def make(judge=None):
        subject = subject_of(made(Digits, space))
        given = subject.training.all()
        unknown = np.zeros(len(given), dtype=bool)
        optimizer = Proposes(NoHyper(), np.random.default_rng(0))
        broken = Cells(np.zeros((1, 8, 8), dtype=bool), given.ops[:1])
        optimizer.proposal = Cells.concatenate([given[:1], broken, subject.test[[0, 0, 1, 2, 3]]])
        observed = Observations(given, space.keys(given), subject.truth(given), unknown * 0.0, unknown)
        return replace(subject, optimizer=optimizer, observed=observed, judge=judge), optimizer

    return make


def test_the_first_new_ones_are_described(searched, small, space):
    subject, optimizer = searched()
    outcome = PART.measure(subject, small, np.random.default_rng(0))
    assert optimizer.asked == (10, len(subject.training.all()))
    top, numbers = outcome.columns["top"], outcome.numbers
    assert top["architecture"] == space.to_strings(subject.test[:3])
    assert top["accuracy"] == subject.truth(subject.test[:3]).tolist()
    assert top["edits"] == [0, 0, 0] and top["nearest"] == top["architecture"]  # the test part is recorded
    assert numbers["top_accuracy"] == pytest.approx(np.mean(top["accuracy"]))
    assert numbers["valid"] == pytest.approx(6 / 7) and numbers["new"] == pytest.approx(4 / 6)
    assert numbers["best_training"] == subject.truth(subject.training.all()).max()
    assert 0 < numbers["top_complexity"] <= 1


def test_without_labels_or_anything_new_there_is_nothing(searched, small):
    subject, optimizer = searched()
    for less in (replace(subject, observed=None), replace(subject, optimizer=None)):
        outcome = PART.measure(less, small, np.random.default_rng(0))
        assert np.isnan(list(outcome.numbers.values())).all() and not outcome.columns
    optimizer.proposal = subject.training.all()[:2]
    outcome = PART.measure(subject, small, np.random.default_rng(0))
    assert np.isnan(outcome.numbers["top_accuracy"]) and outcome.numbers["new"] == 0 and not outcome.columns


def test_what_is_not_recorded_is_judged(searched, small, space):
    judge = Surrogate(
        "j", space, "j", 1, {}, lambda cells, _: (np.full(len(cells), 0.5), np.zeros(len(cells)))
    )
    subject, _ = searched(judge)
    pool = replace(subject, benchmark=replace(subject.benchmark, space=subject.training))
    pool = replace(pool, benchmark=replace(pool.benchmark, columns={
        name: column[space.keys(subject.training.all())] for name, column in pool.benchmark.columns.items()
    }))  # fmt: skip
    outcome = PART.measure(pool, small, np.random.default_rng(0))
    assert outcome.columns["top"]["accuracy"] == [0.5] * 3


def test_the_nearest_differs_in_the_fewest_places(space):
    recorded = space.from_strings(["000000", "111111", "333330"])
    cells, edits = nearest_recorded(space.from_strings(["000001", "333333", "111111"]), recorded)
    assert space.to_strings(cells) == ["000000", "333330", "111111"] and edits.tolist() == [1, 1, 0]


def test_first_new():
    assert first_new(np.array([5, 1, 5, 7, 2]), np.array([1, 9])).tolist() == [0, 3, 4]
