"""Tables and the sentences under them as one text, in the formats for reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.report.tables.blocks import Block
from harness.report.tables.latex import latex_block, latex_notes
from harness.report.tables.markdown import markdown_block, markdown_notes
from harness.report.tables.text import text_block, text_notes


def rendered(
    blocks: Sequence[Block],
    notes: Sequence[str],
    above: Sequence[str],
    form: str,
    where: str,
    caption: Callable[[Block], str],
    width: int | None = None,
) -> str:
    """`above` are sentences that nobody may miss. LaTeX has `caption` over every table, and labels that
    `where` makes unique; text has no line that is longer than `width`, if given."""
    if form == "markdown":
        bold = [f"**{each}**" for each in above]
        return _apart([*bold, *map(markdown_block, blocks), markdown_notes(notes)])
    if form == "latex":
        tables = [latex_block(block, caption(block), where) for block in blocks]
        return _apart([latex_notes([*above, *notes]), *tables])
    first = [text_notes([each], width) for each in above]
    return _apart([*first, *(text_block(block, width) for block in blocks), text_notes(notes, width)])


def _apart(texts: Sequence[str]) -> str:
    """What there is, with empty lines between."""
    return "\n\n".join(text for text in texts if text)
