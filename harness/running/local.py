"""Runs in processes of this machine, started by loky; each has one pipe and one task at a time."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from pathlib import Path

from loky.backend import get_context
from loky.backend import resource_tracker as loky_tracker
from loky.backend.utils import kill_process_tree

from harness.records.store import RunStore
from harness.running.agenda import Agenda, Task
from harness.running.executor import Event, Executor
from harness.running.lifeline import SAFE_PATH, STOPS, start
from harness.running.worker import store_failure
from harness.study.registry import Registry
from harness.study.spec import RunSpec
from tabular.errors import HarnessError

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
}
"""Every worker computes with one thread, so that results do not depend on the number of workers."""
LOOK_SECONDS = 1.0
MOST_STILLBORN = 3
DIED = "the worker process died (killed, or out of memory)"


class LocalExecutor(Executor):
    """Up to `workers` processes. A run of more than `timeout` seconds is ended, and its process replaced."""

    def __init__(
        self, store: RunStore, plugins: tuple[Path, ...], workers: int, timeout: float | None = None
    ) -> None:
        self._store, self._plugins = store, plugins
        self._workers, self._timeout = workers, timeout
        self._crew: list[_Worker] = []
        self._stillborn = 0

    def execute(self, specs: Sequence[RunSpec]) -> Generator[Event, None, None]:
        """See `Executor`. One that dies is tried once more, alone, and has then failed."""
        agenda = Agenda(specs, Registry(self._plugins))
        try:
            while True:
                self._hand_out(agenda)
                busy = [worker for worker in self._crew if worker.task]
                if not busy:
                    return
                wait([worker.pipe for worker in busy], self._patience(busy))
                for worker in busy:
                    yield from self._attend(worker, agenda)
        finally:
            self._dismiss(list(self._crew))

    def _hand_out(self, agenda: Agenda) -> None:
        """Give tasks to idle workers, and start workers as long as there are tasks for them."""
        while (running := sum(bool(worker.task) for worker in self._crew)) < self._workers:
            task = agenda.take(nothing_runs=not running)
            if task is None:
                return
            if task.alone:
                self._dismiss(list(self._crew))
            if not any(worker.task is None for worker in self._crew):
                with _undisturbed():
                    self._crew.append(_Worker(self._plugins, self._store.folder))
            next(worker for worker in self._crew if worker.task is None).give(task)

    def _attend(self, worker: _Worker, agenda: Agenda) -> Iterator[Event]:
        """What a worker says; then what follows if it has ended, or takes too long."""
        ended, late = worker.ended, worker.deadline(self._timeout) <= time.monotonic()
        if late:
            self._dismiss([worker])
        for event in worker.news():
            self._stillborn = 0
            if event.kind in ("pretrained", "done", "failed") and worker.task:
                agenda.finished(worker.task)
                worker.task = None
            yield event
        task = worker.task
        if late and task:
            yield from self._fail(agenda, task, f"TimeoutError: longer than timeout={self._timeout:g} s")
        elif ended or worker.closed:
            self._dismiss([worker])
            if task:
                yield from self._died(worker, task, agenda)

    def _died(self, worker: _Worker, task: Task, agenda: Agenda) -> Iterator[Event]:
        """Raises `HarnessError` if workers do not live to begin anything."""
        if worker.began is None:
            agenda.put_back(task)
            self._stillborn += 1
            if self._stillborn == MOST_STILLBORN:
                raise HarnessError("worker processes die before they start a run; is there enough memory?")
        elif task.alone:
            yield from self._fail(agenda, task, DIED)
        else:
            agenda.suspect(task)

    def _fail(self, agenda: Agenda, task: Task, why: str) -> Iterator[Event]:
        message = f"{why}, in pre-training" if task.pretrains else why
        if task.pretrains:
            yield Event("pretrained", task.spec)
        for spec in agenda.give_up(task):
            store_failure(self._store, spec, message)
            yield Event("failed", spec, message=message)

    def _patience(self, busy: list[_Worker]) -> float:
        """Seconds until somebody may be late, or has to be looked after."""
        first = min(worker.deadline(self._timeout) for worker in busy)
        return min(LOOK_SECONDS, max(0.0, first - time.monotonic()))

    def _dismiss(self, workers: list[_Worker]) -> None:
        """Kill workers, busy ones too: what they have finished is stored, whole."""
        for worker in workers:
            worker.kill()
            self._crew.remove(worker)


class _Worker:
    """A process at the other end of a pipe."""

    def __init__(self, plugins: tuple[Path, ...], results: Path) -> None:
        context = get_context("loky")
        self.pipe, theirs = context.Pipe()
        arguments = (os.getpid(), theirs, plugins, results)
        self._process = context.Process(target=start, args=arguments, env={**ONE_THREAD, **SAFE_PATH})
        self._process.start()
        theirs.close()  # so that ours closes with the process
        self.task: Task | None = None
        self.began: float | None = None
        """When the task did, after the process was ready for it."""
        self.closed = False

    @property
    def ended(self) -> bool:
        """Whether the process has: a child of its own can hold the pipe open."""
        return self._process.exitcode is not None

    def deadline(self, timeout: float | None) -> float:
        """When, in monotonic seconds, the task will have taken too long."""
        return float("inf") if timeout is None or self.began is None else self.began + timeout

    def give(self, task: Task) -> None:
        """Hand over a task."""
        self.task, self.began = task, None
        try:
            self.pipe.send(task)
        except OSError:
            self.closed = True

    def news(self) -> Iterator[Event]:
        """What it has said since; `closed` is set when there will be no more."""
        try:
            while self.pipe.poll():
                event = self.pipe.recv()
                self.began = self.began or time.monotonic()
                yield event
        except (EOFError, OSError):
            self.closed = True

    def kill(self) -> None:
        """End the process and its children, whatever they do."""
        kill_process_tree(self._process)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Start a process: no signal comes between it and our knowing of it, nor kills it with a traceback; and
    no file of the current folder (`random.py`) passes for a module of Python's in it.
    """
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ.setdefault(*next(iter(SAFE_PATH.items())))
    try:
        # Before signals are blocked: starting this one unblocks them.
        resource_tracker.ensure_running()
        loky_tracker.ensure_running()
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
