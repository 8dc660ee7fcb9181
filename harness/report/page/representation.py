"""What was measured of representations, as a section of a page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote

from harness.compare.quality import QualityTable
from harness.report.figures.files import Drawn
from harness.report.page.links import PLAIN
from harness.report.page.quality_finding import quality_finding
from harness.report.page.section import Picture
from harness.report.page.svg import inline
from harness.report.page.tables import Shown, Table
from harness.report.tables.blocks import Block, Cell
from harness.report.tables.quality_blocks import quality_blocks
from harness.report.tables.quality_notes import above, common_notes, own_notes
from harness.report.tables.quality_summary import main_blocks

Pictured = tuple[QualityTable, Sequence[Drawn]]
"""A table with its figures."""
LABELS = {"none": "no labels", "training": "all training labels free"}


@dataclass(frozen=True)
class Representation:
    """All a template needs of tables that were made alike."""

    id: str
    title: str
    finding: str
    warnings: list[str]
    main: list[Table]
    more: list[Table]
    """Every measure that is shown at all, part by part."""
    pictures: list[Picture]
    notes: list[str]
    command: str


def representations(pictured: Sequence[Pictured], statistic: str) -> list[Representation]:
    """One section per way of measuring, those without labels first; none of nothing."""
    ordered = sorted(enumerate(pictured), key=lambda each: (each[1][0].made_like, each[0]))
    alike = [
        [each for _, each in group] for _, group in groupby(ordered, key=lambda each: each[1][0].made_like)
    ]
    alike.sort(key=lambda group: group[0][0].spec.labels)
    return [_section(f"q{place}", group, statistic) for place, group in enumerate(alike)]


def _section(name: str, pictured: Sequence[Pictured], statistic: str) -> Representation:
    tables = [table for table, _ in pictured]
    spec = tables[0].spec
    main = main_blocks(tables, statistic)
    more = (block for table in tables for block in quality_blocks(table, statistic))
    sampled = f", {spec.split} sampled cells" if spec.split else ""
    return Representation(
        id=name,
        title=f"Representation: {LABELS[spec.labels]}{sampled}",
        finding=quality_finding(tables),
        warnings=[sentence for table in tables for sentence in above(table)],
        main=[_table(block) for block in main],
        more=[_table(block) for block in more if block.name not in {first.name for first in main}],
        pictures=[
            _picture(table, drawn, f"{name}-{drawn.name}-")
            for table, figures in pictured
            for drawn in figures
        ],
        notes=_notes(tables, statistic),
        command=f"harness report kind=quality bench={spec.benchmark}",
    )


def _notes(tables: Sequence[QualityTable], statistic: str) -> list[str]:
    """Sentences on all tables, each once."""
    own = (sentence for table in tables for sentence in own_notes(table))
    return list(dict.fromkeys([*common_notes(tables, statistic), *own]))


def _table(block: Block) -> Table:
    """A block as a table whose numbers lead to no runs."""
    rows = [[_shown(cell) for cell in cells] for cells in block.rows]
    columns = [(title, True) for title in block.header[1:]]
    return Table(block.name, block.title, block.header[0], columns, rows, [], [], [])


def _shown(cell: Cell) -> Shown:
    text, sign, spread = cell.text.partition(" ±")
    order = "" if math.isnan(cell.value) else f"{cell.value:.9g}"
    return Shown(text, f"±{spread}" if sign else "", cell.interval, cell.mark, order, "", "", "")


def _picture(table: QualityTable, drawn: Drawn, prefix: str) -> Picture:
    files = [(form.upper(), quote(f"{table.place}/{drawn.name}.{form}", PLAIN)) for form in drawn.content]
    return Picture(prefix, drawn.name, drawn.caption, inline(drawn, prefix), files)
