"""From stored records of quality to what is printed or written."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from harness.compare.quality import QualityTable, compare_quality, failed_alone
from harness.compare.quality_select import select_quality
from harness.compare.view import refuse_unknown
from harness.quality.parts import PARTS
from harness.records.quality_store import QualityStore
from harness.report.tables import quality_rows
from harness.report.tables.quality_blocks import quality_blocks
from harness.report.tables.quality_notes import (
    above,
    circumstances,
    common_notes,
    own_notes,
    quality_caption,
    quality_warnings,
)
from harness.report.tables.render import rendered
from harness.report.tables.text import terminal_width

if TYPE_CHECKING:
    from harness.records.quality_store import StoredQuality
    from harness.report.tables.blocks import Block
    from harness.study.options import ReportOptions, Shown


WRITTEN = ("figures", "html", "all")
"""Formats that are files in a folder."""


def report_quality(options: ReportOptions) -> None:
    """Print or write what is stored, as far as the options let it through."""
    refuse_unknown(None, options.statistic)
    store = QualityStore(options.results)
    store.check_exists()
    stored = select_quality(store, options)
    if left_out := stored.left_out.sentence(store.folder):
        print(f"harness: {left_out}", file=sys.stderr)
    if options.against:
        from harness.report.prediction import report_prediction

        report_prediction(options, stored)
    elif options.format in WRITTEN:
        from harness.report.prediction_folder import write_if_any
        from harness.report.quality_folder import write

        _say(stored, options.format)
        write(options, ordered(stored))
        if options.format == "all":
            write_if_any(options, stored)
    else:
        emit(options, stored)


def emit(options: Shown, stored: StoredQuality) -> None:
    """Print the tables in the format asked for."""
    _say(stored, options.format)
    print(printed(options, ordered(stored), options.format, terminal_width()))


def _say(stored: StoredQuality, form: str) -> None:
    """What nobody may miss, on standard error."""
    tables = ordered(stored)
    sentences = [*failed_alone(stored), *(each for table in tables for each in above(table))]
    for sentence in [*sentences, *(quality_warnings(tables) if form in ("json", "csv") else [])]:
        print(f"harness: {sentence}", file=sys.stderr)


def ordered(stored: StoredQuality) -> list[QualityTable]:
    """The tables by benchmark, parts in the order in which they are listed."""
    order = {name: place for place, name in enumerate(PARTS)}
    return sorted(
        compare_quality(stored),
        key=lambda table: (table.spec.benchmark, order.get(table.spec.part, len(order)), table.place),
    )


def printed(options: Shown, tables: Sequence[QualityTable], form: str, width: int | None = None) -> str:
    """The tables as one text."""
    if form == "json":
        return quality_rows.as_json(tables, options.statistic, options.rows)
    if form == "csv":
        return quality_rows.as_csv(tables, options.statistic, options.rows)
    alike = [list(group) for _, group in groupby(tables, key=circumstances)]
    return "\n\n".join(_alike(group, form, options.statistic, width) for group in alike)


def _alike(tables: Sequence[QualityTable], form: str, statistic: str, width: int | None) -> str:
    """Parts that were measured alike; what all have in common is said once, at the end."""
    last, texts = tables[-1], []
    for table in tables:
        notes = own_notes(table) + (common_notes(tables, statistic) if table is last else [])
        caption = partial(_caption, table, statistic)
        texts.append(
            rendered(quality_blocks(table, statistic), notes, above(table), form, table.place, caption, width)
        )
    return "\n\n".join(texts)


def _caption(table: QualityTable, statistic: str, block: Block) -> str:
    return quality_caption(table, block.title, statistic)
