import dataclasses
import json
import os

import pytest

from harness.records.store import RunStore, protocol_of, record_of
from tabular.errors import HarnessError
from tests.presets import PROTOCOLS

SHORT = dataclasses.replace(PROTOCOLS["nb201-200ep"], fidelities=(50, 80))


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "results")


def failed(spec):
    return record_of(spec, status="failed", ledger={}, counts={}, provenance={}, traceback="Traceback: boom")


def test_path_is_identity(store, spec_of):
    spec = spec_of(seed=7)
    expected = store.folder / "nb201-cifar10" / "nb201-200ep" / "random" / f"7-{spec.key[:8]}.json"
    assert store.path(spec) == expected


def test_a_slash_in_a_label_makes_no_folder(store, spec_of):
    path = store.path(spec_of(method="a[a.file=x/../../y]"))
    assert path.parent.parent == store.path(spec_of()).parent.parent


def test_a_run_is_read_back_as_written(store, spec_of, record_for):
    spec = spec_of()
    record = record_for(spec, truth=[0.1, 0.2, 0.30000000000000004])
    assert not store.has(spec)
    path = store.write(record)
    assert store.has(spec) and path == store.path(spec)
    assert store.read(path) == record
    assert list(store.runs()) == [record]
    assert record.key == spec.key and record.seed == 0


def test_one_line_per_key_and_strict_json(store, spec_of, record_for):
    spec = spec_of()
    text = store.write(record_for(spec)).read_text()

    def no_constant(name):
        raise AssertionError(f"{name} is no JSON")

    content = json.loads(text, parse_constant=no_constant)
    lines = text.splitlines()
    assert [line.split('"')[1] for line in lines[1:-1]] == list(content)
    assert content["format"] == 1 and content["ledger"]["test"] == [None] * 3


def test_a_failed_run_does_not_count(store, spec_of):
    spec = spec_of()
    path = store.write(failed(spec))
    assert path.name.endswith(".failed.json")
    assert not store.has(spec) and list(store.runs()) == []
    assert json.loads(path.read_text())["traceback"] == "Traceback: boom"


def test_success_removes_the_earlier_failure(store, spec_of, record_for):
    spec = spec_of()
    old = store.write(failed(spec))
    store.write(record_for(spec))
    assert store.has(spec) and not old.exists()


def test_failure_leaves_an_earlier_success(store, spec_of, record_for):
    spec = spec_of()
    store.write(record_for(spec))
    store.write(failed(spec))
    assert store.has(spec) and len(list(store.runs())) == 1


def test_a_write_that_fails_half_way_leaves_nothing(store, spec_of, record_for, monkeypatch):
    spec = spec_of()

    def full_disk(self, content):
        with open(self, "wb") as file:
            file.write(content[:10])
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.write_bytes", full_disk)
    with pytest.raises(OSError, match="disk full"):
        store.write(record_for(spec))
    assert not store.has(spec) and list(store.runs()) == []
    assert os.listdir(store.path(spec).parent) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: "null",
        lambda text: "{}",
        lambda text: text.replace('"format": 1', '"format": 99'),
        lambda text: text.replace('"status"', '"statue"'),
    ],
    ids=["cut", "empty", "list", "null", "no keys", "other format", "other key"],
)
def test_a_damaged_file_is_named(store, spec_of, record_for, damage):
    spec = spec_of()
    path = store.write(record_for(spec))
    path.write_text(damage(path.read_text()))
    with pytest.raises(HarnessError, match="is damaged") as caught:
        list(store.runs())
    assert str(path) in str(caught.value) and "delete it" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text_is_named(store, spec_of, record_for):
    spec = spec_of()
    path = store.write(record_for(spec))
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(HarnessError, match="is damaged"):
        store.read(path)


def test_damage_is_one_line_on_the_command_line(command, store, spec_of, record_for):
    spec = spec_of()
    store.write(record_for(spec)).write_text("{")
    outcome = command("report", f"results={store.folder}")
    assert outcome.code == 2 and outcome.out == "" and outcome.err.count("\n") == 1
    assert "is damaged" in outcome.err


SAID = {"note": "", "leaks": ""}


def test_references_are_no_runs(store, spec_of, record_for):
    spec = spec_of()
    record = record_for(spec)
    assert (
        not store.has_reference(spec, SAID) and store.reference(store.reference_of(record.identity)) is None
    )
    content = {"optimum": 0.9, "random_truth": [0.1, 0.2, 0.3]}
    store.add_reference(spec, reference_for(spec, content))
    assert not store.has_reference(spec, SAID)  # one of the time before fronts were kept
    store.write_reference(spec, {**content, "fronts": {}})
    assert store.has_reference(spec, SAID) and not store.has_reference(spec, {**SAID, "note": "new"})
    found = store.reference(store.reference_of(record.identity))
    assert (found.optimum, found.random.tolist(), found.fronts) == (0.9, [0.1, 0.2, 0.3], {})
    assert list(store.runs()) == []
    for other in (spec_of(seed=1), spec_of(budget=4), spec_of(table_digest="e" * 64)):
        assert not store.has_reference(other, SAID)
    changed = dataclasses.replace(spec.protocol, version=2)
    assert not store.has_reference(spec_of(protocol=changed), SAID)


def test_the_protocol_is_rebuilt_with_its_hash(spec_of, record_for):
    spec = spec_of()
    assert protocol_of(record_for(spec)).hash == spec.protocol.hash


def test_runs_come_in_path_order(store, spec_of, record_for):
    for method, seed in (("b", 1), ("a", 2), ("b", 0), ("a", 0)):
        spec = spec_of(method=method, seed=seed)
        store.write(record_for(spec))
    assert [(record.method, record.seed) for record in store.runs()] == [
        ("a", 0),
        ("a", 2),
        ("b", 0),
        ("b", 1),
    ]


def test_a_missing_or_unwritable_folder_is_refused(tmp_path):
    with pytest.raises(HarnessError, match="does not exist"):
        RunStore(tmp_path / "none").check_exists()
    (tmp_path / "file").touch()
    with pytest.raises(HarnessError, match="cannot be written"):
        RunStore(tmp_path / "file").check_writable()
    RunStore(tmp_path / "new" / "deep").check_writable()
    assert os.listdir(tmp_path / "new" / "deep") == []


@pytest.mark.parametrize("damage", ["short", "poor"])
def test_a_ledger_that_is_not_whole_is_named(spec_of, record_for, tmp_path, damage):
    spec, store = spec_of(protocol=SHORT, budget=2), RunStore(tmp_path)
    store.write(record_for(spec, epochs=[200, 50, 80]))
    assert len(list(store.runs())) == 1
    store.write(record_for(spec, epochs=[200, 80] if damage == "short" else [80, 50, 50]))
    with pytest.raises(HarnessError, match="its ledger is not whole"):
        list(store.runs())


def test_ledgers_without_epochs_are_of_the_full_schedule(spec_of, record_for):
    record = record_for(spec_of(), charged=[1, 1, 0])
    assert record.epochs == [200] * 3 and record.queries == 2
