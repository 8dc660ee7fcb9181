"""Whatever lies in a results folder: what cannot be used is named, all of it at once, and the rest counts."""

import json
import os
import shutil

import pytest

from harness.records.derived import load
from harness.records.store import RunStore
from tests.harness.edits import rewrite

PLACE = "nb201-cifar10/nb201-200ep"


@pytest.fixture
def folder(stored, tmp_path):
    shutil.copytree(stored[0], tmp_path / "results")
    return tmp_path / "results"


def run_of(folder, seed=1):
    (path,) = folder.glob(f"*/*/random/{seed}-*.json")
    return path


def emptied(folder):
    run_of(folder).write_text("")


def cut(folder):
    run_of(folder).write_bytes(run_of(folder).read_bytes()[:4096])


def edited(folder):
    path = run_of(folder)
    content = json.loads(path.read_text())
    content["ledger"]["truth"][3] += 0.001
    path.write_text(json.dumps(content))


def of_another_version(folder):
    path = run_of(folder)
    path.write_text(path.read_text().replace('"format": 1', '"format": 7'))


def copied(folder):
    path = run_of(folder)
    shutil.copy(path, path.with_name(f"{path.stem} (1).json"))


def copied_folder(folder):
    shutil.copytree(folder / PLACE / "random", folder / PLACE / "random copy")


def of_another_program(folder):
    (folder / PLACE / "random/settings.json").write_text('{"theme": "dark"}')


def nested(folder):
    (folder / PLACE / "random/9-00000000.json").write_text("[" * 100_000 + "}")


def pipe(folder):
    os.mkfifo(folder / PLACE / "random/9-00000000.json")


def folder_as_file(folder):
    (folder / PLACE / "random/9-00000000.json").mkdir()


def dangling(folder):
    (folder / PLACE / "random/99-deadbeef.json").symlink_to("/nonexistent")


def dangling_folder(folder):
    (folder / PLACE / "gone").symlink_to("/nonexistent")


def looped_file(folder):
    (folder / PLACE / "random/99-deadbeef.json").symlink_to("99-deadbeef.json")


def looped_folder(folder):
    (folder / "loop").symlink_to("loop")


def inside_itself(folder):
    (folder / "nb201-cifar10/self").symlink_to("..")


def linked_twice(folder):
    (folder / "again").symlink_to("nb201-cifar10")


def reference_edited(folder):
    path = next((folder / PLACE / "_reference").glob("*.json"))
    path.write_text(path.read_text().replace('"optimum": 0.9', '"optimum": 0.99', 1))


def reference_of_another_program(folder):
    (folder / PLACE / "_reference/x.json").write_text('{"benchmark": []}')


HARMS = {
    emptied: ("random/1-", "(empty)", 1), cut: ("random/1-", "(not whole)", 1),
    edited: ("random/1-", "(edited: its digest", 1), of_another_version: ("random/1-", "(another format", 1),
    copied: (" (1).json", "(a copy of 1-", 0), copied_folder: ("random copy/0-", "(copies of runs", 0),
    of_another_program: ("settings.json", "(no 'format' in it)", 0), nested: ("9-0", "(", 0),
    pipe: ("9-00000000.json", "(no file)", 0), folder_as_file: ("9-00000000.json", "(no file)", 0),
    dangling: ("99-deadbeef.json", "(a link to nothing)", 0),
    dangling_folder: ("gone", "(a link to nothing)", 0),
    looped_file: ("99-deadbeef.json", "(Too many levels", 0), looped_folder: ("loop", "(Too many levels", 0),
    inside_itself: ("nb201-cifar10/self", "(a link to a folder that holds it)", 0),
    linked_twice: ("again", "(the same folder as nb201-cifar10)", 0),
    reference_edited: ("_reference/", "(edited: its digest", 0),
    reference_of_another_program: ("_reference/x.json", "(no 'random_truth' in it)", 0),
}  # fmt: skip
"""By harm: words of the name and the reason that are said, and how many runs are lost."""


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_the_rest_is_reported_and_the_offender_named(command, folder, harm):
    whole = command("report", f"results={folder}").out
    harm(folder)
    name, reason, lost = HARMS[harm]
    stored = load(RunStore(folder))
    assert len(stored.done) == 12 - lost
    for _ in range(2):  # without and with a cache
        outcome = command("report", f"results={folder}")
        assert outcome.code == 0 and outcome.err.count("\n") == 1, outcome.err
        assert outcome.err.startswith(f"harness: {folder}: ")
        assert name in outcome.err and reason in outcome.err
        assert (outcome.out == whole) == (not lost and harm is not reference_edited)


def test_all_offenders_are_in_one_message(command, folder):
    harms = [cut, copied_folder, of_another_program, pipe, dangling, looped_folder, linked_twice]
    for harm in harms:
        harm(folder)
    outcome = command("report", f"results={folder}")
    assert outcome.code == 0 and outcome.err.count("\n") == 1
    for harm in harms:
        assert HARMS[harm][0] in outcome.err


