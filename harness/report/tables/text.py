"""Tables for terminals: aligned text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from harness.compare.view import View
from harness.report.tables.blocks import Block, Cell, blocks
from harness.report.tables.mixed import mixed_code
from harness.report.tables.notes import notes

WIDTH = 100
SIGNS = {"best": " *", "tied": " ~", "": "  "}


def as_text(view: View) -> str:
    """One comparison: its tables, and what the numbers mean."""
    above = [text_notes([each]) for each in mixed_code([view.comparison])]
    return "\n\n".join([*above, *map(text_block, blocks(view)), text_notes(notes(view, SIGNS))])


def text_block(block: Block) -> str:
    """A table under its title."""
    return f"{block.title}\n\n{text_table(block.header, _texts(block))}"


def text_notes(sentences: Sequence[str]) -> str:
    """Sentences, each on lines of its own."""
    return "\n".join(textwrap.fill(each, WIDTH, subsequent_indent="  ") for each in sentences)


def _texts(block: Block) -> list[list[str]]:
    marked = any(cell.mark for row in block.rows for cell in row)
    return [[row[0].text, *(_text(cell, marked) for cell in row[1:])] for row in block.rows]


def _text(cell: Cell, marked: bool) -> str:
    sign = SIGNS[cell.mark] if marked else ""
    below = f"\n{cell.interval}{'  ' if marked else ''}" if cell.interval else ""
    return f"{cell.text}{sign}{below}"


def text_table(header: list[str], body: list[list[str]]) -> str:
    """Aligned columns under a rule; a cell's second line stands on a line of its own."""
    rows = [header, *(line for row in body for line in _split(row))]
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    lines = [
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def _split(row: list[str]) -> list[list[str]]:
    """A row whose cells have a second line, as two rows."""
    parts = [cell.partition("\n") for cell in row]
    first, second = [part[0] for part in parts], [part[2] for part in parts]
    return [first, second] if any(second) else [first]
