"""`harness quality`: measured, stored, gone on with, reported and verified as runs are."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from harness.records.quality_store import QualityStore
from tests.harness.edits import rewrite

WORDS = ["quality", "methods=lab,one_hot", "parts=tiny,trained", "sizes.cells=20"]


@pytest.fixture(scope="module")
def measured(command, laboratory, tmp_path_factory):
    """A results folder with two representations at three seeds, and what the command printed."""
    folder = tmp_path_factory.mktemp("measured") / "results"
    outcome = command(*WORDS, f"plugins={laboratory}", "workers=2", f"results={folder}")
    assert outcome.code == 0, outcome.err
    return folder, outcome


@pytest.fixture
def copy(measured, tmp_path):
    shutil.copytree(measured[0], tmp_path / "results")
    return tmp_path / "results"


@pytest.fixture
def quality(command, laboratory):
    """The command with the plugin file."""

    def run(folder, *words):
        return command(*words, f"plugins={laboratory}", f"results={folder}", "workers=2")

    return run


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.json")}


def names(folder):
    return sorted((path.parents[1].name, path.parent.name, path.name[0]) for path in folder.rglob("*.json"))


def test_every_part_of_every_representation_at_every_seed_is_stored(measured):
    folder, outcome = measured
    assert names(folder) == sorted(
        [("quality-tiny", method, str(seed)) for method in ("lab", "one_hot") for seed in range(3)]
        + [("quality-trained", "lab", str(seed)) for seed in range(3)]
    )
    assert "one_hot: trained left out: it is no Pretrainable" in outcome.err


def test_the_table_has_means_over_seeds_with_intervals(measured):
    folder, outcome = measured
    store, rows = QualityStore(folder), outcome.out.split("\n\n")
    assert outcome.out.startswith("nb201:cifar10, tiny: where it puts cells\n")
    (line,) = [line for line in rows[1].splitlines() if line.startswith("lab ")]
    tops = [store.read_done(path).numbers["top"] for path in sorted(folder.glob("*/quality-tiny/lab/*.json"))]
    assert line.split()[:3] == ["lab", "3", f"{100 * sum(tops) / 3:.2f}"]
    assert "labelled" not in outcome.out and "Not known here: nothing." in outcome.out
    assert "spread: deviation of the first coordinate (lower is better)." in outcome.out
    assert "Learnt from 14062 cells (nine tenths of all cells) and no labels; tested on the 1563 others" in (
        " ".join(outcome.out.split())
    )
    assert outcome.out.count("lab: pre-trained in 0 s; reconstruction exact 90.0 %") == 1


def test_the_same_line_again_measures_nothing(quality, measured):
    folder, outcome = measured
    before = files(folder)
    again = quality(folder, *WORDS)
    assert (again.code, again.out) == (0, outcome.out) and files(folder) == before
    assert again.err.splitlines() == ["harness: one_hot: trained left out: it is no Pretrainable"]


def test_what_is_missing_cut_or_asked_anew_is_the_same_bytes(quality, run_files, measured, copy):
    whole = run_files(measured[0])
    lost, broken, *_ = sorted(copy.rglob("*.json"))
    lost.unlink()
    broken.write_bytes(broken.read_bytes()[:50])
    outcome = quality(copy, *WORDS)
    assert outcome.code == 0 and "1 stored files in" in outcome.err and "are made again" in outcome.err
    assert run_files(copy) == whole
    before = files(copy)
    assert quality(copy, *WORDS, "existing=redo").code == 0
    assert run_files(copy) == whole and all(files(copy)[name] != text for name, text in before.items())


def test_what_other_code_made_is_made_anew(quality, copy):
    path, *_ = sorted(copy.rglob("quality-tiny/lab/*.json"))
    content = json.loads(path.read_text())
    made_by = content["provenance"]["code"]
    content["provenance"]["code"] = "0" * 16
    path.write_text(json.dumps(content))
    outcome = quality(copy, *WORDS)
    assert "DIFFERENT CODE in one mean on nb201:cifar10 (tiny), lab" in outcome.out
    outcome = quality(copy, *WORDS, "existing=redo-stale")
    assert "1 of 9 stored files are of other code and made again" in outcome.err
    assert json.loads(path.read_text())["provenance"]["code"] == made_by
    assert "DIFFERENT CODE" not in outcome.out


def test_the_result_hangs_on_no_share_and_no_number_of_workers(
    command, laboratory, measured, run_files, tmp_path
):
    words = [*WORDS, f"plugins={laboratory}", f"results={tmp_path / 'r'}", "workers=1"]
    assert command(*words, "shard=2/2").code == 0
    part = names(tmp_path / "r")
    of_lab = {seed for _, method, seed in part if method == "lab"}
    assert len(of_lab) == 1 and len([each for each in part if each[1] == "lab"]) == 2  # both parts of a seed
    assert command(*words, "shard=1/2").code == 0
    assert run_files(tmp_path / "r") == run_files(measured[0])


def test_a_part_that_raises_is_stored_as_failed_and_the_others_go_on(command, quality, tmp_path):
    words = ["quality", "methods=lab", "lab.breaks=true", "parts=tiny,trained", "seeds=2"]
    outcome = quality(tmp_path / "r", *words)
    assert outcome.code == 1
    assert "run failed: lab[breaks=True] tiny seed 1: ValueError: it breaks (traceback in" in outcome.err
    assert len(list(tmp_path.rglob("quality-trained/*/*.json"))) == 2
    assert len(list(tmp_path.rglob("quality-tiny/*/*.failed.json"))) == 2
    assert "lab[breaks=True] tiny seed 0 on nb201:cifar10 failed" not in outcome.out  # its table has no line
    report = command("report", "kind=quality", f"results={tmp_path / 'r'}")
    assert "nb201:cifar10: lab[breaks=True] tiny seed 0 failed: ValueError: it breaks" in report.err


def test_a_part_that_takes_too_long_has_failed(quality, tmp_path):
    outcome = quality(
        tmp_path / "r", "quality", "methods=lab", "lab.seconds=5", "parts=trained", "seeds=1", "timeout=2"
    )
    assert outcome.code == 1 and "TimeoutError: longer than timeout=2 s, in pre-training" in outcome.err
    (path,) = tmp_path.rglob("*.failed.json")
    assert json.loads(path.read_text())["kind"] == "quality"


def test_labels_that_are_free_make_another_model_and_another_table(command, quality, copy):
    outcome = quality(copy, "quality", "methods=lab", "parts=tiny", "labels=training", "sizes.cells=20")
    assert outcome.code == 0 and "and the labels of that part, all free" in " ".join(outcome.out.split())
    rows = command("report", "kind=quality", f"results={copy}", "parts=tiny", "format=json").rows()
    labelled = {(row["labels"], row["mean"]) for row in rows if row["measure"] == "labelled"}
    assert labelled == {("none", 0.0), ("training", 1.0)}
    spread = {
        row["labels"]: row["mean"] for row in rows if (row["method"], row["measure"]) == ("lab", "spread")
    }
    assert 0.5 < spread["training"] / spread["none"] < 1  # the weights times the mean accuracy
    text = command("report", "kind=quality", f"results={copy}", "parts=tiny").out
    assert text.count("tiny: where it puts cells") == 2


def test_a_model_below_its_floor_is_named_once(quality, tmp_path):
    words = ["quality", "methods=lab", "lab.exact=62.3", "parts=tiny,trained", "seeds=1"]
    said = (
        "harness: lab[exact=62.3] on nb201:cifar10: its decoder reconstructs 62.3 % of cells; its floor "
        "there is 80 %"
    )
    first = quality(tmp_path / "r", *words)
    assert first.code == 0 and first.err.splitlines().count(said) == 1
    assert "its decoder" not in quality(tmp_path / "r", *words).err  # nothing is made of it
    assert (
        quality(tmp_path / "r", *words, "existing=redo").err.splitlines().count(said) == 1
    )  # from the cache


def test_runs_of_a_model_below_its_floor_say_so(command, laboratory, tmp_path):
    words = ["run", "methods=lab", "lab.exact=12.5", "seeds=2", "budget=12", f"plugins={laboratory}"]
    outcome = command(*words, f"results={tmp_path / 'r'}")
    assert outcome.code == 0, outcome.err
    assert outcome.err.count("on nb201:cifar10: its decoder reconstructs 12.5 % of cells") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["methods=lab", "parts=tinny"], "Did you mean 'tiny'?"),
        (["methods=lab", "sizes.draw=3"], "Did you mean 'draws'?"),
        (["methods=lab", "sizes.draws=0"], "sizes.draws=0: must be above 0"),
        (["methods=lab", "sizes.draws=few"], "sizes.draws=few: "),
        (["methods=lab", "parts=tiny", "sizes.draws=3"], "sizes.draws is read by none of the parts measured"),
        (["methods=lab", "lab.widht=3"], "Did you mean 'width'?"),
        (["methods=lab", "one_hot.width=3"], "unknown plugin of this study 'one_hot'"),
        (["methods=one_hot", "parts=trained"], "one_hot: trained left out: it is no Pretrainable"),
        (["methods=random"], "'random' is an optimizer; quality is of representations"),
        (["methods=graphpnas-published"], "'graphpnas-published' has no representation"),
        (["methods=supervised"], "supervised is left out: it learns from labels alone, and labels=none"),
        (["methods=labb"], "Did you mean 'lab'?"),
        (["methods=lab", "labels=all"], "labels=all: "),
        (["methods=lab", "at=3"], "unknown key 'at'"),
    ],
)
def test_what_cannot_work_is_refused_in_a_sentence(quality, tmp_path, words, said):
    outcome = quality(tmp_path / "r", "quality", *words)
    assert outcome.code == 2 and outcome.out == "" and said in outcome.err and outcome.err.count("\n") == 1
    assert not list(tmp_path.rglob("*.json"))


def test_a_report_is_what_the_command_printed(command, laboratory, measured):
    folder, outcome = measured
    report = command("report", "kind=quality", f"results={folder}")
    assert (report.code, report.err, report.out) == (0, "", outcome.out)
    some = command("report", "kind=quality", "methods=one_hot", "seeds=0,2", f"results={folder}")
    assert "\nlab " not in some.out and "trained:" not in some.out and "seeds 0,2" in some.out
    runs = command("report", f"results={folder}")
    assert runs.code == 2 and "no stored runs" in runs.err and "left out" not in runs.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["parts=tinny"], "Did you mean 'tiny'?"),
        (["methods=nao"], "unknown stored method 'nao'"),
        (["bench=nb201:cifar100"], "nothing stored of quality on nb201:cifar100. Stored: nb201:cifar10"),
        (["seeds=8..9"], "nothing stored of quality with seeds 8..9"),
        (["methods=one_hot", "parts=trained"], "nothing stored of quality that all these keys"),
        (["at=3"], "at= has a meaning with kind=runs only"),
        (["across=true"], "across= has a meaning with kind=runs only"),
    ],
)
def test_a_report_of_nothing_is_refused(command, measured, words, said):
    outcome = command("report", "kind=quality", *words, f"results={measured[0]}")
    assert outcome.code == 2 and said in outcome.err and outcome.out == ""


def test_parts_are_no_key_of_reports_on_runs(command, stored):
    outcome = command("report", "parts=tiny", f"results={stored[0]}")
    assert outcome.code == 2 and "parts= has a meaning with kind=quality only" in outcome.err


def test_rows_are_means_or_records(command, laboratory, measured):
    words = ("report", "kind=quality", "parts=tiny", f"results={measured[0]}")
    means = command(*words, "format=json").rows()
    assert len(means) == 2 * 4
    (row,) = [each for each in means if (each["method"], each["measure"]) == ("lab", "spread")]
    assert row["n"] == 3 and row["ci_low"] <= row["mean"] <= row["ci_high"] and row["labels"] == "none"
    (row,) = [each for each in means if (each["method"], each["measure"]) == ("lab", "nothing")]
    assert (row["n"], row["mean"]) == (0, None)
    lines = command(*words, "format=csv", "rows=runs").out.splitlines()
    assert len(lines) == 1 + 2 * 3 * 4 and lines[0].startswith(
        "benchmark,table,part,split,labels,sizes,method"
    )
    assert command(*words, "format=csv", "statistic=median").out.splitlines()[0].split(",")[9] == "median"


@pytest.mark.parametrize("form", ["markdown", "latex"])
def test_other_formats_hold_the_same_numbers(command, laboratory, measured, form):
    text = command("report", "kind=quality", "parts=tiny", f"format={form}", f"results={measured[0]}").out
    (row,) = [each for each in measured[1].out.splitlines() if each.startswith("lab ")][:1]
    assert row.split()[2] in text and ("\\begin{table}" in text) == (form == "latex")


def test_a_written_report_is_verified(command, quality, copy, tmp_path):
    out = tmp_path / "reports"
    written = quality(copy, *WORDS, "format=all", f"out={out}")
    assert written.code == 0 and str(out / "quality/nb201-cifar10/quality-tiny/table.txt") in written.out
    verified = command("report", "verify", f"out={out / 'quality'}")
    assert verified.code == 0, verified.err
    assert "cells from 9 records, and 11 files, are what the records give" in verified.out
    path, *_ = sorted(copy.rglob("quality-tiny/lab/*.json"))
    content = json.loads(path.read_text())
    content["numbers"]["spread"] += 0.5
    rewrite(path, content)
    verified = command("report", "verify", f"out={out / 'quality'}")
    assert verified.code == 1 and "table tiny, lab, spread: the report says" in verified.err
    path.unlink()
    verified = command("report", "verify", f"out={out / 'quality'}")
    assert verified.code == 1 and "lab is made from other runs than the report says" in verified.err


@pytest.fixture(scope="module")
def pictured(command, tmp_path_factory):
    """Records with maps and walks of a representation that learns nothing, and their report with pictures."""
    folder = tmp_path_factory.mktemp("pictured")
    words = ["methods=one_hot,wl", "parts=geometry,maps", "seeds=2", *SMALL]
    outcome = command("quality", *words, "workers=2", f"results={folder / 'results'}")
    assert outcome.code == 0, outcome.err
    return folder / "results"


SMALL = ["sizes.cells=40", "sizes.walks=4", "sizes.steps=3", "sizes.grid=3"]
QUALITY_FILES = {
    "html": {"nb201-cifar10.html"},
    "figures": set(),
    "all": {"nb201-cifar10.html"},
}


@pytest.mark.parametrize("form", QUALITY_FILES)
def test_pictures_and_pages_are_written_and_verified(command, pictured, tmp_path, form):
    written = command("report", "kind=quality", f"results={pictured}", f"format={form}", f"out={tmp_path}")
    assert written.code == 0, written.err
    out = tmp_path / "quality"
    made = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} - {"report.json"}
    kinds = {"svg", "pdf", "png"}
    expected = {f"nb201-cifar10/quality-geometry/walks.{kind}" for kind in kinds}
    expected |= {f"nb201-cifar10/quality-maps/{name}.{kind}" for name in ("map", "tsne") for kind in kinds}
    tables = {name for name in made if "/table." in name}
    assert made - tables == expected | QUALITY_FILES[form] and bool(tables) == (form == "all")
    assert command("report", "verify", f"out={out}").code == 0
    again = command(
        "report", "kind=quality", f"results={pictured}", f"format={form}", f"out={tmp_path / 'b'}"
    )
    assert again.code == 0
    assert files_of(out) == files_of(tmp_path / "b" / "quality")
    (out / "nb201-cifar10/quality-maps/map.svg").write_bytes(b"<svg></svg>")
    verified = command("report", "verify", f"out={out}")
    assert verified.code == 1 and "map.svg was changed after the report was written" in verified.err


def files_of(folder):
    """All files but the manifest, which knows where the records are."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "report.json"
    }


