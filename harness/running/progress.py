"""Live progress on standard error: one line per method, redrawn on a terminal, plain lines elsewhere.

Lines are made when they are shown, a few times a second, however often something happens.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from harness.running.executor import Event, Training
from harness.study.spec import RunSpec, Spec
from tabular.catalogue import load
from tabular.errors import HarnessError
from tabular.quantity import ACCURACY

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

REDRAWN_PER_SECOND = 4
PLAIN_SECONDS = 10.0
"""Between plain lines of all methods, if nothing else is said."""
FINISHED_SECONDS = 1.0
"""Between plain lines of one method whose runs finish."""


@dataclass
class Pretraining:
    """A model that is being pre-trained."""

    first: tuple[float, int] | None = None
    """When a pass was first told, and which: a training that was cut short goes on from there."""
    last: Training | None = None

    def hear(self, training: Training) -> None:
        """Note another pass."""
        self.first = self.first or (time.monotonic(), training.done)
        self.last = training

    def text(self) -> str:
        """Passes done, loss, time left."""
        if self.first is None or self.last is None:
            return "pre-training"
        (since, before), done, most = self.first, self.last.done, self.last.most
        words = [f"pre-training: pass {done} of {most}"]
        if self.last.loss == self.last.loss:
            words.append(f"loss {self.last.loss:.3g}")
        if done > before:
            left = (time.monotonic() - since) * (most - done) / (done - before)
            words.append(f"{_duration(left)} left")
        return ", ".join(words)


@dataclass
class Line:
    """State of one method on one benchmark."""

    name: str
    counted: str
    """What `number` counts."""
    budget: int = 0
    """Of each; 0 where they have none."""
    unit: str = "queries"
    scale: str = ACCURACY.unit
    """Unit of `best`, as it is shown."""
    number: int = 0
    done: int = 0
    stored: int = 0
    failed: int = 0
    best: float = float("nan")
    pretraining: dict[str, Pretraining] = field(default_factory=dict)
    """By key of the first spec that needs the model."""
    started: float = 0.0
    spent: int = 0
    by_seed: dict[int, int] = field(default_factory=dict)
    printed: float = float("-inf")

    @staticmethod
    def of(spec: Spec, name: str) -> Line:
        """For a spec and others of its kind, none counted yet."""
        if not isinstance(spec, RunSpec):
            return Line(name, spec.counted)
        unit = "simulated s" if spec.protocol.unit == "seconds" else "queries"
        return Line(name, spec.counted, spec.budget, unit, scale=_scale(spec.benchmark))

    @property
    def finished(self) -> int:
        """What is over, stored ones included."""
        return self.done + self.stored + self.failed

    @property
    def total(self) -> int:
        """Budget of all that was not stored."""
        return (self.number - self.stored) * self.budget

    @property
    def share(self) -> float:
        """Of the work that was not stored, how much is over, in [0, 1]."""
        if self.total:
            return self.spent / self.total
        return (self.done + self.failed) / max(self.number - self.stored, 1)

    def spend(self, seed: int, spent: int) -> None:
        """Note what a run has spent so far."""
        self.spent += spent - self.by_seed.get(seed, 0)
        self.by_seed[seed] = spent

    def text(self) -> str:
        """What is done, budget spent, best so far, time left."""
        words = [self.name, f"{self.counted} {self.finished}/{self.number}"]
        if self.total:
            words.append(f"{self.unit} {self.spent}/{self.total}")
        if self.best == self.best:
            words.append(f"best seen {100 * self.best:.2f} {self.scale}")
        if self.stored:
            words.append(f"{self.stored} stored")
        if self.failed:
            words.append(f"{self.failed} failed")
        if self.pretraining:
            words += [each.text() for each in self.pretraining.values()]
        elif 0 < self.share < 1 and self.finished < self.number:
            left = (time.monotonic() - self.started) * (1 - self.share) / self.share
            words.append(f"{_duration(left)} left")
        return "  ".join(words)


def _scale(benchmark: str) -> str:
    """Of what a benchmark records; percent where it cannot be opened, which whoever runs it is told."""
    try:
        return load(benchmark).quantity.unit
    except HarnessError:
        return ACCURACY.unit


class Progress:
    """Listens to events; use as a context manager around the work."""

    def __init__(self, specs: Sequence[Spec], stored: Set[str]) -> None:
        self._lines: dict[tuple[str, str], Line] = {}
        several = len({spec.benchmark for spec in specs}) > 1
        for spec in specs:
            name = f"{spec.benchmark} {spec.method}" if several else spec.method
            if _id(spec) not in self._lines:
                self._lines[_id(spec)] = Line.of(spec, name)
            line = self._lines[_id(spec)]
            line.number += 1
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

            console = Console(stderr=True)
            self._live = Live(
                get_renderable=self._picture, console=console, refresh_per_second=REDRAWN_PER_SECOND
            )
            self._live.start()
        else:
            self._print(self._lines.values())
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            with contextlib.suppress(OSError):  # the terminal may be gone
                self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take in an event and show what changed."""
        line = self._lines[_id(event.spec)]
        if event.kind == "pretraining":
            line.pretraining[event.spec.key] = Pretraining()
        elif event.kind == "trained" and event.training:
            line.pretraining.setdefault(event.spec.key, Pretraining()).hear(event.training)
        elif event.kind in ("pretrained", "started"):
            line.pretraining.pop(event.spec.key, None)
            line.started = line.started or time.monotonic()
        if event.spent:
            line.spend(event.spec.seed, line.budget if event.kind == "done" else event.spent)
            line.best = max(event.best, line.best) if line.best == line.best else event.best
        line.done += event.kind == "done"
        if event.kind == "failed":
            line.failed += 1
            self.say(f"{event.spec.title} failed: {event.message}")
        if not self._live:
            self._print_due(line, event)

    def say(self, message: str) -> None:
        """A sentence among the lines."""
        if self._live:
            self._live.console.print(message, markup=False, highlight=False)
        else:
            print(message, file=sys.stderr, flush=True)

    def _print_due(self, line: Line, event: Event) -> None:
        """Say what is new, but not every run of many a second."""
        now = time.monotonic()
        rests = now - line.printed < FINISHED_SECONDS and line.finished < line.number
        if event.kind == "pretraining" or (event.kind in ("done", "failed") and not rests):
            line.printed = now
            self._print([line])
        elif now - self._printed > PLAIN_SECONDS:
            self._print(self._lines.values())

    def _print(self, lines: Iterable[Line]) -> None:
        self._printed = time.monotonic()
        for line in lines:
            print(line.text(), file=sys.stderr, flush=True)

    def _picture(self) -> Text:
        from rich.text import Text

        lines = "\n".join(line.text() for line in self._lines.values())
        return Text(lines, no_wrap=True, overflow="ellipsis")  # not markup: labels have brackets


def _id(spec: Spec) -> tuple[str, str]:
    return spec.benchmark, spec.method


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds + 0.5), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
