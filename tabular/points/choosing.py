"""Which column of a table says what: the one that names architectures, the rows that count, the numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from tabular.errors import HarnessError, unknown
from tabular.points.sheet import Sheet

NAMES = (
    "architecture", "arch", "arch_str", "official", "genotype", "key", "module_hash", "hash", "naslib",
    "naslib_tuple", "naszilla",
)  # fmt: skip
"""Of columns that say which architecture a row is of, the likeliest first."""
NUMBERS = ("arch_index", "index", "row", "id", "uid")
"""The same, but where there are texts too these may be numbers of rows."""
UNNAMED = re.compile(r"|Unnamed: \d+|__index_level_\d+__|level_\d+")
"""Names under which data frames store their row numbers."""
LABELS = frozenset({"acc", "accuracy", "accuracies", "label", "labels", "regret", "target", "targets"})
"""Words in names of columns that no method may see."""
DATASET = "dataset"
MOST_NAMED = 6


def naming_column(sheet: Sheet) -> str:
    """The column that says which architecture a row is of, rather one that does so of all rows.

    `HarnessError` if none, or several could.
    """
    known = {name.lower(): name for name in reversed(list(sheet.written))}
    texts = [name for name in sheet.written if name not in sheet.numbers and name.lower() != DATASET]
    numbered = [known[name] for name in NUMBERS if name in known]
    found = [known[name] for name in NAMES if name in known]
    found += [name for name in numbered if name in texts]
    found += texts if len(texts) == 1 else []
    found += [] if texts else numbered
    if not found:
        raise HarnessError(
            f"{sheet.name}: no column says by its name which architecture a row is of. architectures=COLUMN "
            f"names one of {listed(sheet.written)}"
        )
    return next((name for name in found if None not in sheet.texts(name)), found[0])


def chosen_rows(sheet: Sheet, wanted: str, dataset: str) -> tuple[Sheet, list[str]]:
    """The rows with `wanted` (`column:text`), or those of the benchmark's dataset where a column tells them
    apart; and what is left out, in words."""
    column, colon, text = wanted.partition(":")
    if wanted and not colon:
        raise HarnessError(f"rows={wanted}: rows are chosen by column:text")
    if not wanted:
        column = next((name for name in sheet.written if name.lower() == DATASET), "")
        text = dataset
        if not column or not dataset:
            return sheet, []
    there = [str(value) for value in sheet.texts(column)]
    rows = np.flatnonzero([value.casefold() == text.casefold() for value in there])
    if not len(rows):
        raise HarnessError(
            f"{sheet.name} has no row with {column} {text}, but with {listed(dict.fromkeys(there))}. "
            f"rows={column}:TEXT takes those of another"
        )
    counted = f"{len(rows):,} of {sheet.rows:,} rows, those with {column} {text}"
    return sheet.only(rows), [counted] if len(rows) < sheet.rows else []


def number_columns(sheet: Sheet, naming: str, wanted: str) -> tuple[list[str], list[str]]:
    """The columns of numbers that are `wanted`, or all that could be meant; and which are left out, in words.

    Raises `HarnessError` for one that holds other things, and for labels that nobody has asked for.
    """
    if wanted:
        return [_holding_numbers(sheet, name.strip()) for name in wanted.split(",")], []
    for name, fault in sheet.faults.items():
        if name != naming:
            raise HarnessError(
                f"{sheet.name}: column '{name}' is not all numbers ({fault}); columns= names those to be used"
            )
    labels = [name for name in sheet.numbers if {*re.split("[^a-z]+", name.lower())} & LABELS]
    if labels:
        raise HarnessError(
            f"{sheet.name}: by their names {listed(labels)} are labels, which no method may see; columns= "
            "names those to be used"
        )
    found = [name for name in sheet.numbers if not _names_rows(sheet, name, naming)]
    found = [name for name in found if not np.isnan(sheet.numbers[name]).all()]
    if not found:
        raise HarnessError(
            f"{sheet.name} has no numbers beside '{naming}': its columns are {listed(sheet.written)}"
        )
    used = {naming, *found, *(_list_of(sheet, name) for name in found)}
    rest = [name for name in sheet.written if name not in used and not UNNAMED.fullmatch(name)]
    return found, [f"without columns {listed(rest)}"] if rest else []


def listed(names: Iterable[str]) -> str:
    """A few names, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - MOST_NAMED:,} more" if len(every) > MOST_NAMED else ""
    return ", ".join(f"'{name}'" for name in every[:MOST_NAMED]) + more


def _holding_numbers(sheet: Sheet, name: str) -> str:
    if name in sheet.numbers:
        return name
    if name in sheet.written:
        fault = sheet.faults.get(name, "texts")
        raise HarnessError(f"{sheet.name}: column '{name}' does not hold numbers alone ({fault})")
    raise unknown(f"column of {sheet.name}", name, sheet.numbers)


def _names_rows(sheet: Sheet, name: str, naming: str) -> bool:
    """Whether a column of numbers only says which row it is, or is part of such a list."""
    whole = _list_of(sheet, name)
    return whole == naming or whole.lower() in (*NAMES, *NUMBERS, DATASET) or bool(UNNAMED.fullmatch(whole))


def _list_of(sheet: Sheet, name: str) -> str:
    """The column of lists that a column of numbers is a place of; the column itself if it is none."""
    return name if name in sheet.written else name.rpartition("_")[0]