def test_pages_on_runs_show_what_is_measured_of_their_representations(command, stored, pictured, tmp_path):
    shutil.copytree(stored[0], tmp_path / "results")
    plain = command("report", f"results={tmp_path / 'results'}", "format=html", f"out={tmp_path / 'plain'}")
    assert plain.code == 0, plain.err
    without = (tmp_path / "plain/nb201-cifar10.html").read_text()
    assert 'class="representation"' not in without
    shutil.copytree(pictured, tmp_path / "results", dirs_exist_ok=True)
    words = ["report", f"results={tmp_path / 'results'}", "format=html", f"out={tmp_path / 'with'}"]
    assert command(*words).code == 0
    page = (tmp_path / "with/nb201-cifar10.html").read_text()
    assert page.count('class="representation"') == 1 and 'href="#q0"' in page
    assert "nb201-cifar10/quality-geometry/walks.svg" in page
    assert command("report", "verify", f"out={tmp_path / 'with'}").code == 0
    path, *_ = sorted((tmp_path / "results").rglob("quality-geometry/wl/*.json"))
    content = json.loads(path.read_text())
    content["numbers"]["moran"] = 0.5
    rewrite(path, content)
    verified = command("report", "verify", f"out={tmp_path / 'with'}")
    assert verified.code == 1 and "wl, Moran's I: the report says" in verified.err
    some = command(*words[:3], "methods=random", f"out={tmp_path / 'some'}")  # it has no representation
    assert (
        some.code == 0 and 'class="representation"' not in (tmp_path / "some/nb201-cifar10.html").read_text()
    )


