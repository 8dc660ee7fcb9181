"""Unpickling of plain data only: a file that names any class or function is refused."""

from __future__ import annotations

import io
import pickle
from typing import Any

from tabular.errors import HarnessError


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        raise HarnessError(f"refused: the pickle asks for {module}.{name}; only plain data is read")


def read_plain_pickle(content: bytes, name: str) -> Any:
    """Objects made of dicts, lists, numbers and strings; `HarnessError` for anything else or damage."""
    try:
        return _PlainUnpickler(io.BytesIO(content)).load()
    except HarnessError as problem:
        raise HarnessError(f"{name}: {problem}") from None
    except Exception as problem:  # a damaged pickle can raise nearly anything
        raise HarnessError(f"{name} is damaged: {problem}") from None
