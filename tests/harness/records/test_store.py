import dataclasses
import json
import os

import pytest

from harness.records.derived import load
from harness.records.reference import Reference, place_of
from harness.records.run import FailedRun
from harness.records.run_file import RUNS, columns
from harness.records.store import RunStore
from harness.study.spec import PluginSpec, RunSpec
from tabular.errors import HarnessError
from tests.harness.edits import rewrite
from tests.presets import PROTOCOLS

SHORT = dataclasses.replace(PROTOCOLS["nb201-200ep"], fidelities=(50, 80))


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "results")


def failed(spec):
    return FailedRun(spec, "Traceback: boom")


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
    assert path.read_text() == RUNS.text(record) == RUNS.text(store.read(path))
    assert [RUNS.text(run) for run in store.runs()] == [RUNS.text(record)]
    assert store.read(path).spec.identity() == spec.identity()


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

    def full_disk(path, content):
        with open(path, "wb") as file:
            file.write(content[:10])
        raise OSError("disk full")

    monkeypatch.setattr("tabular.table_file.write_through", full_disk)
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
    assert "no stored runs in" in outcome.err and "1 left out: " in outcome.err


def of_seed(spec, curve, **more):
    """The content of a reference file of the time when each seed had one."""
    content = {"seed": spec.seed, "optimum": 0.9, "random_truth": curve, **more}
    return {**place_of(spec)._asdict(), **content}


def test_references_are_no_runs(store, spec_of):
    spec = spec_of()
    assert store.reference(spec) is None
    store.add_reference(spec, Reference.of(of_seed(spec, [0.1, 0.2, 0.3])))
    assert list(store.runs()) == []
    found = store.reference(spec)
    assert (found.optimum, found.expected(0, 2).tolist(), found.fronts) == (0.9, [0.1, 0.2], {})
    assert not found.complete and Reference.of(of_seed(spec, [], fronts={})).complete
    assert store.reference(spec_of(table_digest="e" * 64)) is None
    assert store.reference(spec_of(protocol=dataclasses.replace(spec.protocol, version=2))) is None


def test_one_file_holds_all_seeds_and_the_longest_budget(store, spec_of):
    for seed, curve in ((0, [0.1, 0.2, 0.3]), (1, [0.4]), (0, [0.1]), (1, [0.4, 0.5])):
        spec = spec_of(seed=seed)
        store.add_reference(spec, Reference.of(of_seed(spec, curve)))
    assert len(list(store.folder.rglob("*.json"))) == 1
    found = store.reference(spec_of(seed=7, budget=9))
    assert [found.knows(0, 3), found.knows(0, 4), found.knows(1, 2), found.knows(2, 1)] == [
        True,
        False,
        True,
        False,
    ]
    assert found.expected(1, 2).tolist() == [0.4, 0.5] and found.expected(2, 1) is None


def test_files_of_single_seeds_are_read_together(store, spec_of):
    for seed in (0, 3):
        spec = spec_of(seed=seed)
        place = place_of(spec)
        path = (
            store.path(spec).parents[1] / "_reference" / f"{seed}-{place.table[:8]}-{place.protocol}-3.json"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(of_seed(spec, [seed + 0.5])))
    found = store.reference(spec_of())
    assert found.expected(3, 1).tolist() == [3.5] and found.expected(0, 1).tolist() == [0.5]
    assert load(store).references[place_of(spec_of())].expected(3, 1).tolist() == [3.5]


def test_what_an_older_file_says_of_the_benchmark_counts_less(store, spec_of):
    """Whatever order the names have: 9-... of a single seed sorts behind 798d...."""
    spec = spec_of(seed=9)
    fresh = {"random_truth": {"0": [0.1]}, "fronts": {}, "note": "new"}
    store.add_reference(spec, Reference.of({**of_seed(spec, None), **fresh}))
    (whole,) = store.folder.rglob("_reference/*.json")
    whole.with_name(f"9-{whole.stem}-3.json").write_text(
        json.dumps(of_seed(spec, [0.2], note="old", fronts={}))
    )
    for found in (store.reference(spec), load(store).references[place_of(spec)]):
        assert found.note == "new" and found.expected(9, 1).tolist() == [0.2]
        assert found.expected(0, 1).tolist() == [0.1]


def test_what_is_not_known_in_closed_form_is_known_not_to_be(store, spec_of):
    spec = spec_of()
    store.add_reference(spec, Reference.of({**of_seed(spec, None), "random_truth": {"any": None}}))
    found = store.reference(spec)
    assert found.knows(5, 100) and found.expected(5, 100) is None


def test_a_spec_is_rebuilt_from_its_identity_with_its_key(spec_of):
    spec = spec_of(measured="m", pretrain_seed=3)
    again = RunSpec.of(spec.method, json.loads(json.dumps(spec.identity())))
    assert again.key == spec.key and again.protocol.hash == spec.protocol.hash
    assert again.pretraining == "per-seed" and again.configuration_hash == spec.configuration_hash


def test_a_key_does_not_depend_on_the_order_of_fields(spec_of):
    spec = spec_of(optimizer=PluginSpec("random", "1", {"one": 1, "two": {"a": 1, "b": 2}}))
    turned = spec_of(optimizer=PluginSpec("random", "1", {"two": {"b": 2, "a": 1}, "one": 1}))
    identity = dict(reversed(spec.identity().items()))
    assert spec.key == turned.key == RunSpec.of("random", identity).key
    assert spec.key != spec_of(optimizer=PluginSpec("random", "1", {"one": 2, "two": {"a": 1, "b": 2}})).key


def test_runs_come_in_path_order(store, spec_of, record_for):
    for method, seed in (("b", 1), ("a", 2), ("b", 0), ("a", 0)):
        spec = spec_of(method=method, seed=seed)
        store.write(record_for(spec))
    assert [(run.spec.method, run.spec.seed) for run in store.runs()] == [
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
    path = store.path(spec)
    content = json.loads(path.read_text())
    content["ledger"]["epochs"] = [200, 80] if damage == "short" else [80, 50, 50]
    rewrite(path, content)
    with pytest.raises(HarnessError, match="its ledger is not whole"):
        list(store.runs())


def test_ledgers_without_epochs_are_of_the_full_schedule(spec_of, record_for):
    record = record_for(spec_of(), charged=[1, 1, 0])
    assert record.ledger.epochs.tolist() == [200] * 3 and record.ledger.queries == 2
    assert "epochs" not in columns(record)
