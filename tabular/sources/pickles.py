"""Unpickling of plain data only: a file that asks for any other class or function is refused."""

from __future__ import annotations

import io
import pickle
import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

from tabular.errors import HarnessError

Allowed = Mapping[tuple[str, str], Any]
PLAIN: Allowed = {}
"""Dicts, lists, tuples, sets, numbers and strings alone."""


class _Number:
    """Stands in for `numpy.dtype`: a type of plain numbers, whatever state the pickle wants to give it.

    A real dtype could be told that its bytes are pointers to objects.
    """

    def __init__(self, code: str, *_: object) -> None:
        if not isinstance(code, str) or not NUMBERS.fullmatch(code):
            raise HarnessError(f"refused: the pickle asks for numpy's type {str(code)[:40]!r}")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Only the byte order is taken."""
        order = state[1]
        if order in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(order)


class _Array:
    """Stands in for `numpy.ndarray` in the result; `np.asarray` makes the array."""

    def __init__(self, *_: object) -> None:
        self._values = np.empty(0)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, number, fortran, content = state
        if not isinstance(number, _Number) or not isinstance(content, bytes):
            raise HarnessError("refused: the pickle holds an array that is not of numbers")
        values = np.frombuffer(content, dtype=number.dtype)
        self._values = values.reshape(shape, order="F" if fortran else "C")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self._values, dtype=dtype)

    def __len__(self) -> int:
        return len(self._values)


def _scalar(number: object, content: object) -> Any:
    if not isinstance(number, _Number) or not isinstance(content, bytes):
        raise HarnessError("refused: the pickle holds a scalar that is no number")
    (value,) = np.frombuffer(content, dtype=number.dtype)
    return value


NUMBERS = re.compile(r"[<>=|]?(?:[iu][1248]|f[248]|b1|\?)")
ARRAYS: Allowed = {
    **{(module, "set"): set for module in ("builtins", "__builtin__")},
    ("collections", "OrderedDict"): OrderedDict,
    ("numpy", "dtype"): _Number,
    ("numpy", "ndarray"): _Array,
    **{(f"numpy.{core}.multiarray", "scalar"): _scalar for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _Array for core in ("core", "_core")},
}
"""Sets, ordered dicts, numpy's numbers and arrays of them besides: all they can do is hold data."""


class _DataUnpickler(pickle.Unpickler):
    def __init__(self, stream: Any, allowed: Allowed) -> None:
        super().__init__(stream)
        self._allowed = allowed

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("_codecs", "encode"):
            return _latin1  # how old pickles spell bytes
        if (module, name) not in self._allowed:
            raise HarnessError(f"refused: the pickle asks for {module}.{name}; only plain data is read")
        return self._allowed[module, name]


def read_plain_pickle(content: bytes, name: str) -> Any:
    """Objects made of dicts, lists, numbers and strings; `HarnessError` for anything else or damage."""
    return read_pickle(io.BytesIO(content), name, PLAIN)


def read_pickle(stream: Any, name: str, allowed: Allowed = ARRAYS) -> Any:
    """One pickled object of a binary stream; `HarnessError` for a class that is not `allowed`, or damage.

    The stream is `Any` because checkers at run time take no `BytesIO` for an `IO[bytes]`.
    """
    try:
        return _DataUnpickler(stream, allowed).load()
    except HarnessError as problem:
        raise HarnessError(f"{name}: {problem}") from None
    except Exception as problem:  # a damaged pickle can raise nearly anything
        raise HarnessError(f"{name} is damaged: {problem}") from None


def _latin1(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise HarnessError(f"refused: the pickle encodes text as {encoding!r}")
    return text.encode("latin1")
