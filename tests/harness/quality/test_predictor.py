import numpy as np
import pytest

from harness.quality.predictor import PART, ranked_alike, rmse
from tests.harness.quality.scripted import Digits


class Knows(Digits):
    """Predicts 0.01 more than the accuracy, of cells with an even sum of digits 0.03 less."""

    predicts_accuracy = True

    def predict(self, z):
        import torch

        cells = self.space.from_digits(z.numpy().astype(np.int8))
        even = z.sum(1) % 2 == 0
        truth = torch.from_numpy(self.benchmark.mean(cells, "valid", 200)).float()
        return truth + torch.where(even, -0.03, 0.01)


def test_errors_and_ranks_of_known_predictions(subject_of, made, space, nb201, small):
    subject = subject_of(made(Knows, space, benchmark=nb201), labelled=True)
    numbers = PART.measure(subject, small, np.random.default_rng(0)).numbers
    assert 0.01 < numbers["rmse_test"] < 0.03 and 0.01 < numbers["rmse_train"] < 0.03
    assert 0.5 < numbers["tau_test"] < numbers["spearman_test"] < 1
    assert numbers["rmse_of_mean_test"] > numbers["rmse_test"]
    assert set(numbers) == {measure.name for measure in PART.measures}


def test_what_is_no_accuracy_has_ranks_and_no_errors(subject_of, made, space, small):
    subject = subject_of(made(Digits, space), labelled=True)
    numbers = PART.measure(subject, small, np.random.default_rng(0)).numbers
    assert np.isnan([numbers["rmse_test"], numbers["rmse_train"]]).all()
    assert not np.isnan([numbers["spearman_test"], numbers["rmse_of_mean_test"]]).any()


def test_nothing_learnt_nothing_measured(subject_of, made, space, small):
    numbers = PART.measure(subject_of(made(Digits, space)), small, np.random.default_rng(0)).numbers
    assert np.isnan([numbers["spearman_test"], numbers["rmse_train"], numbers["tau_test"]]).all()


def test_statistics_leave_out_what_is_not_known():
    guess, truth = np.array([1, 2, np.nan, 4.0]), np.array([1, 4, 3, np.nan])
    assert rmse(guess, truth) == pytest.approx(2**0.5)
    assert ranked_alike(guess, truth) == {"spearman": pytest.approx(1), "tau": pytest.approx(1)}
    assert np.isnan(rmse(guess[2:], truth[2:]))
    assert np.isnan(list(ranked_alike(guess[:1], truth[:1]).values())).all()
    reversed_ranks = ranked_alike(np.arange(4.0), -np.arange(4.0))
    assert reversed_ranks == {"spearman": pytest.approx(-1), "tau": pytest.approx(-1)}
