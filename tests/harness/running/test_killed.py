"""However and whenever a command is killed: nothing stays behind, and the same command goes on from there."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.harness.laboratory import write_laboratory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
GONE_SECONDS = 2.0
ROUNDS = int(os.environ.get("KILL_ROUNDS", "8"))
"""Of the slow test; half of them in the first three seconds. Set it for more."""

LEARNING = '''"""A representation whose pre-training takes a second of computing."""

import time

import torch

from methods.base import Pretrainable, Representation


class Learning(Representation, Pretrainable):
    def fit(self, space, observed):
        pass

    def encode(self, cells):
        return torch.from_numpy(cells.ops.astype("float32")) @ self.weights

    def pretrain(self, space, labels, watch):
        end = time.monotonic() + 1
        while time.monotonic() < end:
            pass
        self.weights = torch.from_numpy(self.rng.random((8, 2)).astype("float32"))
        return {}

    def state(self):
        return {"weights": self.weights}

    def restore(self, space, state):
        self.weights = state["weights"]
'''
NEEDY = '''"""An optimizer that goes by the latent points."""

from methods.base import Optimizer, Representation


class Needy(Optimizer):
    needs = (Representation,)

    def propose(self, space, representation, observed, n):
        sample = space.sample(20, self.rng)
        return sample[representation.encode(sample)[:, 0].argsort(descending=True).numpy()]
'''
ENDLESS = {  # the second never lets go of the interpreter
    "python": "while True:\n    pass",
    "C": "sum(iter(int, 1))",
}


@pytest.fixture(scope="module")
def plugins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plugins")
    (folder / "learning.py").write_text(LEARNING)
    (folder / "needy.py").write_text(NEEDY)
    return f"plugins={folder / 'learning.py'},{folder / 'needy.py'}"


@pytest.fixture
def start():
    """The command in a session of its own; a test that fails leaves nothing behind either."""
    started = []

    def make(*arguments, **options):
        started.append(begin(*arguments, **options))
        return started[-1]

    yield make
    for process in started:
        with contextlib.suppress(AssertionError):
            assert_gone(process.pid, 0)


def begin(tmp_path, *words, verb="run", **options):
    """The command in a session of its own, with caches of its own."""
    line = [sys.executable, "-m", "harness", verb, *words, "workers=2", f"results={tmp_path / 'results'}"]
    environment = {**os.environ, "NAS_HARNESS_DATA": str(tmp_path / "data")}
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(line, start_new_session=True, env=environment, **{**streams, **options})


def session(number: int) -> dict[int, str]:
    """Processes of a session that are not zombies, with their command lines."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, _, of_session = (process / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(of_session) == number and state != "Z":
                found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def assert_gone(number: int, seconds: float = GONE_SECONDS) -> None:
    end = time.monotonic() + seconds
    while (left := session(number)) and time.monotonic() < end:
        time.sleep(0.02)
    for process in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    assert not left


def await_line(process: subprocess.Popen, text: str) -> None:
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"never said {text!r}")


def workers_of(process: subprocess.Popen) -> list[int]:
    return [number for number, line in session(process.pid).items() if "popen_loky" in line]


def await_workers(process: subprocess.Popen) -> None:
    end = time.monotonic() + 60
    while len(workers_of(process)) < 2 and time.monotonic() < end:
        time.sleep(0.002)
    assert len(workers_of(process)) == 2


PHASES = ["start-up", "import", "pre-training", "idle", "endless python", "endless C"]
QUICK = {("start-up", "SIGKILL"), ("pre-training", "SIGTERM"), ("idle", "SIGHUP"), ("endless C", "SIGKILL")}
CASES = [
    pytest.param(phase, signal.Signals[name], marks=[] if (phase, name) in QUICK else pytest.mark.long)
    for phase in PHASES
    for name in ("SIGKILL", "SIGTERM", "SIGHUP", "SIGINT")
]


