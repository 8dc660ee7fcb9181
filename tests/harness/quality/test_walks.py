from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import kendalltau

from harness.quality.graphs import edits
from harness.quality.walks import in_order, random_walks, rank_correlation, steps_apart
from tabular.cells import Cells


def test_walks_go_from_neighbour_to_neighbour_and_not_back(space):
    rng = np.random.default_rng(0)
    path = random_walks(space, space.sample(20, rng), 8, rng)
    assert len(path) == 9 and all(len(cells) == 20 for cells in path)
    assert all((edits(before, after) == 1).all() for before, after in pairwise(path))
    keys = np.stack([space.keys(cells) for cells in path])
    assert all(len(set(walk)) == 9 for walk in keys.T)


def test_a_walk_with_nowhere_new_to_go_goes_back():
    class Two:
        """Two cells, each the other's only neighbour."""

        def keys(self, cells):
            return cells.ops[:, 0].astype(int)

        def neighbours(self, cell):
            return Cells(cell.adjacency, 1 - cell.ops)

    start = Cells(np.zeros((1, 1, 1), dtype=bool), np.zeros((1, 1), dtype=np.int8))
    path = random_walks(Two(), start, 3, np.random.default_rng(0))
    assert [cells.ops[0, 0] for cells in path] == [0, 1, 0, 1]


def test_steps_and_distance_along_a_straight_line():
    steps, apart = steps_apart(np.arange(5.0)[None, :, None] * [[[3.0, 4.0]]])
    np.testing.assert_allclose(apart, 5 * steps)
    assert sorted(steps[0].tolist()) == [1, 1, 1, 1, 2, 2, 2, 3, 3, 4]


@pytest.mark.parametrize(
    ("values", "share"), [([1, 2, 3, 4], 1), ([4, 3, 2, 1], 0), ([7, 7, 7], 0.5), ([1, 3, 2], 2 / 3)]
)
def test_in_order(values, share):
    assert in_order(np.array([values], dtype=float)) == pytest.approx(share)


def test_in_order_is_kendalls_tau():
    values = np.random.default_rng(0).normal(size=(1, 9))
    tau = kendalltau(np.arange(9), values[0]).statistic
    assert in_order(values) == pytest.approx((tau + 1) / 2)


def test_rank_correlation():
    assert rank_correlation(np.arange(5), np.exp(np.arange(5))) == pytest.approx(1)
    assert rank_correlation(np.arange(5), -np.arange(5.0)) == pytest.approx(-1)
    assert np.isnan(rank_correlation(np.arange(5), np.ones(5)))
