"""One run shown: found by its name, its ledger and incumbents as they were, its cells as text."""

import dataclasses
import json

import numpy as np
import pytest

from harness.records.run_file import columns
from harness.records.store import RunStore
from harness.report.run import as_text, drawn
from tabular.errors import HarnessError
from tabular.spaces.nb201 import NB201Space
from tests.presets import PROTOCOLS


@pytest.fixture(scope="module")
def one(stored):
    """A run of the stored study: its file and its record."""
    store = RunStore(stored[0])
    (path,) = store.folder.glob("*/*/local_search/2-*.json")
    return path, store.read(path)


def sections(text):
    """By title, the lines below it."""
    parts, title = {}, "head"
    for block in text.split("\n\n"):
        lines = block.splitlines()
        if len(lines) == 1 and not lines[0].startswith("*"):
            title = lines[0]
        else:
            parts.setdefault(title, []).extend(lines)
    return parts


def test_every_name_of_a_run_shows_it(command, one, stored):
    path, record = one
    shown = command("show", path)
    assert shown.code == 0 and shown.err == ""
    key = record.spec.key
    names = [key, key[:6], key[:8].upper(), key[:20], f"2-{key[:3]}"]
    for name in names:
        assert command("show", name, f"results={stored[0]}").out == shown.out


def test_the_head_says_what_it_was(command, one):
    path, record = one
    lines = [line.split(maxsplit=1) for line in command("show", path).out.splitlines()]
    found = {line[0]: line[1] for line in lines[:12] if len(line) == 2}
    assert found["key"] == record.spec.key and found["table"] == record.spec.table_digest
    assert found["protocol"] == "nb201-200ep (71646e2b)" and found["budget"] == "40 queries"
    assert (found["method"], found["benchmark"], found["seed"]) == ("local_search", "nb201:cifar10", "2")


def test_hyper_parameters_and_provenance_are_spelled_out(command, stored):
    (path,) = stored[0].glob("*/*/regularized_evolution/0-*.json")
    text = command("show", path).out
    words = [line.split() for line in text.splitlines()]
    assert ["optimizer", "regularized_evolution", "(version", "1)"] in words
    assert ["population", "10"] in words and ["sample", "3"] in words
    assert any(line[:1] == ["commit"] for line in words) and any(line[:1] == ["python"] for line in words)


def test_the_ledger_is_the_files(command, one):
    path, record = one
    lines = sections(command("show", path).out)["Ledger"][2:]
    rows = [line.split() for line in lines if line[0].isdigit()]
    assert [row[1] for row in rows] == columns(record)["architecture"]
    assert [row[3] for row in rows] == [f"{100 * seen:.2f}" for seen in columns(record)["seen"]]
    seen = np.array(columns(record)["seen"])
    rises = [row for row in range(len(seen)) if row == 0 or seen[row] > seen[:row].max()]
    assert [row for row, line in enumerate(rows) if line[0].endswith("*")] == rises
    assert record.ledger.incumbents.tolist() == rises


def test_cells_are_drawn(command, one):
    path, record = one
    parts = sections(command("show", path).out)
    last = int(record.ledger.incumbents[-1])
    name = record.joined.architectures[last]
    assert parts[f"Incumbent of step {last + 1}: {name}"] == drawn(NB201Space(), name)
    assert drawn(NB201Space(), "430103") == [
        "0 input",
        "1 avg_pool_3x3 <- 0",
        "2 nor_conv_3x3 <- 0",
        "3 none <- 1",
        "4 skip_connect <- 0",
        "5 none <- 1",
        "6 nor_conv_3x3 <- 2, 3",
        "7 output <- 4, 5, 6",
    ]


def test_incumbents_stand_in_their_authors_form_beside_the_key(command, one):
    path, record = one
    lines = sections(command("show", path).out)["Incumbents as the authors of the space write them"]
    space, found = NB201Space(), [line.split("  ") for line in lines]
    names = [record.joined.architectures[row] for row in record.ledger.incumbents.tolist()]
    assert [name for name, _ in found] == list(dict.fromkeys(names))
    assert space.to_strings(space.parse([text for _, text in found])) == [name for name, _ in found]


def test_json_has_the_record_and_what_it_found(command, one):
    path, record = one
    content = json.loads(command("show", path, "format=json").out)
    assert content["key"] == record.spec.key and content["ledger"] == columns(record)
    ledger = record.ledger
    spent = [(row, ledger.spent[row]) for row in ledger.incumbents.tolist()]
    assert [(each["row"], each["spent"]) for each in content["incumbents"]] == spent
    space, names = NB201Space(), [record.joined.architectures[row] for row, _ in spent]
    official = [each["official"] for each in content["incumbents"]]
    assert space.to_strings(space.parse(official)) == names
    assert content["cell"][0] == "0 input"


