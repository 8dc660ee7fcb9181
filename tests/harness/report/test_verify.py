"""Written reports: a manifest of every number, and `harness report verify`, which finds any difference."""

import hashlib
import json
import re
import shutil

import pytest

from tests.harness.edits import rewrite


@pytest.fixture(scope="module")
def written(command, stored, tmp_path_factory):
    """A report of stored runs in every form, beside a copy of the runs."""
    folder = tmp_path_factory.mktemp("written")
    shutil.copytree(stored[0], folder / "results")
    outcome = command("report", f"results={folder / 'results'}", f"out={folder / 'reports'}", "format=all")
    assert outcome.code == 0, outcome.err
    return folder


@pytest.fixture
def folder(written, tmp_path):
    """A copy to damage; the manifest's path to the runs is relative, so the whole can be moved."""
    shutil.copytree(written, tmp_path / "moved")
    return tmp_path / "moved"


def files(folder):
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def verify(command, folder):
    return command("report", "verify", f"out={folder / 'reports'}")


def test_a_report_is_what_its_runs_give_wherever_it_lies(command, folder):
    outcome = verify(command, folder)
    assert outcome.code == 0 and outcome.err == ""
    assert re.search(r"\d+ cells from 12 runs, and \d+ files, are what the runs give", outcome.out)
    assert "seen, truth and test of 12 runs are what the benchmarks' tables say" in outcome.out


@pytest.mark.parametrize("place", ["far/away/reports", "results/reports", "reports"])
def test_both_folders_may_be_moved_apart(command, written, tmp_path, place):
    """The pages' links lead to where the runs were: that is no difference."""
    shutil.copytree(written / "results", tmp_path / "elsewhere/runs")
    shutil.copytree(written / "reports", tmp_path / place)
    line = ["report", "verify", f"out={tmp_path / place}"]
    outcome = command(*line, f"results={tmp_path / 'elsewhere/runs'}")
    assert (outcome.code, outcome.err) == (0, "")
    outcome = command(*line)
    assert outcome.code == 2 and outcome.err.count("\n") == 1
    assert "which is not there: results=FOLDER says where they are now" in outcome.err


def test_a_report_behind_a_link_finds_its_runs(command, folder, tmp_path):
    """Its address of the runs holds where the link lies, and where it leads."""
    (tmp_path / "links").mkdir()
    (tmp_path / "links/reports").symlink_to(folder / "reports")
    assert command("report", "verify", f"out={tmp_path / 'links/reports'}").code == 0
    (tmp_path / "links/results").symlink_to(folder / "results")
    assert command("report", "verify", f"out={tmp_path / 'links/reports'}").code == 0


