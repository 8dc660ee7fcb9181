"""What a worker process does: the tasks it is sent, one after the other. Each record is stored here."""

from __future__ import annotations

import contextlib
import math
import os
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from harness.records.run import FailedRun
from harness.running.agenda import Task
from harness.running.executor import Event, Training
from harness.running.pretraining import Facts, pretrained
from harness.running.provenance import machine
from harness.running.work import Work, work_at
from harness.study.registry import Registry
from harness.study.spec import Spec

TELL_SECONDS = 0.2
Say = Callable[[Event], None]


def serve(pipe: Connection, plugins: tuple[Path, ...], results: Path, address: str) -> None:
    """Carry out the tasks that come through a pipe, and tell what happens, until it is closed.

    `address` is that of the kind of work.
    """
    registry, work = Registry(plugins), work_at(address)

    def say(event: Event) -> None:
        try:
            pipe.send(event)
        except OSError:
            os._exit(1)  # the command was killed: nobody waits for this run, which has not failed

    with contextlib.suppress(EOFError):
        while True:
            perform(pipe.recv(), registry, work, results, say)


def perform(task: Task, registry: Registry, work: Work[Any, Any], results: Path, say: Say) -> None:
    """Carry out a task here; whatever a plugin does, also SystemExit, is a failed run."""
    if task.pretrains:
        _pretrain(task.spec, registry, say)
    else:
        _perform(task.spec, registry, work, results, say)


def store_failure(work: Work[Any, Any], results: Path, spec: Spec, message: str) -> None:
    """Keep a run that failed, by its traceback or a sentence; nothing where the disk is what failed."""
    with contextlib.suppress(OSError):
        work.store(results).write(FailedRun(spec, message, machine(work.code)))


def _pretrain(spec: Spec, registry: Registry, say: Say) -> None:
    """Fill the cache for the runs that share this model; each run meets and stores its failure itself."""
    say(Event("pretraining", spec))
    assert spec.model is not None
    pause = Pause()

    def tell(done: int, most: int, facts: Facts) -> None:
        if pause.is_over():
            say(Event("trained", spec, training=Training(done, most, facts.get("loss", math.nan))))

    with contextlib.suppress(BaseException):
        pretrained(spec.model, registry, tell)
    say(Event("pretrained", spec))


def _perform(spec: Spec, registry: Registry, work: Work[Any, Any], results: Path, say: Say) -> None:
    say(Event("started", spec))
    pause, last = Pause(), (0, math.nan)

    def tell(spent: int, best: float) -> None:
        nonlocal last
        last = spent, best
        if pause.is_over():
            say(Event("queried", spec, spent, best))

    try:
        done = work.perform(spec, registry, tell)
        done.provenance.update(machine(work.code))
        work.store(results).write(done)
    except BaseException as problem:
        store_failure(work, results, spec, traceback.format_exc())
        say(Event("failed", spec, message=f"{type(problem).__name__}: {problem}"))
    else:
        say(Event("done", spec, *last))


class Pause:
    """Between two events of a kind that could come thousands of times a second."""

    def __init__(self) -> None:
        self._told = time.monotonic()

    def is_over(self) -> bool:
        """Whether it is time for another; the next pause begins."""
        now = time.monotonic()
        over = now - self._told > TELL_SECONDS
        self._told = now if over else self._told
        return over
