"""Regret areas and values along other axes than the budget's."""

import dataclasses

import numpy as np
import pytest

from harness.compare.metrics import METRICS, Metric, area_under_regret
from harness.records.curves import AXES, curve
from harness.records.run import Timing
from harness.records.store import RunStore
from harness.report.tables.blocks import blocks
from harness.report.tables.rows import rows
from harness.stats.summary import STATISTICS
from tests.presets import PROTOCOLS


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


def test_a_run_that_ended_keeps_its_regret_up_to_the_point(run, spec_of, record_for):
    """By hand: .4 at the first query, .2 at the next two, .1 from the fourth on."""
    assert area_under_regret(run, 0.9, 10, "queries") == pytest.approx((0.4 + 0.2 + 0.2 + 7 * 0.1) / 10)
    # from 3.5 s on, when the second answer is there too: .2 for 1.5 s, then .1 for 10 s
    assert area_under_regret(run, 0.9, 15, "wall") == pytest.approx((0.2 * 1.5 + 0.1 * 10) / 11.5)
    spec = spec_of(budget=100, protocol=dataclasses.replace(PROTOCOLS["nb201-200ep"], unit="seconds"))
    short = curve(record_for(spec, seen=[0.5, 0.7], cost=[10.0, 20.0]))
    # regret .4 from 10 to 30 s, then .2 to the end of the budget
    assert area_under_regret(short, 0.9, 100, "seconds") == pytest.approx((0.4 * 20 + 0.2 * 70) / 90)
    assert area_under_regret(short, 0.9, 20, "seconds") == pytest.approx(0.4)


def test_a_table_holds_what_a_run_that_ended_early_found(
    spec_of, record_for, reference_for, compared, tmp_path
):
    """Three queries of a budget of five: the mean regret is (.4 + .2 + .2 + .2 + .2) / 5."""
    store, spec = RunStore(tmp_path), spec_of(budget=5)
    known = {"optimum": 0.9, "random_truth": [0.1, 0.2, 0.3, 0.3, 0.3]}
    store.add_reference(spec, reference_for(spec, known))
    (found,) = compared([record_for(spec, seen=[0.5, 0.7, 0.6])], store)
    (method,) = found.methods
    assert found.values(method, "auc", 5).tolist() == [0.24]
    assert found.values(method, "truth", 5).tolist() == [0.7]
    assert found.values(method, "regret", 5).tolist() == [0.2]


def test_the_command_line_knows_the_metrics_and_statistics_there_are(command, stored):
    helped = command("report", "--help").out
    for key, names in (("metric", METRICS), ("statistic", STATISTICS)):
        assert ", ".join(names) in helped
        assert f"one of: {', '.join(names)}" in command("run", "--help", key).out
        for words in (("run", "methods=random"), ("report", f"results={stored[0]}")):
            refused = command(*words, f"{key}=truht")
            assert refused.code == 2 and f"unknown {key} 'truht'" in refused.err and refused.out == ""
    places = [each.beside for each in METRICS.values() if each.beside]
    assert len(set(places)) == len(places)
    assert len({each.heading for each in METRICS.values()}) == len(METRICS)


def test_a_metric_that_is_added_is_in_every_table(monkeypatch, seen_as):
    """One entry: in the table of the last point, in rows, and to rank by."""
    luck = Metric(
        "luck",
        "truth - seen",
        lambda comparison, method, at, axis: (
            comparison.column(method, "truth", at, axis) - comparison.column(method, "seen", at, axis)
        ),
        unit="points",
        heading="mean luck",
        beside=9,
    )
    monkeypatch.setitem(METRICS, "luck", luck)
    runs = {"a": [[0.5, 0.6, 0.7]] * 2, "b": [[0.5, 0.6, 0.8]] * 2}
    view = seen_as(runs, truth={"a": [[0.5, 0.6, 0.75]] * 2, "b": [[0.5, 0.6, 0.75]] * 2})
    end = next(block for block in blocks(view) if block.name == "end")
    assert end.header[-1] == "mean luck"
    found = {row[0].text: (row[-1].text, row[-1].mark) for row in end.rows}
    assert found == {"a": ("5.00 ±0.00", "best"), "b": ("-5.00 ±0.00", "tied")}
    ranked = dataclasses.replace(view, metric="luck")
    assert [each.label for each in ranked.ranked] == ["a", "b"]
    assert blocks(ranked)[0].title == "nb201:cifar10: mean luck (points) versus queries"
    assert [row["mean"] for row in rows([view], ["luck"])] == pytest.approx([0.05, -0.05])


def test_no_optimum_or_no_run_means_no_area(run):
    assert np.isnan(area_under_regret(run, None, 3, "queries"))
    assert np.isnan(area_under_regret(run, 0.9, 101, "seconds"))
