import math

import numpy as np
import pytest

from harness.stats.agreement import (
    kendall,
    kendall_of_best,
    least_of_best,
    pearson,
    precision_of_best,
    rmse,
    spearman,
)

TRUTH = np.array([0.1, 0.2, 0.3, 0.4])


def test_one_pair_in_the_wrong_order():
    guess = np.array([1.0, 2.0, 4.0, 3.0])  # five pairs of six in order
    assert kendall(guess, TRUTH) == pytest.approx(4 / 6)
    assert spearman(guess, TRUTH) == pytest.approx(1 - 6 * 2 / (4 * 15))
    assert pearson(10 * TRUTH + 3, TRUTH) == pytest.approx(1)


def test_errors_are_of_what_is_known():
    assert rmse(TRUTH + np.array([0.3, -0.4, np.nan, 0]), TRUTH) == pytest.approx(math.sqrt(0.25 / 3))
    assert math.isnan(rmse(np.full(4, np.nan), TRUTH))


def test_tau_of_the_best_looks_at_no_other():
    truth = np.arange(100.0)
    guess = truth.copy()
    guess[90:] = truth[90:][::-1]
    assert kendall_of_best(guess, truth, 0.1) == pytest.approx(-1)
    assert kendall(guess, truth) > 0.9
    assert least_of_best(truth, 0.1) == 90 and least_of_best(truth, 1e-9) == 99


def test_precision_of_the_best():
    truth = np.arange(100.0)
    guess = truth.copy()
    guess[[95, 99]] = [-1, -2]  # two of the best five are guessed worst: 93 and 94 take their places
    assert precision_of_best(guess, truth, 0.05) == pytest.approx(3 / 5)
    assert precision_of_best(truth, truth, 0.05) == 1
    # who says nothing finds as many as chance
    assert precision_of_best(np.zeros(100), truth, 0.05) == pytest.approx(0.05)


@pytest.mark.parametrize("function", [kendall, spearman, pearson])
def test_without_an_order_there_is_no_correlation(function):
    assert math.isnan(function(np.zeros(4), TRUTH)) and math.isnan(function(TRUTH, np.ones(4)))
    assert math.isnan(function(np.array([1.0, 2, np.nan, np.nan]), TRUTH))
    assert math.isnan(function(np.empty(0), np.empty(0)))
    assert math.isnan(kendall_of_best(np.empty(0), np.empty(0), 0.1))
