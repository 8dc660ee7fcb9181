"""Reading csv files: cells with commas, semicolons or tabs between them, a first line of names."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from tabular.errors import HarnessError
from tabular.points.sheet import Sheet

DELIMITERS = ",;\t"
NOTHING = frozenset({"", "nan", "na", "n/a", "null", "none", "<na>"})
NUMBERS = {"true": "1", "false": "0", **dict.fromkeys(NOTHING, "nan")}
"""What stands for numbers, in small letters."""
CHUNK = 20_000
"""Lines that are read together. Columns that hold fractions there need not be kept as texts."""
QUOTED = 40


def of_csv(file: Path) -> Sheet:
    """The columns; raises `HarnessError` for what is no such file."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            head = stream.readline()
            stream.seek(0)
            lines = csv.reader(stream, delimiter=max(DELIMITERS, key=head.count))
            names = _names(next(lines, []), file.name)
            columns = [Column() for _ in names]
            rows = 0
            while chunk := list(islice(_whole(lines, len(names), file.name), CHUNK)):
                for column, cells in zip(columns, zip(*chunk, strict=True), strict=True):
                    column.extend(cells, rows)
                rows += len(chunk)
    except (UnicodeDecodeError, csv.Error) as problem:
        raise HarnessError(f"{file.name} is neither csv nor parquet ({problem})") from None
    found = dict(zip(names, columns, strict=True))
    return Sheet(
        file.name,
        rows,
        {name: column.written for name, column in found.items()},
        {name: column.numbers for name, column in found.items() if column.is_number},
        {name: column.fault for name, column in found.items() if column.is_nearly_number},
    )


def _names(line: Sequence[str], file: str) -> list[str]:
    """Of the columns; `HarnessError` if one stands twice."""
    names = [name.strip() for name in line]
    twice = [name for name in names if name and names.count(name) > 1]
    if twice or names.count("") > 1:
        raise HarnessError(f"{file} has several columns '{(twice or [''])[0]}'")
    if not names:
        raise HarnessError(f"{file} is empty")
    return names


def _whole(lines: Any, width: int, file: str) -> Iterator[list[str]]:
    """Lines that are not empty; `HarnessError` for one with more or fewer cells than there are columns."""
    for line in lines:
        if line and len(line) != width:
            raise HarnessError(f"{file}, line {lines.line_num}: {len(line)} cells, and {width} columns")
        if line:
            yield line


class Column:
    """A column while it is read: as numbers, as texts, or both where a whole number may be a name."""

    def __init__(self) -> None:
        self._numbers: list[Float[np.ndarray, " n"]] = []
        self._texts: list[str] | None = []
        self._strange = 0
        self.fault = ""
        """The first cell that is no number."""

    def extend(self, cells: Sequence[str], before: int) -> None:
        """Take in what stands in the next lines."""
        plain = [NUMBERS.get(cell.strip().lower(), cell) for cell in cells]
        try:
            values = np.array(plain, dtype=np.str_).astype(np.float64)
        except ValueError:
            values = np.array([_number(cell) for cell in plain], dtype=np.float64)
            missing = [place for place, cell in enumerate(plain) if _number(cell) is None]
            self._strange += len(missing)
            text = cells[missing[0]]
            self.fault = self.fault or f"'{text[:QUOTED]}' in row {before + missing[0] + 1}"
        if not before and not self._strange and (values != np.round(values))[np.isfinite(values)].any():
            self._texts = None
        if self._texts is not None:
            self._texts += cells
        self._numbers.append(values)

    @property
    def numbers(self) -> Float[np.ndarray, " n"]:
        """NaN where there is none."""
        return np.concatenate(self._numbers) if self._numbers else np.empty(0)

    @property
    def is_number(self) -> bool:
        """Whether all cells are numbers, or nothing."""
        return not self._strange

    @property
    def is_nearly_number(self) -> bool:
        """Whether most cells are numbers, but not all."""
        return 0 < self._strange < len(self.numbers) / 2

    def written(self) -> list[Any]:
        """The cells as they stand there, as numbers if there are fractions among them; None for nothing."""
        if self._texts is None:
            return [None if np.isnan(value) else str(value) for value in self.numbers.tolist()]
        return [None if cell.strip().lower() in NOTHING else cell.strip() for cell in self._texts]


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
