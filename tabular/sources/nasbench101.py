"""NAS-Bench-101 from its official files, `nasbench_only108.tfrecord` and `nasbench_full.tfrecord`.

Ying et al., ICML 2019: three trainings of every cell on CIFAR-10 for 108 epochs (and for 4, 12 and 36 in the
full file), each with an evaluation half-way. Apache-2.0.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Int64
from numpy.typing import ArrayLike

from tabular.errors import HarnessError
from tabular.sources.nasbench101_metrics import MEASURES
from tabular.sources.nasbench101_payloads import Trainings, read_trainings
from tabular.sources.tfrecord import Records, read_records
from tabular.spaces.nb101 import NB101Space
from tabular.spaces.nb101_graphs import fingerprint
from tabular.spaces.nb101_rows import rows
from tabular.table_file import Columns

EPOCHS = (4, 12, 36, 108)
REPLICATES = 3
CHECKED = 32
"""Records per block whose recorded module hash is computed again, about 0.1 ms each."""


def convert(path: Path, tell: Callable[[float], None]) -> dict[str, Columns]:
    """The table of an official file as columns of "nb101:cifar10", one row per row of `NB101Space`.

    For each schedule of E epochs in the file: `valid@E`, `test@E`, `train@E` (fractions) and `seconds@E`,
    each (423624, 3) with replicates in file order, and the same `@E:<E/2>` half-way. `params` in millions
    (423624,), as recorded; `hash` uint8 (423624, 16), the recorded module hash. NaN (`hash`: 0) where the
    file has nothing. `tell` hears the share of the file that has been read. Raises `HarnessError` for a
    damaged file, a record that is no training, an unknown cell, a fourth replicate, a hash that differs
    between trainings of a cell or, for 32 records of every 16 MB, is not the cell's. A complete file is not
    asked for: its size and checksum are the downloader's business.
    """
    table = _Table(path.name)
    size = max(path.stat().st_size, 1) if path.is_file() else 1
    for records in read_records(path):
        if len(records):
            table.add(records, read_trainings(records, path.name))
        tell(min((records.offset + len(records.data)) / size, 1.0))
    if not table.columns:
        raise HarnessError(f"{path.name} holds no records; an official file of NAS-Bench-101 is needed")
    return {"nb101:cifar10": {**table.columns, "params": table.params, "hash": table.hashes}}


class _Table:
    """Columns that fill as the file is read."""

    def __init__(self, name: str) -> None:
        self.name, self.space = name, NB101Space()
        self.columns: Columns = {}
        self.params = np.full(self.space.size, np.nan)
        self.hashes = np.zeros((self.space.size, 16), dtype=np.uint8)
        self._known = np.zeros(self.space.size, dtype=bool)
        self._count = np.zeros(len(EPOCHS) * self.space.size, dtype=np.uint16)

    def add(self, records: Records, found: Trainings) -> None:
        """Enter the trainings of one block."""
        row = self._rows(records, found)
        self._check_hashes(records, found, row)
        schedule = np.searchsorted(EPOCHS, found.epochs)
        foreign = np.asarray(EPOCHS)[np.minimum(schedule, len(EPOCHS) - 1)] != found.epochs
        self._refuse(records, foreign, lambda i: f"{found.epochs[i]} epochs; 4, 12, 36 or 108 are known")
        values = found.values
        outside = ((values[:, :, 1:] < 0) | (values[:, :, 1:] > 1)).any(axis=(1, 2))
        self._refuse(records, outside, lambda i: "an accuracy outside 0..1")
        replicate = self._replicates(schedule, row)
        self._refuse(records, replicate >= REPLICATES, lambda i: "a fourth training of one cell and schedule")
        for number in np.unique(schedule).tolist():
            mine = schedule == number
            self._store(EPOCHS[number], row[mine], replicate[mine], values[mine])

    def _rows(self, records: Records, found: Trainings) -> Int64[np.ndarray, " n"]:
        inside = self.space.contains(found.cells)
        self._refuse(records, ~inside, lambda i: "its cell is not in the search space")
        return rows().find(fingerprint(found.cells.adjacency, found.cells.ops))

    def _check_hashes(self, records: Records, found: Trainings, row: Int64[np.ndarray, " n"]) -> None:
        some = np.unique(np.linspace(0, len(row) - 1, CHECKED).astype(np.int64))
        own = [bytes.fromhex(each) for each in self.space.module_hash(found.cells[some])]
        wrong = np.zeros(len(row), dtype=bool)
        wrong[some] = [mine != given.tobytes() for mine, given in zip(own, found.hashes[some], strict=True)]
        new = np.flatnonzero(~self._known[row])[::-1]  # the first of a cell is entered last, and stays
        self.hashes[row[new]], self.params[row[new]] = found.hashes[new], found.params[new] / 1e6
        self._known[row] = True
        wrong |= (self.hashes[row] != found.hashes).any(axis=1)
        self._refuse(
            records, wrong, lambda i: f"module hash {found.hashes[i].tobytes().hex()} is not its cell's"
        )

    def _replicates(
        self, schedule: Int64[np.ndarray, " n"], row: Int64[np.ndarray, " n"]
    ) -> Int64[np.ndarray, " n"]:
        """How many trainings of the same cell and schedule come before each one in the file."""
        key = schedule * self.space.size + row
        order = np.argsort(key, kind="stable")
        _, first, times = np.unique(key[order], return_index=True, return_counts=True)
        within = np.empty(len(key), dtype=np.int64)
        within[order] = np.arange(len(key)) - np.repeat(first, times)
        before = self._count[key] + within
        np.add.at(self._count, key, 1)
        return before

    def _store(
        self,
        epochs: int,
        row: Int64[np.ndarray, " n"],
        replicate: Int64[np.ndarray, " n"],
        values: np.ndarray,
    ) -> None:
        for evaluation, suffix in enumerate((f"{epochs}:{epochs // 2}", f"{epochs}")):
            for measure, split in enumerate(MEASURES):
                new = values[:, evaluation, measure]
                self._write(f"{split}@{suffix}", row, replicate, new)

    def _write(
        self, name: str, row: Int64[np.ndarray, " n"], replicate: Int64[np.ndarray, " n"], new: np.ndarray
    ) -> None:
        """Enter values; a column is float32 as long as that holds every one of them exactly."""
        if name not in self.columns:
            self.columns[name] = np.full((self.space.size, REPLICATES), np.nan, dtype=np.float32)
        short = new.astype(np.float32)
        if self.columns[name].dtype == np.float32 and not np.array_equal(short, new, equal_nan=True):
            self.columns[name] = self.columns[name].astype(np.float64)
        self.columns[name][row, replicate] = new

    def _refuse(self, records: Records, wrong: ArrayLike, reason: Callable[[int], str]) -> None:
        for i in np.flatnonzero(wrong).tolist():
            raise HarnessError(f"{self.name}: {records.place(i)}: {reason(i)}")
