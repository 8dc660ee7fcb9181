"""Unpickling of plain data only: a file that asks for any other class or function is refused."""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

from tabular.errors import HarnessError

Allowed = Mapping[tuple[str, str], Any]
PLAIN: Allowed = {}
"""Dicts, lists, tuples, sets, numbers and strings alone."""
SCALAR = type(np.float64(0)).__reduce__(np.float64(0))[0]  # numpy's own maker of scalars
ARRAY = np.zeros(0).__reduce__()[0]
ARRAYS: Allowed = {
    **{
        (builtins, kind.__name__): kind
        for builtins in ("builtins", "__builtin__")
        for kind in (set, frozenset)
    },
    ("collections", "OrderedDict"): OrderedDict,
    ("numpy", "dtype"): np.dtype,
    ("numpy", "ndarray"): np.ndarray,
    **{(f"numpy.{core}.multiarray", "scalar"): SCALAR for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "_reconstruct"): ARRAY for core in ("core", "_core")},
}
"""Sets, ordered dicts, numpy's numbers and arrays besides: all they can do is hold data."""


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
