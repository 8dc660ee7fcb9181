"""Cells of tables of quality: a measure over seeds in its unit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.compare.published import published_of
from harness.compare.quality import QualityLine, QualityTable
from harness.compare.units import ABSENT, percent, plain
from harness.quality.subject import Measure
from harness.report.tables.blocks import Cell


def heading(measure: Measure) -> str:
    """Over its column."""
    return f"{measure.heading} {measure.unit}" if measure.unit else measure.heading


def name_cells(line: QualityLine) -> list[Cell]:
    """The name of a line, and how many seeds it has."""
    return [Cell(line.label), Cell(str(len(line.records)), value=len(line.records))]


def in_units(measure: Measure, *numbers: float) -> list[str]:
    """Numbers of a measure side by side: fractions times 100, others as they are."""
    return list(map(percent, numbers)) if measure.unit else plain(*numbers, most=measure.decimals)


def measure_cell(line: QualityLine, measure: Measure, statistic: str) -> Cell:
    """The statistic over seeds with its spread and interval."""
    values, found = tuple(line.values(measure.name).tolist()), line.summary(measure.name, statistic)
    if not found.n:
        return Cell(ABSENT, values=values)
    numbers = (found.mean, found.std, found.low, found.high)
    mean, std, low, high = in_units(measure, *numbers)
    if math.isnan(found.std):
        return Cell(mean, value=found.mean, values=values)
    return Cell(f"{mean} ±{std}", f"[{low}, {high}]", value=found.mean, values=values)


def row(line: QualityLine, measures: Sequence[Measure], statistic: str) -> list[Cell]:
    """A line of a table with these measures."""
    return [*name_cells(line), *(measure_cell(line, measure, statistic) for measure in measures)]


def published_rows(table: QualityTable, measures: Sequence[Measure]) -> list[list[Cell]]:
    """A row per representation and setting that papers have a number of, under the measured ones."""
    rows = []
    for name, numbers in published_of(table).items():
        found = [numbers.get(measure.name) for measure in measures]
        cells = [
            Cell(in_units(measure, each.value)[0], value=each.value) if each else Cell(ABSENT)
            for measure, each in zip(measures, found, strict=True)
        ]
        if any(found):
            rows.append([Cell(name), Cell(""), *cells])
    return rows
