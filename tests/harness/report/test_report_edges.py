"""What goes wrong with stored runs is said in a sentence; nothing is dropped or averaged in silence."""

import dataclasses
import json
import shutil

import pytest

from harness.records.run import FailedRun
from harness.records.store import RunStore
from harness.study.spec import canonical_hash
from tests.harness.edits import rewrite
from tests.presets import PROTOCOLS


@pytest.fixture
def folder(stored, tmp_path):
    shutil.copytree(stored[0], tmp_path / "results")
    return tmp_path / "results"


@pytest.fixture
def failing(folder, spec_of):
    """Turns the stored run of random search at a seed into a failed one."""

    def make(seed: int) -> None:
        (path,) = folder.glob(f"*/*/random/{seed}-*.json")
        content = json.loads(path.read_text())
        content.update(
            status="failed", ledger={}, counts={}, traceback="Traceback ...\nValueError: too hot\n"
        )
        rewrite(path.with_suffix(".failed.json"), content)
        path.unlink()

    return make


def flat(outcome) -> str:
    return " ".join(outcome.out.split())


@pytest.mark.parametrize("form", ["text", "markdown", "latex"])
def test_failed_runs_are_named_under_the_table(command, folder, failing, form):
    failing(2)
    out = flat(command("report", f"results={folder}", f"format={form}"))
    assert "random: seed 2 failed and counts in no number: ValueError: too hot" in out
    assert "random: only seeds 0..1,3 (n = 3)." in out


@pytest.mark.parametrize("form", ["json", "csv"])
def test_failed_runs_are_named_beside_rows(command, folder, failing, form):
    failing(2)
    outcome = command("report", f"results={folder}", f"format={form}")
    assert "random seed 2 failed and counts in no number" in outcome.err


def test_a_failure_that_the_keys_leave_out_is_not_said(command, folder, failing):
    failing(2)
    assert "failed" not in command("report", f"results={folder}", "methods=local_search").out
    assert "failed" not in command("report", f"results={folder}", "seeds=0..1").out


def test_pairs_use_the_seeds_both_have(command, folder, failing):
    failing(0)
    table = command("report", f"results={folder}").out.partition("paired by seed")[2]
    row = next(line.split() for line in table.splitlines() if line.startswith("random "))
    assert row[1] == "3"


def test_nothing_but_failures_is_no_report(command, tmp_path, spec_of):
    store, spec = RunStore(tmp_path), spec_of()
    store.write(FailedRun(spec, "ValueError: x"))
    outcome = command("report", f"results={tmp_path}")
    assert outcome.code == 2 and "no stored runs" in outcome.err and "1 failed" in outcome.err


def test_zero_runs_are_refused(command, tmp_path):
    for folder, words in ((tmp_path, "no stored runs in"), (tmp_path / "gone", "does not exist")):
        outcome = command("report", f"results={folder}")
        assert outcome.code == 2 and words in outcome.err and outcome.out == ""


def test_keys_that_exclude_each_other_are_named_together(command, folder):
    (path,) = folder.glob("*/*/random/3-*.json")
    path.unlink()
    outcome = command("report", f"results={folder}", "methods=random", "seeds=3..3")
    assert outcome.code == 2 and "no stored runs with methods=random seeds=3..3" in outcome.err


def test_one_seed_claims_nothing(command, folder):
    out = flat(command("report", f"results={folder}", "seeds=1..1"))
    assert "With 1 seed no difference can be significant: nothing is ruled out." in out
    assert "paired by seed, after" not in out and "±0" not in out


def test_few_seeds_are_said_to_be_few(command, folder):
    assert "With 4 seeds no difference can be significant" in flat(command("report", f"results={folder}"))


def test_one_method_has_nothing_to_be_compared_with(command, folder):
    outcome = command("report", f"results={folder}", "methods=random")
    assert outcome.code == 0 and "Against" not in outcome.out and " *\n" not in outcome.out


