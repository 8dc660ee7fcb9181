"""Checkpoints of a training: what a long one goes on from, to the same bits, however it was cut short.

`<folder>/<name>-<passes>.pt`, written whole or not at all: a digest, then the content. The newest counts.
Where a shorter training is the beginning of a longer one, the last checkpoint of a finished training stays.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from methods.base import Watch
from tabular.table_file import write_atomically

SECONDS = 20.0
"""Least time between two checkpoints."""


class Checkpoints(Watch):
    """Keeps the state of one training in a folder, and tells how far it is."""

    def __init__(
        self, folder: Path, name: str, grows: bool, tell: Callable[[int, int, dict[str, float]], None]
    ) -> None:
        """`grows`: other trainings of the same name are as long or longer, and go on from this one."""
        self._folder, self._name, self._grows, self._tell = folder, name, grows, tell
        self._saved = time.monotonic()
        self._started = time.perf_counter()
        self._last: Path | None = None
        """What this training saved last."""
        self.seconds_before = 0.0
        """What the training had taken when it was cut short."""
        self.curve: list[dict[str, float]] = []

    def found(self, most: int) -> Mapping[str, Any] | None:
        import torch

        for done, path in sorted(self._files(), reverse=True):
            with contextlib.suppress(Exception):  # damaged: the one before it, or none
                if done <= most:
                    kept = torch.load(io.BytesIO(_whole(path.read_bytes())), weights_only=True)
                    self.curve, self.seconds_before = list(kept["curve"]), float(kept["seconds"])
                    self._last = None if kept["final"] else path
                    return dict(kept["state"])
        return None

    def epoch(
        self, done: int, most: int, facts: Mapping[str, float], state: Callable[[], Mapping[str, Any]]
    ) -> None:
        self.curve.append({"epoch": float(done), **facts})
        self._tell(done, most, dict(facts))
        final = self._grows and done == most
        if time.monotonic() - self._saved > SECONDS or final:
            self._save(done, state(), final)
            self._saved = time.monotonic()

    def finished(self) -> None:
        """The outcome is kept elsewhere: nothing is left to go on from, unless for a longer training."""
        if not self._grows:
            for _, path in self._files():
                path.unlink(missing_ok=True)

    def _save(self, done: int, state: Mapping[str, Any], final: bool) -> None:
        import torch

        buffer = io.BytesIO()
        seconds = self.seconds_before + time.perf_counter() - self._started
        kept = {"state": dict(state), "curve": self.curve, "seconds": seconds, "final": final}
        torch.save(kept, buffer)
        content = buffer.getvalue()
        path = self._folder / f"{self._name}-{done}.pt"
        with contextlib.suppress(OSError):  # a full disk ends no training
            write_atomically(path, _digest(content) + content)
            if self._last and self._last != path:
                self._last.unlink(missing_ok=True)
            self._last = path

    def _files(self) -> list[tuple[int, Path]]:
        """Passes and path of what lies in the folder."""
        paths = self._folder.glob(f"{self._name}-*.pt")
        named = [(path.stem.removeprefix(f"{self._name}-"), path) for path in paths]
        return [(int(done), path) for done, path in named if done.isdigit()]


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _whole(file: bytes) -> bytes:
    """The content of a checkpoint; `ValueError` if it is not what was written."""
    size = hashlib.sha256().digest_size
    if _digest(file[size:]) != file[:size]:
        raise ValueError("damaged")
    return file[size:]