def test_nothing_left_is_a_refusal_with_the_reasons(command, folder):
    for path in folder.glob("*/*/[!_]*/*.json"):
        path.write_text("")
    outcome = command("report", f"results={folder}")
    assert outcome.code == 2 and outcome.err.count("\n") == 1
    assert "no stored runs" in outcome.err and "12 left out" in outcome.err and "(empty)" in outcome.err


@pytest.mark.parametrize("where", [PLACE, f"{PLACE}/random", "."])
def test_what_may_not_be_read_is_named(command, folder, where):
    (folder / where).chmod(0)
    if os.access(folder / where, os.R_OK):
        pytest.skip("the superuser may read everything")
    outcome = command("report", f"results={folder}")
    (folder / where).chmod(0o755)
    assert outcome.err.count("\n") == 1 and "Permission denied" in outcome.err
    assert outcome.code == (0 if where.endswith("random") else 2)


def test_a_file_that_vanishes_while_it_is_read_is_no_fault(folder, monkeypatch):
    gone, parse = run_of(folder), RunStore.parse

    def vanishing(self, path):
        gone.unlink(missing_ok=True)
        return parse(self, path)

    monkeypatch.setattr(RunStore, "parse", vanishing)
    stored = load(RunStore(folder))
    assert len(stored.done) in (11, 12) and stored.left_out.names == {}


def test_a_name_that_is_no_text_is_named_and_its_runs_are_reported(command, folder, tmp_path):
    place = os.fsencode(folder / PLACE)
    os.rename(place + b"/random", place + b"/r\xff")
    with open(place + b"/r\xff/x.json", "w") as file:
        file.write("{")
    line = ["report", f"results={folder}", f"out={tmp_path / 'out'}", "format=all"]
    outcome = command(*line)
    assert outcome.code == 0 and "x.json (not whole)" in outcome.err
    assert "r%FF/" in (tmp_path / "out/nb201-cifar10.html").read_text()
    assert command("report", "verify", f"out={tmp_path / 'out'}").code == 0


@pytest.mark.parametrize("harm", [emptied, cut])
def test_an_empty_or_cut_run_is_made_again_and_named(command, folder, run_files, harm):
    words = ["run", "methods=random", "seeds=4", "budget=40", "workers=1", f"results={folder}"]
    before, path = run_files(folder), run_of(folder)
    harm(folder)
    outcome = command(*words)
    assert outcome.code == 0 and run_files(folder) == before
    (said,) = [line for line in outcome.err.splitlines() if "are made again" in line]
    assert said.startswith("harness: 1 stored files in ") and said.endswith(f"random/{path.name}")
    assert "are made again" not in command(*words).err


def test_an_edited_run_is_named_before_anything_runs(command, folder):
    edited(folder)
    words = ["run", "methods=random", "seeds=5", "budget=40", "workers=1", f"results={folder}"]
    outcome = command(*words)
    assert outcome.code == 2 and f"{run_of(folder)} is damaged (edited: its digest" in outcome.err
    assert not list(folder.glob("*/*/random/4-*"))


def test_an_edited_reference_is_made_again_by_the_next_run(command, folder):
    path = next((folder / PLACE / "_reference").glob("*.json"))
    before = path.read_bytes()
    reference_edited(folder)
    assert path.read_bytes() != before
    words = ["run", "methods=random", "seeds=4", "budget=40", "workers=1", f"results={folder}"]
    assert command(*words).code == 0
    assert path.read_bytes() == before


def test_an_edited_reference_without_a_digest_is_noticed_by_verify(command, folder, tmp_path):
    path = next((folder / PLACE / "_reference").glob("*.json"))
    content = json.loads(path.read_text())
    content["optimum"] += 0.01
    rewrite(path, content)
    out = f"out={tmp_path / 'out'}"
    assert command("report", f"results={folder}", out, "format=figures").code == 0
    outcome = command("report", "verify", out)
    assert outcome.code == 1
    assert "_reference of nb201-200ep is not what the table of nb201:cifar10 says: optimum" in outcome.err


def test_files_without_a_digest_are_read_as_before(folder):
    before = load(RunStore(folder)).done
    for path in folder.glob("*/*/*/*.json"):
        rewrite(path, json.loads(path.read_text()))
    after = load(RunStore(folder))
    assert after.left_out.names == {}
    assert [run.key for run in after.done] == [run.key for run in before]


def test_a_run_is_on_the_disk_before_it_has_its_name(monkeypatch, spec_of, record_for, tmp_path):
    asked = []
    monkeypatch.setattr(os, "fsync", lambda number: asked.append("sync"))
    RunStore(tmp_path).write(record_for(spec_of()))
    assert asked == ["sync", "sync"]  # the file and its folder
