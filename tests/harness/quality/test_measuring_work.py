"""A part measured in this process: what it is given, and what it may give back."""

import math

import numpy as np
import pytest

from harness.quality import work
from harness.quality.parts import PARTS
from harness.quality.subject import Measure, Outcome, Part
from harness.quality.work import Measuring
from harness.running.work import work_at
from harness.study.registry import Registry
from harness.study.spec import PluginSpec
from methods.base import Representation
from tabular.catalogue import load
from tabular.errors import HarnessError


@pytest.fixture
def measured(quality_spec_of, monkeypatch):
    """A record of `one_hot`, measured by a function in a part of that name."""

    def make(measure, **changes):
        part = Part("mine", "", (Measure("a", "", "a"), Measure("b", "", "b")), measure)
        monkeypatch.setitem(PARTS, "mine", part)
        registry = Registry()
        spec = quality_spec_of(
            **{
                "method": "one_hot",
                "part": "mine",
                "pretrains": False,
                "table_digest": load("nb201").digest,
                **changes,
            }
        )
        plugin = type(spec.representation)("one_hot", registry.version("representation", "one_hot"), {})
        object.__setattr__(spec, "representation", plugin)
        return Measuring().perform(spec, registry, lambda spent, best: None)

    return make


def test_a_part_that_looks_at_a_search_is_given_it_with_all_labels(measured):
    seen = []

    def measure(subject, sizes, rng):
        seen.append(subject)
        return Outcome({"a": 1.0, "b": 1.0})

    hyper = {"candidates": "pool"}
    optimizer = PluginSpec("gp_bo", Registry().version("optimizer", "gp_bo"), hyper)
    record = measured(measure, optimizer=optimizer, labels="training")
    (subject,) = seen
    observed, given = subject.observed, subject.training.all()
    assert type(subject.optimizer).__name__ == "GPBO" and subject.optimizer.hyper.candidates == "pool"
    assert observed.keys.tolist() == subject.space.keys(given).tolist() and len(observed) == 14_062
    assert 0.05 < observed.accuracy.min() < observed.accuracy.max() < 0.93 and subject.judge is None
    assert not subject.labelled and record.spec.optimizer == optimizer  # one_hot learns from no label


def test_workers_find_the_kind_of_work_by_its_address():
    assert isinstance(work_at(Measuring().address), Measuring)


def test_a_part_is_given_a_representation_that_has_learnt_and_disjoint_cells(measured):
    seen = []

    def measure(subject, sizes, rng):
        seen.append((subject, sizes, rng.random()))
        return Outcome({"b": np.float64(0.5), "a": math.nan}, {"t": {"x": np.arange(2), "y": ["p", "q"]}})

    record = measured(measure, sizes={"cells": 7})
    subject, sizes, _ = seen[0]
    assert isinstance(subject.representation, Representation) and sizes.cells == 7
    assert len(subject.representation.encode(subject.test)) == len(subject.test) == 1563
    keys = [set(subject.space.keys(part).tolist()) for part in (subject.training.all(), subject.test)]
    assert not keys[0] & keys[1] and len(keys[0] | keys[1]) == 15_625
    assert 0.9 < np.nanmax(subject.truth(subject.test)) < 0.92
    assert list(record.numbers) == ["a", "b"] and type(record.numbers["b"]) is float
    assert record.columns == {"t": {"x": [0, 1], "y": ["p", "q"]}} and record.pretraining is None
    assert set(record.seconds) == {"prepare", "measure"}
    assert record.provenance["training_cells"] == 14_062 and record.provenance["model_code"] is None
    measured(measure, sizes={"cells": 7})
    measured(measure, sizes={"cells": 7}, seed=1)
    draws = [each[2] for each in seen]
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome({"a": 1.0}), "part 'mine' gave a; its measures are a, b"),
        (Outcome({}), "part 'mine' gave nothing"),
        (Outcome({"a": 1.0, "b": math.inf}), "part 'mine' gave infinite numbers: b"),
        (Outcome({"a": 1.0, "b": 1.0}, {"t": {"x": [1], "y": []}}), "the columns of t differ in length"),
    ],
)
def test_a_part_that_does_not_keep_its_promise_has_failed(measured, outcome, said):
    with pytest.raises(HarnessError, match=said):
        measured(lambda subject, sizes, rng: outcome)


def test_a_table_that_changed_or_a_part_that_is_gone_is_refused(measured):
    def nothing(subject, sizes, rng):
        raise AssertionError

    with pytest.raises(HarnessError, match="the table changed while the study ran"):
        measured(nothing, table_digest="0" * 64)
    with pytest.raises(HarnessError, match="part 'gone' is gone"):
        measured(nothing, part="gone")


def test_the_code_of_parts_decides_results_and_runs_do_not_depend_on_it():
    from harness.running.search import Search

    assert work.CODE == Measuring().code != Search().code
