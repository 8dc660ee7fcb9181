"""Part of NAS-Bench-101 with all four schedules, as nasbench-vis has it: `data-20k.json`, `data-10k.json`.

Each file is a dict of lists over a stretch of the official file (Ying et al., ICML 2019), so its cells are
contiguous in ascending order of module hashes and a uniform sample of the space: 20,001 and 10,000 cells.
`key` is the module hash. Accuracies are validation accuracies (fractions) at the end of 4, 12, 36 and 108
epochs, each the best of the three trainings: compared on 110 cells whose single trainings are public, 35 are
equal to the known one, 75 are larger and none smaller; for the shorter schedules it is assumed. The training
time is one number per cell, that of the 108 epochs; nothing is recorded of the shorter schedules' times.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int64, UInt8

from tabular.data.source import Download, Source, Tell, member
from tabular.data.texts import plain
from tabular.errors import HarnessError
from tabular.spaces.nb101_hashes import BYTES, all_hashes, official_order, rows_of
from tabular.spaces.nb101_network import network_complexity
from tabular.spaces.nb101_rows import rows
from tabular.table_file import Columns, compact

TABLE = "nb101-30k:cifar10"
SCHEDULES = (4, 12, 36, 108)
COMMIT = "7aec0e76fbcd963371799af25f78223069897b58"
ADDRESS = f"https://raw.githubusercontent.com/tiga1231/nasbench-vis/{COMMIT}/static/data"
SHA256 = {
    "data-20k.json": "7eaca9658aebf16443d3df5b38e61fe75d85787abc485cfc9a2088328443c3e9",
    "data-10k.json": "2c4c46e44c8ed252f7118d7a73304137ea0a6fa26377e6795baf985369ff3c09",
}
NOTE = (
    "30,001 cells, a uniform sample of 423,624. Validation accuracies are the best of three trainings "
    "(checked for 108 epochs, assumed for 4, 12 and 36): they answer without replicate noise and lie above "
    "the mean. Times of 108 epochs are recorded, those of shorter schedules are not."
)


def convert(folder: Path, tell: Tell) -> dict[str, Columns]:
    """`nb101-30k:cifar10`, one row per line of both files, which is ascending order of module hashes.

    `valid@E` for the four schedules and `seconds@108` (n, 1), `params` in millions (n,), `hash` uint8
    (n, 16), and `row` int64 (n,), the key of `NB101Space`. The module hashes of all cells are computed on the
    way, if they are not in the data folder yet (40 s). Raises `HarnessError` for a damaged file, an unknown
    hash, cells that are not contiguous in the official order, or parameters that are not the cell's.
    """
    all_hashes(tell)
    parts = [_columns(member(folder, file)) for file in SHA256]
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    if len(np.unique(whole["row"])) != len(whole["row"]):
        raise HarnessError(f"{folder}: a cell stands in both files")
    return {TABLE: whole}


def _columns(path: Path) -> Columns:
    try:
        content = json.loads(plain(path.read_bytes()))
    except ValueError as problem:
        raise HarnessError(f"{path.name} is no JSON file: {problem}") from None
    hashes = _hashes(path, content)
    row = _checked_rows(path, hashes)
    params = _numbers(path, content, "trainable_parameters", len(row))
    own = np.round(1e6 * network_complexity(rows().cells[row], "params"))
    wrong = np.flatnonzero(own != params)
    if len(wrong):
        i = wrong[0]
        name = hashes[i].tobytes().hex()
        raise HarnessError(f"{path.name}: {name} has {params[i]:.0f} parameters, its cell has {own[i]:.0f}")
    accuracy = {
        f"valid@{epochs}": compact(_numbers(path, content, f"{epochs}_final_validation_accuracy", len(row)))
        for epochs in SCHEDULES
    }
    seconds = compact(_numbers(path, content, "final_training_time", len(row)))
    several = {**accuracy, "seconds@108": seconds}
    return {
        **{name: values[:, None] for name, values in several.items()},
        "params": params / 1e6,
        "hash": hashes,
        "row": row,
    }


def _hashes(path: Path, content: Any) -> UInt8[np.ndarray, "n 16"]:
    texts = content.get("key") if isinstance(content, dict) else None
    if not isinstance(texts, list) or not texts:
        raise HarnessError(f"{path.name} holds no list of module hashes under 'key'")
    try:
        found = [bytes.fromhex(text) for text in texts]
    except (TypeError, ValueError):
        found = [b""]
    if any(len(each) != BYTES for each in found):
        raise HarnessError(f"{path.name} is damaged: a module hash has {2 * BYTES} hex digits")
    return np.frombuffer(b"".join(found), dtype=np.uint8).reshape(-1, BYTES)


def _checked_rows(path: Path, hashes: UInt8[np.ndarray, "n 16"]) -> Int64[np.ndarray, " n"]:
    """Rows of the space, which must be a stretch of the official order without a gap."""
    row = rows_of(hashes)
    unknown = np.flatnonzero(row < 0)
    if len(unknown):
        name = hashes[unknown[0]].tobytes().hex()
        raise HarnessError(f"{path.name}: no cell of NAS-Bench-101 has the module hash {name}")
    place = np.empty(len(official_order()), dtype=np.int64)
    place[official_order()] = np.arange(len(place))
    if (np.diff(place[row]) != 1).any():
        raise HarnessError(f"{path.name} is not contiguous in the order of the official file")
    return row


def _numbers(path: Path, content: dict[str, Any], name: str, n: int) -> Float[np.ndarray, " n"]:
    try:
        values = np.array(content[name], dtype=np.float64)
    except (KeyError, TypeError, ValueError):
        values = np.zeros(0)
    if values.shape != (n,) or not np.isfinite(values).all():
        raise HarnessError(f"{path.name} is damaged: '{name}' is not {n} numbers")
    return values


SOURCE = Source(
    name="nb101-30k",
    pattern="nb101-30k",
    folder=True,
    about="30,001 cells: best of three validation accuracies after 4, 12, 36 and 108 epochs, training time",
    licence="none stated (nasbench-vis), Apache-2.0 (NAS-Bench-101)",
    convert=convert,
    kinds=("folder",),
    page="https://github.com/tiga1231/nasbench-vis",
    downloads=tuple(Download(file, f"{ADDRESS}/{file}", sha256) for file, sha256 in SHA256.items()),
    size="4.3 MB",
    note=NOTE,
)
