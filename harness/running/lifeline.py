"""First lines of a worker process: it ends with its parent, in every phase of its life.

Imports nothing of ours at the top: what a worker needs takes seconds to import, in which the parent can die.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

WATCH_SECONDS = 0.5
SAFE_PATH = {"PYTHONSAFEPATH": "harness"}
"""Environment of a Python that looks for modules nowhere near the current folder, in our words."""
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end the command. They are blocked in a worker from its first moment until it is set up."""
_PR_SET_PDEATHSIG = 1


def start(parent: int, pipe: Connection, plugins: tuple[Path, ...], results: Path, work: str) -> None:
    """A worker's life: bound to process `parent`, then at work until the pipe closes.

    `work` is the address of the kind of work (`work.Work.address`).
    """
    end_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle: it ends the workers
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    if os.environ.items() >= SAFE_PATH.items():  # not for what a plugin starts
        for name in SAFE_PATH:
            del os.environ[name]
    os.dup2(2, 1)  # stdout carries results alone: what a plugin prints goes to stderr

    from harness.running.worker import serve

    serve(pipe, plugins, results, work)


def end_with(parent: int) -> None:
    """Let this process end when process `parent`, which started it, does.

    On Linux the kernel kills it, wherever it is, when the thread that started it ends. Elsewhere a thread
    looks for the parent, which a plugin can hold up that never lets go of the interpreter.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    _leave_if_orphaned(parent)  # it may have ended before the kernel was told
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while True:
        time.sleep(WATCH_SECONDS)
        _leave_if_orphaned(parent)


def _leave_if_orphaned(parent: int) -> None:
    if os.getppid() != parent:
        os._exit(1)
