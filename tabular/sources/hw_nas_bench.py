"""HW-NAS-Bench (Li et al., ICLR 2021): latency and energy of NAS-Bench-201's cells on six devices.

The official `HW-NAS-Bench-v1_0.pickle` holds, under `nasbench201` and per dataset, a list `config` (each
with the cell as `arch_str`) and one list of 15,625 numbers per device and quantity, in the same order:
latency in ms, energy in mJ, -1 where the device could not run the cell.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tabular.data.source import Tell
from tabular.errors import HarnessError
from tabular.sources.nb201_records import CELLS, official_key
from tabular.sources.pickles import read_pickle
from tabular.table_file import Columns

DATASETS = {"cifar10": "cifar10", "cifar100": "cifar100", "imagenet16-120": "ImageNet16-120"}
QUANTITIES = ("latency", "energy")
UNMEASURED = -1


def convert(path: Path, tell: Tell) -> dict[str, Columns]:
    """`hwnasbench:<dataset>` with columns `latency:<device>` (ms) and `energy:<device>` (mJ).

    NaN where nothing was measured. Raises `HarnessError` for a damaged or foreign file.
    """
    with path.open("rb") as stream:
        content = read_pickle(stream, path.name)
    tables = {}
    try:
        for done, (dataset, theirs) in enumerate(DATASETS.items(), start=1):
            tables[f"hwnasbench:{dataset}"] = _columns(content["nasbench201"][theirs])
            tell(done / len(DATASETS))
    except (KeyError, TypeError, ValueError) as problem:
        raise HarnessError(f"{path.name} is no file of HW-NAS-Bench: {problem!r}") from None
    return tables


def _columns(lists: dict[str, Any]) -> Columns:
    rows = np.array([official_key(config["arch_str"]) for config in lists["config"]])
    if len(np.unique(rows)) != CELLS:
        raise ValueError(f"{len(np.unique(rows))} different cells, not {CELLS}")
    columns = {}
    for name, values in lists.items():
        device, _, quantity = name.rpartition("_")
        if quantity in QUANTITIES:
            column = np.empty(CELLS)
            column[rows] = np.asarray(values, dtype=np.float64)
            columns[f"{quantity}:{device}"] = np.where(column == UNMEASURED, np.nan, column)
    if not columns:
        raise ValueError("no latency and no energy")
    return columns
