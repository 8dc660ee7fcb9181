"""A mean over runs of different code says so above its table, and on stderr."""

import dataclasses
import json

import pytest

from harness.records.derived import load
from harness.records.store import RunStore
from harness.running import provenance
from harness.study.code import running_code

OLD = {"commit": "a" * 40, "dirty": False}
NEW = {"commit": "b" * 40, "dirty": True, "code": "c" * 16}


@pytest.fixture
def results(tmp_path, spec_of, record_for):
    """Runs of `mine` by the provenance of each seed, and two of `other` by one code."""

    def make(*made):
        store = RunStore(tmp_path / "results")
        for method, each in (("mine", made), ("other", [OLD, OLD])):
            for seed, facts in enumerate(each):
                spec = spec_of(method, seed)
                run = record_for(spec)
                store.write(dataclasses.replace(run, provenance=dict(facts)))
        return store.folder

    return make


SAME = {
    "old": (OLD, OLD),
    "new": (NEW, NEW),
    "one code in two commits": (NEW, {**NEW, "commit": "d" * 40}),
    "nothing known": ({}, {}),
}
MIXED = {
    "commits": (OLD, {**OLD, "commit": "b" * 40}),
    "commit and its changes": (OLD, {**OLD, "dirty": True}),
    "without and with a digest": (OLD, NEW),
    "digests of one commit": (NEW, {**NEW, "code": "d" * 16}),
}


@pytest.mark.parametrize("case", SAME)
def test_runs_of_one_code_are_not_spoken_of(command, results, case):
    outcome = command("report", f"results={results(*SAME[case])}")
    assert outcome.code == 0 and outcome.err == "" and "DIFFERENT CODE" not in outcome.out


@pytest.mark.parametrize("case", MIXED)
def test_runs_of_different_code_are_named_above_the_table(command, results, case):
    folder = results(*MIXED[case])
    for form in ("text", "markdown", "latex", "csv"):
        outcome = command("report", f"results={folder}", f"format={form}")
        assert outcome.code == 0 and outcome.err.count("DIFFERENT CODE") == 1
        if form == "csv":
            assert "DIFFERENT" not in outcome.out
            continue
        above = " ".join(outcome.out.split("best accuracy")[0].split())
        assert "DIFFERENT CODE in one mean on nb201:cifar10 (nb201-200ep), mine: " in above


def test_the_sentence_names_codes_and_seeds(command, results):
    outcome = command("report", f"results={results(OLD, NEW, OLD)}")
    assert (
        "mine: commit aaaaaaaa: seeds 0,2; cccccccc (commit bbbbbbbb with changes): seeds 1. " in outcome.err
    )
    assert "existing=redo-stale" in outcome.err and "other:" not in outcome.err


def test_a_page_has_the_sentence(command, results, tmp_path):
    folder, out = results(OLD, NEW), tmp_path / "out"
    assert command("report", f"results={folder}", "format=html", f"out={out}").code == 0
    (page,) = out.glob("nb201*.html")
    assert page.read_text().count('<p class="warning">DIFFERENT CODE in one mean') == 1


def test_stale_runs_are_made_again_and_others_are_not(command, tmp_path, monkeypatch):
    words = ["run", "methods=random", "budget=12", "workers=1", f"results={tmp_path / 'r'}"]
    assert command(*words, "seeds=3").code == 0
    files = sorted((tmp_path / "r").glob("*/*/random/*.json"))
    made = [run.provenance["code"] for run in load(RunStore(tmp_path / "r")).done]
    assert made == [running_code()] * 3 == [provenance.CODE] * 3
    for file, code in zip(
        files, ("e" * 16, None), strict=False
    ):  # edited since; stored before there was a digest
        content = json.loads(file.read_text())
        content["provenance"]["code"] = code
        lines = ",\n".join(f'"{key}": {json.dumps(value)}' for key, value in content.items())
        file.write_text(f"{{\n{lines}\n}}\n")
    before = [file.stat().st_mtime_ns for file in files]
    skipped = command(*words, "seeds=3")
    assert "DIFFERENT CODE" in skipped.err and [file.stat().st_mtime_ns for file in files] == before
    again = command(*words, "seeds=3", "existing=redo-stale")
    assert again.code == 0 and "DIFFERENT CODE" not in again.err + again.out
    assert "2 of 3 stored files are of other code and made again" in again.err
    after = [file.stat().st_mtime_ns for file in files]
    assert [new != old for new, old in zip(after, before, strict=True)] == [True, True, False]
