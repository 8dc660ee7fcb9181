"""Where results cannot be printed or written: stand-ins for signs, one sentence, never a traceback."""

import os
import resource
import subprocess
import sys

import pytest

from harness.commands import _streams

SIGNS = "±≈−×…≤"
KINDS = ["--help", "list", "data list", "protocols list", "run --help", "report", "show"]
UNBUFFERED = {"buffered": {}, "unbuffered": {"PYTHONUNBUFFERED": "1"}}


def harness(words, shell="", environment=None, **more):
    """A command line in a process of its own, with redirections of the shell."""
    line = [sys.executable, "-m", "harness", *map(str, words)]
    surroundings = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    return subprocess.run(
        ["bash", "-c", f'set -o pipefail; "$@" {shell}', "bash", *line],
        env={**surroundings, **(environment or {})},
        capture_output=True,
        check=False,
        **more,
    )


@pytest.fixture(params=KINDS)
def words(request, stored):
    if request.param == "show":
        return ["show", next(stored[0].glob("*/*/random/*.json"))]
    return request.param.split() + ([f"results={stored[0]}"] if request.param == "report" else [])


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1"])
@pytest.mark.parametrize("form", ["text", "markdown", "latex", "csv", "json"])
def test_an_encoding_without_signs_gets_stand_ins(stored, encoding, form):
    line = ["report", f"results={stored[0]}", f"format={form}"]
    done = harness(line, environment={"PYTHONIOENCODING": encoding})
    assert done.returncode == 0 and done.stderr == b""
    shown = done.stdout.decode(encoding)
    whole = harness(line, environment={"PYTHONIOENCODING": "utf-8"}).stdout.decode()
    lacking = {sign for sign in whole if not encodable(sign, encoding)}
    for sign in lacking:
        whole = whole.replace(sign, _streams.SIGNS[sign])
    assert shown == whole
    if form in ("text", "markdown") and encoding == "ascii":
        assert "±" in lacking and "+-0." in shown


def encodable(sign, encoding):
    try:
        return bool(sign.encode(encoding))
    except UnicodeEncodeError:
        return False


@pytest.mark.parametrize(
    ("text", "shown"),
    [(SIGNS, b"+-~-x...<="), ("Demšar", b"Demsar"), ("χ 漢 \udcff", b"chi \\u6f22 \\udcff")],
)
def test_what_stands_for_a_sign(text, shown):
    _streams.prepare()
    assert text.encode("ascii", _streams.STAND_IN) == shown


def test_errors_have_stand_ins_too():
    done = harness(["run", "methods=Demšar±"], environment={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"})
    assert done.returncode == 2 and b"'Demsar+-'" in done.stderr


@pytest.mark.parametrize("buffered", UNBUFFERED)
def test_a_full_device_is_one_sentence(words, buffered):
    done = harness(words, "> /dev/full", UNBUFFERED[buffered])
    assert done.returncode == 2
    assert done.stderr.startswith(b"harness: standard output cannot be used (No space left on device)")
    assert done.stderr.count(b"\n") == 1


def test_a_closed_output_is_one_sentence(words):
    done = harness(words, ">&-")
    assert done.returncode == 2 and done.stderr.count(b"\n") == 1
    assert done.stderr.startswith(b"harness: standard output is closed")


def test_a_closed_or_full_error_stream_leaves_output_alone(words):
    whole = harness(words).stdout
    assert whole
    for shell in ("2>&-", "2>/dev/full"):
        done = harness(words, shell)
        assert done.returncode == 0 and done.stdout == whole


@pytest.mark.parametrize("buffered", UNBUFFERED)
def test_a_reader_that_has_seen_enough_ends_in_silence(words, buffered):
    for reader in ("| head -1", "| true"):
        done = harness(words, reader, UNBUFFERED[buffered])
        assert (done.returncode, done.stderr) == (0, b"")


def test_a_closed_output_runs_nothing(tmp_path):
    line = ["run", "methods=random", "seeds=1", "budget=11", f"results={tmp_path / 'results'}"]
    assert harness(line, ">&-").returncode == 2
    assert not (tmp_path / "results").exists()


def test_a_disk_that_fills_while_a_report_is_written_is_one_sentence(stored, tmp_path):
    """A limit on the size of files stands for the disk: tables fit, the page does not."""
    line = ["report", f"results={stored[0]}", f"out={tmp_path}", "format=all"]
    done = harness(line, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)))
    assert done.returncode == 2 and done.stdout == b""
    *_, last = done.stderr.decode().splitlines()
    assert last.startswith(f"harness: {tmp_path / 'index.html'} cannot be used (File too large)")
    assert b"Traceback" not in done.stderr and not list(tmp_path.rglob(".*"))


def test_a_disk_that_fills_while_runs_are_stored_gives_failed_runs(tmp_path):
    line = ["run", "methods=random", "seeds=2", "budget=30", "workers=1", f"results={tmp_path}"]
    done = harness(line, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000)))
    assert done.returncode == 1 and b"Traceback" not in done.stderr
    named = [line for line in done.stderr.decode().splitlines() if line.startswith("harness: run failed")]
    assert len(named) == 2 and all("File too large" in line for line in named)
    assert len(list(tmp_path.glob("*/*/random/*.failed.json"))) == 2
    assert not list(tmp_path.rglob(".*"))


@pytest.mark.parametrize("command", ["run methods=random seeds=1 budget=11", "report format=all"])
def test_a_folder_that_cannot_be_made_is_one_sentence(stored, command):
    folder = "/proc/nowhere/at/all"
    first, *more = command.split()
    keys = {"run": [f"results={folder}"], "report": [f"results={stored[0]}", f"out={folder}"]}[first]
    done = harness([first, *more, *keys])
    assert done.returncode == 2 and done.stderr.count(b"\n") == 1
    assert f"{folder} cannot be written".encode() in done.stderr
