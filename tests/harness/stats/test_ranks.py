"""Ranks across benchmarks: against scipy, values of scikit-posthocs, and the example of Demšar (2006)."""

import math
import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import f as f_distribution
from scipy.stats import friedmanchisquare, rankdata

from harness.stats.ranks import critical_difference, rank

# Demšar 2006, table 6: AUC of C4.5, with m, with cf, with both. On voting (.975) he prints a tie of the last
# two and ranks that have none.
DEMSAR = """
.763 .768 .771 .798   .599 .591 .590 .569   .954 .971 .968 .967   .628 .661 .654 .657   .882 .888 .886 .898
.936 .931 .916 .931   .661 .668 .609 .685   .583 .583 .563 .625   .775 .838 .866 .875   1 1 1 1
.940 .962 .965 .962   .619 .666 .614 .669   .972 .981 .97501 .975   .957 .978 .946 .970
"""
VARIANTS = ("C4.5", "+m", "+cf", "+m+cf")


@pytest.fixture(scope="module")
def demsar():
    return rank(VARIANTS, np.array(DEMSAR.split(), dtype=float).reshape(14, 4))


def test_the_published_example(demsar):
    np.testing.assert_allclose(demsar.mean, [3.143, 2.000, 2.893, 1.964], atol=5e-4)
    assert demsar.critical == pytest.approx(1.25, abs=0.005)
    assert demsar.different
    # as he finds, the post-hoc test shows no difference: all pairs are within 1.25 of each other
    assert demsar.groups == [["+m+cf", "+m", "+cf", "C4.5"]]
    assert demsar.mean.max() - demsar.mean.min() < demsar.critical


@pytest.mark.parametrize(("k", "q"), [(3, 2.343), (4, 2.569), (6, 2.850), (10, 3.164)])
def test_critical_values_are_the_published_ones(k, q):
    """Demšar 2006, table 5 (a)."""
    assert critical_difference(7, k) == pytest.approx(q * math.sqrt(k * (k + 1) / 42), rel=3e-4)


# the first values of posthoc_nemenyi_friedman of scikit-posthocs 0.17.1 on the inputs below
POSTHOCS = {
    (5, 3, 100): [0.802241125572005, 0.9463703911658415, 0.9463703911658417],
    (12, 4, 3): [0.9456551158960691, 0.9953080990641103, 0.9890583014312999, 0.8587787670204385],
    (9, 20, 8): [0.9999999999999979, 1.0, 0.9999999999999979, 0.9999999999997669, 0.9999999860793733],
}


@pytest.mark.parametrize(("n", "k", "grain"), POSTHOCS)
def test_agrees_with_scipy_and_scikit_posthocs(n, k, grain):
    rng = np.random.default_rng(n)
    values = rng.integers(0, grain, (n, k)) / grain  # ties
    found = rank([f"m{place:02d}" for place in range(k)], values)
    expected = friedmanchisquare(*values.T)
    assert (found.chi_square, found.p_chi_square) == pytest.approx((expected.statistic, expected.pvalue))
    np.testing.assert_array_equal(found.each, rankdata(-values, axis=1))
    f = (n - 1) * found.chi_square / (n * (k - 1) - found.chi_square)
    assert (found.f, found.p) == pytest.approx((f, f_distribution.sf(f, k - 1, (k - 1) * (n - 1))))
    pairs, golden = found.p_pairs, POSTHOCS[n, k, grain]
    np.testing.assert_allclose(pairs[np.triu_indices(k, 1)][: len(golden)], golden, rtol=1e-14)
    np.testing.assert_array_equal(pairs, pairs.T)
    np.testing.assert_array_equal(np.diag(pairs), 1.0)
    apart = np.abs(found.mean[:, None] - found.mean)
    np.testing.assert_array_equal(pairs < 0.05, apart > found.critical)


def test_a_clear_order_is_separated_where_it_is_clear():
    values = np.tile([0.5, 0.9, 0.7, 0.8], (8, 1))
    found = rank("dacb", values)
    assert [found.methods[place] for place in found.order] == ["a", "b", "c", "d"]
    assert found.f == math.inf and found.p == 0
    assert critical_difference(8, 4) == pytest.approx(1.658, abs=0.001)  # 2 ranks apart differ, 1 do not
    assert found.groups == [["a", "b"], ["b", "c"], ["c", "d"]]


def test_nothing_is_separated_where_the_first_test_finds_nothing():
    rng = np.random.default_rng(1)
    for _ in range(200):
        found = rank("abcdef", rng.random((6, 6)))
        if not found.different:
            assert found.groups == [
                sorted("abcdef", key=lambda name: (found.mean["abcdef".index(name)], name))
            ]


def test_equal_methods_are_seldom_separated():
    rng = np.random.default_rng(0)
    false = np.mean([rank("abcd", rng.random((5, 4))).separated.any() for _ in range(300)])
    assert false <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 300)


def test_methods_that_tie_everywhere():
    found = rank("abc", np.full((5, 3), 0.9))
    assert (found.chi_square, found.p_chi_square, found.p) == (0, 1, 1)
    assert found.groups == [["a", "b", "c"]] and found.mean.tolist() == [2, 2, 2]


def test_too_few_are_refused():
    with pytest.raises(ValueError, match="at least 5 benchmarks, found 4: with fewer the Friedman test"):
        rank("abc", np.zeros((4, 3)))
    with pytest.raises(ValueError, match="at least 3 methods with runs on all of them, found 2"):
        rank("ab", np.zeros((5, 2)))


def test_the_same_ranks_in_every_process():
    code = (
        "import numpy as np; from harness.stats.ranks import rank; "
        "r = rank('abcd', np.random.default_rng(0).random((7, 4))); "
        "print(r.f.hex(), r.p.hex(), r.critical.hex(), r.p_pairs.tobytes().hex())"
    )
    line = [sys.executable, "-c", code]
    first, second = (subprocess.run(line, capture_output=True, check=True).stdout for _ in range(2))
    assert first == second