def test_unequal_budgets_are_tables_of_their_own(command, folder):
    more = ["methods=random", "seeds=2", "budget=20", "workers=1", f"results={folder}"]
    assert command("run", *more).code == 0
    out = command("report", f"results={folder}").out
    assert out.count("nb201:cifar10: best accuracy") == 2
    assert "budget 20 queries" in " ".join(out.split()) and "budget 40 queries" in " ".join(out.split())
    only = command("report", f"results={folder}", "budget=20", "format=json").rows()
    assert {row["at"] for row in only} == {20} and {row["method"] for row in only} == {"random"}


def test_mixed_protocols_are_never_ranked_together(command, folder):
    more = ["methods=random", "seeds=2", "budget=40", "protocol=nb201-200ep-mean", f"results={folder}"]
    assert command("run", *more, "workers=1").code == 0
    out = command("report", f"results={folder}").out
    assert out.count("nb201:cifar10: best accuracy") == 2
    both = command("report", f"results={folder}", "protocol=nb201-200ep,nb201-200ep-mean")
    assert both.code == 2 and "cannot meet in one ranking" in both.err


def test_a_damaged_run_file_is_named_and_the_rest_reported(command, folder):
    (path,) = folder.glob("*/*/random/1-*.json")
    content = json.loads(path.read_text())
    content["ledger"]["seen"].append(0.5)
    rewrite(path, content)
    outcome = command("report", f"results={folder}")
    assert outcome.code == 0 and outcome.err.count("\n") == 1
    name = path.relative_to(folder).as_posix()
    assert outcome.err == f"harness: {folder}: 1 left out: {name} (its ledger is not whole)\n"


def test_runs_of_the_time_before_show_what_they_know(command, tmp_path, spec_of, record_for):
    """No complexity, no times of answers: no hypervolume and no wall time, and that is said."""
    store = RunStore(tmp_path)
    for seed in range(3):
        for method in ("one", "two"):
            store.write(record_for(spec_of(method, seed)))
    outcome = command("report", f"results={tmp_path}")
    assert outcome.code == 0 and "hypervolume" not in outcome.out
    wall = command("report", f"results={tmp_path}", "x=wall")
    assert wall.code == 2 and "x=wall: no run on nb201:cifar10 has it recorded" in wall.err
    assert command("report", f"results={tmp_path}", "x=seconds").code == 0


def test_hypervolume_is_known_along_the_budget_only(command, folder):
    outcome = command("report", f"results={folder}", "metric=hypervolume", "x=classes")
    assert outcome.code == 2 and "hypervolume is known by queries only, not by classes" in outcome.err


@pytest.mark.parametrize("axis", ["architectures", "classes", "seconds", "wall", "total"])
def test_every_axis_makes_a_table(command, folder, axis):
    outcome = command("report", f"results={folder}", f"x={axis}")
    assert outcome.code == 0 and "best accuracy (%) versus" in outcome.out
    rows = command("report", f"results={folder}", f"x={axis}", "format=json").rows()
    assert {row["x"] for row in rows} == {axis} and any(row["mean"] is not None for row in rows)


def test_points_beyond_what_all_runs_reach_are_refused(command, folder):
    outcome = command("report", f"results={folder}", "x=classes", "at=41")
    assert outcome.code == 2 and "at=41 is beyond what all runs reach by classes" in outcome.err


@pytest.mark.parametrize("metric", ["truth", "seen", "regret", "auc", "hypervolume"])
@pytest.mark.parametrize("statistic", ["mean", "median", "iqm"])
def test_every_metric_and_statistic_makes_rows_and_a_table(command, folder, metric, statistic):
    words = [f"results={folder}", f"metric={metric}", f"statistic={statistic}"]
    rows = command("report", *words, "format=json", "at=40").rows()
    assert {row["metric"] for row in rows} == {metric} and len(rows) == 3
    table = command("report", *words, "at=40").out
    best = {True: min, False: max}[metric in ("regret", "auc")](rows, key=lambda row: row[statistic])
    line = next(line for line in table.splitlines() if line.startswith(best["method"] + " "))
    assert f"{100 * best[statistic]:.2f} ±" in line and " *" in line


