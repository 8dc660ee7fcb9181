import math

import numpy as np
import pytest
from scipy import stats

from harness.statistics import bootstrap_interval, summarise, t_quantile


def test_coverage_at_ten_seeds():
    """The 95 % interval covers the mean of normal data in 92 to 97 % of 2,000 studies of ten seeds."""
    rng = np.random.default_rng(2024)
    intervals = np.array([bootstrap_interval(values) for values in rng.normal(0, 1, (2000, 10))])
    covered = ((intervals[:, 0] <= 0) & (intervals[:, 1] >= 0)).mean()
    assert 0.92 <= covered <= 0.97


@pytest.mark.parametrize("n", [10, 20, 50])
def test_width_is_that_of_a_t_interval_on_normal_data(n):
    rng = np.random.default_rng(n)
    ratios = []
    for values in rng.normal(3, 2, (60, n)):
        low, high = bootstrap_interval(values)
        t_low, t_high = stats.t.interval(0.95, n - 1, values.mean(), stats.sem(values))
        ratios.append((high - low) / (t_high - t_low))
    assert 0.9 < np.mean(ratios) < 1.1


def test_summary_by_hand():
    found = summarise(np.array([1.0, 2.0, 4.0, 5.0]))
    assert (found.n, found.mean) == (4, 3.0)
    assert found.std == pytest.approx(math.sqrt(10 / 3))
    assert 1 <= found.low < 3 < found.high <= 5


def test_one_run_has_no_spread():
    found = summarise(np.array([0.9]))
    assert (found.n, found.mean) == (1, 0.9)
    assert math.isnan(found.std) and math.isnan(found.low) and math.isnan(found.high)


@pytest.mark.parametrize("values", [[], [math.nan, math.nan]])
def test_no_run_has_no_mean(values):
    found = summarise(np.array(values, dtype=float))
    assert found.n == 0
    assert all(math.isnan(value) for value in (found.mean, found.std, found.low, found.high))


def test_unknown_values_are_left_out_and_not_counted():
    values = np.array([1.0, np.nan, 2.0, 4.0])
    assert summarise(values) == summarise(np.array([1.0, 2.0, 4.0]))
    assert summarise(values).n == 3


def test_equal_runs_have_a_point_interval():
    found = summarise(np.full(10, 0.75))
    assert (found.std, found.low, found.high) == pytest.approx((0, 0.75, 0.75), abs=1e-12)


def test_intervals_repeat_and_move_with_the_data():
    values = np.random.default_rng(1).normal(size=10)
    low, high = bootstrap_interval(values)
    assert bootstrap_interval(values) == (low, high)
    shifted = bootstrap_interval(10 * values + 5)
    assert shifted == pytest.approx((10 * low + 5, 10 * high + 5))


def test_intervals_keep_the_skew_of_the_data():
    values = np.random.default_rng(3).exponential(size=10) ** 2
    low, high = bootstrap_interval(values)
    assert high - values.mean() > values.mean() - low


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 9, 19, 200])
@pytest.mark.parametrize("level", [0.6, 0.975, 0.999])
def test_t_quantile_equals_scipys(level, freedom):
    from scipy.stats import t

    assert t_quantile(level, freedom) == pytest.approx(t.ppf(level, freedom), rel=1e-8)
