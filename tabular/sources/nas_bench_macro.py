"""NAS-Bench-Macro (Su et al., CVPR 2021) as its authors publish it: `nas-bench-macro_cifar10.json`.

Three CIFAR-10 test accuracies (%) of independent trainings of 50 epochs per network, each the best test
accuracy among its epochs, not the last (authors' `train.py`); parameters and multiply-adds. There is no
validation split. Networks of one isomorphism class carry the record of one training.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tabular.data.source import Tell
from tabular.data.texts import plain
from tabular.errors import HarnessError
from tabular.spaces.macro import MacroSpace
from tabular.table_file import Columns

FILE = "nas-bench-macro_cifar10.json"
REPLICATES = 3


def convert(path: Path, tell: Tell) -> dict[str, Columns]:
    """`{"macro:cifar10": {"test@50": (6561, 3), "params": (6561,), "flops": (6561,)}}` in key order.

    Raises `HarnessError` for a file that cannot be read, is damaged or holds something else.
    """
    tell(0.0)
    records = _records(path)
    tell(0.5)
    space = MacroSpace()
    texts = space.to_strings(space.all())
    if not isinstance(records, dict) or set(records) != set(texts):
        raise HarnessError(f"{path.name} is no NAS-Bench-Macro table: {space.size} networks are needed")
    rows = [records[text] for text in texts]
    test = _numbers(path, rows, "test_acc", (space.size, REPLICATES))
    if not ((test >= 0) & (test <= 100)).all():
        raise HarnessError(f"{path.name} is damaged: test accuracies outside 0 .. 100 %")
    params, flops = (_numbers(path, rows, name, (space.size,)) for name in ("params", "flops"))
    tell(1.0)
    return {"macro:cifar10": {"test@50": test / 100, "params": params / 1e6, "flops": flops / 1e6}}


def _records(path: Path) -> Any:
    try:
        return json.loads(plain(path.read_bytes()))
    except OSError as problem:
        raise HarnessError(f"{path} cannot be read: {problem.strerror}") from None
    except ValueError as problem:
        raise HarnessError(f"{path.name} is no JSON file: {problem}") from None


def _numbers(path: Path, rows: list[Any], name: str, shape: tuple[int, ...]) -> np.ndarray:
    try:
        values = np.array([row[name] for row in rows], dtype=np.float64)
    except (KeyError, TypeError, ValueError):
        values = np.zeros(0)
    if values.shape != shape or not np.isfinite(values).all():
        raise HarnessError(f"{path.name} is damaged: '{name}' is not {shape} numbers")
    return values
