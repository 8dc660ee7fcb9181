"""From a table to points of architectures: what does not fit is refused, or counted and said."""

from __future__ import annotations

import contextlib
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Float32, Int, Int64

from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.points.choosing import chosen_rows, listed, naming_column, number_columns
from tabular.points.sheet import Sheet
from tabular.space import SearchSpace

VERSION = "points-1"


@dataclass(frozen=True)
class Reading:
    """How a table is to be read; what is empty is found out."""

    architectures: str = ""
    """Column that says which architecture a row is of."""
    form: str = ""
    """In which it is written there."""
    columns: str = ""
    """Of numbers, with commas between them."""
    rows: str = ""
    """Those with a text in a column, `column:text`."""


@dataclass(frozen=True, eq=False)
class Points:
    """Numbers of different architectures of a space."""

    space: str
    """Digest of the space."""
    cells: Cells
    keys: Int64[np.ndarray, " n"]
    """Of the space, ascending."""
    values: Float32[np.ndarray, "n d"]
    columns: tuple[str, ...]
    """What each number is called."""
    remarks: tuple[str, ...] = ()
    """What of a table was left out, in words."""

    @cached_property
    def digest(self) -> str:
        """sha256 (hex) of the architectures, their numbers and what these are called."""
        sha = hashlib.sha256(
            f"{VERSION}\0{self.space}\0{len(self.keys)}\0{','.join(self.columns)}\0".encode()
        )
        sha.update(self.keys.astype("<i8").tobytes())
        sha.update(self.values.astype("<f4").tobytes())
        return sha.hexdigest()


def points_of(
    sheet: Sheet, space: SearchSpace, reading: Reading, dataset: str = "", bare: bool = False
) -> Points:
    """What a table has of the architectures of a space; with `bare` which ones it names, and no numbers.

    Where rows are told apart by a column `dataset`, those of `dataset` count. Raises `HarnessError`, one
    sentence, for columns and texts that do not say what they are, and for an architecture with two points.
    """
    sheet, remarks = chosen_rows(sheet, reading.rows, dataset)
    naming = reading.architectures or naming_column(sheet)
    columns, left_out = ([], []) if bare else number_columns(sheet, naming, reading.columns)
    remarks += left_out
    values = (
        np.stack([sheet.numbers[name] for name in columns], axis=1) if columns else np.empty((sheet.rows, 0))
    )
    rows, left_out = _without_gaps(values, columns, sheet.name)
    remarks += left_out
    cells = _architectures(sheet, naming, reading.form, space)
    keys = space.keys(cells).astype(np.int64)
    rows = rows[np.argsort(keys[rows], kind="stable")]
    again = np.flatnonzero(np.diff(keys[rows]) == 0)
    if len(again):
        _refuse_unlike(values, rows[again], rows[again + 1], sheet, naming)
        remarks.append(f"without {len(again):,} rows that repeat another")
        rows = np.delete(rows, again + 1)
    return Points(
        space.digest, cells[rows], keys[rows], values[rows].astype(np.float32), (*columns,), (*remarks,)
    )


def named_cells(space: SearchSpace, texts: list[object], form: str, column: str) -> Cells:
    """Architectures of texts of a form; where none is given, of the one that the column is named after, or
    else of any that is unmistakable."""
    words = {column.lower(), *re.split("[^a-z0-9]+", column.lower())}
    meant = [each.name for each in space.forms if each.name in words]
    if form or len(meant) != 1:
        return space.parse(texts, form or None)
    try:
        return space.parse(texts, meant[0])
    except HarnessError as problem:
        with contextlib.suppress(HarnessError):
            return space.parse(texts)
        raise problem


def _architectures(sheet: Sheet, naming: str, form: str, space: SearchSpace) -> Cells:
    """Of every row."""
    texts = sheet.texts(naming)
    nothing = sum(text is None for text in texts)
    if nothing:
        raise HarnessError(
            f"{sheet.name}: {nothing:,} of {len(texts):,} rows have nothing in column '{naming}'"
        )
    try:
        cells = named_cells(space, texts, form, naming)
    except HarnessError as problem:
        raise HarnessError(f"{sheet.name}, column '{naming}': {problem}") from None
    if len(cells) != len(texts):  # all rows together are one architecture's list
        raise HarnessError(f"{sheet.name}, column '{naming}': {texts[0]} is no architecture of {space.name}")
    return cells


def _without_gaps(
    values: Float[np.ndarray, "n d"], columns: list[str], file: str
) -> tuple[Int[np.ndarray, " m"], list[str]]:
    """Rows with a number in every column, and how many lack one, in words; `HarnessError` if all do."""
    with np.errstate(over="ignore"):
        gaps = ~np.isfinite(values.astype(np.float32))
    rows = np.flatnonzero(~gaps.any(axis=1))
    lacking = [name for place, name in enumerate(columns) if gaps[:, place].any()]
    if not len(rows):
        raise HarnessError(f"{file}: no row has a number in all columns; some lack one in {listed(lacking)}")
    missing = len(values) - len(rows)
    return rows, [f"without {missing:,} rows that lack a number in {listed(lacking)}"] if missing else []


def _refuse_unlike(
    values: Float[np.ndarray, "n d"],
    first: Int[np.ndarray, " m"],
    second: Int[np.ndarray, " m"],
    sheet: Sheet,
    naming: str,
) -> None:
    """Raises `HarnessError` if a row and the next one of the same architecture differ in their numbers."""
    unlike = np.flatnonzero((values[first] != values[second]).any(axis=1))
    if not len(unlike):
        return
    one, other = int(first[unlike[0]]), int(second[unlike[0]])
    texts = {name: sheet.texts(name) for name in sheet.written if name not in sheet.numbers}
    apart = [name for name, column in texts.items() if name != naming and column[one] != column[other]]
    hint = f". rows={apart[0]}:{texts[apart[0]][one]} would take one of them" if apart else ""
    raise HarnessError(
        f"{sheet.name}: {len(unlike):,} architectures have rows with different numbers, among them "
        f"{sheet.texts(naming)[one]}{hint}"
    )
