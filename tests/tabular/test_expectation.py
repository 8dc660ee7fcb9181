"""The exact expectation of random search against enumeration of every order of drawing."""

import time
from itertools import permutations

import numpy as np
import pytest

from tabular.expectation import expected_best

TABLES = {
    "distinct": ([0.3, 0.1, 0.7, 0.5, 0.2], [0.4, 0.2, 0.5, 0.6, 0.1]),
    "seen is truth": ([0.3, 0.1, 0.7, 0.5, 0.2], [0.3, 0.1, 0.7, 0.5, 0.2]),
    "ties": ([0.5, 0.7, 0.5, 0.7, 0.1, 0.7], [0.4, 0.2, 0.6, 0.9, 0.1, 0.3]),
    "all tie": ([0.5, 0.5, 0.5, 0.5], [0.1, 0.2, 0.3, 0.9]),
    "misleading": ([0.9, 0.1, 0.2, 0.3], [0.1, 0.9, 0.8, 0.7]),
    "one row": ([0.5], [0.25]),
}


def by_enumeration(seen: list[float], truth: list[float]) -> list[float]:
    """Mean over all orders of the truth of the first row with the best `seen` so far."""
    orders = list(permutations(range(len(seen))))
    totals = [0.0] * len(seen)
    for order in orders:
        incumbent = order[0]
        for q, row in enumerate(order):
            if seen[row] > seen[incumbent]:
                incumbent = row
            totals[q] += truth[incumbent]
    return [total / len(orders) for total in totals]


@pytest.mark.parametrize("name", TABLES)
def test_equals_enumeration(name):
    seen, truth = TABLES[name]
    found = expected_best(np.array(seen), np.array(truth), len(seen))
    np.testing.assert_allclose(found, by_enumeration(seen, truth), atol=1e-12)


def test_first_draw_is_the_mean_and_all_draws_find_the_best(nb201):
    truth = nb201.truth()
    found = expected_best(truth, truth, 15625)
    assert found[0] == pytest.approx(truth.mean(), abs=1e-12)
    assert found[-1] == pytest.approx(nb201.optimum, abs=1e-12)
    assert (np.diff(found) > -1e-12).all()


def test_equals_a_simulation_on_the_real_table(nb201):
    truth, rng = nb201.truth(), np.random.default_rng(0)
    best = np.array([truth[rng.choice(15625, 50, replace=False)].max() for _ in range(2000)])
    expected = expected_best(truth, truth, 50)[-1]
    assert abs(best.mean() - expected) < 3 * best.std(ddof=1) / np.sqrt(2000)


def test_many_queries_take_little_time(nb201):
    """A chance that is nothing is not carried along: 15,625 queries in well under a second."""
    truth, start = nb201.truth(), time.process_time()
    expected_best(truth, truth, 15625)
    assert time.process_time() - start < 2
