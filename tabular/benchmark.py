"""Benchmarks: the recorded truth about a search space. Methods never see one; the oracle does."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float

from tabular.cells import Cells
from tabular.space import EnumerableSpace


@dataclass(frozen=True)
class Benchmark:
    """A table over an enumerable space: accuracies and training times by split, epochs and replicate."""

    name: str
    """Full name, for example `nb201:cifar10`."""
    space: EnumerableSpace
    digest: str
    """sha256 (hex) of the table's content."""
    epochs: int
    """Length in epochs of the full schedule: what `optimum` speaks of."""
    columns: dict[str, Float[np.ndarray, "rows replicates"]] = field(repr=False)
    """As in `tabular.table_file`: `valid@200`, `seconds@200`, ... in key order of the space."""
    passport: dict[str, str] = field(repr=False)
    """Where the table comes from: source, checksum, licence."""

    def has(self, split: str, epochs: int) -> bool:
        """Whether the table records this column at all."""
        return f"{split}@{epochs}" in self.columns

    def accuracy(self, cells: Cells, split: str, epochs: int) -> Float[np.ndarray, "n replicates"]:
        """Recorded accuracy (fraction) of every replicate; NaN where the table has none."""
        return self._look_up(cells, f"{split}@{epochs}")

    def seconds(self, cells: Cells, epochs: int) -> Float[np.ndarray, "n replicates"]:
        """Recorded training time (s) of every replicate; NaN where the table has none."""
        return self._look_up(cells, f"seconds@{epochs}")

    def truth(self, split: str = "valid", epochs: int | None = None) -> Float[np.ndarray, " rows"]:
        """Mean over replicates for the whole table in key order; NaN where nothing is recorded."""
        column = self.columns.get(f"{split}@{epochs or self.epochs}")
        return np.full(self.space.size, np.nan) if column is None else mean_recorded(column)

    @cached_property
    def optimum(self) -> float:
        """Best mean over replicates of the full schedule's validation accuracy (fraction)."""
        return float(np.nanmax(self.truth()))

    def _look_up(self, cells: Cells, column: str) -> Float[np.ndarray, "n replicates"]:
        keys = self.space.keys(cells)
        if column not in self.columns:
            return np.full((len(keys), 1), np.nan)
        return self.columns[column][keys]


def mean_recorded(values: Float[np.ndarray, "n replicates"]) -> Float[np.ndarray, " n"]:
    """Row means over the replicates that exist; NaN where none does."""
    present = ~np.isnan(values)
    count = present.sum(axis=1)
    total = np.where(present, values, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
