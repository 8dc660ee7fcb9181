"""What a worker process does: the tasks it is sent, one after the other. Each run is stored here."""

from __future__ import annotations

import contextlib
import os
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from harness.records.run import FailedRun
from harness.records.store import RunStore
from harness.running.agenda import Task
from harness.running.executor import Event
from harness.running.pretraining import pretrained
from harness.running.provenance import machine
from harness.running.runner import run
from harness.study.registry import Registry
from harness.study.spec import RunSpec

TELL_SECONDS = 0.2
Say = Callable[[Event], None]


def serve(pipe: Connection, plugins: tuple[Path, ...], results: Path) -> None:
    """Carry out the tasks that come through a pipe, and tell what happens, until it is closed."""
    registry, store = Registry(plugins), RunStore(results)

    def say(event: Event) -> None:
        try:
            pipe.send(event)
        except OSError:
            os._exit(1)  # the command was killed: nobody waits for this run, which has not failed

    with contextlib.suppress(EOFError):
        while True:
            perform(pipe.recv(), registry, store, say)


def perform(task: Task, registry: Registry, store: RunStore, say: Say) -> None:
    """Carry out a task here; whatever a plugin does, also SystemExit, is a failed run."""
    (_pretrain if task.pretrains else _run)(task.spec, registry, store, say)


def store_failure(store: RunStore, spec: RunSpec, message: str) -> None:
    """Keep a run that failed, by its traceback or a sentence; nothing where the disk is what failed."""
    with contextlib.suppress(OSError):
        store.write(FailedRun(spec, message, machine()))


def _pretrain(spec: RunSpec, registry: Registry, store: RunStore, say: Say) -> None:
    """Fill the cache for the runs that share this model; each run meets and stores its failure itself."""
    say(Event("pretraining", spec))
    assert spec.model is not None
    with contextlib.suppress(BaseException):
        pretrained(spec.model, registry)
    say(Event("pretrained", spec))


def _run(spec: RunSpec, registry: Registry, store: RunStore, say: Say) -> None:
    say(Event("started", spec))
    told = time.monotonic()

    def tell(spent: int, best: float) -> None:
        nonlocal told
        if time.monotonic() - told > TELL_SECONDS:
            told = time.monotonic()
            say(Event("queried", spec, spent, best))

    try:
        done = run(spec, registry, tell)
        done.provenance.update(machine())
        store.write(done)
    except BaseException as problem:
        store_failure(store, spec, traceback.format_exc())
        say(Event("failed", spec, message=f"{type(problem).__name__}: {problem}"))
    else:
        say(Event("done", spec, spec.budget, done.ledger.best))
