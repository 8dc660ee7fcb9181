"""Records of quality: written, read back, and told apart from runs and from what is no record."""

import json
import math
import shutil

import pytest

from harness.records.derived import load
from harness.records.quality import QUALITY
from harness.records.quality_store import QualityStore, load_quality
from harness.records.run import FailedRun
from harness.records.store import RunStore
from harness.study.quality_spec import QualitySpec
from tabular.errors import HarnessError
from tests.harness.edits import rewrite

COLUMNS = {"cells": {"first": [0.5, math.nan, 2], "architecture": ["a", "b", "c"], "gap": [math.nan] * 3}}


@pytest.fixture
def store(tmp_path):
    return QualityStore(tmp_path / "results")


def test_path_is_identity(store, quality_spec_of):
    spec = quality_spec_of(seed=7)
    expected = store.folder / "nb201-cifar10" / "quality-tiny" / "lab" / f"7-{spec.key[:8]}.json"
    assert store.path(spec) == expected


def test_a_spec_is_rebuilt_from_its_identity_with_its_key(quality_spec_of):
    spec = quality_spec_of(
        measured="m", labels="training", split=22_000, sizes={"cells": 5, "step_size": 1.0}
    )
    again = QualitySpec.of(spec.method, json.loads(json.dumps(spec.identity())))
    assert again.key == spec.key and again.model == spec.model
    assert again.configuration_hash == spec.configuration_hash
    with pytest.raises(ValueError, match="not whole"):
        QualitySpec.of(spec.method, {**spec.identity(), "more": 1})


@pytest.mark.parametrize(
    "change",
    [{"part": "other"}, {"labels": "training"}, {"sizes": {"cells": 11}}, {"split": 50}, {"seed": 1}],
    ids=lambda change: next(iter(change)),
)
def test_what_decides_a_record_is_in_its_key(quality_spec_of, change):
    one, other = quality_spec_of(), quality_spec_of(**change)
    assert one.key != other.key
    assert (one.configuration_hash == other.configuration_hash) == ("seed" in change)


def test_the_model_is_trained_on_the_training_part_with_the_seed(quality_spec_of):
    model = quality_spec_of(seed=4, split=50, labels="training").model
    assert (model.seed, model.split, model.labels) == (4, 50, True)
    assert quality_spec_of(pretrains=False).model is None and not quality_spec_of().model.labels


def test_a_record_is_read_back_as_written(store, quality_spec_of, quality_for):
    record = quality_for(quality_spec_of(), columns=COLUMNS, code="c" * 16)
    path = store.write(record)
    again = store.read_done(path)
    assert path.read_text() == QUALITY.text(record) == QUALITY.text(again)
    assert math.isnan(again.numbers["nothing"]) and again.numbers["spread"] == 1.5
    cells = again.columns["cells"]
    assert (
        cells["architecture"] == ["a", "b", "c"] and math.isnan(cells["first"][1]) and cells["first"][2] == 2
    )
    assert all(map(math.isnan, cells["gap"]))
    assert again.seconds == {"prepare": 1.0, "measure": 2.0} and again.pretraining["seconds"] == 5.0


def test_one_line_per_key_and_strict_json(store, quality_spec_of, quality_for):
    text = store.write(quality_for(quality_spec_of(), columns=COLUMNS)).read_text()

    def no_constant(name):
        raise AssertionError(f"{name} is no JSON")

    content = json.loads(text, parse_constant=no_constant)
    assert [line.split('"')[1] for line in text.splitlines()[1:-1]] == list(content)
    assert content["kind"] == "quality" and content["numbers"]["nothing"] is None


def test_infinity_is_not_stored(store, quality_spec_of, quality_for):
    with pytest.raises(ValueError, match="infinite"):
        store.write(quality_for(quality_spec_of(), {"top": math.inf}))
    assert not store.folder.exists()


def test_a_failure_does_not_count_until_it_is_done(store, quality_spec_of, quality_for):
    spec = quality_spec_of()
    old = store.write(FailedRun(spec, "ValueError: boom"))
    assert old.name.endswith(".failed.json") and not store.has(spec)
    (failure,) = load_quality(store).failed
    assert failure.problem == "ValueError: boom" and failure.spec.key == spec.key
    store.write(quality_for(spec))
    assert store.has(spec) and not old.exists() and load_quality(store).failed == []


def cut(path, content):
    path.write_bytes(path.read_bytes()[:400])


def edited(path, content):
    content["numbers"]["top"] = 0.95
    path.write_text(json.dumps(content))


def copied(path, content):
    shutil.copy(path, path.with_name("9-00000000.json"))


def copied_folder(path, content):
    shutil.copytree(path.parent, path.parent.with_name("another"))


def uneven(path, content):
    content["columns"]["cells"]["first"].pop()
    rewrite(path, content)


def of_runs(path, content):
    content["kind"] = "runs"
    rewrite(path, content)


def untimed(path, content):
    del content["provenance"]["seconds"]
    rewrite(path, content)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (cut, "not whole"),
        (edited, "edited: its digest does not fit its content"),
        (copied, "a copy of 1-"),
        (copied_folder, "copies of records that lie elsewhere too"),
        (uneven, "its columns are not whole"),
        (of_runs, "another kind of record"),
        (untimed, "no 'seconds' in it"),
    ],
)
def test_what_is_no_record_is_left_out_and_named(store, quality_spec_of, quality_for, damage, reason):
    paths = [store.write(quality_for(quality_spec_of(seed=seed), columns=COLUMNS)) for seed in (0, 1)]
    damage(paths[1], json.loads(paths[1].read_text()))
    found = load_quality(store)
    names_a_copy = damage in (copied, copied_folder)
    assert [record.seed for record in found.done] == ([0, 1] if names_a_copy else [0])
    assert any(reason in each for each in found.left_out.names)
    if not names_a_copy:
        with pytest.raises(HarnessError, match="is damaged"):
            store.read(paths[1])


def test_runs_and_records_of_quality_pass_each_other_by(
    tmp_path, store, spec_of, record_for, quality_spec_of, quality_for
):
    runs = RunStore(store.folder)
    runs.write(record_for(spec_of()))
    store.write(quality_for(quality_spec_of()))
    store.write(FailedRun(quality_spec_of(seed=1), "boom"))
    stored, quality = load(runs), load_quality(store)
    assert [len(list(runs.runs())), len(stored.done), len(stored.failed)] == [1, 1, 0]
    assert [len(quality.done), len(quality.failed)] == [1, 1]
    assert not stored.left_out.names and not quality.left_out.names


def test_a_cut_file_is_none(store, quality_spec_of, quality_for):
    spec = quality_spec_of()
    path = store.write(quality_for(spec))
    assert store.has(spec) and not store.is_cut(spec)
    path.write_text("")
    assert store.is_cut(spec) and not store.has(spec)
