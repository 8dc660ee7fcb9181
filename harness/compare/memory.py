"""Numbers that take long to compute and depend on nothing but arrays, kept between reports."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from harness.study.code import code_digest
from tabular.table_file import data_folder, write_atomically

Numbers = tuple[float, ...]
MOST = 500_000
"""More than this many are forgotten together: nobody needs them all."""


class Memory:
    """Remembers numbers by what they were computed from. Safe to delete at any time."""

    def __init__(self, path: Path | None = None) -> None:
        """Without a path nothing outlives the process."""
        self._path = path
        self._known: dict[str, list[float]] | None = None
        self._fresh = False

    @staticmethod
    def kept() -> Memory:
        """The one in the data folder."""
        return Memory(data_folder() / "reports" / "statistics.json")

    def __call__(
        self, name: str, compute: Callable[..., Numbers], *arrays: Float[np.ndarray, " n"]
    ) -> Numbers:
        """`compute(*arrays)`, or what it gave the last time it was asked for under this name."""
        sha = hashlib.sha256(name.encode())
        for array in arrays:
            sha.update(len(array).to_bytes(8, "little") + array.tobytes())
        key = sha.hexdigest()[:24]
        if self._known is None:
            self._known = self._read()
        if key not in self._known:
            self._known[key] = [float(value) for value in compute(*arrays)]
            self._fresh = True
        return tuple(self._known[key])

    def save(self) -> None:
        """Write what is new; nothing where that cannot be done."""
        if self._path and self._known and self._fresh:
            known = self._known if len(self._known) < MOST else {}
            content = {"version": code_digest("tabular", "harness"), "known": known}
            with contextlib.suppress(OSError):
                write_atomically(self._path, json.dumps(content).encode(), durable=False)
            self._fresh = False

    def _read(self) -> dict[str, list[float]]:
        if self._path is None:
            return {}
        try:
            content: dict[str, Any] = json.loads(self._path.read_bytes())
            return dict(content["known"]) if content["version"] == code_digest("tabular", "harness") else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}
