"""`harness report [verify]`: tables, figures and pages from stored runs alone."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

from harness.study.help import print_keys, wants_help
from harness.study.options import ReportOptions, parse

if TYPE_CHECKING:
    from harness.records.store import RunStore

EXAMPLE = "harness report"
SUMMARY = "the same table from stored runs alone; or figures, pages"


def run(words: list[str]) -> int:
    """Print tables from stored runs; nothing is run and no benchmark table is opened."""
    if words[:1] == ["verify"]:
        from harness.commands._verify import verify

        return verify(words[1:])
    if wants_help(words):
        from harness.compare.view import CHOICES

        print_keys(
            "report", ReportOptions, "harness report verify: compute a written report again", words, CHOICES
        )
        return 0
    options, _ = parse(words, ReportOptions)
    if options.plugins:
        from harness.study.registry import Registry

        Registry(options.plugins)  # for benchmarks; of methods the stored runs need none
    if options.kind == "quality":
        from harness.report.quality import report_quality

        report_quality(options)
        return 0
    from harness.records.store import RunStore

    store = RunStore(options.results)
    store.check_exists()
    gc.disable()  # thousands of small records, all of which live to the end
    try:
        _report(options, store)
    finally:
        gc.enable()
    return 0


def _report(options: ReportOptions, store: RunStore) -> None:
    """Print or write the report of a folder that exists."""
    from harness.compare.grouping import without_table
    from harness.compare.select import select

    stored = select(store, options)
    left_out = stored.left_out.sentence(store.folder)
    for sentence in [*([left_out] if left_out else []), *without_table(stored)]:
        print(f"harness: {sentence}", file=sys.stderr)
    if options.across:
        from harness.report.leaderboard import emit as emit_ranking

        emit_ranking(options, stored)
    else:
        from harness.report.output import emit

        emit(options, stored)
