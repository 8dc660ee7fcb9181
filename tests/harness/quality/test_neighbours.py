from itertools import permutations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from harness.quality.neighbours import (
    dirichlet_energy,
    distances,
    joined,
    mean_of_pairs,
    morans_i,
    nearest,
)

LINE = np.array([[0.0], [1.0], [3.0], [7.0]])


def board(size=8):
    """Places of a chessboard, their colours, and who shares a side with whom."""
    places = np.stack(np.meshgrid(np.arange(size), np.arange(size)), axis=-1).reshape(-1, 2).astype(float)
    return places, places.sum(axis=1) % 2, np.isclose(cdist(places, places), 1)


def test_distances_are_euclidean():
    rng = np.random.default_rng(0)
    points, others = rng.normal(size=(40, 30)) + 100, rng.normal(size=(7, 30)) + 100
    np.testing.assert_allclose(distances(points, others), cdist(points, others), rtol=1e-10)


def test_mean_over_pairs():
    assert mean_of_pairs(cdist(LINE, LINE)) == pytest.approx((1 + 3 + 7 + 2 + 6 + 4) / 6)
    assert np.isnan(mean_of_pairs(np.zeros((1, 1))))


def test_nearest_leaves_out_the_point_itself():
    assert nearest(cdist(LINE, LINE), 2).tolist() == [[1, 2], [0, 2], [1, 0], [2, 1]]
    assert nearest(cdist(LINE, LINE), 9).shape == (4, 3)
    assert 0 not in nearest(np.zeros((3, 3)), 2)[0]


def test_joined_is_symmetric():
    graph = joined(nearest(cdist(LINE, LINE), 1))
    assert np.argwhere(np.triu(graph)).tolist() == [[0, 1], [1, 2], [2, 3]]
    assert (graph == graph.T).all()


def test_a_chessboard():
    _, colours, graph = board()
    assert morans_i(colours, graph) == pytest.approx(-1)
    # neighbours differ by 1 throughout, and the variance of 32 zeros and 32 ones is 16 / 63
    assert dirichlet_energy(colours, graph) == pytest.approx(63 / 32)


def test_two_islands():
    values, graph = np.repeat([0.2, 0.9], 5), np.kron(np.eye(2), np.ones((5, 5)) - np.eye(5)).astype(bool)
    assert morans_i(values, graph) == pytest.approx(1)
    assert dirichlet_energy(values, graph) == 0


def test_a_slope_is_smooth():
    places, _, graph = board()
    assert morans_i(places[:, 0], graph) > 0.8
    assert dirichlet_energy(places[:, 0], graph) < 0.2


def test_chance_is_what_is_said():
    """Over all orders of the values the expectations are exact (Cliff and Ord 1981)."""
    values, graph = np.array([0.1, 0.4, 0.5, 0.55, 0.9]), joined(nearest(cdist(LINE, LINE), 1))
    graph = np.pad(graph, ((0, 1), (0, 1)))
    graph[0, 4] = graph[4, 0] = True
    orders = [np.array(order) for order in permutations(values)]
    assert np.mean([morans_i(order, graph) for order in orders]) == pytest.approx(-1 / 4)
    assert np.mean([dirichlet_energy(order, graph) for order in orders]) == pytest.approx(1)


@pytest.mark.parametrize("statistic", [morans_i, dirichlet_energy])
def test_nothing_to_say(statistic):
    _, colours, graph = board()
    assert np.isnan(statistic(np.ones(64), graph))
    assert np.isnan(statistic(colours, np.zeros_like(graph)))