def test_shorter_schedules_make_no_incumbent_and_count_their_share(spec_of, record_for, tmp_path):
    short = dataclasses.replace(PROTOCOLS["nb201-200ep"], fidelities=(50,))
    record = record_for(spec_of(protocol=short), seen=(0.9, 0.5, 0.6, 0.6), epochs=[50, 200, 50, 200])
    rows = record.ledger.incumbents
    assert rows.tolist() == [1, 3] and record.ledger.spent[rows].tolist() == [1.25, 2.5]
    record.joined.architectures[:] = ["000000"] * 4
    text = as_text(record, tmp_path / "run.json")
    assert "epochs" in text and "Incumbent of step 4: 000000" in text


def test_a_failed_run_shows_its_traceback(command, plugin_file, tmp_path):
    folder = tmp_path / "results"
    file = plugin_file("broken", "raise ValueError('the reason')")
    words = [f"plugins={file}", "seeds=1", "budget=11", "workers=1", f"results={folder}"]
    assert command("run", "methods=broken", *words).code == 1
    (path,) = folder.glob("*/*/broken/*.failed.json")
    outcome = command("show", path.name.split(".")[0], f"results={folder}")
    assert outcome.code == 0 and "(failed)" in outcome.out
    assert "Traceback (most recent call last)" in outcome.out
    assert outcome.out.rstrip().endswith("ValueError: the reason")
    assert json.loads(command("show", path, "format=json").out)["status"] == "failed"


def test_a_benchmark_that_is_not_installed_leaves_the_cells_out(one, command, tmp_path, monkeypatch):
    def gone(name):
        raise HarnessError(f"unknown benchmark '{name}'")

    monkeypatch.setattr("tabular.catalogue.space", gone)
    outcome = command("show", one[0])
    assert outcome.code == 0 and "Cells are not drawn: unknown benchmark 'nb201:" in outcome.out


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("abc", "'abc': it names no run. RUN is the start of a key (6 digits or more)"),
        ("nowhere/0-abcdef12.json", "'nowhere/0-abcdef12.json': no such file"),
        ("ffffffffffff", "There are 12, among them nb201-cifar10/nb201-200ep/local_search/0-"),
        ("99-a", "no stored run '99-a'"),
    ],
)
def test_what_names_no_run_is_refused(command, stored, name, expected):
    outcome = command("show", name, f"results={stored[0]}")
    assert (outcome.code, outcome.out) == (2, "") and expected in outcome.err


def test_a_name_of_several_runs_names_them(command, spec_of, record_for, tmp_path):
    store = RunStore(tmp_path)
    specs = [spec_of(method=f"method{number}") for number in range(17)]  # two of 17 begin with one digit
    files = sorted(store.write(record_for(spec)) for spec in specs)
    digits = [path.name[2] for path in files]
    digit = max(digits, key=digits.count)
    same = [store.name_of(path) for path in files if path.name[2] == digit]
    outcome = command("show", f"0-{digit}", f"results={tmp_path}")
    assert f"'0-{digit}' names {len(same)} runs: {', '.join(same)}" in outcome.err


def test_all_of_a_key_has_to_fit(command, one, stored):
    key = one[1].spec.key
    wrong = key[:8] + ("0" if key[8] != "0" else "1")
    assert f"no stored run '{wrong}'" in command("show", wrong, f"results={stored[0]}").err


def test_a_damaged_run_is_refused_by_name(command, spec_of, record_for, tmp_path):
    store, spec = RunStore(tmp_path), spec_of()
    path = store.write(record_for(spec))
    path.write_text(path.read_text()[:-100])
    outcome = command("show", spec.key[:8], f"results={tmp_path}")
    assert outcome.code == 2 and f"stored file {path} is damaged" in outcome.err


def test_seconds_are_spent_where_the_budget_counts_them(spec_of, record_for):
    protocol = dataclasses.replace(PROTOCOLS["nb201-200ep"], unit="seconds")
    record = record_for(spec_of(protocol=protocol, budget=30), cost=[10.0, 5.5, 2.0])
    rows = record.ledger.incumbents
    assert rows.tolist() == [0, 1] and record.ledger.spent[rows].tolist() == [10.0, 15.5]


def test_no_results_and_help(command, tmp_path):
    assert "does not exist" in command("show", "abcdef", f"results={tmp_path / 'none'}").err
    assert "There are none" in command("show", "abcdef", f"results={tmp_path}").err
    assert "RUN is the start of a key" in command("show", "--help").out
    assert "unknown key 'formt'" in command("show", "abcdef", "formt=json").err
