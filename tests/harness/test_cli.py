"""The command as a process: signals, the terminal, and the folder it is started in."""

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness import cli

SCRIPT = [str(Path(sys.executable).with_name("harness"))]
MODULE = [sys.executable, "-m", "harness"]
SHADOW = "import sys\n\nsys.stderr.write(f'SHADOWED {__name__}\\n')\nraise SystemExit(9)\n"


@pytest.mark.parametrize("program", [SCRIPT, MODULE], ids=["script", "module"])
def test_files_of_the_current_folder_pass_for_no_module(program, tmp_path):
    here = tmp_path / "here"
    here.mkdir()
    for name in {*sys.stdlib_module_names, "numpy", "torch", "loky", "rich", "psutil", "methods", "tabular"}:
        (here / f"{name}.py").write_text(SHADOW)
    line = [*program, "run", "methods=random", "seeds=2", "budget=12", "workers=2", "results=results"]
    done = subprocess.run(line, cwd=here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "SHADOWED" not in done.stderr and done.stdout.startswith("nb201:cifar10")
    assert len(list((here / "results").glob("*/*/random/*.json"))) == 2


@pytest.fixture
def signalled(monkeypatch):
    """Exit code of a command that gets these signals while it works, and what was cleaned up."""

    def make(*numbers):
        cleaned = []

        def run(words):
            try:
                os.kill(os.getpid(), numbers[0])
                time.sleep(5)
            finally:
                for number in numbers[1:]:
                    os.kill(os.getpid(), number)
                cleaned.append(words)

        monkeypatch.setattr(cli, "_module", lambda name: type("Module", (), {"run": staticmethod(run)}))
        return cli.main(["run", "x=1"]), cleaned

    return make


@pytest.mark.parametrize(
    ("numbers", "code"),
    [
        ([signal.SIGINT], 130),
        ([signal.SIGTERM], 143),
        ([signal.SIGHUP], 129),
        ([signal.SIGTERM, signal.SIGTERM, signal.SIGHUP], 143),
    ],
    ids=["SIGINT", "SIGTERM", "SIGHUP", "more of them"],
)
def test_a_signal_is_told_and_everything_cleaned_up(signalled, capsys, numbers, code):
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]
    assert signalled(*numbers) == (code, [["x=1"]])
    shown = capsys.readouterr()
    assert shown.err == "\nharness: interrupted; stored runs are kept, the same command goes on\n"
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)] == before


def test_what_is_to_be_ignored_stays_ignored(monkeypatch):
    """`nohup harness run …` survives the terminal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        module = type("Module", (), {"run": staticmethod(lambda words: os.kill(os.getpid(), signal.SIGHUP))})
        monkeypatch.setattr(cli, "_module", lambda name: module)
        assert cli.main(["run"]) is None
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_terminal_is_given_back(tmp_path, plugin_file, number):
    """The cursor is hidden while progress is shown, and comes back; the message is the last line."""
    file = plugin_file("endless", "while True:\n    pass")
    ours, theirs = pty.openpty()
    line = [*MODULE, "run", "methods=endless", f"plugins={file}", "seeds=1", "budget=12", "workers=1"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(
        [*line, f"results={tmp_path / 'r'}"],
        stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs, env=environment, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    said, sent = b"", False
    with contextlib.suppress(OSError):  # EIO: the other end is closed
        while select.select([ours], [], [], 60)[0]:
            said += os.read(ours, 4096)
            if b"seeds 0/1" in said and not sent:
                os.kill(process.pid, number)
                sent = True
    os.close(ours)
    assert process.wait(timeout=20) == 128 + number
    assert said.count(b"\x1b[?25l") == 1 and said.rindex(b"\x1b[?25h") > said.index(b"\x1b[?25l")
    assert said.rstrip().endswith(b"stored runs are kept, the same command goes on")
    assert b"Traceback" not in said
