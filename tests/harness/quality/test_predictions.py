"""Predictions by what is known of them: the truth, nothing, and what needs no label."""

import dataclasses

import numpy as np
import pytest
import torch

from harness.quality import prediction
from harness.quality.prediction import COMMON, MEASURES, measure_name
from harness.quality.subject import Sizes
from harness.stats.agreement import kendall
from methods.base import Predictor, Representation
from tabular.benchmark import Unlabelled


class Told(Representation):
    """Lies at its accuracy, on a line."""

    static = True

    def fit(self, space, observed):
        self.table = None

    def encode(self, cells):
        return torch.tensor(self.benchmark.mean(cells, "valid", 200))[:, None]


class Noise(Told):
    def encode(self, cells):
        return torch.from_numpy(self.rng.standard_normal((len(cells), 2)))


class Learner(Representation, Predictor):
    """Remembers what it was told; says for others how many labels it has seen."""

    def setup(self):
        self.fits, self.seen = 0, []

    def fit(self, space, observed):
        if observed is None:
            return
        self.fits += 1
        self.seen = observed
        LEARNT.append((len(observed), self.fits, observed.accuracy))

    def encode(self, cells):
        return torch.from_numpy(cells.ops.astype(np.float32))

    def predict(self, z):
        return z.sum(1)

    def objective(self, z):
        return self.predict(z)


LEARNT: list = []


@pytest.fixture(scope="module")
def few():
    return Sizes(tested=300, trials=2)


@pytest.fixture(scope="module")
def of_both(subject_of, made, nb201, space, few):
    """What is measured of the truth and of noise."""
    subjects = [subject_of(made(cls, space, benchmark=nb201)) for cls in (Told, Noise)]
    return [prediction.measure(each, few, np.random.default_rng(0)).numbers for each in subjects]


def test_the_truth_predicts_itself_and_noise_nothing(of_both):
    numbers, noise = of_both
    assert set(numbers) == {measure.name for measure in MEASURES}
    for predictor in ("gp", "forest"):
        assert numbers[measure_name("tau", predictor, 250)] > 0.85
        assert abs(noise[measure_name("tau", predictor, 250)]) < 0.12
    assert numbers["rmse_gp_1000"] < noise["rmse_gp_1000"]
    assert numbers["precision_gp_1000"] > 0.5 > noise["precision_gp_1000"]
    assert np.isnan(numbers["tau_own_100"])
    # counts of another space's papers are not there
    assert np.isnan(numbers["tau_gp_172"]) and not np.isnan(numbers["tau_gp_156"])


def test_floors_and_ceiling_are_facts_of_the_tested_cells(of_both, nb201, space):
    one, two = of_both
    everything = space.all()
    flops = kendall(space.complexity(everything), nb201.truth("valid"))
    recorded = nb201.accuracy(everything, "valid", 200)
    three = ~np.isnan(recorded).any(axis=1)
    ceiling = kendall(recorded[three, 0], recorded[three, 1:].mean(axis=1))
    for numbers in (one, two):
        assert numbers["tau_flops"] == pytest.approx(flops, abs=0.06)
        assert numbers["tau_training"] == pytest.approx(ceiling, abs=0.04)
        assert numbers["tau_best_training"] < numbers["tau_training"]
    assert one["tau_flops"] == two["tau_flops"]  # the same cells for every representation


def test_what_learns_from_labels_starts_anew_with_the_labels_of_the_trial(subject_of, made, space, few):
    LEARNT.clear()
    subject = subject_of(made(Learner, space))
    once = dataclasses.replace(few, trials=1)
    numbers = prediction.measure(subject, once, np.random.default_rng(0)).numbers
    counts = prediction.counts_of(subject)
    assert [n for n, fits, _ in LEARNT if fits == 1] == counts
    assert all(fits <= prediction.FITS for _, fits, _ in LEARNT)
    labels = {n: accuracy for n, _, accuracy in LEARNT}
    assert all(np.array_equal(labels[n], labels[1563][:n]) for n in counts)
    assert subject.representation.fits == 0
    assert not np.isnan(numbers["tau_own_100"]) and np.isnan(numbers["rmse_own_100"])


def test_only_cells_above_a_bound_are_predicted(subject_of, made, nb201, space, few, of_both, monkeypatch):
    monkeypatch.setattr(prediction, "COMMON", (25,))
    monkeypatch.setattr(prediction, "OF_PAPERS", {})
    told = made(Told, space, benchmark=nb201)
    high = dataclasses.replace(few, above=0.8)
    numbers = prediction.measure(subject_of(told), high, np.random.default_rng(0)).numbers
    assert numbers["rmse_gp_25"] < of_both[0]["rmse_gp_25"]  # none of the failures is among them


def test_without_labels_nothing_is_known(subject_of, made, space, few):
    bare = Unlabelled("nb201:cifar10", space, 200)
    subject = subject_of(made(Noise, space), bare)
    numbers = prediction.measure(subject, few, np.random.default_rng(0)).numbers
    assert all(np.isnan(each) for each in numbers.values())


def test_more_labels_than_cells_are_not_measured(subject_of, made, nb201, space, few):
    told = made(Told, space, benchmark=nb201)
    subject = subject_of(told, cells=space.all()[:200])
    numbers = prediction.measure(subject, few, np.random.default_rng(0)).numbers
    known = [n for n in COMMON if not np.isnan(numbers[measure_name("tau", "gp", n)])]
    assert known == [10, 25, 50, 100]
