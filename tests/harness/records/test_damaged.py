"""Files that are not what they should be end in a sentence that names them."""

import json
import shutil

import pytest

from harness.study.spec import canonical_hash
from tests.harness.edits import rewrite


@pytest.fixture
def one(stored, tmp_path):
    shutil.copytree(stored[0], tmp_path / "results")
    (path,) = (tmp_path / "results").glob("*/*/random/2-*.json")
    return path


@pytest.mark.parametrize(
    "change",
    [
        lambda run: run["ledger"]["seen"].__setitem__(3, None),
        lambda run: run["ledger"]["cost"].__setitem__(3, "much"),
        lambda run: run.update(complexity=None),
        lambda run: run.update(provenance=[]),
        lambda run: run["provenance"].update(seconds={}),
        lambda run: run["provenance"]["seconds"].update(fit=None),
        lambda run: run["provenance"]["seconds"].update(fit="x"),
        lambda run: run["provenance"]["seconds"].update(fit=float("nan")),
        lambda run: run["provenance"].update(code=[1]),
        lambda run: run.update(ledger={name: [] for name in run["ledger"]}),
        lambda run: run["provenance"].update(pretraining={"loss": 1}),
        lambda run: run.update(status="running"),
        lambda run: run.update(status="failed", ledger={}, counts={}),
    ],
)
def test_a_run_with_other_content_is_named(command, one, change):
    content = json.loads(one.read_text())
    change(content)
    rewrite(one, content)
    outcome = command("report", f"results={one.parents[3]}")
    assert outcome.code == 0 and outcome.err.count("\n") == 1
    assert f"{one.parents[3]}: 1 left out: " in outcome.err and f"/random/{one.name} (" in outcome.err
    assert "random: only seeds 0..1,3 (n = 3)." in " ".join(outcome.out.split())


def test_a_manifest_without_its_parts_is_named(command, tmp_path):
    (tmp_path / "report.json").write_text('{"format": 1, "asked": {}}')
    outcome = command("report", "verify", f"out={tmp_path}")
    assert outcome.code == 2 and "results, written, comparisons, files missing" in outcome.err


def test_a_name_longer_than_a_file_system_allows_is_no_run(command):
    outcome = command("show", "z" * 300)
    assert outcome.code == 2 and "it names no run" in outcome.err


def _without_wall_times(path):
    content = json.loads(path.read_text())
    del content["provenance"]["answered"], content["complexity"]
    rewrite(path, content)


def test_an_axis_that_some_runs_lack_has_no_target_times(command, one, tmp_path):
    _without_wall_times(one)
    out = tmp_path / "reports"
    outcome = command("report", f"results={one.parents[3]}", "x=wall", "format=all", f"out={out}")
    assert outcome.code == 0, outcome.err
    (table,) = out.rglob("table.txt")
    targets = table.read_text().split("Expected until")[1].split("What it took")[0]
    (line,) = (line for line in targets.splitlines() if line.startswith("random "))
    assert line.split()[1:] == ["-"] * 4 and "nan" not in targets


def test_seeds_that_a_number_lacks_are_named(command, one):
    _without_wall_times(one)
    out = command("report", f"results={one.parents[3]}", "metric=hypervolume").out
    assert "random: hypervolume after 40 queries is without seeds 2, which have none." in out


def test_files_of_an_earlier_report_are_named_and_do_not_disturb(command, one, tmp_path):
    out = tmp_path / "reports"
    words = ("report", f"results={one.parents[3]}", "format=all", f"out={out}")
    assert "earlier report" not in command(*words).err
    assert "earlier report" not in command(*words).err
    alone = command(*words, "methods=random")
    assert f"{out} keeps 3 files of an earlier report" in alone.err and "ranks.pdf" in alone.err
    verified = command("report", "verify", f"out={out}")
    assert verified.code == 0, verified.err


def test_a_failure_since_the_report_is_a_difference(command, one, tmp_path):
    words = (f"results={one.parents[3]}", "format=figures", f"out={tmp_path / 'reports'}")
    assert command("report", *words).code == 0
    content = json.loads(one.read_text())
    identity = {**content["identity"], "seed": 77}
    key = canonical_hash(identity)
    content.update(status="failed", identity=identity, key=key, ledger={}, counts={})
    content["traceback"] = "ValueError: too hot"
    rewrite(one.with_name(f"77-{key[:8]}.failed.json"), content)
    outcome = command("report", "verify", words[2])
    assert outcome.code == 1 and "other runs failed than the report says" in outcome.err
