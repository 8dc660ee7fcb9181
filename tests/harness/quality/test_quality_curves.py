import numpy as np
import pytest

from harness.quality.curves import PART, by_pass
from tests.harness.quality.scripted import Digits

CURVE = [
    {"epoch": 1.0, "loss": 2.0, "kl": 0.5, "held_out_exact_percent": 40.0},
    {"epoch": 2.0, "loss": 1.0, "kl": 0.7, "held_out_exact_percent": 80.0, "other": 3.0},
    {"epoch": 3.0, "loss": 1.5, "kl": 0.6, "held_out_exact_percent": 60.0, "prior_valid_percent": 50.0},
]


def test_what_stands_at_the_end(subject_of, made, space, small):
    outcome = PART.measure(subject_of(made(Digits, space), curve=CURVE), small, np.random.default_rng(0))
    numbers = outcome.numbers
    assert set(numbers) == {measure.name for measure in PART.measures}
    assert (numbers["passes"], numbers["last_loss"], numbers["last_kl"]) == (3, 1.5, 0.6)
    assert (numbers["last_held_out_exact"], numbers["best_held_out_exact"]) == (0.6, 0.8)
    assert np.isnan([numbers["last_accuracy_error"], numbers["last_prior_unique"]]).all()
    assert numbers["last_prior_valid"] == 0.5
    np.testing.assert_equal(outcome.columns, {"passes": by_pass(CURVE)})


def test_columns():
    columns = by_pass(CURVE)
    assert columns["held_out_exact"] == [0.4, 0.8, 0.6]
    assert columns["other"] == pytest.approx([np.nan, 3.0, np.nan], nan_ok=True)
    assert list(columns) == ["epoch", "loss", "kl", "held_out_exact", "other", "prior_valid"]


def test_nothing_trained(subject_of, made, space, small):
    outcome = PART.measure(subject_of(made(Digits, space)), small, np.random.default_rng(0))
    assert np.isnan(list(outcome.numbers.values())).all() and outcome.columns == {}
