"""Budgets in simulated seconds, replicate rules, and benchmarks that compute their answers."""

import dataclasses

import numpy as np
import pytest

from tabular.answers import answers
from tabular.benchmark import Surrogate
from tabular.errors import HarnessError
from tabular.oracle import Oracle
from tests.presets import PROTOCOLS

ONE = PROTOCOLS["nb201-200ep"]
SECONDS = dataclasses.replace(ONE, name="by-seconds", unit="seconds", budget=1000)
KEPT = dataclasses.replace(SECONDS, crossing="kept")


@pytest.fixture(scope="module")
def priced(nb201):
    """Key k costs 100 + k seconds in every replicate."""
    price = np.where(np.isnan(nb201.columns["valid@200"]), np.nan, 100.0 + np.arange(15625)[:, None])
    return dataclasses.replace(nb201, columns={**nb201.columns, "seconds@200": price})


def ask(table, protocol, budget, *batches):
    oracle = Oracle(table, protocol, budget, np.random.default_rng(0))
    for keys in batches:
        oracle.query(table.space.all()[np.array(keys)], "search")
    return oracle


@pytest.mark.parametrize("batches", [([0, 1], [2, 3]), ([0, 1, 2, 3],), ([0], [1], [2], [3])])
@pytest.mark.parametrize(("protocol", "answered"), [(SECONDS, [0, 1]), (KEPT, [0, 1, 2])])
def test_the_query_that_crosses_ends_the_budget(priced, batches, protocol, answered):
    """100 + 101 + 102 > 250, however the questions are put together; the rest of a batch is not asked."""
    oracle = Oracle(priced, protocol, 250, np.random.default_rng(0))
    for keys in batches:
        if not oracle.affordable(len(keys), 200):
            break
        oracle.query(priced.space.all()[np.array(keys)], "search")
    assert oracle.observed.keys.tolist() == answered
    assert oracle.remaining == 0 and oracle.affordable(5, 200) == 0
    assert oracle.observed.cost.tolist() == [100.0 + key for key in answered]


def test_a_budget_that_is_met_exactly_is_not_crossed(priced):
    oracle = ask(priced, SECONDS, 303, [0, 1, 2])
    assert oracle.observed.keys.tolist() == [0, 1, 2] and oracle.remaining == 0


def test_what_is_left_counts_down_in_seconds(priced):
    oracle = ask(priced, SECONDS, 1000, [0, 5])
    assert oracle.remaining == 1000 - 100 - 105
    assert oracle.affordable(7, 200) == 7


def test_repeats_cost_nothing_or_their_time_again(priced):
    free = ask(priced, SECONDS, 1000, [0, 0, 5], [0])
    assert free.observed.cost.tolist() == [100, 0, 105, 0] and free.remaining == 795
    charged = ask(priced, dataclasses.replace(SECONDS, repeats="charged"), 1000, [0, 0, 5], [0])
    assert charged.observed.cost.tolist() == [100, 100, 105, 100] and charged.remaining == 595


def test_free_repeats_after_the_last_paid_query_are_not_asked(priced):
    oracle = ask(priced, KEPT, 150, [0, 1, 0])
    assert oracle.observed.keys.tolist() == [0, 1]


def test_a_class_is_paid_once(priced):
    twins = priced.space.keys(priced.space.from_strings(["000000", "331000"])).tolist()
    by_class = dataclasses.replace(SECONDS, same="class")
    oracle = ask(priced, by_class, 1000, twins)
    assert oracle.observed.repeated.tolist() == [False, True]
    assert oracle.observed.accuracy[0] == oracle.observed.accuracy[1]
    assert oracle.remaining == 1000 - 100 - twins[0]


def test_fixed_answers_with_that_replicate(nb201):
    first = dataclasses.replace(ONE, replicate="fixed:0")
    accuracy, seconds = answers(nb201, first, np.random.default_rng(0))
    np.testing.assert_array_equal(accuracy, nb201.columns["valid@200"][:, 0])
    np.testing.assert_array_equal(seconds, nb201.columns["seconds@200"][:, 0])


@pytest.mark.parametrize(("rule", "missing"), [("fixed:2", 7456), ("fixed:3", 15625)])
def test_a_replicate_that_is_not_there_is_refused(nb201, rule, missing):
    protocol = dataclasses.replace(ONE, replicate=rule)
    with pytest.raises(HarnessError, match=f"no valid@200 of {missing} architectures"):
        answers(nb201, protocol, np.random.default_rng(0))


