import math

import numpy as np
import pytest
from scipy.stats import permutation_test, spearmanr

from harness.stats.association import associate, pooled_spearman


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_of_one_block_it_is_spearmans_rho(rng):
    for ties in (False, True):
        x, y = rng.random((2, 9)).round(1 if ties else 9)
        assert pooled_spearman(x[None], y[None]) == pytest.approx(spearmanr(x, y).statistic)


def test_of_equal_blocks_it_is_the_mean_of_theirs(rng):
    x, y = rng.random((2, 3, 8))
    each = [spearmanr(*pair).statistic for pair in zip(x, y, strict=True)]
    assert pooled_spearman(x, y) == pytest.approx(np.mean(each))


def test_blocks_are_never_ranked_together():
    x = np.array([[1.0, 2, 3], [11, 12, 13]])
    y = np.array([[30.0, 20, 10], [3, 2, 1]])
    assert pooled_spearman(x, y) == -1
    assert math.isnan(pooled_spearman(x, y * 0))


def test_the_test_is_exact_for_few_items():
    x = np.arange(5.0)[None]
    found = associate(x, x**2)
    assert (found.n, found.blocks, found.points, found.rho) == (5, 1, 5, 1)
    assert found.p == pytest.approx(2 / math.factorial(5))
    assert found.low == found.high == 1


def test_the_test_is_scipys(rng):
    x, y = rng.random((2, 6))
    other = permutation_test(
        (x,), lambda a: spearmanr(a, y).statistic, permutation_type="pairings", n_resamples=np.inf
    )
    both = np.abs(other.null_distribution) >= abs(other.statistic) - 1e-12
    assert associate(x[None], y[None]).p == pytest.approx(both.mean())


def test_a_second_benchmark_that_says_the_same_is_no_more_evidence(rng):
    x, y = rng.random((2, 6))
    one, three = associate(x[None], y[None]), associate(np.tile(x, (3, 1)), np.tile(y, (3, 1)))
    assert (three.n, three.points) == (6, 18)
    assert (one.rho, one.p) == pytest.approx((three.rho, three.p))
    assert (one.low, one.high) == pytest.approx((three.low, three.high))


def test_what_is_missing_counts_nowhere(rng):
    x, y = rng.random((2, 2, 7))
    x[0, 0] = y[0, 1] = x[:, 6] = math.nan
    x[1, 2:] = math.nan  # two items are no order
    found = associate(x, y)
    assert (found.n, found.blocks, found.points) == (4, 1, 4)
    assert found.rho == pytest.approx(spearmanr(x[0, 2:6], y[0, 2:6]).statistic)


def test_nothing_is_said_of_too_few():
    few = associate(np.array([[1.0, 2]]), np.array([[1.0, 2]]))
    assert (few.n, few.points) == (0, 0) and math.isnan(few.rho) and math.isnan(few.p)
    three = associate(np.array([[1.0, 2, 3]]), np.array([[1.0, 2, 3]]))
    assert three.rho == 1 and three.p == pytest.approx(1 / 3) and math.isnan(three.low)


@pytest.mark.parametrize("blocks", [1, 3])
def test_unrelated_measures_are_rarely_told_apart_from_chance(blocks):
    """Items have a part that all blocks share, as representations have."""
    rng, trials, found = np.random.default_rng(0), 200, 0
    for _ in range(trials):
        x, y = (rng.normal(size=6) + 0.3 * rng.normal(size=(blocks, 6)) for _ in range(2))
        found += associate(x, y).p < 0.05
    assert found / trials < 0.1
