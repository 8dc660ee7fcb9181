"""NAS-Bench-201 from a parquet table: one row per cell, accuracies in percent, times in seconds.

Columns per dataset prefix (`c10`, `c100`, `im16`); `key` holds the six digits of the cell (as a column or the
index, as text or number), or `arch_str` its official text:

- `<prefix>_val200_s0` .. `_s2`: validation accuracy of each 200-epoch training (may be missing);
- `<prefix>_test200`: mean test accuracy over them; `<prefix>_train_time_s`: seconds of one training;
- `<prefix>_val12`, `<prefix>_test12`: of the 12-epoch training.

Two more columns follow from these. An epoch takes the same time in both schedules in the official records
(checked on real ones), so `seconds@12` is 12/200 of `seconds@200`. The images of ori-test are those of
x-valid and x-test in equal parts, so on CIFAR-100 and ImageNet16-120 its mean is the mean of the two.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tabular.data.source import Tell
from tabular.errors import HarnessError
from tabular.sources.nb201_records import official_key
from tabular.sources.parquet_table import has_names, names, read_parquet
from tabular.table_file import Columns

if TYPE_CHECKING:
    import pandas as pd

CELLS, DIGITS = 5**6, 6
KEY = re.compile("[0-4]{6}")
ONCE = f"it must hold each of the {CELLS} cells once, as six digits 0..4 in 'key'"
PREFIXES = {"cifar10": "c10", "cifar100": "c100", "imagenet16-120": "im16"}
MEANS = {
    "nb201:cifar10": "test@200 valid@12",
    "nb201:cifar100": "test@200 ori-test@200",
    "nb201:imagenet16-120": "test@200 ori-test@200",
}
"""Columns of which the table holds the mean over several trainings alone."""
DERIVED = "seconds@12 is 12/200 of seconds@200; ori-test is the mean of x-valid and x-test."


def convert(path: Path, tell: Tell) -> dict[str, Columns]:
    """Tables of the three datasets. Raises `HarnessError` for a damaged file or one of another schema."""
    table = read_parquet(path)
    rows = _rows(table, path.name)
    tables = {}
    for done, (dataset, prefix) in enumerate(PREFIXES.items(), start=1):
        tables[f"nb201:{dataset}"] = _columns(table, prefix, rows, path.name)
        tell(done / len(PREFIXES))
    return tables


def _rows(table: pd.DataFrame, name: str) -> np.ndarray:
    """Key of each line, by digits or the official text; `HarnessError` unless each cell is there once."""
    if "arch_str" in table or not has_names(table, "key"):
        if not has_names(table, "arch_str"):
            raise HarnessError(f"{name} has no column 'key' and none 'arch_str'")
        official = np.array([official_key(text) for text in names(table, "arch_str")])
        if "key" not in table and "key" not in table.index.names:
            return _each_once(official, name)
    texts = names(table, "key", DIGITS)
    if not all(KEY.fullmatch(text) for text in texts):
        wrong = next(text for text in texts if not KEY.fullmatch(text))
        raise HarnessError(f"{name} holds the key '{wrong}': {ONCE}")
    keys = np.array([int(text, 5) for text in texts], dtype=np.int64)
    if "arch_str" in table and (keys != official).any():
        row = int(np.argmax(keys != official))
        raise HarnessError(
            f"{name}: key {texts[row]} and arch_str {table['arch_str'].iloc[row]} of line {row} are two cells"
        )
    return _each_once(keys, name)


def _each_once(keys: np.ndarray, name: str) -> np.ndarray:
    different = len(np.unique(keys))
    if different != CELLS or len(keys) != CELLS:
        raise HarnessError(f"{name} has {len(keys)} lines of {different} cells: {ONCE}")
    return keys


def _columns(table: pd.DataFrame, prefix: str, rows: np.ndarray, name: str) -> Columns:
    replicates = [f"{prefix}_val200_s{k}" for k in range(3)]
    found = {
        "valid@200": _numbers(table, replicates, rows, name) / 100,
        "test@200": _numbers(table, [f"{prefix}_test200"], rows, name) / 100,
        "valid@12": _numbers(table, [f"{prefix}_val12"], rows, name) / 100,
        "test@12": _numbers(table, [f"{prefix}_test12"], rows, name) / 100,
        "seconds@200": _numbers(table, [f"{prefix}_train_time_s"], rows, name),
    }
    found["seconds@12"] = found["seconds@200"] * 12 / 200
    if prefix != "c10":
        for epochs in (12, 200):
            valid = np.nanmean(found[f"valid@{epochs}"], axis=1, keepdims=True)
            found[f"ori-test@{epochs}"] = (valid + found[f"test@{epochs}"]) / 2
    return found


def _numbers(table: pd.DataFrame, columns: list[str], rows: np.ndarray, name: str) -> np.ndarray:
    missing = [column for column in columns if column not in table]
    if missing:
        raise HarnessError(f"{name} has no column '{missing[0]}'")
    values = np.empty((CELLS, len(columns)))
    try:
        values[rows] = table[columns].to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise HarnessError(f"{name}: {columns[0]} holds no numbers ({problem})") from None
    return values
