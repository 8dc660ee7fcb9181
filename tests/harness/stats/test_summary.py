import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from harness.stats.summary import (
    RESAMPLES,
    STATISTICS,
    Statistic,
    _resamples,
    _sums,
    bootstrap_interval,
    point,
    summarise,
    t_quantile,
)


@pytest.mark.parametrize("statistic", ["mean", "median", "iqm"])
@pytest.mark.parametrize("n", [10, 20])
def test_coverage(n, statistic):
    """The 95 % interval covers the centre of normal data in 92 to 97 % of 1,000 studies."""
    rng = np.random.default_rng(2024)
    intervals = np.array([bootstrap_interval(values, statistic) for values in rng.normal(0, 1, (1000, n))])
    covered = ((intervals[:, 0] <= 0) & (intervals[:, 1] >= 0)).mean()
    assert 0.92 <= covered <= 0.97


@pytest.mark.parametrize("statistic", ["mean", "median", "iqm"])
@pytest.mark.parametrize("n", [4, 10, 21])
def test_intervals_agree_with_scipys_bootstrap(n, statistic):
    """At the expanded level; both draw at random, so they agree within what 10,000 resamples allow."""
    values = np.random.default_rng(n).gamma(2, size=n)
    function = {"mean": np.mean, "median": np.median, "iqm": lambda x, axis: stats.trim_mean(x, 0.25, axis)}
    quantile = stats.t.ppf(0.975, n - 1) if statistic == "mean" else stats.norm.ppf(0.975)
    level = 2 * stats.norm.cdf(math.sqrt(n / (n - 1)) * quantile) - 1
    theirs = stats.bootstrap(
        (values,), function[statistic], method="percentile", n_resamples=20_000, confidence_level=level,
        rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    assert bootstrap_interval(values, statistic) == pytest.approx(theirs, abs=0.06 * np.ptp(values))


@pytest.mark.parametrize("statistic", ["mean", "median", "iqm"])
def test_points_agree_with_numpy_and_scipy(statistic):
    function = {"mean": np.mean, "median": np.median, "iqm": lambda x: stats.trim_mean(x, 0.25)}[statistic]
    for n in range(1, 12):
        values = np.random.default_rng(n).normal(size=n)
        assert point(values, statistic) == pytest.approx(function(values))
        assert summarise(values, statistic).mean == point(values, statistic)
    assert math.isnan(point(np.array([np.nan]), statistic))


@pytest.mark.parametrize(
    ("statistic", "values", "expected"),
    [
        ("median", [4.0, 1.0, 3.0, 2.0], 2.5),
        ("median", [0.9, 0.1], 0.5),
        ("median", [7.0, 1.0, 3.0], 3.0),
        ("iqm", [100.0, 1.0, 2.0, 3.0], 2.5),
        ("mean", [4.0, 1.0, 3.0, 2.0], 2.5),
    ],
)
def test_statistics_with_known_answers(statistic, values, expected):
    assert point(np.array(values), statistic) == expected


@pytest.mark.parametrize("n", [2, 5, 10, 21])
def test_sums_of_resamples_are_exact_whatever_the_order(n):
    """Equal to sums of fractions, and to those of the values and their counts in another order."""
    rng = np.random.default_rng(n)
    values = rng.normal(0.7, 0.2, n) * 10.0 ** rng.integers(-3, 3, n)
    sums, counts = _sums(values), _resamples(n).astype(int)
    for place in range(0, 10_000, 997):
        terms = zip(values, counts[:, place], strict=True)
        exact = sum(Fraction(value) * int(count) for value, count in terms)
        assert abs(Fraction(sums[place]) - exact) <= Fraction(2) ** -48 * n * Fraction(np.abs(values).max())
    whole = np.rint(rng.normal(0, 1e6, n)) / 2**20  # what is on the grid already is not rounded
    exact = [sum(Fraction(v) * int(c) for v, c in zip(whole, counts[:, k], strict=True)) for k in range(50)]
    assert [Fraction(each) for each in _sums(whole)[:50]] == exact


def test_values_around_any_size_have_an_interval():
    values = np.array([1.0, 2.0, 4.0, 5.0])
    low, high = bootstrap_interval(values)
    for scale in (2.0**-1000, 2.0**-60, 2.0**60, 2.0**900):
        assert bootstrap_interval(values * scale) == (low * scale, high * scale)
    assert bootstrap_interval(np.zeros(4)) == (0.0, 0.0)


def test_a_statistic_that_is_added_has_points_and_intervals(monkeypatch):
    worst = Statistic("worst", "worst", lambda rows: rows[:, 0])
    monkeypatch.setitem(STATISTICS, "worst", worst)
    found = summarise(np.array([0.3, 0.1, 0.2]), "worst")
    assert (found.mean, found.low, found.high) == (0.1, 0.1, 0.3)


def test_many_runs_need_fewer_resamples():
    values = np.random.default_rng(0).normal(size=1500)
    t_low, t_high = stats.t.interval(0.95, 1499, values.mean(), stats.sem(values))
    assert bootstrap_interval(values) == pytest.approx((t_low, t_high), abs=0.01)
    assert _resamples(1500).shape[1] < _resamples(150).shape[1] == RESAMPLES


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
