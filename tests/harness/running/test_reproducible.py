"""Same command, other workers, other order, killed and started again: the same bytes."""

import os
import signal
import subprocess
import sys
import time

import pytest

METHODS = ["random", "regularized_evolution", "local_search"]


@pytest.fixture(scope="module")
def reference(stored, run_files):
    files = run_files(stored[0])
    assert len(files) == 3 * 4 + 1  # and what is known of the table
    return files


@pytest.mark.parametrize(
    ("methods", "workers", "seeds"),
    [(METHODS, 1, ["4"]), (METHODS[::-1], 2, ["4"]), (METHODS, 2, ["2..3", "0..1", "4"])],
    ids=["one worker", "other order", "seed by seed"],
)
def test_files_do_not_depend_on_how_they_were_made(
    command, run_files, reference, tmp_path, methods, workers, seeds
):
    for each in seeds:
        outcome = command(
            "run", "methods=" + ",".join(methods), f"seeds={each}", "budget=40",
            f"workers={workers}", f"results={tmp_path}",
        )  # fmt: skip
        assert outcome.code == 0
    assert run_files(tmp_path) == reference


def test_a_method_alone_makes_the_same_files(command, run_files, reference, tmp_path):
    words = ["methods=local_search", "seeds=4", "budget=40", "workers=2", f"results={tmp_path}"]
    assert command("run", *words).code == 0
    alone = run_files(tmp_path)
    assert len(alone) == 5
    assert alone.items() <= reference.items()  # the reference too: the seeds are the same


def mtimes(folder):
    return {path: path.stat().st_mtime_ns for path in folder.glob("*/*/[!_]*/*.json")}


def test_stored_runs_are_skipped_unless_redone(command, run_files, tmp_path):
    words = ["run", "methods=random", "budget=12", "workers=1", f"results={tmp_path}"]
    assert command(*words, "seeds=2").code == 0
    before, files = mtimes(tmp_path), run_files(tmp_path)

    skipped = command(*words, "seeds=2")
    assert mtimes(tmp_path) == before and skipped.err == ""  # nothing ran, nothing to say

    more = command(*words, "seeds=3")
    assert before.items() <= mtimes(tmp_path).items() and len(mtimes(tmp_path)) == len(before) + 1
    assert "2 stored" in more.err

    redone = command(*words, "seeds=2", "existing=redo")
    assert redone.code == 0 and "stored" not in redone.err
    runs = [path for path in before if path.parent.name == "random"]
    assert len(runs) == 2 and all(mtimes(tmp_path)[path] > before[path] for path in runs)
    again = run_files(tmp_path)
    assert all(again[name] == lines for name, lines in files.items() if "_reference" not in name)


def test_a_stored_run_of_another_budget_or_protocol_is_no_obstacle(command, tmp_path):
    words = ["run", "methods=random", "seeds=1", "workers=1", f"results={tmp_path}"]
    for more in (["budget=11"], ["budget=12"], ["budget=11", "protocol=nb201-200ep-mean"]):
        assert command(*words, *more).code == 0
    assert len(list(tmp_path.glob("*/*/random/*.json"))) == 3
    rows = command("report", f"results={tmp_path}", "format=json").rows()
    assert {
        (row["protocol"].partition("@")[0], row["at"], row["n"]) for row in rows if row["metric"] == "seen"
    } == {
        ("nb201-200ep", 11, 1),
        ("nb201-200ep", 12, 1),
        ("nb201-200ep-mean", 11, 1),
    }


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_killed_and_started_again(run_files, tmp_path):
    def line(folder):
        words = ["methods=" + ",".join(METHODS), "seeds=20", "workers=2", f"results={tmp_path / folder}"]
        return [sys.executable, "-m", "harness", "run", *words]

    process = subprocess.Popen(
        line("killed"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    runs = "*/*/[!_]*/*-????????.json"
    deadline = time.monotonic() + 60
    while len(list((tmp_path / "killed").glob(runs))) < 5 and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    time.sleep(0.3)  # workers notice that nobody waits for them
    left = len(list((tmp_path / "killed").glob(runs)))
    assert 5 <= left < 60
    for folder in ("killed", "whole"):
        subprocess.run(line(folder), check=True, capture_output=True)
    assert len(list((tmp_path / "whole").glob(runs))) == 60
    assert run_files(tmp_path / "killed") == run_files(tmp_path / "whole")


@pytest.mark.slow
def test_gaussian_processes_do_not_depend_on_the_workers_either(command, run_files, tmp_path):
    for workers in (1, 2):
        words = ["methods=one_hot+gp_bo,random", "seeds=3", "budget=20", f"workers={workers}"]
        assert command("run", *words, f"results={tmp_path / str(workers)}").code == 0
    assert run_files(tmp_path / "1") == run_files(tmp_path / "2")
