"""The fixed-target view by hand, by definition and by simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from harness.stats.targets import first_reached, summarise_reached


def test_the_first_point_that_is_good_enough_counts_even_if_it_is_lost_again():
    points, regret = np.arange(1.0, 6.0), np.array([0.02, 0.004, 0.006, 0.001, 0.002])
    assert first_reached(points, regret, 0.005) == 2
    assert first_reached(points, regret, 0.001) == 4
    assert first_reached(points, regret, 0.0005) == math.inf
    assert first_reached(points, np.full(5, np.nan), 0.5) == math.inf


def test_a_target_missed_by_rounding_is_met():
    assert first_reached(np.array([1.0]), np.array([0.9160666665039061 - 0.9110666665039061]), 0.005) == 1


def test_what_failed_runs_spent_counts():
    """Two of four get there, after 10 and 30; the others spend all of their 100."""
    found = summarise_reached(np.array([10, math.inf, 30, math.inf]), np.full(4, 100.0))
    assert (found.n, found.reached) == (4, 2)
    assert found.expected == (10 + 30 + 100 + 100) / 2
    assert found.median == math.inf  # between the second and a third that never came
    assert found.low < found.expected < found.high == math.inf  # a resample may have no success


def test_all_reached_is_a_plain_mean():
    found = summarise_reached(np.array([10.0, 20.0, 60.0]), np.full(3, 100.0))
    assert (found.reached, found.expected, found.median) == (3, 30.0, 20.0)
    assert 10 <= found.low <= 30 <= found.high <= 60


def test_nobody_reached_it():
    found = summarise_reached(np.full(3, math.inf), np.full(3, 100.0))
    assert (found.reached, found.expected, found.median) == (0, math.inf, math.inf)
    assert math.isnan(found.low) and math.isnan(found.high)


@pytest.mark.parametrize("chance", [0.3, 0.6])
def test_the_expected_time_is_that_of_restarts(chance):
    """Runs of 100 that succeed at a uniform time, by chance: the mean time of restarting until one does."""
    rng = np.random.default_rng(0)
    hit = rng.random(4_000) < chance
    first = np.where(hit, rng.integers(1, 101, 4_000), math.inf)
    restarted = (1 - chance) / chance * 100 + 50.5
    assert summarise_reached(first, np.full(4_000, 100.0)).expected == pytest.approx(restarted, rel=0.06)


def test_intervals_of_the_expected_time_cover_it():
    rng, truth, covered = np.random.default_rng(1), 0.2 / 0.8 * 100 + 50.5, 0
    for _ in range(400):
        hit = rng.random(20) < 0.8
        found = summarise_reached(np.where(hit, rng.integers(1, 101, 20), math.inf), np.full(20, 100.0))
        covered += found.low <= truth <= found.high
    assert 0.91 <= covered / 400 <= 0.985


def test_the_median_of_an_even_number_lies_between_the_middle_two():
    assert summarise_reached(np.array([40.0, 10.0, 30.0, 20.0]), np.full(4, 100.0)).median == 25
    half = summarise_reached(np.array([10.0, 20.0, math.inf, math.inf]), np.full(4, 100.0))
    assert half.median == math.inf


def test_the_interval_of_a_ratio_by_enumeration():
    """Of two runs, 10 (reached) and 100 (not), there are three kinds of resamples: 10, 110 / 1 and never."""
    found = summarise_reached(np.array([10.0, math.inf]), np.full(2, 100.0))
    assert (found.expected, found.low, found.high) == (110.0, 10.0, math.inf)
    same = summarise_reached(np.full(6, 30.0), np.full(6, 100.0))
    assert (same.expected, same.low, same.high) == (30.0, 30.0, 30.0)


def test_the_interval_of_a_ratio_is_that_of_its_resamples():
    first = np.array([5.0, 20.0, 35.0, 80.0, math.inf, 60.0])
    ends, n = np.full(6, 100.0), 6
    drawn = np.random.default_rng(7).integers(0, n, (200_000, n))
    there = np.isfinite(first)
    with np.errstate(divide="ignore"):
        ratios = np.sort(np.where(there, first, ends)[drawn].sum(axis=1) / there[drawn].sum(axis=1))
    tail = stats.norm.cdf(-math.sqrt(n / (n - 1)) * stats.t.ppf(0.975, n - 1))
    found = summarise_reached(first, ends)
    expected = ratios[[int(tail * len(ratios)), int((1 - tail) * len(ratios))]]
    np.testing.assert_allclose([found.low, found.high], expected, rtol=0.05)
    assert found.expected == 300 / 5
