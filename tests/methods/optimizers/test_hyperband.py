"""Brackets by hand, and that the best of every rung reaches the next."""

from itertools import pairwise

import numpy as np
import pytest

import tabular
from methods.optimizers._successive_halving import (
    Rung,
    SuccessiveHalving,
    bracket,
    deepest_bracket,
    paper_size,
)
from methods.optimizers.hyperband import Hyperband
from tabular.oracle import Observations
from tests.fidelities import converse
from tests.methods.spaces import SPACES

NB101 = (4, 12, 36, 108)


def brackets(schedules, eta=3):
    deepest = deepest_bracket(schedules, eta)
    return [
        [(rung.epochs, rung.size) for rung in bracket(schedules, eta, s, paper_size(eta, deepest, s))]
        for s in range(deepest, -1, -1)
    ]


def make(seed=0, **hyper):
    return Hyperband(Hyperband.Hyper(**hyper), np.random.default_rng(seed))


def test_the_brackets_of_the_papers_table_1():
    """R = 81, eta = 3 (Li et al., JMLR 2018, table 1)."""
    assert brackets((1, 3, 9, 27, 81)) == [
        [(1, 81), (3, 27), (9, 9), (27, 3), (81, 1)],
        [(3, 34), (9, 11), (27, 3), (81, 1)],
        [(9, 15), (27, 5), (81, 1)],
        [(27, 8), (81, 2)],
        [(81, 5)],
    ]


def test_nas_bench_101_has_four_brackets():
    """n = 27, ceil(36/3) = 12, ceil(12/2) = 6, 4."""
    assert brackets(NB101) == [
        [(4, 27), (12, 9), (36, 3), (108, 1)],
        [(12, 12), (36, 4), (108, 1)],
        [(36, 6), (108, 2)],
        [(108, 4)],
    ]


def test_rungs_take_the_longest_recorded_schedule_that_is_not_above_them():
    """12 and 200: s_max = 2, rungs of 22.2, 66.7 and 200 epochs, so two of 12 (the first kept) and 200."""
    assert brackets((12, 200)) == [[(12, 9), (200, 1)], [(12, 5), (200, 1)], [(200, 3)]]
    assert brackets((12, 50, 200)) == [[(12, 9), (50, 3), (200, 1)], [(50, 5), (200, 1)], [(200, 3)]]


@pytest.mark.parametrize(
    ("schedules", "eta", "deepest"), [((4, 108), 3, 3), ((4, 107), 3, 2), ((1, 8), 2, 3)]
)
def test_the_deepest_bracket_is_an_exact_logarithm(schedules, eta, deepest):
    assert deepest_bracket(schedules, eta) == deepest


def test_schedules_closer_than_eta_leave_random_search():
    assert brackets((100, 200)) == [[(200, 1)]]


def smooth(cells, epochs):
    """Rises with the operations; short schedules reverse nothing but lie lower."""
    return 0.5 + (cells.ops * np.arange(1, cells.ops.shape[1] + 1)).sum(1) / 1000 - 0.1 / epochs


def rungs(observed, start):
    """Consecutive answers at one schedule after the initial design: epochs and positions."""
    found = []
    for row in range(start, len(observed)):
        if not found or observed.epochs[row] != found[-1][0]:
            found.append((int(observed.epochs[row]), []))
        found[-1][1].append(row)
    return found


def test_the_first_cycle_on_nas_bench_201_goes_as_the_brackets_say():
    space = tabular.load("nb201:cifar100").space
    observed = converse(make(), space, NB101, smooth, rounds=4 + 3 + 2 + 1 + 1)
    start = int(np.argmax(observed.epochs != 108))
    found = rungs(observed, start)
    expected = [rung for each in brackets(NB101) for rung in each]
    # the last rung of the third bracket and the only one of the fourth are both at 108
    merged = [*expected[:8], (108, 2 + 4), (4, 27)]
    assert [(epochs, len(rows)) for epochs, rows in found] == merged
    assert not observed.repeated.any()
    assert len(set(observed.keys[observed.epochs == 4].tolist())) == 54
    for (_, below), (_, above) in pairwise(found[:4]):
        best = np.argsort(-observed.accuracy[below], kind="stable")[: len(above)]
        assert observed.keys[above].tolist() == observed.keys[below][best].tolist()


def test_a_promoted_architecture_with_a_known_label_fills_its_place():
    """Row 0 is known at 200 from the start, and the best of the first rung: its repeat ends the bracket."""
    halving = SuccessiveHalving(3)
    cells = tabular.load("nb201:cifar100").space.all()[:10]
    keys = np.array([0, *range(9), 0])
    accuracy = np.array([0.9, *np.linspace(0.8, 0.2, 9), 0.9])
    epochs, repeated = np.array([200] + [12] * 9 + [200]), np.arange(11) == 10

    def after(n):
        seen = Observations(cells[keys[:n]], keys[:n], accuracy[:n], accuracy[:n], repeated[:n], epochs[:n])
        return halving.advance((12, 200), seen), halving.missing

    assert [after(1), after(5), after(10)] == [(12, 9), (12, 5), (200, 1)]
    assert (halving.promoted.ops == cells[[0]].ops).all()
    assert after(11) == (12, 5) and halving.promoted is None


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_it_works_on_spaces_that_cannot_be_listed(space):
    observed = converse(make(), space, (12, 50, 200), smooth, rounds=6)
    after = observed.epochs[int(np.argmax(observed.epochs != 200)) :]
    assert after.tolist() == [12] * 9 + [50] * 3 + [200] + [50] * 5 + [200] + [200] * 3


def test_eta_decides_the_share_that_is_promoted():
    space = tabular.load("nb201:cifar100").space
    observed = converse(make(eta=2), space, (1, 2, 4), smooth, rounds=3)
    assert observed.epochs.tolist()[-7:] == [1] * 4 + [2] * 2 + [4]
    assert bracket((1, 2, 4), 2, 2, 4) == [Rung(1, 4), Rung(2, 2), Rung(4, 1)]
