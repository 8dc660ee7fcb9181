"""NAS-Bench-101's test accuracies of the first of three trainings, as ObfuNAS publishes them: `test.npy`.

Zhou et al., ICCAD 2022 (ObfuNAS), after Ying et al., ICML 2019: one number (a fraction) for each of the
423,624 cells after 108 epochs, in the order of the official file, which is ascending module hashes. The file
names no cell: what says that the order is right is its checksum, and how accuracies go with our parameters.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tabular.data.doctor import rank_correlation
from tabular.data.source import Download, Source, Tell
from tabular.errors import HarnessError
from tabular.spaces.nb101_hashes import all_hashes, official_order
from tabular.spaces.nb101_network import network_complexity
from tabular.spaces.nb101_rows import SIZE, rows
from tabular.table_file import Columns, compact

TABLE, FILE = "nb101:run0", "test.npy"
COMMIT = "c8d9c7153f098f97fde65e007594fd87202f298d"
ADDRESS = f"https://raw.githubusercontent.com/Tongzhou0101/ObfuNAS/{COMMIT}/data/{FILE}"
SHA256 = "b4fef45e66f986cbbdd1dd182a0456438a7e34e3124c2929300c87c0ef25fcc5"
NOTE = (
    "Test accuracy after 108 epochs of the first of the three trainings; neither validation accuracy nor "
    "training time is in it."
)
WITH_PARAMETERS, TOLERANCE = 0.43144, 5e-4
"""Measured on the published file: Spearman's correlation of accuracies and parameters over all cells. In
another order it is 0 but for chance (standard deviation .0015)."""


def convert(path: Path, tell: Tell) -> dict[str, Columns]:
    """`nb101:run0`: `test@108` (423624, 1), in key order of `NB101Space`.

    The module hashes of all cells are computed on the way, if they are not in the data folder yet (40 s).
    Raises `HarnessError` for another number of values, and for values in another order.
    """
    values = np.load(path, allow_pickle=False)
    if values.shape != (SIZE,) or not np.issubdtype(values.dtype, np.floating):
        raise HarnessError(f"{path.name} holds {values.dtype} {values.shape}, not {SIZE:,} accuracies")
    all_hashes(tell)
    test = np.empty(SIZE)
    test[official_order()] = values
    found = rank_correlation(test, network_complexity(rows().cells, "params"))
    if not abs(found - WITH_PARAMETERS) < TOLERANCE:
        raise HarnessError(
            f"{path.name} is not in ascending order of module hashes, or holds something else: its rank "
            f"correlation with the cells' parameters is {found:.4f}, not {WITH_PARAMETERS:.4f}"
        )
    return {TABLE: {"test@108": compact(test)[:, None]}}


SOURCE = Source(
    name="nb101-run0",
    pattern=FILE,
    about="test accuracy of the first training of every cell after 108 epochs",
    licence="MIT (ObfuNAS), Apache-2.0 (NAS-Bench-101)",
    convert=convert,
    kinds=("numpy",),
    page="https://github.com/Tongzhou0101/ObfuNAS",
    downloads=(Download(FILE, ADDRESS, SHA256),),
    sha256=SHA256,
    size="3.4 MB",
    note=NOTE,
)
