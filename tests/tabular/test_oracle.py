"""The meter: what a query costs, what it answers, and that nothing else gets through."""

import dataclasses

import numpy as np
import pytest

from tabular.answers import answers
from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.oracle import Observations, Oracle
from tests.presets import PROTOCOLS

ONE, MEAN = PROTOCOLS["nb201-200ep"], PROTOCOLS["nb201-200ep-mean"]
TWINS = ["000000", "331000"]  # rows of one class whose recorded trainings differ: the output is zero


def make(nb201, protocol=ONE, budget=10, seed=0):
    return Oracle(nb201, protocol, budget, np.random.default_rng(seed))


def ask(oracle, space, *texts, purpose="search"):
    oracle.query(space.from_strings(list(texts)), purpose)


def test_a_fresh_oracle_has_seen_nothing(nb201):
    oracle = make(nb201, budget=7)
    assert oracle.remaining == 7
    assert len(oracle.observed) == 0 and len(oracle.observed.cells) == 0
    assert oracle.ledger.charged.tolist() == [] and oracle.ledger.purposes == []


def test_a_table_with_gaps_is_refused(nb201):
    column = nb201.columns["valid@200"].copy()
    column[[3, 5]] = np.nan
    gaps = dataclasses.replace(nb201, columns={**nb201.columns, "valid@200": column})
    with pytest.raises(HarnessError, match="no valid@200 of 2 architectures out of 15625"):
        make(gaps)


def test_queries_are_charged_one_each(nb201, space):
    oracle = make(nb201)
    ask(oracle, space, "421211", "334034", purpose="initial")
    ask(oracle, space, "111020")
    assert oracle.remaining == 7
    assert space.to_strings(oracle.observed.cells) == ["421211", "334034", "111020"]
    assert oracle.ledger.purposes == ["initial", "initial", "search"]
    assert oracle.ledger.charged.all() and not oracle.observed.repeated.any()


@pytest.mark.parametrize("bad", ["past the budget", "outside the space"])
def test_a_refused_batch_leaves_the_ledger_unchanged(nb201, space, bad):
    oracle = make(nb201, budget=3)
    ask(oracle, space, "421211")
    if bad == "past the budget":
        batch, message = space.from_strings(["000001", "000002", "000003"]), "3 queries asked with 2 left"
    else:
        ops = space.from_strings(["000001", "000002"]).ops.copy()
        ops[1, 0] = 3
        batch, message = Cells(space.all().adjacency[:2], ops), "1 of 2 cells are outside"
    with pytest.raises(HarnessError, match=message):
        oracle.query(batch, "search")
    assert oracle.remaining == 2
    assert len(oracle.observed) == 1 and oracle.ledger.purposes == ["search"]
    assert oracle.is_known(space.from_strings(["000001", "421211"])).tolist() == [False, True]
    ask(oracle, space, "000001", "000002")
    assert oracle.remaining == 0


def test_a_spent_budget_refuses_new_but_answers_known(nb201, space):
    oracle = make(nb201, budget=1)
    ask(oracle, space, "421211")
    with pytest.raises(HarnessError, match="1 queries asked with 0 left"):
        ask(oracle, space, "000000")
    ask(oracle, space, "421211")
    assert oracle.observed.repeated.tolist() == [False, True]


def test_repeats_are_free_and_kept_in_the_ledger(nb201, space):
    oracle = make(nb201)
    ask(oracle, space, "421211", "334034", "421211")
    ask(oracle, space, "334034")
    observed = oracle.observed
    assert oracle.remaining == 8
    assert observed.repeated.tolist() == [False, False, True, True]
    assert oracle.ledger.charged.tolist() == [True, True, False, False]
    assert observed.accuracy[2] == observed.accuracy[0] and observed.accuracy[3] == observed.accuracy[1]
    assert (observed.cost[:2] > 0).all() and observed.cost[2:].tolist() == [0, 0]


def test_distinct_leaves_every_paid_label_once(nb201, space):
    oracle = make(nb201)
    ask(oracle, space, "421211", "334034", "421211", "111020")
    distinct = oracle.observed.distinct()
    assert space.to_strings(distinct.cells) == ["421211", "334034", "111020"]
    assert len(distinct) == 3 and not distinct.repeated.any()


def test_charged_repeats_pay_again(nb201, space):
    oracle = make(nb201, dataclasses.replace(ONE, repeats="charged"), budget=3)
    ask(oracle, space, "421211", "421211")
    observed = oracle.observed
    assert oracle.remaining == 1
    assert observed.repeated.tolist() == [False, True] and oracle.ledger.charged.tolist() == [True, True]
    assert observed.cost[0] == observed.cost[1] > 0
    with pytest.raises(HarnessError, match="2 queries asked with 1 left"):
        ask(oracle, space, "421211", "421211")


def test_rows_of_one_class_are_different_by_default(nb201, space):
    oracle = make(nb201)
    ask(oracle, space, *TWINS)
    assert oracle.remaining == 8 and not oracle.observed.repeated.any()


