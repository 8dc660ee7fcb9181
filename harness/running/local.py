"""Runs in processes of this machine, started by loky; each has one pipe and one task at a time."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from harness.running.agenda import Agenda, Task
from harness.running.executor import Event, Executor
from harness.running.process import Worker, undisturbed
from harness.running.work import Work
from harness.running.worker import store_failure
from harness.study.registry import Registry
from harness.study.spec import Spec
from tabular.errors import HarnessError

LOOK_SECONDS = 1.0
MOST_STILLBORN = 3
DIED = "the worker process died (killed, or out of memory)"


class LocalExecutor(Executor):
    """Up to `workers` processes. A run of more than `timeout` seconds is ended, and its process replaced."""

    def __init__(
        self,
        work: Work[Any, Any],
        results: Path,
        plugins: tuple[Path, ...],
        workers: int,
        timeout: float | None = None,
    ) -> None:
        self._work, self._results, self._plugins = work, results, plugins
        self._workers, self._timeout = workers, timeout
        self._crew: list[Worker] = []
        self._stillborn = 0

    def execute(self, specs: Sequence[Spec]) -> Generator[Event, None, None]:
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
                with undisturbed():
                    self._crew.append(Worker(self._plugins, self._results, self._work.address))
            next(worker for worker in self._crew if worker.task is None).give(task)

    def _attend(self, worker: Worker, agenda: Agenda) -> Iterator[Event]:
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

    def _died(self, worker: Worker, task: Task, agenda: Agenda) -> Iterator[Event]:
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
            store_failure(self._work, self._results, spec, message)
            yield Event("failed", spec, message=message)

    def _patience(self, busy: list[Worker]) -> float:
        """Seconds until somebody may be late, or has to be looked after."""
        first = min(worker.deadline(self._timeout) for worker in busy)
        return min(LOOK_SECONDS, max(0.0, first - time.monotonic()))

    def _dismiss(self, workers: list[Worker]) -> None:
        """Kill workers, busy ones too: what they have finished is stored, whole."""
        for worker in workers:
            worker.kill()
            self._crew.remove(worker)
