"""Live progress on standard error: one line per method, redrawn on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from harness.running.executor import Event
from harness.study.spec import RunSpec

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

PLAIN_SECONDS = 10.0


@dataclass
class Line:
    """State of one method on one benchmark."""

    name: str
    seeds: int
    budget: int
    done: int = 0
    stored: int = 0
    failed: int = 0
    best: float = float("nan")
    note: str = ""
    started: float = 0.0
    spent: dict[int, int] = field(default_factory=dict)
    unit: str = "queries"

    def text(self) -> str:
        """Seeds done, budget spent, best so far, time left."""
        spent = sum(self.spent.values())
        total = (self.seeds - self.stored) * self.budget
        words = [self.name, f"seeds {self.done + self.stored + self.failed}/{self.seeds}"]
        if total:
            words.append(f"{self.unit} {spent}/{total}")
        if self.best == self.best:
            words.append(f"best seen {100 * self.best:.2f} %")
        if self.stored:
            words.append(f"{self.stored} stored")
        if self.failed:
            words.append(f"{self.failed} failed")
        if self.note:
            words.append(self.note)
        elif spent and spent < total and self.done + self.stored + self.failed < self.seeds:
            left = (time.monotonic() - self.started) * (total - spent) / spent
            words.append(f"{_duration(left)} left")
        return "  ".join(words)


class Progress:
    """Listens to events; use as a context manager around the work."""

    def __init__(self, specs: list[RunSpec], stored: set[str]) -> None:
        self._lines: dict[tuple[str, str], Line] = {}
        several = len({spec.benchmark for spec in specs}) > 1
        for spec in specs:
            name = f"{spec.benchmark} {spec.method}" if several else spec.method
            line = self._lines.setdefault(_id(spec), Line(name, 0, spec.budget))
            line.unit = "simulated s" if spec.protocol.unit == "seconds" else "queries"
            line.seeds += 1
            line.stored += spec.key in stored
        longest = max(len(line.name) for line in self._lines.values())
        for line in self._lines.values():
            line.name = line.name.ljust(longest)
        self._live: Live | None = None
        self._printed = time.monotonic()

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(self._picture(), console=Console(stderr=True), refresh_per_second=5)
            self._live.start()
        else:
            self._print(self._lines.values())
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.update(self._picture())
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take in an event and show what changed."""
        line = self._lines[_id(event.spec)]
        finished = event.kind in ("done", "failed")
        if event.kind == "pretraining":
            line.note = "pre-training"
        elif event.kind in ("pretrained", "started"):
            line.note = ""
            line.started = line.started or time.monotonic()
        if event.spent:
            line.spent[event.spec.seed] = event.spent
            line.best = max(event.best, line.best) if line.best == line.best else event.best
        line.done += event.kind == "done"
        if event.kind == "failed":
            line.failed += 1
            self._say(f"{event.spec.method} seed {event.spec.seed} failed: {event.message}")
        if self._live:
            self._live.update(self._picture())
        elif finished or event.kind == "pretraining":
            self._print([line])
        elif time.monotonic() - self._printed > PLAIN_SECONDS:
            self._print(self._lines.values())

    def _say(self, message: str) -> None:
        if self._live:
            self._live.console.print(message, markup=False, highlight=False)
        else:
            print(message, file=sys.stderr, flush=True)

    def _print(self, lines: object) -> None:
        self._printed = time.monotonic()
        for line in lines:  # type: ignore[attr-defined]
            print(line.text(), file=sys.stderr, flush=True)

    def _picture(self) -> Text:
        from rich.text import Text

        lines = "\n".join(line.text() for line in self._lines.values())
        return Text(lines, no_wrap=True, overflow="ellipsis")  # not markup: labels have brackets


def _id(spec: RunSpec) -> tuple[str, str]:
    return spec.benchmark, spec.method


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds + 0.5), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
