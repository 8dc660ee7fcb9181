"""Tables for terminals: aligned text, as wide as it needs or as a terminal is."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Sequence

from harness.compare.view import View
from harness.report.tables.blocks import Block, Cell, blocks
from harness.report.tables.mixed import mixed_code
from harness.report.tables.notes import notes

WIDTH = 100
"""Of sentences, where a terminal is not narrower."""
NARROWEST = 24
"""Columns; below that a number and its name no longer stand beside each other."""
GAP = 2
SIGNS = {"best": " *", "tied": " ~", "": "  "}
PIECE = re.compile(r"[^ _+=;:,/\[-]*[ _+=;:,/\[-]?")
"""Of a name: it may be broken after these signs."""


def terminal_width() -> int | None:
    """Columns of the terminal that output goes to, or `$COLUMNS`; None where it goes elsewhere."""
    chosen = os.environ.get("COLUMNS", "")
    if chosen.isdecimal() and int(chosen):
        return max(int(chosen), NARROWEST)
    try:
        columns = os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):  # a file, a pipe, or a stream without a number
        return None
    return max(columns, NARROWEST) if columns else None  # some terminals do not know


def as_text(view: View, width: int | None = None) -> str:
    """One comparison: its tables, and what the numbers mean. No line is longer than `width`, if given."""
    above = [text_notes([each], width) for each in mixed_code([view.comparison])]
    tables = [text_block(block, width) for block in blocks(view)]
    return "\n\n".join([*above, *tables, text_notes(notes(view, SIGNS), width)])


def text_block(block: Block, width: int | None = None) -> str:
    """A table under its title."""
    title = textwrap.fill(block.title, width) if width else block.title
    return f"{title}\n\n{text_table(block.header, _texts(block), width)}"


def text_notes(sentences: Sequence[str], width: int | None = None) -> str:
    """Sentences, each on lines of its own."""
    room = min(width or WIDTH, WIDTH)
    return "\n".join(textwrap.fill(each, room, subsequent_indent="  ") for each in sentences)


def _texts(block: Block) -> list[list[str]]:
    marked = any(cell.mark for row in block.rows for cell in row)
    return [[_text(row[0], False), *(_text(cell, marked) for cell in row[1:])] for row in block.rows]


def _text(cell: Cell, marked: bool) -> str:
    sign = SIGNS[cell.mark] if marked else ""
    below = f"\n{cell.interval}{'  ' if marked else ''}" if cell.interval else ""
    return f"{cell.text}{sign}{below}"


def text_table(header: list[str], body: list[list[str]], width: int | None = None) -> str:
    """Aligned columns under a rule; a cell's further lines stand on lines of their own.

    A table that is wider than `width` is cut into tables of some columns, each with the first one.
    """
    rows = [[cell.split("\n") for cell in row] for row in (header, *body)]
    if width and sum(each + GAP for each in _widths(rows)) - GAP > width:
        rows = _narrowed(rows, width)
    return "\n\n".join(
        _aligned([[row[place] for place in places] for row in rows])
        for places in _places(_widths(rows), width)
    )


Lines = list[str]
"""Of a cell."""


def _widths(rows: list[list[Lines]]) -> list[int]:
    return [max(len(line) for cell in column for line in cell) for column in zip(*rows, strict=True)]


def _narrowed(rows: list[list[Lines]], width: int) -> list[list[Lines]]:
    """Names in half of the width at most, so that another column fits beside them."""
    name = min(_widths(rows)[0], width // 2)
    room = [name, *[width - name - GAP] * (len(rows[0]) - 1)]
    return [
        [
            [part for line in cell for part in _wrapped(line, most)]
            for cell, most in zip(row, room, strict=True)
        ]
        for row in rows
    ]


def _wrapped(text: str, most: int) -> Lines:
    """Lines of at most that many signs, broken after a sign of `PIECE` if there is one."""
    if len(text) <= most:
        return [text]
    lines = [""]
    for piece in PIECE.findall(text):
        if lines[-1] and len(lines[-1]) + len(piece.rstrip()) > most:
            lines.append("")
        lines[-1] += piece
        while len(lines[-1].rstrip()) > most:
            lines[-1:] = [lines[-1][:most], lines[-1][most:]]
    return [line.rstrip() for line in lines]


def _places(widths: list[int], width: int | None) -> list[list[int]]:
    """The columns of each part of a table: the first, and as many of the others as there is room for."""
    parts, used = [[0]], widths[0]
    for place, each in enumerate(widths[1:], 1):
        used += GAP + each
        if width and used > width and len(parts[-1]) > 1:
            parts.append([0])
            used = widths[0] + GAP + each
        parts[-1].append(place)
    return parts


def _aligned(rows: list[list[Lines]]) -> str:
    widths, lines = _widths(rows), []
    for row in rows:
        for line in range(max(map(len, row))):
            cells = [cell[line] if line < len(cell) else "" for cell in row]
            texts = [cells[0].ljust(widths[0])]
            texts += [cell.rjust(each) for cell, each in zip(cells[1:], widths[1:], strict=True)]
            lines.append((" " * GAP).join(texts).rstrip())
    head = max(map(len, rows[0]))
    return "\n".join([*lines[:head], "-" * max(map(len, lines)), *lines[head:]])