@pytest.mark.parametrize(("phase", "number"), CASES)
def test_workers_end_with_their_parent_in_every_phase(start, tmp_path, plugins, plugin_file, phase, number):
    if phase in ("start-up", "import", "pre-training"):
        process = start(tmp_path, "methods=learning+needy,random", plugins, "seeds=300", "budget=20")
        await_workers(process)
        if phase == "import":
            time.sleep(0.4)
        elif phase == "pre-training":
            await_line(process, "pre-training")
    else:
        body = ENDLESS[phase.rpartition(" ")[2]] if phase != "idle" else ENDLESS["python"]
        words = [f"plugins={plugin_file('endless', body)}", "budget=11"]
        methods = "methods=endless,random" if phase == "idle" else "methods=endless"  # one or both are busy
        process = start(tmp_path, methods, *words, "seeds=1" if phase == "idle" else "seeds=2")
        if phase == "idle":
            await_line(process, "random   seeds 1/1")
        await_workers(process)
        time.sleep(0.2 if phase == "idle" else 3)
    assert len(workers_of(process)) == 2
    os.kill(process.pid, number)
    said = process.communicate(timeout=20)[1]
    assert_gone(process.pid)
    assert process.returncode == (-number if number == signal.SIGKILL else 128 + number)
    assert number == signal.SIGKILL or "interrupted; stored runs are kept, the same command goes on" in said
    assert "Traceback" not in said


@pytest.fixture(scope="module")
def whole(plugins, run_files, tmp_path_factory):
    """The study that is killed again and again, and its files when nobody interferes."""
    words = ["methods=learning+needy,random,local_search", plugins, "seeds=40", "budget=40"]
    folder = tmp_path_factory.mktemp("whole")
    process = begin(folder, *words)
    assert process.wait() == 0, process.stderr.read()
    files = run_files(folder / "results")
    assert sum("_reference" not in name for name in files) == 120
    return words, files


@pytest.mark.slow
def test_killed_at_any_moment_and_started_again(start, whole, run_files, tmp_path):
    """SIGKILL and SIGTERM in turn, half of them in the first three seconds."""
    words, expected = whole
    kept = []
    for each in range(ROUNDS):
        draw = random.Random(each)
        after = draw.uniform(0, 3) if each % 4 < 2 else draw.uniform(3, 9)
        process = start(tmp_path, *words, stderr=subprocess.DEVNULL)
        time.sleep(after)
        number = (signal.SIGKILL, signal.SIGTERM)[each % 2]
        os.kill(process.pid, number)
        code = process.wait(timeout=20)
        assert_gone(process.pid)
        early = -number  # before Python listens to signals
        assert code in (0, early, 128 + number), (each, after)
        kept.append(len([*(tmp_path / "results").glob("*/*/*/*-????????.json")]))
        print(f"round {each}: {number.name} after {after:.2f} s, exit {code}, {kept[-1]} of 120 runs kept")
        assert start(tmp_path, *words, stderr=subprocess.DEVNULL).wait() == 0
        assert run_files(tmp_path / "results") == expected, (each, after)
        shutil.rmtree(tmp_path / "results")
        shutil.rmtree(tmp_path / "data")
    assert min(kept) == 0 and any(0 < number < 120 for number in kept)


@pytest.fixture(scope="module")
def whole_quality(run_files, tmp_path_factory):
    """A study of quality with two seconds of pre-training per seed, and its files when nobody interferes."""
    folder = tmp_path_factory.mktemp("whole_quality")
    words = [
        "methods=lab,one_hot",
        "parts=tiny,trained",
        "lab.passes=20",
        "lab.seconds=0.1",
        "sizes.cells=20",
    ]
    words.append(f"plugins={write_laboratory(folder)}")
    process = begin(folder, *words, verb="quality")
    assert process.wait() == 0, process.stderr.read()
    files = run_files(folder / "results")
    assert len(files) == 9
    return words, files


@pytest.mark.parametrize(
    ("stored", "number"),
    [
        (0, signal.SIGKILL),
        pytest.param(2, signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param(6, signal.SIGINT, marks=pytest.mark.slow),
    ],
)
def test_quality_goes_on_where_it_was_killed(start, whole_quality, run_files, tmp_path, stored, number):
    words, expected = whole_quality
    process = start(tmp_path, *words, verb="quality")
    await_line(process, "pre-training")
    while len([*(tmp_path / "results").glob("*/*/*/*.json")]) < stored:
        time.sleep(0.01)
    os.kill(process.pid, number)
    process.communicate(timeout=20)
    assert_gone(process.pid)
    assert process.returncode == (-number if number == signal.SIGKILL else 128 + number)
    kept = run_files(tmp_path / "results") if (tmp_path / "results").exists() else {}
    assert stored <= len(kept) < 9 and all(expected[name] == text for name, text in kept.items())
    again = start(tmp_path, *words, verb="quality", stderr=subprocess.DEVNULL)
    assert again.wait() == 0 and run_files(tmp_path / "results") == expected
