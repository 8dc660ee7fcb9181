"""Unpickling of plain data in which some numbers are numpy scalars; nothing of numpy is called by the file."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np

from tabular.errors import HarnessError

NUMBERS = frozenset({"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"})
ORDERS = frozenset({"<", ">", "|", "="})


class _Type:
    """Stands in for `numpy.dtype`: takes the codes of numbers and no others."""

    def __init__(self, code: str, *flags: bool) -> None:
        if code not in NUMBERS:
            raise HarnessError(f"refused: the pickle asks for numpy type {code!r}; only numbers are read")
        self.code = code

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] not in ORDERS:
            raise HarnessError(f"refused: byte order {state[1]!r} in the pickle")
        self.code = state[1] + self.code


def _scalar(kind: _Type, content: bytes) -> Any:
    return np.frombuffer(content, dtype=np.dtype(kind.code), count=1)[0].item()


ALLOWED = {
    ("numpy", "dtype"): _Type,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy._core.multiarray", "scalar"): _scalar,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in ALLOWED:
            return ALLOWED[module, name]
        raise HarnessError(f"refused: the pickle asks for {module}.{name}; only plain data is read")

    def persistent_load(self, pid: Any) -> Any:
        raise HarnessError("refused: the pickle asks for data outside it; only plain data is read")


def read_pickles(content: bytes, name: str) -> Iterator[Any]:
    """The objects pickled one behind the other: dicts, lists, strings and numbers, numpy's as Python's.

    Raises `HarnessError` for anything else or damage, when it is reached.
    """
    stream = io.BytesIO(content)
    while stream.tell() < len(content):
        try:
            yield _Unpickler(stream).load()
        except HarnessError as problem:
            raise HarnessError(f"{name}: {problem}") from None
        except Exception as problem:  # a damaged pickle can raise nearly anything
            raise HarnessError(f"{name} is damaged: {problem}") from None