def test_an_edited_record_is_left_out_and_named(command, laboratory, copy):
    path, *_ = sorted(copy.rglob("quality-tiny/lab/*.json"))
    path.write_text(path.read_text().replace('"labelled":0.0', '"labelled":1.0'))
    outcome = command("report", "kind=quality", f"results={copy}")
    assert (
        outcome.code == 0 and f"1 left out: nb201-cifar10/quality-tiny/lab/{path.name} (edited" in outcome.err
    )
    assert "lab: only seeds 1..2 (n = 2)." in outcome.out


def test_a_record_is_shown(command, laboratory, measured):
    folder = measured[0]
    path, *_ = sorted(folder.rglob("quality-tiny/lab/*.json"))
    key = json.loads(path.read_text())["key"]
    text = command("show", key[:12], f"results={folder}")
    assert text.code == 0, text.err
    assert "where it puts" not in text.out and "quality-tiny" in text.out
    assert "cells    20  first, architecture, gap" in text.out and "\nnothing " in text.out
    content = json.loads(command("show", str(path), "format=json").out)
    assert content["file"] == path.as_posix() and len(content["columns"]["cells"]["first"]) == 20


def test_a_run_and_a_record_of_one_folder_are_both_shown(command, laboratory, stored, copy):
    shutil.copytree(stored[0], copy, dirs_exist_ok=True)
    (run,) = copy.glob("*/*/random/2-*.json")
    assert "Ledger" in command("show", f"2-{run.stem[2:]}", f"results={copy}").out
    report = command("report", f"results={copy}")
    assert report.code == 0 and report.err == "" and "lab" not in report.out


def test_parts_are_listed_and_described(command, laboratory):
    assert "  tiny                     where it puts cells" in command("list").out
    text = command("list", "tiny").out
    assert "tiny: a part of harness quality" in text and "deviation of the first coordinate (lower" in text
    assert "needs                     a Pretrainable" in command("list", "trained").out
    assert "tiny, trained" in command("quality", "--help", "parts").out


LIGHT = """
import sys
from harness.cli import main
code = main(sys.argv[1:])
heavy = [name for name in ("torch", "scipy", "sklearn", "matplotlib", "pandas") if name in sys.modules]
sys.exit(f"exit code {code}, imported {heavy}" if code or heavy else 0)
"""


@pytest.mark.parametrize("words", [["quality", "--help"], ["report", "kind=quality"], ["show"]], ids=" ".join)
def test_what_measures_nothing_imports_nothing_heavy(measured, words):
    more = {"report": [f"results={measured[0]}"], "show": [str(min(measured[0].rglob("*.json")))]}
    line = [sys.executable, "-c", LIGHT, *words, *more.get(words[0], [])]
    done = subprocess.run(line, capture_output=True, text=True, check=False, env={**os.environ})
    assert done.returncode == 0, done.stderr
    assert done.stdout and not done.stderr