def test_a_budget_in_seconds_has_queries_as_another_axis(command, compared, spec_of, record_for, tmp_path):
    spec = spec_of(protocol=PROTOCOLS["nb201-arch2vec"].on("cifar10"), budget=100)
    records = [
        record_for(dataclasses.replace(spec, seed=seed), cost=[30.0, 30.0 + seed, 20.0]) for seed in (0, 1)
    ]
    (comparison,) = compared(records, RunStore(tmp_path))
    (method,) = comparison.methods
    assert comparison.values(method, "truth", 2, "queries").tolist() == [0.7, 0.7]
    assert comparison.values(method, "truth", 60).tolist() == [0.7, 0.5]
    assert comparison.end("queries") == 3


def under_other_rules(folder, method: str) -> None:
    """The runs of a method once more, under a protocol of the same name with another rule."""
    for path in list(folder.glob(f"*/*/{method}/*.json")):
        content = json.loads(path.read_text())
        content["identity"]["protocol"]["patience"] += 1
        content["key"] = canonical_hash(content["identity"])
        configuration = {name: each for name, each in content["identity"].items() if "seed" not in name}
        content["configuration"] = canonical_hash(configuration)
        rewrite(path.with_name(f"{content['identity']['seed']}-{content['key'][:8]}.json"), content)


def test_comparisons_of_one_name_and_other_rules_have_folders_of_their_own(command, folder, tmp_path):
    under_other_rules(folder, "random")
    out = tmp_path / "reports"
    assert command("report", f"results={folder}", "format=html", f"out={out}").code == 0
    places = sorted(path.parent.name for path in out.rglob("curves.svg"))
    assert len(places) == 2 and all(each.startswith("nb201-200ep-40-") for each in places)
    verified = command("report", "verify", f"out={out}")
    assert verified.code == 0, verified.err


def test_latex_labels_are_unique_over_all_comparisons(command, folder):
    under_other_rules(folder, "random")
    text = command("report", f"results={folder}", "format=latex").out
    labels = [line for line in text.splitlines() if line.startswith(r"\label")]
    assert len(labels) == len(set(labels)) > 5


def test_a_latex_caption_names_the_statistic(command, folder):
    text = command("report", f"results={folder}", "format=latex", "statistic=iqm").out
    (caption,) = (line for line in text.splitlines() if "accuracy (\\%) versus queries" in line)
    assert "Interquartile mean over seeds" in caption


@pytest.mark.parametrize("where", ["random_copy/{}", "random/{}"])
def test_a_run_in_two_files_counts_once(command, folder, where):
    whole = command("report", f"results={folder}").out
    (path,) = folder.glob("*/*/random/2-*.json")
    name = path.name if "copy" in where else path.name.replace(".json", " (1).json")
    copy = path.parent.parent / where.format(name)
    copy.parent.mkdir(exist_ok=True)
    shutil.copy(path, copy)
    outcome = command("report", f"results={folder}")
    assert outcome.code == 0 and outcome.out == whole
    assert f"1 left out: {copy.relative_to(folder).as_posix()} (" in outcome.err and "cop" in outcome.err


def test_failures_without_any_run_that_is_done_are_said(command, folder, failing):
    for path in folder.glob("*/*/random/2-*.json"):
        content = json.loads(path.read_text())
        content["identity"]["budget"] = 41
        content["key"] = canonical_hash(content["identity"])
        configuration = {name: each for name, each in content["identity"].items() if "seed" not in name}
        content["configuration"] = canonical_hash(configuration)
        content.update(status="failed", ledger={}, counts={}, traceback="ValueError: too hot\n")
        rewrite(path.with_name(f"2-{content['key'][:8]}.failed.json"), content)
    outcome = command("report", f"results={folder}")
    assert outcome.code == 0
    assert "budget 41: random seed 2 failed, and no run of this comparison is done" in outcome.err
    alone = command("report", f"results={folder}", "budget=41")
    assert alone.code == 2 and "1 failed: random seed 2: ValueError: too hot" in alone.err
