"""TransNAS-Bench-101 (Duan et al., CVPR 2021): the authors' file, or a parquet table of final results.

Authors' file (`transnas-bench_v10141024.pth`): a dict saved by torch, with `data[space][architecture][task]`
= {`total_epochs`, `metrics`: {name: one value per epoch}, `model_info`}; layout as the authors' `api.py`
reads it. Parquet: one row per architecture, `arch_str` and one column per task: the validation metric of the
last epoch. Bigger is better in every task. Accuracies are in percent in both and become fractions; the
negative loss of room_layout and the structural similarity of autoencoder and normal stay as they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from tabular.data.kinds import kind_of
from tabular.data.source import Tell
from tabular.errors import HarnessError
from tabular.sources.parquet_table import has_names, names, read_parquet
from tabular.sources.torch_file import read_torch_file
from tabular.space import EnumerableSpace
from tabular.spaces.transnas import TransNASMacroSpace, TransNASMicroSpace
from tabular.table_file import Columns, compact

# task: metric in the authors' file, what it is divided by, epochs of the training (the authors' file states
# them; the parquet does not, there they are as public readers of that file give them)
TASKS = {
    "class_object": ("top1", 100, 25),
    "class_scene": ("top1", 100, 25),
    "jigsaw": ("top1", 100, 10),
    "room_layout": ("neg_loss", 1, 25),
    "segmentsemantic": ("acc", 100, 30),
    "autoencoder": ("ssim", 1, 30),
    "normal": ("ssim", 1, 30),
}
FAMILIES = {"micro": TransNASMicroSpace, "macro": TransNASMacroSpace}


def convert_micro(path: Path, tell: Tell) -> dict[str, Columns]:
    """Columns by `transnas-micro:<task>` for the 4,096 cells in key order: `valid@E` (rows, 1).

    E is the epochs of the task. From the authors' file also `test@E`, the curves `curve:valid@E` and
    `curve:test@E` (rows, 1, E) and `seconds@E`, the wall time from the start of the training to its end,
    evaluations included. NaN where the file lacks an architecture. Raises `HarnessError` for a file that is
    damaged or something else.
    """
    return _convert(path, tell, "micro")


def convert_macro(path: Path, tell: Tell) -> dict[str, Columns]:
    """As `convert_micro`, by `transnas-macro:<task>` for the 3,256 networks of the macro space."""
    return _convert(path, tell, "macro")


def _convert(path: Path, tell: Tell, family: str) -> dict[str, Columns]:
    tell(0.0)
    space = FAMILIES[family]()
    if kind_of(path).name in ("parquet", "cut"):
        tables = _from_parquet(path, space)
    else:
        tables = _from_authors(path, family, space, tell)
    tell(1.0)
    return {
        f"{space.name}:{task}": {name: compact(values) for name, values in table.items()}
        for task, table in tables.items()
    }


def _from_parquet(path: Path, space: EnumerableSpace) -> dict[str, Columns]:
    table = read_parquet(path)
    missing = [task for task in TASKS if task not in table]
    if missing or not has_names(table, "arch_str"):
        lacking = missing[0] if missing else "arch_str"
        raise HarnessError(f"{path.name} is no TransNAS-Bench-101 table: it has no column '{lacking}'")
    rows = _rows(names(table, "arch_str"), path.name, space)
    tables = {}
    for task, (_, unit, epochs) in TASKS.items():
        valid = np.full((space.size, 1), np.nan)
        valid[rows, 0] = table[task].to_numpy(dtype=np.float64) / unit
        tables[task] = {f"valid@{epochs}": valid}
    return tables


def _from_authors(path: Path, family: str, space: EnumerableSpace, tell: Tell) -> dict[str, Columns]:
    database = read_torch_file(path)
    tell(0.6)
    try:
        records = database["data"][family]
        rows = _rows(list(records), path.name, space)
        tables: dict[str, Columns] = {}
        for number, (task, (metric, unit, _)) in enumerate(TASKS.items(), start=1):
            tables[task] = {}
            for row, record in zip(rows.tolist(), records.values(), strict=True):
                _add(tables[task], space.size, row, record[task], metric, unit)
            tell(0.6 + 0.4 * number / len(TASKS))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as problem:
        raise HarnessError(
            f"{path.name} is no TransNAS-Bench-101 file: {type(problem).__name__} {problem}"
        ) from None
    return tables


def _add(table: Columns, size: int, row: int, record: dict[str, Any], metric: str, unit: int) -> None:
    """Put one training into the columns of its length, which are made when they are first needed."""
    epochs, metrics = int(record["total_epochs"]), record["metrics"]
    for split in ("valid", "test"):
        curve = np.array(metrics[f"{split}_{metric}"], dtype=np.float64) / unit
        if curve.shape != (epochs,):
            raise ValueError(f"{len(curve)} values for {epochs} epochs")
        _column(table, f"curve:{split}@{epochs}", (size, 1, epochs))[row, 0] = curve
        _column(table, f"{split}@{epochs}", (size, 1))[row, 0] = curve[-1]
    _column(table, f"seconds@{epochs}", (size, 1))[row, 0] = _seconds(metrics["time_elapsed"][-1])


def _column(table: Columns, name: str, shape: tuple[int, ...]) -> np.ndarray:
    if name not in table:
        table[name] = np.full(shape, np.nan)
    return table[name]


def _seconds(elapsed: str | float) -> float:
    """Seconds of a number or of hours:minutes:seconds, the form in which the authors' code logs them."""
    if isinstance(elapsed, str):
        hours, minutes, seconds = elapsed.split(":")
        return 3600.0 * int(hours) + 60 * int(minutes) + int(seconds)
    return float(elapsed)


def _rows(texts: list[str], name: str, space: EnumerableSpace) -> Int[np.ndarray, " n"]:
    """Keys of official names such as 64-41414-1_02_333 and 64-1234-basic; each may stand once."""
    try:
        keys = space.keys(space.parse(texts, "official"))
    except HarnessError as problem:
        raise HarnessError(f"{name}: {problem}") from None
    if not len(keys) or len(np.unique(keys)) != len(keys):
        raise HarnessError(f"{name} holds no {space.name} architecture, or one twice")
    return keys