def test_one_time_for_all_replicates(nb201):
    """A column of one time per architecture is what every replicate took, and the mean costs all of them."""
    one = dataclasses.replace(nb201, columns={**nb201.columns, "seconds@200": np.full((15625, 1), 50.0)})
    assert (answers(one, ONE, np.random.default_rng(0))[1] == 50).all()
    count = (~np.isnan(nb201.columns["valid@200"])).sum(axis=1)
    mean = dataclasses.replace(ONE, replicate="mean")
    np.testing.assert_array_equal(answers(one, mean, np.random.default_rng(0))[1], 50.0 * count)


def test_a_table_without_times_answers_with_unknown_cost(nb201):
    timeless = dataclasses.replace(nb201, columns={"valid@200": nb201.columns["valid@200"]})
    oracle = ask(timeless, ONE, 10, [0, 1])
    assert np.isnan(oracle.observed.cost).all() and oracle.remaining == 8


def test_a_surrogate_answers_what_it_computes(space):
    def evaluate(cells, epochs):
        return space.keys(cells) / 1e5 + epochs / 1e3, 10.0 * epochs + space.keys(cells)

    surrogate = Surrogate("toy:one", space, "0" * 64, 200, {}, evaluate, shortest=10)
    protocol = dataclasses.replace(ONE, fidelities=(20,))
    oracle = Oracle(surrogate, protocol, 3, np.random.default_rng(0))
    oracle.query(space.all()[:2], "search", 20)
    oracle.query(space.all()[1:2], "search")
    observed = oracle.observed
    np.testing.assert_allclose(observed.accuracy, [0.02, 0.02001, 0.20001])
    np.testing.assert_allclose(observed.cost, [200, 201, 2001])
    assert surrogate.best("valid", 200) is None
    assert surrogate.has("valid", 10) and not surrogate.has("valid", 9) and not surrogate.has("test", 200)
    for ask in (surrogate.mean, surrogate.accuracy):
        with pytest.raises(HarnessError, match="unknown column 'test@200'"):
            ask(space.all()[:3], "test", 200)
    with pytest.raises(HarnessError, match="unknown column 'seconds@9'"):
        surrogate.seconds(space.all()[:3], 9)


def test_a_split_costs_the_trainings_it_is_from(nb201):
    """CIFAR-10's test accuracy is from trainings of their own, twice as long as those of valid."""
    valid = nb201.columns["valid@200"]
    test = np.where(np.isnan(valid), np.nan, 0.9)
    columns = {
        "valid@200": valid,
        "test@200": test,
        "seconds@200": test * 100,
        "seconds:test@200": test * 200,
    }
    table = dataclasses.replace(nb201, columns=columns)
    searched = {split: dataclasses.replace(ONE, split=split) for split in ("valid", "test")}
    for split, price in (("valid", 90.0), ("test", 180.0)):
        assert (answers(table, searched[split], np.random.default_rng(0))[1] == price).all()


def test_the_mean_costs_all_its_trainings_also_where_it_alone_is_known(nb201):
    """HPOBench's rule on a table that holds ori-test as a mean: it costs two or three trainings."""
    valid = nb201.columns["valid@200"]
    count = (~np.isnan(valid)).sum(axis=1)
    columns = {
        "valid@200": valid,
        "ori-test@200": np.full((15625, 1), 0.7),
        "seconds@200": np.full((15625, 1), 50.0),
    }
    hpobench = PROTOCOLS["nb201-hpobench"].on("cifar100")
    told = dataclasses.replace(nb201, columns=columns, passport={"means": "ori-test@200"})
    np.testing.assert_array_equal(answers(told, hpobench, np.random.default_rng(0))[1], 50.0 * count)
    untold = dataclasses.replace(told, passport={})
    assert (answers(untold, hpobench, np.random.default_rng(0))[1] == 50).all()


def test_times_that_are_missing_are_refused_where_they_are_the_budget(nb201):
    seconds = nb201.columns["seconds@200"].copy()
    seconds[[3, 7]] = np.nan
    gaps = dataclasses.replace(nb201, columns={**nb201.columns, "seconds@200": seconds})
    with pytest.raises(HarnessError, match="no training time at 200 epochs of 2 architectures"):
        answers(gaps, SECONDS, np.random.default_rng(0))
    assert np.isnan(answers(gaps, ONE, np.random.default_rng(0))[1]).sum() == 2
