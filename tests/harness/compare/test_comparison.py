"""What may stand in one table, and what may not."""

import dataclasses
import json

import numpy as np
import pytest

from harness.compare.grouping import check_points
from harness.compare.view import View
from harness.records.store import RunStore
from harness.report.tables.markdown import as_markdown
from harness.report.tables.rows import as_csv, as_json
from harness.report.tables.text import as_text
from harness.study.spec import PluginSpec
from tabular.errors import HarnessError
from tests.presets import PROTOCOLS

SHORT = dataclasses.replace(PROTOCOLS["nb201-200ep"], fidelities=(50, 80))


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path)


@pytest.fixture
def records(spec_of, record_for):
    """Records of the given changes for seeds 0 and 1."""

    def make(*changes):
        return [
            record_for(spec_of(seed=seed, **change), seen=[0.5, 0.6 + seed / 10, 0.6])
            for change in changes
            for seed in (0, 1)
        ]

    return make


@pytest.mark.parametrize(
    "change",
    [
        {"protocol": PROTOCOLS["nb201-200ep-mean"]},
        {"protocol": dataclasses.replace(PROTOCOLS["nb201-200ep"], version=2)},
        {"protocol": dataclasses.replace(PROTOCOLS["nb201-200ep"], patience=5)},
        {"budget": 2},
        {"table_digest": "e" * 64},
        {"benchmark": "nb201:cifar100"},
    ],
    ids=["protocol", "version", "rule under one name", "budget", "table", "benchmark"],
)
def test_what_differs_never_meets(records, store, change, compared):
    found = compared(records({}, change), store)
    assert len(found) == 2
    assert all(len(each.methods) == 1 and each.seeds == [0, 1] for each in found)


@pytest.mark.parametrize(
    "optimizer",
    [PluginSpec("random", "2", {}), PluginSpec("random", "1", {"x": 1}), PluginSpec("other", "1", {})],
    ids=["version", "hyper-parameter", "plugin"],
)
def test_configurations_under_one_label_are_told_apart(records, store, optimizer, compared):
    (found,) = compared(records({}, {"optimizer": optimizer}), store)
    assert [len(method.runs) for method in found.methods] == [2, 2]
    labels = [method.label for method in found.methods]
    assert len(set(labels)) == 2 and all(label.startswith("random#") for label in labels)


def test_shared_and_per_seed_pretraining_are_never_averaged(records, store, compared):
    (found,) = compared(records({"pretrain_seed": -1}, {"pretrain_seed": 0}), store)
    assert [len(method.runs) for method in found.methods] == [2, 2]


def test_seeds_of_one_configuration_meet_in_order(records, store, compared):
    (found,) = compared(reversed(records({})), store)
    assert [method.seeds for method in found.methods] == [[0, 1]]


def test_values_and_summary_by_hand(records, store, spec_of, reference_for, compared):
    for seed in (0, 1):
        store.add_reference(
            spec_of(seed=seed),
            reference_for(spec_of(seed=seed), {"optimum": 0.9, "random_truth": [0.1, 0.2 + seed, 0.3]}),
        )
    (found,) = compared(records({}), store)
    (method,) = found.methods
    assert found.optimum == 0.9
    np.testing.assert_allclose(found.random, [0.1, 0.7, 0.3])
    np.testing.assert_allclose(found.values(method, "truth", 3), [0.6, 0.7])
    np.testing.assert_allclose(found.values(method, "seen", 1), [0.5, 0.5])
    np.testing.assert_allclose(found.values(method, "regret", 2), [0.3, 0.2])
    assert np.isnan(found.values(method, "test", 3)).all()
    assert found.summary(method, "truth", 3).mean == pytest.approx(0.65)


def test_no_reference_means_no_optimum_and_no_regret(records, store, compared):
    (found,) = compared(records({}), store)
    assert found.optimum is None and found.random is None
    assert np.isnan(found.values(found.methods[0], "regret", 3)).all()


def test_random_line_is_left_out_when_a_seed_lacks_it(records, store, spec_of, reference_for, compared):
    store.add_reference(
        spec_of(seed=0), reference_for(spec_of(seed=0), {"optimum": 0.9, "random_truth": [0.1, 0.2, 0.3]})
    )
    (found,) = compared(records({}), store)
    assert found.optimum == 0.9 and found.random is None


@pytest.mark.parametrize(
    ("budget", "wanted", "shown"),
    [
        (150, None, [25, 50, 100, 150]),
        (120, None, [25, 50, 100, 120]),
        (20, None, [20]),
        (150, (10, 60), [10, 60]),
        (30, (10, 60), [10]),
    ],
)
def test_points_shown(records, store, budget, wanted, shown, compared):
    (found,) = compared(records({"budget": budget}), store)
    assert found.points(wanted) == shown


def test_points_beyond_every_budget_are_refused(records, store, compared):
    found = compared(records({"budget": 20}, {"budget": 30}), store)
    check_points(found, (30,))
    with pytest.raises(HarnessError, match="at=31 is beyond the budget of 30"):
        check_points(found, (5, 31))


def test_tables_show_what_is_not_known_yet_as_absent(spec_of, record_for, tmp_path, compared):
    late = [record_for(spec_of("late", seed, protocol=SHORT), epochs=[80, 80, 200]) for seed in (0, 1)]
    soon = [record_for(spec_of("soon", seed, protocol=SHORT), epochs=[200, 80, 80]) for seed in (0, 1)]
    (comparison,) = compared(late + soon, RunStore(tmp_path))
    table = as_text(View(comparison, (1, 2)))
    first = [line.split() for line in table.splitlines() if line.startswith(("late", "soon"))][:2]
    assert [line[0] for line in first] == ["late", "soon"] and first[0][1:3] == ["-", "60.00"]
    assert "only answers from the full schedule (200 epochs) make" in " ".join(table.split())
    table = as_text(View(comparison, (1,)))  # unknown ranks last
    assert [line[:4] for line in table.splitlines() if line[:4] in ("late", "soon")] == ["soon", "late"] * 3
    rows = {(r["method"], r["metric"], r["at"]): r for r in json.loads(as_json([View(comparison, (1, 2))]))}
    assert rows["late", "truth", 1]["n"] == 0 and rows["late", "truth", 1]["mean"] is None
    assert rows["soon", "truth", 1]["n"] == 2
    assert "late,truth,queries,1,0,,,," in as_csv([View(comparison, (1, 2))])


def test_a_table_without_any_full_answer_is_printed(spec_of, record_for, tmp_path, compared):
    record = record_for(spec_of(protocol=SHORT), epochs=[80, 80, 80])
    (comparison,) = compared([record], RunStore(tmp_path))
    table = as_markdown(View(comparison, (1,))).splitlines()
    line = next(line for line in table if line.startswith("| random"))
    assert line.split() == ["|", "random", "|", "-", "|"]


def test_waste_is_a_share_of_all_proposals_and_a_mean_per_run(spec_of, record_for, tmp_path, compared):
    counts = [
        {"proposed": 10, "invalid": 4, "repeated": 1, "fallback": 0},
        {"proposed": 30, "invalid": 0, "repeated": 3, "fallback": 5},
    ]
    records = [record_for(spec_of(seed=seed)) for seed in (0, 1)]
    for record, each in zip(records, counts, strict=True):
        record.counts.update(each)
    (comparison,) = compared(records, RunStore(tmp_path))
    line = [line for line in as_text(View(comparison, (1,))).splitlines() if line.startswith("random ")][-1]
    assert line.split()[-4:] == ["20", "10.0", "10.0", "2.5"]