def test_same_class_makes_twins_repeats(nb201, space):
    oracle = make(nb201, dataclasses.replace(ONE, same="class"))
    ask(oracle, space, TWINS[0])
    assert oracle.is_known(space.from_strings(TWINS[1:])).tolist() == [True]
    ask(oracle, space, TWINS[1], "421211")
    assert oracle.observed.repeated.tolist() == [False, True, False]
    assert oracle.remaining == 8


@pytest.mark.parametrize("protocol", [ONE, MEAN], ids=["one", "mean"])
def test_a_twin_is_answered_from_the_ledger_not_from_a_row_nobody_paid_for(nb201, space, protocol):
    first, second = nb201.truth()[space.keys(space.from_strings(TWINS))]
    assert first != second  # the two trainings of the class differ, so the answer shows where it is from
    oracle = make(nb201, dataclasses.replace(protocol, same="class"))
    ask(oracle, space, *TWINS)
    observed = oracle.observed
    assert observed.repeated.tolist() == [False, True]
    assert observed.accuracy[1] == observed.accuracy[0]


def test_one_returns_recorded_replicates(nb201, space):
    chosen = np.arange(0, 15625, 31)
    oracle = make(nb201, budget=len(chosen))
    oracle.query(space.all()[chosen], "search")
    recorded = nb201.accuracy(space.all()[chosen], "valid", 200)
    match = recorded == oracle.observed.accuracy[:, None]
    assert match.any(axis=1).all()
    seconds = nb201.seconds(space.all()[chosen], 200)
    first = match.argmax(axis=1)
    np.testing.assert_array_equal(oracle.observed.cost, seconds[np.arange(len(chosen)), first])


def test_one_draws_all_replicates_equally_often(nb201, space):
    recorded = nb201.accuracy(space.all(), "valid", 200)
    distinct = np.array([len(set(row)) == 3 for row in np.nan_to_num(recorded, nan=-1).tolist()])
    for count in (2, 3):
        rows = np.flatnonzero(distinct & ((~np.isnan(recorded)).sum(axis=1) == count))
        seen = answers(nb201, ONE, np.random.default_rng(5))[0][rows]
        shares = (recorded[rows][:, :count] == seen[:, None]).mean(axis=0)
        assert np.abs(shares - 1 / count).max() < 4 * np.sqrt(0.25 / len(rows))


def test_one_does_not_depend_on_the_order_of_queries(nb201, space):
    keys = np.random.default_rng(1).choice(15625, 200, replace=False)
    together, backwards = make(nb201, budget=200), make(nb201, budget=200)
    together.query(space.all()[keys], "search")
    for key in keys[::-1].tolist():
        backwards.query(space.all()[[key]], "search")
    np.testing.assert_array_equal(together.observed.accuracy, backwards.observed.accuracy[::-1])
    np.testing.assert_array_equal(together.observed.cost, backwards.observed.cost[::-1])


def test_another_seed_draws_other_replicates(nb201):
    first, _ = answers(nb201, ONE, np.random.default_rng(0))
    second, _ = answers(nb201, ONE, np.random.default_rng(1))
    # two draws among two or three replicates differ in .5 * 7456 + .667 * 8169 of 15,625 rows
    assert (first != second).mean() == pytest.approx(0.587, abs=0.02)


def test_mean_answers_the_mean_and_costs_the_sum(nb201, space):
    texts = ["421211", "334034", "111020"]
    two = space.to_strings(space.all()[np.flatnonzero(np.isnan(nb201.columns["valid@200"]).any(axis=1))[:1]])
    oracle = make(nb201, MEAN)
    ask(oracle, space, *texts, *two)
    expected = np.array([[82.092, 81.616, 82.24], [87.748, 88.132, 87.94], [86.052, 86.02, 86.068]])
    np.testing.assert_allclose(oracle.observed.accuracy[:3], expected.mean(axis=1) / 100, atol=1e-7)
    costs = [3 * 1444.2186, 3 * 2492.411359, 3 * 975.158874]
    np.testing.assert_allclose(oracle.observed.cost[:3], costs, rtol=1e-6)
    rest = space.from_strings(two)
    recorded = nb201.accuracy(rest, "valid", 200)[0]
    pair = recorded[~np.isnan(recorded)].tolist()
    assert len(pair) == 2
    assert oracle.observed.accuracy[3] == pytest.approx(sum(pair) / 2, abs=1e-15)
    assert oracle.observed.cost[3] == pytest.approx(2 * nb201.seconds(rest, 200)[0, 0])


def test_observations_hold_no_truth_and_no_test():
    names = {field.name for field in dataclasses.fields(Observations)}
    assert names == {"cells", "keys", "accuracy", "cost", "repeated", "epochs", "index"}


def test_identity_is_row_or_class(nb201, space):
    cells = space.from_strings(TWINS)
    by_row = make(nb201).identity(cells).tolist()
    by_class = make(nb201, dataclasses.replace(ONE, same="class")).identity(cells).tolist()
    assert by_row[0] != by_row[1] and by_class[0] == by_class[1]


def test_observations_made_by_hand_may_leave_out_the_schedule(nb201, space):
    oracle = make(nb201)
    ask(oracle, space, "421211", "334034", "421211")
    observed = dataclasses.replace(oracle.observed, epochs=None)
    assert observed.at(200) is observed
    assert observed.distinct().epochs is None and len(observed.distinct()) == 2
