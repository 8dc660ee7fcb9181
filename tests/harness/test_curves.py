"""Curves against ledgers small enough to read."""

import numpy as np

from harness.curves import curve


def test_the_incumbent_is_chosen_by_seen_and_held(spec_of, record_for):
    record = record_for(
        spec_of(),
        seen=[0.5, 0.4, 0.7, 0.6, 0.8],
        truth=[0.45, 0.9, 0.6, 0.95, 0.55],
        test=[0.1, 0.2, 0.3, 0.4, 0.5],
    )
    found = curve(record)
    assert found.seen.tolist() == [0.5, 0.5, 0.7, 0.7, 0.8]
    assert found.truth.tolist() == [0.45, 0.45, 0.6, 0.6, 0.55]  # truth may fall: nobody saw it
    assert found.test.tolist() == [0.1, 0.1, 0.3, 0.3, 0.5]


def test_ties_keep_the_first(spec_of, record_for):
    found = curve(record_for(spec_of(), seen=[0.5, 0.7, 0.7, 0.5, 0.7], truth=[0.1, 0.2, 0.3, 0.4, 0.5]))
    assert found.truth.tolist() == [0.1, 0.2, 0.2, 0.2, 0.2]


def test_the_grid_is_charged_queries(spec_of, record_for):
    """Free repeats take no place on the grid, and what was paid before them stays."""
    record = record_for(
        spec_of(),
        seen=[0.5, 0.5, 0.6, 0.5, 0.6, 0.55],
        architecture=["a", "a", "b", "a", "b", "c"],
        **{"class": [1, 1, 1, 1, 1, 2]},
        cost=[10.0, 0.0, 20.0, 0.0, 0.0, 5.0],
        charged=[1, 0, 1, 0, 0, 1],
        repeated=[0, 1, 0, 1, 1, 0],
    )
    found = curve(record)
    assert found.seen.tolist() == [0.5, 0.6, 0.6]
    assert found.architectures.tolist() == [1, 2, 3]
    assert found.classes.tolist() == [1, 1, 2]
    assert found.seconds.tolist() == [10, 30, 35]


def test_charged_repeats_stand_on_the_grid(spec_of, record_for):
    record = record_for(
        spec_of(),
        seen=[0.5, 0.5, 0.6],
        architecture=["a", "a", "b"],
        repeated=[0, 1, 0],
        cost=[1.0, 1.0, 1.0],
    )
    found = curve(record)
    assert found.architectures.tolist() == [1, 1, 2]
    assert found.seconds.tolist() == [1, 2, 3]


def test_unknown_test_is_nan(spec_of, record_for):
    found = curve(record_for(spec_of()))
    assert np.isnan(found.test).all() and not np.isnan(found.truth).any()


def test_unknown_truth_of_the_incumbent_is_nan_not_filled(spec_of, record_for):
    found = curve(record_for(spec_of(), seen=[0.5, 0.6, 0.7], truth=[0.5, None, 0.7]))
    np.testing.assert_array_equal(found.truth, [0.5, np.nan, 0.7])
