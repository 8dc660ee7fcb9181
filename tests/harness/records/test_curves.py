"""Curves against ledgers small enough to read."""

import dataclasses

import numpy as np

from harness.records.curves import curve
from tests.presets import PROTOCOLS

SHORT = dataclasses.replace(PROTOCOLS["nb201-200ep"], fidelities=(50, 80))


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


def test_shorter_schedules_cost_but_make_no_incumbent(spec_of, record_for):
    """One query is 200 epochs: the fourth row ends at 380, the fifth at 580, the last at 600 of 600."""
    record = record_for(
        spec_of(protocol=SHORT),
        seen=[0.5, 0.9, 0.8, 0.95, 0.6, 0.7],
        truth=[0.4, 0.91, 0.81, 0.96, 0.55, 0.7],
        epochs=[200, 50, 50, 80, 200, 20],
        cost=[20.0, 5.0, 5.0, 8.0, 20.0, 2.0],
    )
    found = curve(record)
    assert record.ledger.queries == 3
    assert found.seen.tolist() == [0.5, 0.5, 0.6]
    assert found.truth.tolist() == [0.4, 0.4, 0.55]
    assert found.architectures.tolist() == [1, 4, 6]
    assert found.seconds.tolist() == [20, 38, 60]


def test_a_grid_point_holds_what_was_paid_for_by_then_and_the_last_one_all(spec_of, record_for):
    """80 + 80 + 80 epochs: the third passes 200, so the first point has two; 240 of 400 are spent."""
    record = record_for(spec_of(protocol=SHORT), epochs=[80, 80, 80])
    found = curve(record)
    assert found.architectures.tolist() == [2, 3]
    assert found.seconds.tolist() == [2, 3]


def test_before_the_first_full_answer_nothing_is_known(spec_of, record_for):
    record = record_for(
        spec_of(protocol=SHORT),
        seen=[0.9, 0.8, 0.95, 0.6],
        test=[0.1, 0.2, 0.3, 0.4],
        epochs=[80, 80, 80, 200],
    )
    found = curve(record)
    np.testing.assert_array_equal(found.seen, [np.nan, np.nan, 0.6])
    np.testing.assert_array_equal(found.truth, [np.nan, np.nan, 0.6])
    np.testing.assert_array_equal(found.test, [np.nan, np.nan, 0.4])
    assert found.architectures.tolist() == [2, 3, 4]


def test_a_budget_in_seconds_puts_the_seconds_on_the_grid(spec_of, record_for):
    """A kept query that crossed the budget counts with the budget; free repeats take no place."""
    spec = spec_of(protocol=PROTOCOLS["nb201-arch2vec"].on("cifar10"), budget=100)
    record = record_for(
        spec,
        seen=[0.5, 0.7, 0.7, 0.9],
        cost=[30.0, 40.0, 0.0, 50.0],
        charged=[1, 1, 0, 1],
        repeated=[0, 0, 1, 0],
    )
    found = curve(record)
    assert found.grid.tolist() == [30, 70, 100] and found.seconds.tolist() == [30, 70, 120]
    assert [found.value("seen", at) for at in (30, 69, 70, 99, 100)] == [0.5, 0.5, 0.7, 0.7, 0.9]
    assert np.isnan(found.value("seen", 29))


def test_a_value_is_that_of_the_last_point_reached(spec_of, record_for):
    found = curve(record_for(spec_of()))
    assert [found.value("truth", at) for at in (1, 2, 3)] == found.truth.tolist()
    assert np.isnan(found.value("truth", 0))


def test_unknown_costs_are_unknown_seconds(spec_of, record_for):
    found = curve(record_for(spec_of(), cost=[None, None, None]))
    assert np.isnan(found.seconds).all() and found.grid.tolist() == [1, 2, 3]
