"""A worker process as its parent sees it: started, given tasks, listened to, ended."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from pathlib import Path

from loky.backend import get_context
from loky.backend import resource_tracker as loky_tracker
from loky.backend.utils import kill_process_tree

from harness.running.agenda import Task
from harness.running.executor import Event
from harness.running.lifeline import SAFE_PATH, STOPS, start

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
}
"""Every worker computes with one thread, so that results do not depend on the number of workers."""


class Worker:
    """A process at the other end of a pipe."""

    def __init__(self, plugins: tuple[Path, ...], results: Path, work: str) -> None:
        context = get_context("loky")
        self.pipe, theirs = context.Pipe()
        arguments = (os.getpid(), theirs, plugins, results, work)
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
def undisturbed() -> Iterator[None]:
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
