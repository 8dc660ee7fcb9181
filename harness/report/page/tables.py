"""Blocks as tables of a page: every number knows which runs it comes from, and what each of them gave."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from harness.compare.metrics import METRICS
from harness.compare.units import percent
from harness.compare.view import View
from harness.report.tables.blocks import Block, Cell
from harness.study.seeds import ranges

LOWER = {"targets", "effort"}
"""Tables in which less is better in every column."""
LARGER = {"n", "difference", "effect", "P(better)", "p", "p Holm"}
"""Columns that are first sorted with the largest on top."""


@dataclass(frozen=True)
class Shown:
    """One cell."""

    text: str
    spread: str
    """Standard deviation, in quieter type."""
    interval: str
    mark: str
    order: str
    """What it is sorted by; empty sorts last."""
    runs: str
    """Places of its runs in the list of the section, as `0..9` or `0..3,5`; empty for words."""
    target: str
    """Id of the list of runs it leads to without JavaScript."""
    values: str
    """Name under which the section's data hold what each run gave; empty if nothing."""


@dataclass(frozen=True)
class Table:
    """One table of a page."""

    name: str
    title: str
    corner: str
    columns: list[tuple[str, bool]]
    """Title, and whether the first sorting puts the largest on top."""
    rows: list[list[Shown]]
    above: list[list[Shown]]
    """Lines that are no methods and stay where they are: the optimum."""
    below: list[list[Shown]]
    degenerate: list[list[Shown]]
    """Methods that are not ranked: sorted among the others they would seem to be."""


Places = Mapping[str, int]
"""Place of every run in the list of its section, by key."""


def table(view: View, block: Block, section: str, places: Places) -> tuple[Table, dict[str, list[str]]]:
    """A block as a table, and by name what each run gave for a cell."""
    rows = [
        [_shown(block, cell, f"{block.name}-{row}-{column}" if column else "", section, places)
         for column, cell in enumerate(cells)]
        for row, cells in enumerate(block.rows)
    ]  # fmt: skip
    values = {
        shown.values: _values(block, cell, places)
        for cells, shown_cells in zip(block.rows, rows, strict=True)
        for cell, shown in zip(cells, shown_cells, strict=True)
        if shown.values
    }
    is_line = [cells[0].text in block.reference for cells in block.rows]
    is_apart = [cells[0].text in block.degenerate for cells in block.rows]
    first = is_line.index(False) if False in is_line else len(is_line)
    made = Table(
        block.name,
        block.title,
        block.header[0],
        [(title, _falls(view, block, title)) for title in block.header[1:]],
        [row for row, *kind in zip(rows, is_line, is_apart, strict=True) if not any(kind)],
        rows[:first],
        [row for row, line in zip(rows[first:], is_line[first:], strict=True) if line],
        [row for row, apart in zip(rows, is_apart, strict=True) if apart],
    )
    return made, values


def _falls(view: View, block: Block, title: str) -> bool:
    if block.name in LOWER:
        return False
    if block.name == "curve":
        return METRICS[view.metric].higher
    higher = {metric.heading: metric.higher for metric in METRICS.values()}
    return higher.get(title, title in LARGER)


def _shown(block: Block, cell: Cell, name: str, section: str, places: Places) -> Shown:
    """A cell; without a name it is the first of its row, which leads to runs and comes from none."""
    text, sign, spread = cell.text.partition(" ±")
    interval = cell.interval
    if block.name == "targets" and name:  # median and how many got there stand where others have the spread
        text, _, interval = cell.text.partition(" [")
        interval, spread = f"[{interval}" if interval else "", cell.interval
    runs = sorted(places[run.key] for run in cell.runs)
    return Shown(
        text=text,
        spread=f"±{spread}" if sign else spread,
        interval=interval,
        mark=cell.mark,
        order="" if math.isnan(cell.value) else f"{cell.value:.9g}".replace("inf", "Infinity"),
        runs=ranges(runs) if runs and name else "",
        target=f"{section}-run-{runs[0]}" if runs else "",
        values=name if cell.values else "",
    )


def _values(block: Block, cell: Cell, places: Places) -> list[str]:
    """What each run gave, in the order of the section's runs."""
    pairs = zip((places[run.key] for run in cell.runs), cell.values, strict=True)
    return [value_text(block.name, value) for _, value in sorted(pairs)]


def value_text(block: str, value: float) -> str:
    """What one run gave, as finely as the table shows means."""
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "never"
    return percent(value) if block in ("curve", "end", "best") else f"{value:.4g}"
