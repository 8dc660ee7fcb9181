"""The oracle's book: what was spent, what was paid, who led, by hand."""

import numpy as np
import pytest

from tabular.ledger import Column, Known, Ledger


def ledger(unit="queries", budget=3, **columns):
    n = len(columns["seen"])
    usual = {"cost": [1.0] * n, "repeated": [False] * n, "charged": [True] * n, "epochs": [200] * n}
    return Ledger(200, unit, budget, purposes=["search"] * n, **{**usual, **columns})


def test_shorter_schedules_are_shares_of_a_query_and_make_no_incumbent():
    """200 + 50 + 50 + 80 + 200 epochs of a full schedule of 200."""
    found = ledger(seen=[0.5, 0.9, 0.8, 0.95, 0.6], epochs=[200, 50, 50, 80, 200])
    assert found.spent.tolist() == [1, 1.25, 1.5, 1.9, 2.9]
    assert found.queries == 3 and found.best == 0.6
    assert found.incumbent.tolist() == [0, 0, 0, 0, 4] and found.incumbents.tolist() == [0, 4]
    assert found.paid(2.8).tolist() == [0] and found.paid(2.9).tolist() == [0, 4]


def test_before_the_first_full_answer_there_is_no_incumbent():
    found = ledger(seen=[0.9, 0.4, 0.4, 0.5], epochs=[50, 200, 200, 200])
    assert found.incumbent.tolist() == [-1, 1, 1, 3]  # of equals the first
    assert found.incumbents.tolist() == [1, 3]
    assert np.isnan(ledger(seen=[0.9], epochs=[50]).best) and np.isnan(ledger(seen=[]).best)
    assert ledger(seen=[]).incumbents.tolist() == [] and ledger(seen=[]).queries == 0


def test_free_repeats_spend_nothing_and_are_not_paid():
    found = ledger(seen=[0.5, 0.5, 0.7], charged=[True, False, True], repeated=[False, True, False])
    assert found.spent.tolist() == [1, 1, 2] and found.paid(2).tolist() == [0, 2]


def test_what_crosses_a_budget_in_seconds_counts_as_paid_with_it():
    found = ledger("seconds", budget=100, seen=[0.5, 0.6, 0.7], cost=[30.0, 40.0, 50.0])
    assert found.spent.tolist() == [30, 70, 100]
    assert found.paid(99).tolist() == [0, 1] and found.paid(100).tolist() == [0, 1, 2]


def test_growing_is_the_same_as_being_whole():
    rng = np.random.default_rng(0)
    seen, epochs = rng.random(500), rng.choice([50, 200], 500)
    whole, grown = ledger(seen=seen.tolist(), epochs=epochs.tolist()), Ledger(200, "queries", 3)
    for value, schedule in zip(seen.tolist(), epochs.tolist(), strict=True):
        grown.extend("search", [value], [1.0], [False], [True], schedule)
    for name in ("seen", "cost", "repeated", "charged", "epochs", "spent", "incumbent"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(grown, name))
    assert whole.best == grown.best == seen[epochs == 200].max() and len(whole) == len(grown) == 500


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="not whole"):
        Ledger(200, "queries", 3, seen=[0.5, 0.6], cost=[1.0, 1.0])


def test_a_view_keeps_its_length_and_cannot_be_written():
    column = Column(np.zeros((0, 2)))
    column.extend(np.ones((3, 2)))
    before = column.values
    column.extend(np.full((200, 2), 2.0))
    assert before.tolist() == [[1, 1]] * 3 and len(column.values) == 203
    with pytest.raises(ValueError, match="read-only"):
        before[0] = 5


def test_a_wider_type_widens_the_column():
    column = Column(np.zeros((0, 2), dtype=np.int8))
    column.extend(np.array([[1, 2]], dtype=np.int8))
    column.extend(np.array([[3, 400]], dtype=np.int64))
    assert column.values.tolist() == [[1, 2], [3, 400]]


def test_a_snapshot_of_names_does_not_grow():
    first = {7: 0, 8: 1}
    known = Known(first, 2)
    first[9] = 2
    assert 7 in known and 8 in known and 9 not in known and 9 in Known(first, 3)
