import json
import subprocess
import sys

import pytest

from harness.records.store import RunStore
from harness.running.agenda import Task
from harness.running.search import Search
from harness.running.worker import perform, store_failure
from harness.study.registry import Registry

ABANDONED = """
import sys
from multiprocessing import Pipe
from pathlib import Path
from harness.running.agenda import Task
from harness.running.search import Search
from harness.running.worker import serve
from harness.study.options import RunOptions, parse
from harness.study.registry import Registry
from harness.study.study import specs

options, overrides = parse(["methods=random", "seeds=1", "budget=12"], RunOptions)
ours, theirs = Pipe()
if "task" in sys.argv:
    ours.send(Task(*specs(options, overrides, Registry())))
ours.close()
serve(theirs, (), Path(sys.argv[1]), Search().address)
"""


def test_a_run_is_stored_and_told(study, tmp_path):
    (spec,) = study("methods=random", "seeds=1", "budget=12")
    store, said = RunStore(tmp_path), []
    perform(Task(spec), Registry(), Search(), store.folder, said.append)
    assert [event.kind for event in said] == ["started", "done"]
    run = store.read_done(store.path(spec))
    assert (said[-1].spent, said[-1].best) == (12, run.ledger.best)
    assert run.provenance["packages"] and run.provenance["python"]


@pytest.mark.parametrize("body", ["raise ValueError('no')", "raise SystemExit('no')"])
def test_what_a_plugin_raises_is_stored_and_told(study, plugin_file, tmp_path, body):
    files = (plugin_file("bad", body),)
    (spec,) = study("methods=bad", "seeds=1", "budget=12", plugins=files)
    store, said = RunStore(tmp_path / "r"), []
    perform(Task(spec), Registry(files), Search(), store.folder, said.append)
    assert [event.kind for event in said] == ["started", "failed"]
    (path,) = store.folder.glob("*/*/bad/*.failed.json")
    content = json.loads(path.read_text())
    assert content["traceback"].splitlines()[-1] == said[-1].message
    assert said[-1].message.endswith("Error: no") or said[-1].message == "SystemExit: no"


def test_a_failure_that_cannot_be_stored_stops_nobody(spec_of, tmp_path):
    (tmp_path / "file").touch()
    store_failure(Search(), tmp_path / "file", spec_of(), "no")


@pytest.mark.parametrize(("words", "code"), [([], 0), (["task"], 1)], ids=["idle", "at work"])
def test_a_worker_whose_command_is_gone_stops_and_stores_no_failure(tmp_path, words, code):
    done = subprocess.run(
        [sys.executable, "-c", ABANDONED, str(tmp_path / "r"), *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code and done.stderr == "" and not (tmp_path / "r").exists()
