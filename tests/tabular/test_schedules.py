"""The meter where a protocol sells shorter schedules."""

import dataclasses

import numpy as np
import pytest

from tabular.answers import answers
from tabular.errors import HarnessError
from tabular.oracle import Oracle
from tests.fidelities import TOY, toy

TWINS = ["000000", "331000"]  # rows of one class whose recorded trainings differ: the output is zero


def make(table, protocol, budget=10):
    return Oracle(table, protocol, budget, np.random.default_rng(0))


@pytest.fixture(scope="module")
def short():
    """A table with schedules of 4, 12, 36 and 108 epochs."""
    return toy()


def test_a_query_at_a_shorter_schedule_is_charged_its_share(short, space):
    oracle = make(short, TOY, budget=2)
    oracle.query(space.from_strings(["421211"]), "search")
    oracle.query(space.from_strings(["421211", "334034", "111020"]), "search", 12)
    assert oracle.remaining == (108 - 3 * 12) / 108
    assert [oracle.affordable(99, epochs) for epochs in TOY.schedules] == [18, 6, 2, 0]
    assert oracle.observed.epochs.tolist() == [108, 12, 12, 12]


def test_shares_add_up_without_drift(short, space):
    """27 queries at 4 epochs are one at 108; in floats 27 steps of 4/108 are not 1."""
    left = 1.0
    for _ in range(27):
        left -= 4 / 108
    assert left != 0
    oracle = make(short, TOY, budget=1)
    for key in range(27):
        oracle.query(space.all()[[key]], "search", 4)
    assert oracle.remaining == 0
    with pytest.raises(HarnessError, match=r"0\.037037 queries asked with 0 left"):
        oracle.query(space.all()[[27]], "search", 4)
    assert len(oracle.observed) == 27


def test_what_the_rest_does_not_cover_is_refused_at_that_schedule_alone(short, space):
    oracle = make(short, TOY, budget=1)
    oracle.query(space.from_strings(["421211"]), "search", 36)
    with pytest.raises(HarnessError, match=r"1 queries asked with 0\.666667 left"):
        oracle.query(space.from_strings(["334034"]), "search")
    with pytest.raises(HarnessError, match=r"1 queries asked with 0\.666667 left"):
        oracle.query(space.all()[:3], "search", 36)
    oracle.query(space.all()[:2], "search", 36)
    assert oracle.remaining == 0 and len(oracle.observed) == 3


def test_another_schedule_is_a_new_label_the_same_one_a_repeat(short, space):
    oracle = make(short, TOY)
    cells = space.from_strings(["421211"])
    for epochs in (12, 108, 12, 108, None):
        oracle.query(cells, "search", epochs)
    observed = oracle.observed
    assert observed.epochs.tolist() == [12, 108, 12, 108, 108]
    assert observed.repeated.tolist() == [False, False, True, True, True]
    assert observed.accuracy[2] == observed.accuracy[0] != observed.accuracy[1] == observed.accuracy[3]
    assert oracle.remaining == (9 * 108 - 12) / 108
    assert [oracle.is_known(cells, epochs).tolist() for epochs in (4, 12, 108)] == [[False], [True], [True]]
    assert oracle.is_known(cells).tolist() == [True]
    distinct = observed.distinct()
    assert distinct.epochs.tolist() == [12, 108] and len(distinct.cells) == 2
    assert observed.at(12).repeated.tolist() == [False, True] and len(observed.at(4)) == 0


def test_answers_and_costs_are_those_of_the_schedule(short, space):
    oracle = make(short, TOY)
    keys = np.array([17, 4000, 9001])
    for epochs in (4, 36):
        oracle.query(space.all()[keys], "search", epochs)
    observed = oracle.observed
    expected = [short.columns[f"{kind}@{e}"][keys, 0] for kind in ("valid", "seconds") for e in (4, 36)]
    np.testing.assert_array_equal(observed.accuracy, np.concatenate(expected[:2]))
    np.testing.assert_array_equal(observed.cost, np.concatenate(expected[2:]))


def test_labels_of_the_full_schedule_do_not_depend_on_the_shorter_ones(short):
    alone = dataclasses.replace(TOY, fidelities=())
    first = answers(short, alone, np.random.default_rng(3))
    oracle = Oracle(short, TOY, 5, np.random.default_rng(3))
    oracle.query(short.space.all()[[100, 200]], "search")
    assert oracle.observed.accuracy.tolist() == first[0][[100, 200]].tolist()
    assert oracle.observed.cost.tolist() == first[1][[100, 200]].tolist()


def test_a_schedule_the_protocol_has_not_is_refused(short, space):
    oracle = make(short, TOY)
    with pytest.raises(HarnessError, match="50 epochs are no schedule of short-to-108"):
        oracle.query(space.from_strings(["421211"]), "search", 50)
    assert len(oracle.observed) == 0 and oracle.remaining == 10


def test_twins_are_repeats_at_one_schedule_only(short, space):
    oracle = make(short, dataclasses.replace(TOY, same="class"))
    oracle.query(space.from_strings([TWINS[0]]), "search", 12)
    oracle.query(space.from_strings([TWINS[1]]), "search", 12)
    oracle.query(space.from_strings([TWINS[1]]), "search", 36)
    assert oracle.observed.repeated.tolist() == [False, True, False]
