"""Fronts and dominated areas against their definitions."""

import numpy as np
import pytest

from tabular.pareto import dominated_area, pareto_front


def dominated(complexity, accuracy, i) -> bool:
    better = (complexity <= complexity[i]) & (accuracy >= accuracy[i])
    return bool((better & ((complexity < complexity[i]) | (accuracy > accuracy[i]))).any())


@pytest.mark.parametrize("seed", range(5))
def test_the_front_is_what_nothing_dominates(seed):
    rng = np.random.default_rng(seed)
    complexity, accuracy = rng.integers(0, 12, (2, 60)).astype(float)
    front = pareto_front(complexity, accuracy)
    assert (np.diff(complexity[front]) > 0).all() and (np.diff(accuracy[front]) > 0).all()
    free = {(complexity[i], accuracy[i]) for i in range(60) if not dominated(complexity, accuracy, i)}
    assert {(complexity[i], accuracy[i]) for i in front} == free


def test_what_is_unknown_is_left_out():
    front = pareto_front(np.array([1.0, np.nan, 3.0]), np.array([0.5, 0.9, np.nan]))
    assert front.tolist() == [0]
    assert pareto_front(np.array([]), np.array([])).tolist() == []


@pytest.mark.parametrize("seed", range(5))
def test_the_area_is_the_share_of_a_grid_below_some_point(seed):
    rng = np.random.default_rng(seed)
    complexity, accuracy = rng.integers(0, 25, (2, 8)).astype(float)
    x, y = np.meshgrid(np.arange(20) + 0.5, np.arange(3, 25) + 0.5)  # squares of side 1 inside the corner
    covered = ((complexity[:, None] < x.ravel()) & (accuracy[:, None] > y.ravel())).any(axis=0)
    assert dominated_area(complexity, accuracy, most=20.0, least=3.0) == pytest.approx(covered.sum())


def test_no_point_inside_the_corner_has_no_area():
    assert dominated_area(np.array([5.0]), np.array([0.2]), most=4.0, least=0.1) == 0.0
    assert dominated_area(np.array([1.0]), np.array([0.1]), most=4.0, least=0.1) == 0.0
    assert dominated_area(np.array([1.0]), np.array([0.6]), most=4.0, least=0.1) == pytest.approx(1.5)
