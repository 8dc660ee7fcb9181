"""Local execution: worker processes that take specs, write their own run files and send progress home."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loky import ProcessPoolExecutor
from loky.backend import get_context
from loky.process_executor import BrokenProcessPool

from harness.records.run import FailedRun
from harness.records.store import RunStore
from harness.running.pretraining import cache_path, is_cached
from harness.running.provenance import machine
from harness.study.registry import Registry
from harness.study.spec import RunSpec
from tabular.errors import HarnessError

WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    # A worker grows by the tables and models it keeps; loky would take that for a leak and restart it.
    "LOKY_MAX_MEMORY_LEAK_SIZE": "8e9",
}
"""Every worker computes with one thread, so that results do not depend on the number of workers."""


@dataclass(frozen=True)
class Event:
    """What happened in a worker.

    `pretraining`, `pretrained`, `started`, `queried`, `done` or `failed`.
    """

    kind: str
    spec: RunSpec
    spent: int = 0
    best: float = float("nan")
    message: str = ""


TELL_SECONDS = 0.2
POLL_SECONDS = 0.05
DIED = "the worker process died (killed, or out of memory)"
Listener = Callable[[Event], None]


def execute(
    specs: list[RunSpec], plugins: tuple[Path, ...], store: RunStore, workers: int, listen: Listener
) -> None:
    """Carry out runs; each is written to the store by the process that made it.

    A model that several runs share is pre-trained once, first; runs that wait for none go ahead. A
    plugin that raises gives a stored failed run. A worker that dies takes no other run with it: what
    was in flight is tried once more alone, then stored as failed.
    """
    finished: set[str] = set()

    def note(event: Event) -> None:
        if event.kind in ("done", "failed"):
            finished.add(event.spec.key)
        listen(event)

    pending = list(specs)
    while pending:
        suspects = _pool(pending, plugins, store, workers, note)
        for spec in suspects:
            if _pool([spec], plugins, store, 1, note):
                store.write(FailedRun(spec, DIED, machine()))
                note(Event("failed", spec, message=DIED))
        pending = [spec for spec in pending if spec.key not in finished] if suspects else []


def _pool(
    specs: list[RunSpec], plugins: tuple[Path, ...], store: RunStore, workers: int, listen: Listener
) -> list[RunSpec]:
    """Run specs in one pool; returns the specs in flight if a worker died, else nothing.

    Raises `HarnessError` if workers die before they start anything.
    """
    context = get_context("loky")
    channel = context.SimpleQueue()
    in_flight: dict[str, RunSpec] = {}
    closing = threading.Event()

    def pump() -> None:
        # Polled: a worker killed while it writes would leave a blocking read, or a lock, behind for ever.
        while not (closing.is_set() and channel.empty()):
            if channel.empty():
                time.sleep(POLL_SECONDS)
                continue
            event = channel.get()
            if event.kind in ("pretraining", "started"):
                in_flight[event.spec.key] = event.spec
            elif event.kind in ("pretrained", "done", "failed"):
                in_flight.pop(event.spec.key, None)
            listen(event)

    pump_thread = threading.Thread(target=pump, daemon=True)
    pump_thread.start()
    pool = ProcessPoolExecutor(
        max_workers=min(workers, len(specs)),
        context=context,
        env=WORKER_ENVIRONMENT,
        initializer=_start_worker,
        initargs=(channel, plugins, store),
    )
    try:
        _submit_all(pool, specs, Registry(plugins))
        broken = False
    except BrokenProcessPool:
        broken = True
    finally:
        pool.shutdown(wait=True, kill_workers=True)
        closing.set()
        pump_thread.join(timeout=5)
    if broken and not in_flight:
        raise HarnessError("worker processes die before they start a run; is there enough memory?")
    return list(in_flight.values()) if broken else []


def _submit_all(pool: Any, specs: list[RunSpec], registry: Registry) -> None:
    """Pre-training first; a run is submitted when its model is there."""
    waiting: dict[str, list[RunSpec]] = {}
    for spec in specs:
        if not is_cached(spec, registry):
            waiting.setdefault(str(cache_path(spec, registry)), []).append(spec)
    held = {spec.key for group in waiting.values() for spec in group}
    futures: dict[Future[None], list[RunSpec]] = {
        pool.submit(_pretrain, group[0]): group for group in waiting.values()
    }
    futures |= {pool.submit(_run, spec): [] for spec in specs if spec.key not in held}
    while futures:
        finished, _ = wait(futures, return_when=FIRST_COMPLETED)
        for future in finished:
            released = futures.pop(future)
            future.result()
            futures |= {pool.submit(_run, spec): [] for spec in released}


_worker: dict[str, Any] = {}
"""State of a worker process, set once by its initializer: registry, store, channel."""


def _start_worker(channel: Any, plugins: tuple[Path, ...], store: RunStore) -> None:
    os.dup2(2, 1)  # stdout carries results alone: what a plugin prints goes to stderr
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle: it ends the workers
    _worker.update(channel=channel, registry=Registry(plugins), store=store, parent=os.getppid())


def _pretrain(spec: RunSpec) -> None:
    """Fill the cache for the runs that share this model; each run meets and stores its failure itself."""
    from harness.running.pretraining import pretrained

    _worker["channel"].put(Event("pretraining", spec))
    with contextlib.suppress(BaseException):
        pretrained(spec, _worker["registry"])
    _worker["channel"].put(Event("pretrained", spec))


def _run(spec: RunSpec) -> None:
    from harness.running.runner import run

    channel, store = _worker["channel"], _worker["store"]
    channel.put(Event("started", spec))

    last_told = 0.0

    def tell(spent: int, best: float) -> None:
        nonlocal last_told
        if os.getppid() != _worker["parent"]:
            os._exit(1)  # the command was killed: nobody waits for this run
        if time.monotonic() - last_told > TELL_SECONDS:
            last_told = time.monotonic()
            channel.put(Event("queried", spec, spent, best))

    try:
        done = run(spec, _worker["registry"], tell)
        done.provenance.update(machine())
        store.write(done)
    except BaseException as problem:  # whatever a plugin does, also SystemExit, is a failed run
        with contextlib.suppress(OSError):  # the disk may be what failed
            store.write(FailedRun(spec, traceback.format_exc(), machine()))
        channel.put(Event("failed", spec, message=f"{type(problem).__name__}: {problem}"))
    else:
        channel.put(Event("done", spec, spec.budget, done.ledger.best))
