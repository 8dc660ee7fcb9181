"""A table as columns of texts and of numbers, whatever they mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from tabular.errors import unknown


@dataclass(frozen=True, eq=False)
class Sheet:
    """Columns of equal length, by name in the order of the file."""

    name: str
    """Of the file."""
    rows: int
    written: Mapping[str, Callable[[], list[Any]]]
    """Of every column what stands in the file: texts, or lists of them or of numbers; None for nothing."""
    numbers: Mapping[str, Float[np.ndarray, " rows"]]
    """Of the columns that hold numbers; NaN for nothing."""
    faults: Mapping[str, str]
    """Of columns that nearly are of numbers, what keeps them from that: a line and what stands there."""

    def texts(self, column: str) -> list[Any]:
        """What is written in a column; `HarnessError` with the closest where there is none of that name."""
        if column not in self.written:
            raise unknown(f"column of {self.name}", column, self.written)
        return self.written[column]()

    def only(self, rows: np.ndarray) -> Sheet:
        """The same with those rows alone, in their order."""

        def chosen(read: Callable[[], list[Any]]) -> Callable[[], list[Any]]:
            return lambda: [column[row] for column in [read()] for row in rows.tolist()]

        written = {name: chosen(read) for name, read in self.written.items()}
        numbers = {name: column[rows] for name, column in self.numbers.items()}
        return replace(self, rows=len(rows), written=written, numbers=numbers)
