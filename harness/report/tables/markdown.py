"""Tables for readmes and issues: markdown."""

from __future__ import annotations

from collections.abc import Sequence

from harness.compare.view import View
from harness.report.tables.blocks import Block, Cell, blocks
from harness.report.tables.mixed import mixed_code
from harness.report.tables.notes import notes

SIGNS = {"best": "bold", "tied": "≈"}


def as_markdown(view: View) -> str:
    """One comparison: its tables, and what the numbers mean."""
    above = [f"**{each}**" for each in mixed_code([view.comparison])]
    return "\n\n".join([*above, *map(markdown_block, blocks(view)), markdown_notes(notes(view, SIGNS))])


def markdown_notes(sentences: Sequence[str]) -> str:
    """Sentences as a list."""
    return "\n".join(f"- {each}" for each in sentences)


def markdown_block(block: Block) -> str:
    """A table under its title."""
    rule = ["---"] + ["---:"] * (len(block.header) - 1)
    rows = [[_name(block, row[0]), *(_cell(cell) for cell in row[1:])] for row in block.rows]
    table = "\n".join("| " + " | ".join(row) + " |" for row in [block.header, rule, *rows])
    return f"**{block.title}**\n\n{table}"


def _name(block: Block, cell: Cell) -> str:
    text = f"{cell.text} {cell.interval}".rstrip().replace("|", "\\|")
    return f"*{text}*" if text in block.reference else text


def _cell(cell: Cell) -> str:
    text = f"**{cell.text}**" if cell.mark == "best" else cell.text
    whole = f"{text} {cell.interval}".rstrip()
    return f"{whole} ≈" if cell.mark == "tied" else whole
