"""A report that was printed before is printed again from memory, unless anything it depends on changed."""

import json
import os
import shutil

import pytest

from harness.report import output
from tabular.table_file import data_folder


@pytest.fixture
def folder(stored, tmp_path, monkeypatch):
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path / "data"))
    shutil.copytree(stored[0], tmp_path / "results")
    return tmp_path / "results"


@pytest.fixture
def made(monkeypatch):
    """Reports that were computed and not remembered."""
    count, emit = [], output.emit

    def counted(*words):
        count.append(1)
        emit(*words)

    monkeypatch.setattr(output, "emit", counted)
    return count


def test_the_same_line_is_computed_once(command, folder, made):
    lines = [["report", f"results={folder}", f"format={form}"] for form in ("text", "csv", "latex")]
    first = [command(*line) for line in lines]
    again = [command(*line) for line in lines]
    assert first == again and len(made) == 3


def test_other_keys_are_another_report(command, folder, made):
    for words in ([], ["at=10"], ["methods=random"], ["metric=regret"], ["seeds=2"]):
        assert command("report", f"results={folder}", *words).code == 0
    assert len(made) == 5


def test_a_changed_run_or_a_run_less_is_another_report(command, folder, made):
    before = command("report", f"results={folder}").out
    (path,) = folder.glob("*/*/random/1-*.json")
    content = json.loads(path.read_text())
    content["ledger"]["truth"] = [value - 0.05 for value in content["ledger"]["truth"]]
    path.write_text(json.dumps(content))
    changed = command("report", f"results={folder}").out
    path.unlink()
    less = command("report", f"results={folder}").out
    assert len(made) == len({before, changed, less}) == 3


def test_a_changed_source_file_is_another_report(command, folder, made):
    from harness.report import text

    command("report", f"results={folder}")
    stat = os.stat(text.__file__)
    try:
        os.utime(text.__file__, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
        command("report", f"results={folder}")
    finally:
        os.utime(text.__file__, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert len(made) == 2


def test_refusals_are_not_kept(command, folder, made):
    for _ in range(2):
        outcome = command("report", f"results={folder}", "at=99")
        assert outcome.code == 2 and "beyond the budget" in outcome.err and outcome.out == ""
    assert len(made) == 2


def test_sentences_beside_rows_are_said_again(command, folder):
    (path,) = folder.glob("*/*/random/3-*.json")
    content = json.loads(path.read_text())
    content.update(status="failed", ledger={}, counts={}, traceback="ValueError: too hot\n")
    path.with_suffix(".failed.json").write_text(json.dumps(content))
    path.unlink()
    outcomes = [command("report", f"results={folder}", "format=json") for _ in range(2)]
    assert outcomes[0] == outcomes[1] and "too hot" in outcomes[1].err


@pytest.mark.parametrize("damage", ["", "{", "[1]"])
def test_a_damaged_memory_is_no_obstacle(command, folder, made, damage):
    whole = command("report", f"results={folder}")
    (path,) = (data_folder() / "reports/printed").glob("*.json")
    path.write_text(damage)
    assert command("report", f"results={folder}") == whole and len(made) == 2


def test_memory_is_bounded(command, folder, monkeypatch):
    from harness.report import printed

    monkeypatch.setattr(printed, "KEPT", 2)
    for at in (5, 10, 15, 20):
        command("report", f"results={folder}", f"at={at}")
    assert len(list((data_folder() / "reports/printed").glob("*.json"))) == 2