def forged(path, old, new):
    """A file edited by hand, and the manifest with it."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    manifest = path.parent / "report.json"
    content = json.loads(manifest.read_text())
    content["files"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(content))


@pytest.mark.parametrize("moved", [False, True])
def test_a_page_that_was_edited_is_found_wherever_it_lies(command, folder, tmp_path, moved):
    page = folder / "reports/nb201-cifar10.html"
    (link,) = set(re.findall(r'href="(\.\./results/[^"]*/random/0-[^"]*)"', page.read_text()))
    forged(page, link, link.replace("/0-", "/1-"))
    if moved:
        shutil.move(folder / "results", tmp_path / "runs")
    outcome = command(
        "report", "verify", f"out={folder / 'reports'}", *[f"results={tmp_path / 'runs'}"] * moved
    )
    assert outcome.code == 1 and f"{page} shows something else than the runs give" in outcome.err


def test_a_truth_that_was_edited_before_the_report_was_made_is_found(command, folder):
    (path,) = (folder / "results").glob("*/*/random/1-*.json")
    content = json.loads(path.read_text())
    content["ledger"]["truth"][5] += 0.01
    rewrite(path, content)
    words = [f"results={folder / 'results'}", f"out={folder / 'reports'}", "format=all"]
    assert command("report", *words).code == 0
    outcome = verify(command, folder)
    assert outcome.code == 1 and outcome.err.count("\n") == 1
    assert f"{path} is not what the table of nb201:cifar10 says: truth of step 6" in outcome.err


def test_the_same_runs_give_the_same_bytes(command, written, folder):
    shutil.rmtree(folder / "reports")
    words = [f"results={folder / 'results'}", f"out={folder / 'reports'}", "format=all"]
    assert command("report", *words).code == 0
    before, after = files(written / "reports"), files(folder / "reports")
    assert before.keys() == after.keys()
    assert [name for name in before if before[name].read_bytes() != after[name].read_bytes()] == []


def test_the_manifest_leads_from_every_row_to_its_runs(written):
    content = json.loads((written / "reports/report.json").read_text())
    assert content["results"] == "../results"
    (comparison,) = content["comparisons"]
    for label, keys in comparison["runs"].items():
        assert len(keys) == 4
        for key in keys:
            assert list((written / "results").glob(f"*/*/{label}/*-{key[:8]}.json"))
    for table in comparison["tables"].values():
        for row in table["rows"]:
            assert len(row) == len(table["header"])
            assert row[0] in comparison["runs"] or row[0] in ("optimum of the table", "random search, exact")


@pytest.mark.parametrize(
    "digits", [(r"\[\"(\d\d\.\d)\d ", r'["\g<1>X '), (r"0\.9(\d)(\d+)", r"0.9\g<1>9\g<2>")]
)
def test_a_number_that_was_changed_is_found(command, folder, digits):
    """The text of a cell, or only its value behind the digits shown."""
    path = folder / "reports/report.json"
    text = path.read_text()
    path.write_text(re.sub(*digits, text, count=1))
    assert path.read_text() != text
    outcome = verify(command, folder)
    assert outcome.code == 1 and "the report says" in outcome.err and "the runs say" in outcome.err


def test_every_changed_file_is_found(command, folder):
    listed = json.loads((folder / "reports/report.json").read_text())["files"]
    assert {name.rpartition(".")[2] for name in listed} >= {
        "svg",
        "pdf",
        "png",
        "txt",
        "md",
        "tex",
        "csv",
        "json",
    }
    assert listed.keys() | {"report.json"} == files(folder / "reports").keys()
    for name in listed:
        path = folder / "reports" / name
        content = path.read_bytes()
        path.write_bytes(content + b" ")
        outcome = verify(command, folder)
        path.write_bytes(content)
        assert outcome.code == 1 and f"{path} was changed after the report was written" in outcome.err


def test_a_missing_file_is_found(command, folder):
    path = next((folder / "reports").rglob("table.md"))
    path.unlink()
    outcome = verify(command, folder)
    assert outcome.code == 1 and f"{path} is missing" in outcome.err


def test_a_run_that_changed_is_found(command, folder):
    (path,) = (folder / "results").glob("*/*/random/1-*.json")
    content = json.loads(path.read_text())
    content["ledger"]["truth"] = [value - 0.01 for value in content["ledger"]["truth"]]
    rewrite(path, content)
    outcome = verify(command, folder)
    assert outcome.code == 1 and "table curve, random, 40: the report says" in outcome.err


def test_a_run_more_or_less_is_found(command, folder):
    (path,) = (folder / "results").glob("*/*/random/1-*.json")
    path.unlink()
    outcome = verify(command, folder)
    assert outcome.code == 1 and "random is made from other runs than the report says" in outcome.err


def test_a_table_that_would_be_printed_otherwise_is_found(command, folder):
    """A file that was changed with its digest: the numbers of the manifest stand, the file does not."""
    path = next((folder / "reports").rglob("table.md"))
    path.write_text(path.read_text().replace("local_search", "local_serach"))
    manifest = folder / "reports/report.json"
    content = json.loads(manifest.read_text())
    name = path.relative_to(folder / "reports").as_posix()
    content["files"][name] = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(content))
    outcome = verify(command, folder)
    assert outcome.code == 1 and f"{path} shows something else than the runs give" in outcome.err


def test_what_was_asked_is_asked_again(command, folder):
    words = ["methods=random,local_search", "seeds=1..3", "at=10,40", "metric=regret", "statistic=median"]
    out = folder / "some"
    line = ["report", f"results={folder / 'results'}", f"out={out}", "format=all", *words]
    assert command(*line).code == 0
    assert command("report", "verify", f"out={out}").code == 0
    asked = json.loads((out / "report.json").read_text())["asked"]
    assert asked == {
        "methods": "random,local_search",
        "seeds": "1..3",
        "at": "10,40",
        "metric": "regret",
        "statistic": "median",
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "holds no report"), ("{", "is damaged"), ('{"format": 9}', "is damaged")],
)
def test_no_manifest_is_one_sentence(command, tmp_path, content, words):
    if content is not None:
        (tmp_path / "report.json").write_text(content)
    outcome = command("report", "verify", f"out={tmp_path}")
    assert outcome.code == 2 and words in outcome.err and outcome.err.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_refused(command, stored, tmp_path):
    (tmp_path / "file").write_text("")
    outcome = command("report", f"results={stored[0]}", f"out={tmp_path / 'file'}", "format=all")
    assert outcome.code == 2 and "cannot be written" in outcome.err
