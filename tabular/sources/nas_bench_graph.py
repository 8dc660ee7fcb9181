"""NAS-Bench-Graph (Qin et al., NeurIPS 2022) as in the PyPI wheel `nas-bench-graph` (Apache-2.0).

Per architecture and dataset: validation and test performance (fractions: accuracy, ROC-AUC on proteins),
latency (no unit is given: taken to be seconds, ms here) and parameters (millions), one number each, the mean
over the authors' three seeds. Without replicates, curves or training times (curves are in the authors'
separate download). The number of epochs is not in the wheel, so
the columns are `valid@1` and `test@1`: one complete training. On ogbn-proteins 2,021 architectures were
trained, those of the operations gcn, sage, arma, fc and skip alone.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
from pathlib import Path
from typing import Any

import numpy as np

from tabular.data.source import Tell
from tabular.errors import HarnessError, MissingData, unknown
from tabular.sources.pickles import read_pickle
from tabular.spaces.nas_bench_graph_trees import listed_hashes
from tabular.table_file import Columns, cached_table

DATASETS = ("cora", "citeseer", "pubmed", "cs", "physics", "photo", "computers", "arxiv", "proteins")
PASSPORT = {"source": "PyPI nas-bench-graph", "licence": "Apache-2.0"}
FIELDS = {
    "valid_perf": ("valid@1", 1),
    "perf": ("test@1", 1),
    "para": ("params", 1),
    "latency": ("latency:gpu", 1e3),
}
"""Name in the wheel; column and what the value is multiplied by."""


def nas_bench_graph_table(dataset: str) -> tuple[Columns, dict[str, str]]:
    """Columns of one dataset from the installed wheel and the table's passport with the file's sha256.

    Raises `HarnessError` if the wheel is not installed, its file is damaged or there is no such dataset.
    """
    if dataset not in DATASETS:
        raise unknown("dataset", dataset, DATASETS)
    path = installed_folder() / f"{dataset}.bench"
    sha = hashlib.sha256(_content(path)).hexdigest()
    return cached_table(f"nas-bench-graph:{dataset}", sha, PASSPORT, lambda: _columns(path))


def convert(path: Path, tell: Tell) -> dict[str, Columns]:
    """Columns by `nas-bench-graph:<dataset>` of the wheel's folder of nine `.bench` files, or of one file.

    `valid@1` and `test@1` (26206, 1), `params` and `latency:gpu` (26206,) in key order; NaN where an
    architecture was not trained. Raises `HarnessError` for a file that is damaged or something else.
    """
    files = [path / f"{dataset}.bench" for dataset in DATASETS] if path.is_dir() else [path]
    if files[0].stem not in DATASETS:
        raise HarnessError(f"{path.name} is no file of NAS-Bench-Graph: {', '.join(DATASETS)}.bench are")
    tables = {}
    tell(0.0)
    for done, file in enumerate(files, start=1):
        tables[f"nas-bench-graph:{file.stem}"] = _columns(file)
        tell(done / len(files))
    return tables


def installed_folder() -> Path:
    """The folder of the wheel's files; `HarnessError` if it is not installed. Nothing of it is imported."""
    spec = importlib.util.find_spec("nas_bench_graph")
    if spec is None or not spec.submodule_search_locations:
        raise MissingData("the NAS-Bench-Graph tables are missing: pip install nas-bench-graph")
    return Path(spec.submodule_search_locations[0]) / "light"


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise HarnessError(
            f"{path} cannot be read ({problem.strerror}); pip install --force-reinstall nas-bench-graph"
        ) from None


def _columns(path: Path) -> Columns:
    records: Any = read_pickle(io.BytesIO(_content(path)), path.name)
    hashes = listed_hashes()
    try:
        given = np.array(list(records), dtype=np.int64)
        values = {name: np.array([float(record[name]) for record in records.values()]) for name in FIELDS}
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as problem:
        raise HarnessError(f"{path.name} is no file of NAS-Bench-Graph: {problem!r}") from None
    rows = np.searchsorted(hashes, given).clip(max=len(hashes) - 1)
    wrong = given[hashes[rows] != given]
    if len(wrong) or not len(given):
        raise HarnessError(
            f"{path.name} holds no architectures or unknown ones, such as {wrong[:1].tolist()}"
        )
    columns = {}
    for field, (column, factor) in FIELDS.items():
        filled = np.full(len(hashes), np.nan)
        filled[rows] = values[field] * factor
        columns[column] = filled[:, None] if "@" in column else filled
    return columns
