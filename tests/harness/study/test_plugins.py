"""Plugin files from the command line to a row, and plugins that raise or kill their process."""

import json
import subprocess
import sys

import pytest


def runs(folder, method):
    files = sorted(folder.glob(f"*/*/{method}/*.json"))
    done = [path for path in files if not path.name.endswith(".failed.json")]
    return done, [path for path in files if path not in done]


def test_a_plugin_file_works_in_list_run_and_report(plugin_file, tmp_path):
    plugin_file("mine")

    def harness(*words):
        return subprocess.run(
            [sys.executable, "-m", "harness", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert "  mine                     Plugin mine, made by a test." in harness("list", "plugins=./mine.py")
    table = harness("run", "methods=mine,random", "plugins=./mine.py", "seeds=2", "budget=15", "workers=2")
    assert any(line.startswith("mine ") for line in table.splitlines())
    assert harness("report", "plugins=./mine.py") == table
    rows = json.loads(harness("report", "plugins=./mine.py", "methods=mine", "format=json"))
    assert {(row["method"], row["n"]) for row in rows if row["metric"] == "truth"} == {("mine", 2)}


def test_workers_compute_with_one_thread(command, plugin_file, tmp_path, monkeypatch):
    """Sums over several threads depend on their number, and so would results on the number of workers."""
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    file = plugin_file(
        "threads", "assert os.environ['OMP_NUM_THREADS'] == '1'\nreturn space.sample(n, self.rng)"
    )
    words = ["methods=threads", f"plugins={file}", "seeds=1", "budget=11", f"results={tmp_path / 'r'}"]
    assert command("run", *words).code == 0


def test_an_edited_plugin_file_makes_new_runs(plugin_file, tmp_path):
    words = ["run", "methods=mine", "seeds=1", "budget=11", "workers=1", "results=r", "plugins=./mine.py"]
    for body in ("return space.sample(n, self.rng)", "return space.sample(n, self.rng)  # edited"):
        plugin_file("mine", body)
        subprocess.run(
            [sys.executable, "-m", "harness", *words], cwd=tmp_path, check=True, capture_output=True
        )
    assert len(runs(tmp_path / "r", "mine")[0]) == 2


@pytest.fixture
def raising(plugin_file):
    return plugin_file("raising", "raise ValueError('no idea what to propose')")


def test_a_plugin_that_raises_fails_alone(command, raising, tmp_path):
    folder = tmp_path / "results"
    words = [f"plugins={raising}", "seeds=2", "budget=12", "workers=2", f"results={folder}", "format=json"]
    outcome = command("run", "methods=raising,random", *words)
    assert outcome.code == 1
    done, failed = runs(folder, "raising")
    assert done == [] and len(failed) == 2
    record = json.loads(failed[0].read_text())
    assert record["status"] == "failed" and record["ledger"] == {}
    assert "ValueError: no idea what to propose" in record["traceback"]
    assert f'File "{raising}"' in record["traceback"]
    assert len(runs(folder, "random")[0]) == 2
    assert {row["method"] for row in outcome.rows()} == {"random"}
    for seed, path in enumerate(failed):
        assert f"run failed: raising seed {seed}: ValueError: no idea what to propose" in outcome.err
        assert str(path) in outcome.err


def test_failed_runs_are_tried_again_and_forgotten_when_they_succeed(command, plugin_file, tmp_path):
    folder, flag = tmp_path / "results", tmp_path / "flag"
    file = plugin_file(
        "moody", f"if not os.path.exists({str(flag)!r}):\n    raise OSError\nreturn space.sample(n, self.rng)"
    )
    words = [
        "run",
        "methods=moody",
        f"plugins={file}",
        "seeds=1",
        "budget=12",
        "workers=1",
        f"results={folder}",
    ]
    assert command(*words).code == 1
    assert command(*words).code == 1
    flag.touch()
    assert command(*words).code == 0
    done, failed = runs(folder, "moody")
    assert len(done) == 1 and failed == []


def test_nothing_but_failures_prints_no_table(command, raising, tmp_path):
    outcome = command(
        "run", "methods=raising", f"plugins={raising}", "seeds=1", "budget=12", f"results={tmp_path / 'r'}"
    )
    assert outcome.code == 1 and outcome.out == ""


def test_all_failed_still_prints_a_json_list(command, raising, tmp_path):
    outcome = command(
        "run", "methods=raising", f"plugins={raising}", "seeds=1", "budget=12", "format=json",
        f"results={tmp_path / 'r'}",
    )  # fmt: skip
    assert outcome.code == 1 and outcome.rows() == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_plugin_that_kills_its_process_fails_alone(command, plugin_file, tmp_path, workers):
    file = plugin_file("deadly", "os._exit(9)")
    folder = tmp_path / "results"
    outcome = command(
        "run", "methods=deadly,random", f"plugins={file}", "seeds=2", "budget=12", f"workers={workers}",
        f"results={folder}", "format=json",
    )  # fmt: skip
    assert outcome.code == 1
    done, failed = runs(folder, "deadly")
    assert done == [] and len(failed) == 2
    assert all("worker process died" in json.loads(path.read_text())["traceback"] for path in failed)
    done, failed = runs(folder, "random")
    assert len(done) == 2 and failed == []
    assert {row["method"] for row in outcome.rows()} == {"random"}
    assert outcome.err.count("harness: run failed: deadly seed ") == 2


def test_a_plugin_that_asks_for_nothing_still_spends_its_budget(command, plugin_file, tmp_path):
    file = plugin_file("idle", "return space.all()[:0]")
    outcome = command(
        "run",
        "methods=idle",
        f"plugins={file}",
        "seeds=1",
        "budget=12",
        "workers=1",
        f"results={tmp_path / 'r'}",
    )
    assert outcome.code == 0
    effort = [line.split() for line in outcome.out.splitlines() if line.startswith("idle ")][-1]
    assert effort[-4:] == ["0", "0.0", "0.0", "2.0"]  # proposed, invalid, repeated, filled in
