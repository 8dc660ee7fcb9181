import io
import time

import pytest

from harness.running import progress
from harness.running.executor import Event, Training
from harness.running.progress import REDRAWN_PER_SECOND, Line, Progress


@pytest.fixture
def said(capsys):
    """All lines on standard error so far; standard output must stay empty."""
    lines = []

    def read() -> list[str]:
        shown = capsys.readouterr()
        assert shown.out == ""
        lines.extend(shown.err.splitlines())
        return lines

    return read


def test_plain_lines_where_stderr_is_no_terminal(said, spec_of):
    specs = [spec_of(seed=seed) for seed in range(3)] + [spec_of(method="other")]
    with Progress(specs, stored={specs[0].key}) as show:
        start = list(said())
        assert [line.split()[:3] for line in start] == [["random", "seeds", "1/3"], ["other", "seeds", "0/1"]]
        assert "1 stored" in start[0] and "queries 0/6" in start[0]
        show(Event("started", specs[1]))
        show(Event("queried", specs[1], 2, 0.9))
        assert said() == start  # nothing finished, nothing said
        show(Event("done", specs[1], 3, 0.9123))
        (line,) = said()[2:]
        assert "seeds 2/3" in line and "queries 3/6" in line and "best seen 91.23 %" in line
        assert line.endswith(" left")
        show(Event("failed", specs[3], message="ValueError: no"))
        message, line = said()[3:]
        assert message == "other seed 0 failed: ValueError: no"
        assert "1 failed" in line and "seeds 1/1" in line
    assert not any("\x1b" in line for line in said())


def test_several_benchmarks_are_named(said, spec_of):
    with Progress([spec_of(), spec_of(benchmark="nb201:cifar100")], set()):
        pass
    assert [line.split("  ")[0] for line in said()] == ["nb201:cifar10 random", "nb201:cifar100 random"]


def test_the_best_never_falls_and_pretraining_is_told(said, spec_of):
    specs = [spec_of(seed=seed) for seed in range(2)]
    with Progress(specs, set()) as show:
        show(Event("pretraining", specs[0]))
        assert "pre-training" in said()[-1]
        show(Event("pretrained", specs[0]))
        show(Event("done", specs[0], 3, 0.9))
        show(Event("done", specs[1], 3, 0.8))
    last = said()[-1]
    assert "best seen 90.00 %" in last and "seeds 2/2" in last and "pre-training" not in last


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_pretraining_shows_passes_loss_and_time_left(said, spec_of, clock):
    spec = spec_of("ngae")
    with Progress([spec], set()) as show:
        show(Event("pretraining", spec))
        for after, done in ((12.0, 10), (11.0, 57)):
            clock[0] += after
            show(Event("trained", spec, training=Training(done, 300, 2.314)))
        clock[0] += 11
        show(Event("trained", spec, training=Training(60, 14_000)))
    first, begun, ten, more, last = said()
    assert (first, begun) == ("ngae  seeds 0/1  queries 0/3", f"{first}  pre-training")
    assert ten.endswith("pre-training: pass 10 of 300, loss 2.31")  # no rate yet
    assert more.endswith("pre-training: pass 57 of 300, loss 2.31, 57 s left")
    assert last.endswith("pass 60 of 14000, 1 h 42 min left")


def test_models_of_several_seeds_are_told_apart(said, spec_of, clock):
    specs = [spec_of(seed=seed) for seed in range(2)]
    with Progress(specs, set()) as show:
        for seed in (0, 1):
            show(Event("pretraining", specs[seed]))
            show(Event("trained", specs[seed], training=Training(seed + 1, 9)))
        show(Event("pretrained", specs[0]))
        clock[0] += 11
        show(Event("trained", specs[1], training=Training(3, 9)))
    assert "pass 2 of 9" not in said()[-1] and "pass 1 of 9" not in said()[-1]
    assert "pre-training: pass 3 of 9" in said()[-1]


def test_parts_of_quality_are_counted_without_a_budget(said, quality_spec_of, clock):
    specs = [quality_spec_of(seed=seed, part=part) for seed in range(2) for part in ("a", "b")]
    with Progress(specs, {specs[0].key}) as show:
        show(Event("started", specs[1]))
        clock[0] += 6
        show(Event("done", specs[1]))
        show(Event("failed", specs[2], message="ValueError: no"))
    assert said() == [
        "lab  parts 1/4  1 stored",
        "lab  parts 2/4  1 stored  12 s left",
        "lab a seed 1 failed: ValueError: no",
    ]


def test_runs_of_many_a_second_are_not_all_told(said, spec_of):
    specs = [spec_of(seed=seed) for seed in range(500)]
    with Progress(specs, set()) as show:
        for spec in specs:
            show(Event("started", spec))
            show(Event("done", spec, 3, 0.9))
    lines = said()
    assert len(lines) < 10 and "seeds 500/500  queries 1500/1500" in lines[-1]


def test_on_a_terminal_lines_are_made_when_they_are_drawn(spec_of, monkeypatch):
    """However often something happens: what it costs hangs on the clock alone."""
    made = []
    text = Line.text
    monkeypatch.setattr(Line, "text", lambda line: made.append(line) or text(line))
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stderr", terminal)
    specs = [spec_of(seed=seed) for seed in range(1000)]
    start = time.monotonic()
    with Progress(specs, set()) as show:
        for spec in specs:
            show(Event("started", spec))
            for spent in range(4):
                show(Event("queried", spec, spent, 0.8))
            show(Event("done", spec, 3, 0.9))
    assert len(made) <= 4 + 2 * REDRAWN_PER_SECOND * (time.monotonic() - start)
    assert "seeds 1000/1000  queries 3000/3000  best seen 90.00 %" in terminal.getvalue()
