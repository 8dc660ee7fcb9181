import numpy as np
import pytest
import torch
from spaces import SPACES, observe

import tabular
from methods.base import Representation
from methods.candidates import CandidateSource, finite, new_rows, pool
from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.oracle import Observations

SPACE = tabular.load("nb201").space


class Counting(Representation):
    """Operations as they are; counts how often it is asked."""

    static = True

    def setup(self):
        self.asked = 0

    def fit(self, space, observed):
        pass

    def encode(self, cells):
        self.asked += 1
        return torch.from_numpy(cells.ops.astype(np.float32))


class Changing(Counting):
    static = False


def representation(cls=Counting):
    return cls(cls.Hyper(), np.random.default_rng(0))


def answered(keys, accuracy=None):
    keys = np.array(keys)
    zeros = np.zeros(len(keys))
    accuracy = zeros if accuracy is None else np.array(accuracy)
    return Observations(SPACE.all()[keys], keys, accuracy, zeros, zeros.astype(bool))


def source(kind, size=100, parents=10, seed=0):
    return CandidateSource(kind, size, parents, np.random.default_rng(seed))


def test_all_is_the_listed_space_and_closed_where_it_was_observed():
    observed = answered([3, 99, 4])
    drawn = source("all").draw(SPACE, representation(), observed)
    assert drawn.cells is SPACE.all()
    assert np.flatnonzero(~drawn.is_open).tolist() == [3, 4, 99]
    assert torch.equal(drawn.paid, drawn.z[[3, 99, 4]])


@pytest.mark.parametrize(("cls", "times"), [(Counting, 1), (Changing, 3)])
def test_a_table_of_encodings_is_kept_only_where_it_cannot_change(cls, times):
    plugin, candidates = representation(cls), source("all")
    for _ in range(3):
        candidates.draw(SPACE, plugin, answered([1, 2]))
    assert plugin.asked == times


def test_repeats_are_paid_once():
    observed = answered([3, 99, 3])
    repeated = np.array([False, False, True])
    observed = Observations(observed.cells, observed.keys, observed.accuracy, observed.cost, repeated)
    for kind in ("all", "pool"):
        drawn = source(kind).draw(SPACE, representation(), observed)
        assert torch.equal(drawn.paid, representation().encode(SPACE.all()[[3, 99]])), kind


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_a_pool_holds_different_unseen_architectures_half_of_them_neighbours_of_the_best(space):
    rng = np.random.default_rng(0)
    observed = observe(space, 40, rng)
    cells = pool(space, observed, 100, 5, rng)
    keys = space.keys(cells).tolist()
    assert len(keys) == len(set(keys)) == 100 and not set(keys) & set(observed.keys.tolist())
    best = np.argsort(-observed.accuracy, kind="stable")[:5].tolist()
    near = set()
    for row in best:
        near |= set(space.keys(space.neighbours(observed.cells[[row]])).tolist())
    near -= set(observed.keys.tolist())
    assert sum(key in near for key in keys[:50]) == min(50, len(near))


def test_a_pool_of_encodings_is_that_of_its_cells_and_of_the_paid_ones():
    observed = answered([5, 6, 7])
    drawn = source("pool", size=30).draw(SPACE, representation(), observed)
    assert len(drawn.cells) == 30 and drawn.is_open.all()
    assert torch.equal(drawn.z, representation().encode(drawn.cells))
    assert torch.equal(drawn.paid, representation().encode(observed.cells))


def test_the_parents_are_the_best_paid():
    keys = np.random.default_rng(0).choice(SPACE.size, 30, replace=False)
    accuracy = np.zeros(30)
    accuracy[17] = 1.0
    cells = pool(SPACE, answered(keys, accuracy), 48, 1, np.random.default_rng(0))
    near = set(SPACE.keys(SPACE.neighbours(SPACE.all()[keys[17:18]])).tolist()) - set(keys.tolist())
    assert near == set(SPACE.keys(cells[: len(near)]).tolist()) and len(near) > 20


def test_pools_differ_from_draw_to_draw_and_depend_on_the_seed_alone():
    observed = answered([5, 6, 7])

    def keys(candidates):
        return SPACE.keys(candidates.draw(SPACE, representation(), observed).cells).tolist()

    candidates = source("pool")
    first = keys(candidates)
    assert first == keys(source("pool")) != keys(candidates)
    assert first != keys(source("pool", seed=1))


def test_a_pool_takes_what_is_left_of_an_almost_exhausted_space():
    left = {10, 4000, 15624}
    observed = answered([key for key in range(SPACE.size) if key not in left])
    cells = pool(SPACE, observed, 50, 10, np.random.default_rng(0))
    assert set(SPACE.keys(cells).tolist()) == left


def test_new_rows_are_valid_unseen_and_first_of_their_kind():
    cells = SPACE.all()[[8, 3, 8, 5, 9]]
    ops = cells.ops.copy()
    ops[4, 0] = 3  # no architecture
    rows = new_rows(SPACE, Cells(cells.adjacency, ops), answered([5]))
    assert rows.tolist() == [0, 1]


def test_points_that_are_not_finite_are_refused():
    with pytest.raises(HarnessError, match="not finite"):
        finite(torch.tensor([[1.0, float("nan")]]))
