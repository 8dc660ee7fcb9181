"""Local workers: what dies or takes too long costs its own run and nothing else."""

import json
import os
import signal
import time

import psutil
import pytest

from harness.running import local, process
from harness.running.local import LocalExecutor
from harness.running.search import Search
from tabular.errors import HarnessError

ENDLESS = {"python": "while True:\n    pass", "C": "sum(iter(int, 1))"}
FOREVER = '''"""A representation whose pre-training never ends."""

from methods.base import Pretrainable, Representation


class Forever(Representation, Pretrainable):
    default_optimizer = "gp_bo"

    def fit(self, space, observed):
        pass

    def encode(self, cells):
        raise NotImplementedError

    def pretrain(self, space, labels, watch):
        sum(iter(int, 1))

    def state(self):
        return {}

    def restore(self, space, state):
        pass
'''


@pytest.fixture
def carried_out(study, tmp_path):
    """The events of a study, by kind, and the folder of its runs."""

    def make(*words, plugins=(), workers=2, timeout=None):
        folder = tmp_path / "results"
        executor = LocalExecutor(Search(), folder, tuple(plugins), workers, timeout)
        events = {}
        for event in executor.execute(study(*words, plugins=tuple(plugins))):
            events.setdefault(event.kind, []).append(event)
        assert psutil.Process().children(recursive=True) == trackers()
        return events, folder

    return make


def trackers():
    return [each for each in psutil.Process().children() if "resource_tracker" in " ".join(each.cmdline())]


def names(events):
    return sorted((event.spec.method, event.spec.seed) for event in events)


def test_every_run_starts_once_and_is_done_once(carried_out):
    events, folder = carried_out("methods=random,local_search", "seeds=5", "budget=12")
    expected = sorted((method, seed) for method in ("random", "local_search") for seed in range(5))
    assert names(events["started"]) == names(events["done"]) == expected
    assert all(event.spent == 12 and 0.8 < event.best < 1 for event in events["done"])
    assert "failed" not in events and len(list(folder.glob("*/*/*/*.json"))) == 10


@pytest.mark.parametrize("kind", ENDLESS)
def test_a_run_that_takes_too_long_has_failed_and_the_others_go_on(carried_out, plugin_file, run_files, kind):
    words = ["seeds=2", "budget=12"]
    file = plugin_file("endless", ENDLESS[kind])
    events, folder = carried_out("methods=endless,random", *words, plugins=[file], timeout=2)
    assert names(events["failed"]) == [("endless", 0), ("endless", 1)]
    assert names(events["done"]) == [("random", 0), ("random", 1)]
    assert {event.message for event in events["failed"]} == {"TimeoutError: longer than timeout=2 s"}
    failed = sorted(folder.glob("*/*/endless/*.failed.json"))
    assert [json.loads(path.read_text())["traceback"] for path in failed] == [
        "TimeoutError: longer than timeout=2 s"
    ] * 2
    before = {name: text for name, text in run_files(folder).items() if "/random/" in name}
    carried_out("methods=random", *words)
    after = {name: text for name, text in run_files(folder).items() if "/random/" in name}
    assert len(before) == 2 and before == after


def test_pretraining_that_takes_too_long_fails_all_that_wait_for_it(carried_out, tmp_path, monkeypatch):
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path / "data"))
    (tmp_path / "forever.py").write_text(FOREVER)
    words = ["methods=forever,random", "seeds=3", "budget=12"]
    events, _ = carried_out(*words, plugins=[tmp_path / "forever.py"], timeout=2)
    assert len(events["pretraining"]) == len(events["pretrained"]) == 1
    assert names(events["failed"]) == [("forever", seed) for seed in range(3)]
    assert {each.message for each in events["failed"]} == {
        "TimeoutError: longer than timeout=2 s, in pre-training"
    }
    assert names(events["done"]) == [("random", seed) for seed in range(3)]


def test_a_timeout_that_nobody_needs_changes_nothing(carried_out):
    events, _ = carried_out("methods=random", "seeds=2", "budget=12", timeout=60)
    assert len(events["done"]) == 2 and "failed" not in events


def test_a_run_whose_worker_dies_is_tried_again_alone(carried_out, plugin_file, tmp_path):
    """It dies when it is not the only worker, as for want of memory, or the first time."""
    flag = tmp_path / "flag"
    body = (
        f"if not os.path.exists({str(flag)!r}):\n    open({str(flag)!r}, 'w').close()\n    os._exit(9)\n"
        "return space.sample(n, self.rng)"
    )
    events, _ = carried_out(
        "methods=moody,random", "seeds=1", "budget=12", plugins=[plugin_file("moody", body)]
    )
    assert names(events["started"]) == [("moody", 0), ("moody", 0), ("random", 0)]
    assert names(events["done"]) == [("moody", 0), ("random", 0)] and "failed" not in events


def test_a_run_that_kills_its_worker_twice_has_failed(carried_out, plugin_file):
    file = plugin_file("deadly", "os._exit(9)")
    events, folder = carried_out("methods=deadly,random", "seeds=2", "budget=12", plugins=[file])
    assert names(events["failed"]) == [("deadly", 0), ("deadly", 1)]
    assert {event.message for event in events["failed"]} == {local.DIED}
    assert names(events["done"]) == [("random", 0), ("random", 1)]
    assert len(list(folder.glob("*/*/deadly/*.failed.json"))) == 2


def test_workers_that_never_begin_are_told(study, tmp_path, monkeypatch):
    monkeypatch.setattr(process, "start", os._exit)
    executor = LocalExecutor(Search(), tmp_path, (), 2)
    with pytest.raises(HarnessError, match="die before they start a run"):
        list(executor.execute(study("methods=random", "seeds=2", "budget=12")))
    assert psutil.Process().children(recursive=True) == trackers()


def test_closing_ends_what_is_in_flight_and_stores_nothing_of_it(study, plugin_file, tmp_path):
    file = plugin_file("endless", ENDLESS["C"])
    folder = tmp_path / "results"
    events = LocalExecutor(Search(), folder, (file,), 2).execute(
        study("methods=endless", "seeds=2", "budget=12", plugins=(file,))
    )
    assert next(events).kind == "started"
    events.close()
    assert psutil.Process().children(recursive=True) == trackers()
    assert not folder.exists()


def test_what_a_plugin_starts_dies_with_a_run_that_takes_too_long(carried_out, plugin_file, tmp_path):
    note = tmp_path / "child"
    body = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(note)!r}, 'w').write(str(child.pid))\n"
        "child.wait()"
    )
    carried_out("methods=parent", "seeds=1", "budget=12", plugins=[plugin_file("parent", body)], timeout=2)
    number, end = int(note.read_text()), time.monotonic() + 2
    while psutil.pid_exists(number) and time.monotonic() < end:
        time.sleep(0.02)
    alive = psutil.pid_exists(number) and psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    if alive:
        os.kill(number, signal.SIGKILL)
    assert not alive


def test_a_plugins_processes_find_modules_as_usual(carried_out, plugin_file):
    """What keeps the current folder away from a worker is no business of a script that a plugin starts."""
    body = "assert 'PYTHONSAFEPATH' not in os.environ\nreturn space.sample(n, self.rng)"
    events, _ = carried_out("methods=mine", "seeds=1", "budget=12", plugins=[plugin_file("mine", body)])
    assert len(events["done"]) == 1 and "PYTHONSAFEPATH" not in os.environ
