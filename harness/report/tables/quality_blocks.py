"""The tables of a part of quality: a row per representation, a column per measure."""

from __future__ import annotations

import math

from harness.compare.published import published_of
from harness.compare.quality import QualityTable
from harness.compare.units import plain
from harness.quality import prediction
from harness.quality.parts import PARTS
from harness.quality.subject import Measure
from harness.report.tables.blocks import Block, Cell
from harness.report.tables.label_blocks import label_blocks
from harness.report.tables.quality_cells import heading, name_cells, published_rows, row

MOST_COLUMNS = 6
"""Measures side by side; more of them are tables of their own."""


def part_words(name: str) -> str:
    """What a part is about; nothing of a part that is gone."""
    return PARTS[name].words if name in PARTS else ""


def measures_of(table: QualityTable) -> list[Measure]:
    """Of all numbers in a table: as the part describes them, or by name what it no longer knows."""
    part = PARTS.get(table.spec.part)
    known = {measure.name: measure for measure in part.measures} if part else {}
    order = [*(name for name in known if name in table.measures), *table.measures]
    found = [known.get(name) or Measure(name, "", name, unit="", better="") for name in dict.fromkeys(order)]
    return [measure.worded(table.quantity) for measure in found]


def shown(table: QualityTable) -> list[Measure]:
    """Those that tables for reading have: some record knows them, and they do not stand in files alone."""
    return [each for each in measures_of(table) if each.shown and table.is_known(each.name)]


def quality_blocks(table: QualityTable, statistic: str) -> list[Block]:
    """The measures, a few columns at a time; where a part measures none, how many rows its columns have."""
    if table.spec.part == prediction.PART.name:
        return list(label_blocks(table, statistic))
    found = shown(table)
    spec = table.spec
    words = table.quantity.said(part_words(spec.part))
    title = f"{spec.benchmark}, {spec.part}: {words}".removesuffix(": ")
    if not found:
        return [_counts(table, title)]
    wide = math.ceil(len(found) / math.ceil(len(found) / MOST_COLUMNS))  # tables of about the same width
    parts = [found[start : start + wide] for start in range(0, len(found), wide)]
    return [
        Block(
            spec.part if len(parts) == 1 else f"{spec.part}-{number}",
            title if len(parts) == 1 else f"{title} ({number} of {len(parts)})",
            ["", "n", *map(heading, measures)],
            [row(line, measures, statistic) for line in table.lines] + published_rows(table, measures),
            reference=frozenset(published_of(table)),
        )
        for number, measures in enumerate(parts, 1)
    ]


def _counts(table: QualityTable, title: str) -> Block:
    """Rows of the columns, per record on average."""
    names = dict.fromkeys(name for line in table.lines for each in line.records for name in each.columns)
    rows = []
    for line in table.lines:
        counts = []
        for name in names:
            each = tuple(_length(record.columns.get(name, {})) for record in line.records)
            mean = sum(each) / len(each)
            counts.append(Cell(plain(mean)[0], value=mean, values=each))
        rows.append([*name_cells(line), *counts])
    header = ["", "n", *(f"rows of {name}" for name in names)]
    return Block(table.spec.part, title, header, rows)


def _length(columns: object) -> float:
    assert isinstance(columns, dict)
    return float(max(map(len, columns.values()), default=0))
