"""Fronts of runs and the share of the table's hypervolume they dominate."""

import numpy as np
import pytest

from harness.records.tradeoffs import hypervolumes, run_fronts
from tests.presets import PROTOCOLS

TABLE = np.array([1.0, 3.0, 5.0]), np.array([0.80, 0.90, 0.94])


def test_a_front_is_chosen_by_what_was_seen_and_told_by_truth(spec_of, record_for):
    record = record_for(
        spec_of(budget=4),
        seen=[0.5, 0.7, 0.6, 0.8],
        truth=[0.55, 0.6, 0.9, 0.75],
        complexity={"flops": [1.0, 3.0, 2.0, 3.0]},
    )
    # 0.7 at 3 looks dominated by 0.8 at 3; what is really best, 0.9, counts because it looked good enough
    assert run_fronts(record, 4) == {"flops": [[1.0, 2.0, 3.0], [0.55, 0.9, 0.75]]}
    assert run_fronts(record, 2) == {"flops": [[1.0, 3.0], [0.55, 0.6]]}


def test_repeats_and_shorter_schedules_are_no_points(spec_of, record_for):
    record = record_for(
        spec_of(budget=2),
        seen=[0.5, 0.9, 0.6],
        epochs=[200, 50, 200],
        charged=[1, 1, 1],
        complexity={"flops": [1.0, 2.0, 3.0]},
    )
    assert run_fronts(record, 1) == {"flops": [[1.0], [0.5]]}
    assert run_fronts(record, 2.25) == {"flops": [[1.0, 3.0], [0.5, 0.6]]}


def test_a_budget_in_seconds_is_spent_in_seconds(spec_of, record_for):
    spec = spec_of(protocol=PROTOCOLS["nb201-arch2vec"].on("cifar10"), budget=100)
    record = record_for(
        spec,
        seen=[0.5, 0.6, 0.7],
        cost=[30.0, 40.0, 50.0],
        epochs=[12, 12, 12],
        complexity={"flops": [1.0, 2.0, 3.0]},
    )
    assert len(run_fronts(record, 70)["flops"][0]) == 2
    assert len(run_fronts(record, 100)["flops"][0]) == 3  # the last crossed the budget and was kept


def test_runs_of_the_time_before_have_no_front(spec_of, record_for):
    assert run_fronts(record_for(spec_of()), 3) == {}


def test_the_whole_front_is_one_and_nothing_in_reach_is_zero():
    beyond = [(np.array([9.0]), np.array([0.99])), (np.array([1.0]), np.array([0.70]))]
    assert hypervolumes([TABLE, *beyond], TABLE) == [pytest.approx(1.0), 0.0, 0.0]


def test_a_share_by_hand():
    """Scaled: (0, 0), (.5, 5/7), (1, 1); corner 1.1 out. One point of three dominates one rectangle."""
    whole = 1.1 * 0.1 + 0.6 * (5 / 7) + 0.1 * (2 / 7)
    alone = 0.6 * (0.1 + 5 / 7)
    (share,) = hypervolumes([(np.array([3.0]), np.array([0.90]))], TABLE)
    assert share == pytest.approx(alone / whole)


def test_more_points_never_lose_area():
    rng = np.random.default_rng(0)
    complexity, accuracy = rng.uniform(1, 5, 30), rng.uniform(0.8, 0.94, 30)
    shares = hypervolumes([(complexity[:n], accuracy[:n]) for n in range(1, 31)], TABLE)
    assert (np.diff(shares) >= -1e-12).all() and shares[-1] > shares[0]
