"""The best architectures of a method: by what was seen, each once, with the run they come from."""

import dataclasses

import pytest

from harness.compare.found import Row, best_rows, top
from tests.presets import PROTOCOLS

SHORT = dataclasses.replace(PROTOCOLS["nb201-200ep"], fidelities=(50, 80))


def test_the_best_are_chosen_by_what_was_seen_and_keep_their_truth(seen_as):
    seen = {"one": [[0.5, 0.7, 0.6], [0.55, 0.3, 0.8]]}
    view = seen_as(seen, truth={"one": [[0.9, 0.1, 0.2], [0.9, 0.1, 0.3]]})
    (method,) = view.comparison.methods
    found = top(method)
    assert [(each.text, each.seen, each.truth) for each in found] == [
        ("000002", 0.8, 0.3),
        ("000001", 0.7, 0.1),
        ("000000", 0.55, 0.9),
    ]
    assert [each.run.seed for each in found] == [1, 0, 1]
    assert [each.complexity for each in found] == [{"flops": 3.0}, {"flops": 2.0}, {"flops": 1.0}]
    assert top(method, 1) == found[:1]


def test_an_architecture_stands_once_and_of_equals_the_earlier_run_wins(spec_of, record_for):
    records = [record_for(spec_of(seed=seed), seen=[0.5, 0.5, 0.4]) for seed in (0, 1)]
    assert best_rows(records, 3) == [Row(0, 0), Row(0, 1), Row(0, 2)]
    assert best_rows(records, 1) == [Row(0, 0)]


@pytest.mark.parametrize("columns", [{"epochs": [80, 200, 200]}, {"charged": [0, 1, 1]}])
def test_only_paid_answers_from_the_full_schedule_count(spec_of, record_for, columns):
    spec = spec_of(protocol=SHORT)
    record = record_for(spec, seen=[0.9, 0.5, 0.6], **columns)
    assert best_rows([record], 3) == [Row(0, 2), Row(0, 1)]


def test_runs_without_complexity_have_none(seen_as):
    (method,) = seen_as({"one": [[0.5, 0.7, 0.6]]}, complexity=False).comparison.methods
    assert top(method)[0].complexity == {}
