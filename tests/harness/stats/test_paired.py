"""Paired comparisons against scipy, hand-made numbers and simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from harness.stats.paired import compare_paired, detectable, holm, improvement, signed_rank
from harness.stats.summary import point


@pytest.mark.parametrize("n", [5, 10, 20])
def test_against_scipy(n):
    rng = np.random.default_rng(n)
    first, second = rng.normal(0.3, 1, n), rng.normal(0, 1, n)
    found = compare_paired(first, second)
    assert found.n == n and found.difference == pytest.approx((first - second).mean())
    assert found.p == pytest.approx(stats.wilcoxon(first, second).pvalue, rel=1e-12)
    u = stats.mannwhitneyu(first, second).statistic / n**2
    assert found.improvement == pytest.approx(u)
    t = stats.ttest_rel(first, second).statistic
    assert found.effect == pytest.approx(t / math.sqrt(n))
    assert found.low < found.difference < found.high


@pytest.mark.parametrize("n", [3, 8, 11])
@pytest.mark.parametrize("digits", [0, 1])
def test_ties_and_zeros_agree_with_scipys_exact_permutations(n, digits):
    rng = np.random.default_rng(n)
    for _ in range(5):
        difference = np.round(rng.normal(0.3, 1, n), digits)
        if difference.any():
            exact = stats.wilcoxon(difference, method=stats.PermutationMethod(n_resamples=np.inf))
            assert signed_rank(difference) == pytest.approx(exact.pvalue, abs=1e-12)


@pytest.mark.parametrize("n", [14, 50, 200])
def test_many_values_agree_with_scipys_normal_approximation(n):
    difference = np.round(np.random.default_rng(n).normal(0.2, 1, n), 1)
    approximate = stats.wilcoxon(difference, method="asymptotic", correction=True).pvalue
    assert signed_rank(difference) == pytest.approx(approximate, abs=0.02)


def test_beyond_two_hundred_it_is_scipys_normal_approximation():
    difference = np.round(np.random.default_rng(0).normal(0.1, 1, 300), 1)
    approximate = stats.wilcoxon(difference, method="asymptotic", correction=True).pvalue
    assert signed_rank(difference) == pytest.approx(approximate, rel=1e-9)


def test_signed_ranks_keep_their_level_with_ties():
    rng = np.random.default_rng(0)
    p = [signed_rank(np.round(values, 0)) for values in rng.normal(size=(2000, 12))]
    assert np.mean(np.array(p) < 0.05) <= 0.055


def test_the_other_way_round_is_the_mirror_image():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=10), rng.normal(size=10)
    one, other = compare_paired(first, second), compare_paired(second, first)
    assert one.difference == pytest.approx(-other.difference) and one.p == other.p
    assert one.effect == pytest.approx(-other.effect)
    assert one.improvement == pytest.approx(1 - other.improvement)
    assert one.detectable == pytest.approx(other.detectable)


def test_seeds_that_either_lacks_are_left_out():
    first = np.array([0.9, np.nan, 0.8, 0.7, 0.95])
    second = np.array([0.8, 0.7, np.nan, 0.65, 0.9])
    assert compare_paired(first, second) == compare_paired(first[[0, 3, 4]], second[[0, 3, 4]])
    assert compare_paired(first, second).n == 3


def test_the_same_runs_do_not_differ():
    same = np.array([0.9, 0.8, 0.85])
    found = compare_paired(same, same)
    assert (found.difference, found.effect, found.p, found.improvement) == (0, 0, 1, 0.5)
    assert improvement(np.array([1.0, 2.0]), np.array([1.0, 3.0])) == (0.5 + 0 + 1 + 0) / 4


def test_one_seed_allows_no_claim():
    found = compare_paired(np.array([0.9]), np.array([0.8]))
    assert found.n == 1 and found.difference == pytest.approx(0.1)
    assert all(math.isnan(x) for x in (found.low, found.high, found.p, found.effect, found.detectable))
    assert compare_paired(np.array([]), np.array([])).n == 0


def test_holm_by_hand_and_with_gaps():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    corrected = holm([0.02, math.nan, 0.01])
    assert corrected[0] == corrected[2] == 0.02 and math.isnan(corrected[1])
    assert holm([]) == []


def test_holm_keeps_the_family_wise_error():
    """Of 2,000 families of ten true null hypotheses at most about 5 % have a rejection."""
    rng = np.random.default_rng(1)
    wrong = np.mean([min(holm(family)) < 0.05 for family in rng.random((2000, 10))])
    assert wrong < 0.065


@pytest.mark.parametrize("n", [4, 5, 10, 20, 21])
def test_the_interquartile_mean_is_the_trimmed_mean(n):
    values = np.random.default_rng(n).normal(size=n)
    assert point(values, "iqm") == pytest.approx(stats.trim_mean(values, 0.25))
    assert point(np.append(values, np.nan), "iqm") == point(values, "iqm")
    assert math.isnan(point(np.array([]), "iqm"))


@pytest.mark.parametrize("n", [10, 20])
def test_a_detectable_difference_is_detected_in_about_four_of_five(n):
    rng = np.random.default_rng(n)
    size = detectable(1.0, n)
    seen = np.mean([stats.ttest_1samp(rng.normal(size, 1, n), 0).pvalue < 0.05 for _ in range(2000)])
    assert 0.75 < seen < 0.86
