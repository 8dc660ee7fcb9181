"""Regret areas and values along other axes than the budget's."""

import dataclasses

import numpy as np
import pytest

from harness.compare.metrics import area_under_regret
from harness.records.curves import AXES, curve
from harness.records.run import Timing


@pytest.fixture
def run(spec_of, record_for):
    record = record_for(
        spec_of(budget=4),
        seen=[0.5, 0.7, 0.6, 0.8],
        cost=[10.0, 20.0, 30.0, 40.0],
        **{"class": [1, 1, 2, 3]},
    )
    timing = Timing(record.timing.seconds, np.array([0.5, 0.5, 1.0, 2.0]), {"seconds": 3.0})
    return curve(dataclasses.replace(record, timing=timing))


def test_every_axis_has_its_points(run):
    points = {axis: run.along(axis).tolist() for axis in AXES}
    assert points == {
        "queries": [1, 2, 3, 4],
        "architectures": [1, 2, 3, 4],
        "classes": [1, 1, 2, 3],
        "seconds": [10, 30, 60, 100],
        "wall": [3.5, 3.5, 4.0, 5.0],
        "total": [13.5, 33.5, 64.0, 105.0],
    }


@pytest.mark.parametrize(
    ("axis", "at", "value"),
    [
        ("classes", 1, 0.7),  # the better of the two isomorphic ones
        ("classes", 3, 0.8),
        ("seconds", 29, 0.5),
        ("seconds", 100, 0.8),
        ("wall", 3.9, 0.7),
        ("total", 64, 0.7),
        ("architectures", 4, 0.8),
        ("wall", 1000, 0.8),  # a search that is over keeps what it found
    ],
)
def test_the_last_point_reached_counts(run, axis, at, value):
    assert run.value("truth", at, axis) == value


@pytest.mark.parametrize(("axis", "at"), [("classes", 4), ("seconds", 101), ("total", 105.1), ("wall", 3)])
def test_before_the_first_and_after_the_last_point_nothing_is_known(run, axis, at):
    assert np.isnan(run.value("truth", at, axis))


def test_an_axis_that_was_not_stored_is_unknown(spec_of, record_for):
    found = curve(record_for(spec_of()))
    assert np.isnan(found.along("wall")).all() and np.isnan(found.value("truth", 1, "wall"))


def test_the_area_over_queries_is_the_mean_regret(run):
    assert area_under_regret(run, 0.9, 3, "queries") == pytest.approx((0.4 + 0.2 + 0.2) / 3)
    assert area_under_regret(run, 0.9, 1, "queries") == pytest.approx(0.4)


def test_the_area_over_seconds_is_an_integral(run):
    # regret .4 for 20 s, then .2 for 30 and 40 s
    assert area_under_regret(run, 0.9, 100, "seconds") == pytest.approx((0.4 * 20 + 0.2 * 30 + 0.2 * 40) / 90)
    assert area_under_regret(run, 0.9, 30, "seconds") == pytest.approx(0.4)
    assert area_under_regret(run, 0.9, 10, "seconds") == pytest.approx(0.4)


def test_no_optimum_or_no_run_means_no_area(run):
    assert np.isnan(area_under_regret(run, None, 3, "queries"))
    assert np.isnan(area_under_regret(run, 0.9, 101, "seconds"))
