"""A written report on quality: its tables in a folder of their own, with a manifest to verify."""

from __future__ import annotations

import sys
from collections.abc import Container, Sequence
from typing import TYPE_CHECKING, Any

from harness.compare.quality import QualityTable
from harness.compare.select import is_one_of
from harness.records.quality import Quality
from harness.records.quality_store import QualityStore, StoredQuality, load_quality
from harness.records.run import FailedRun
from harness.report.folder import (
    ENDINGS,
    PARTS,
    Files,
    as_utf8,
    asked,
    block_facts,
    check_writable,
    manifest,
    say_left_over,
    write_files,
)
from harness.report.quality import ordered, printed
from harness.report.tables.quality_blocks import quality_blocks
from harness.study.quality_spec import QualitySpec
from harness.study.spec import canonical_hash

if TYPE_CHECKING:
    from pathlib import Path

    from harness.compare.view import View
    from harness.report.page.representation import Pictured
    from harness.study.options import ReportOptions, Shown

PLACE = "quality"
"""Subfolder of the reports."""
ASKED = ("kind", "methods", "bench", "seeds", "parts", "statistic")
"""Options that decide what a report on quality shows."""


def write(options: ReportOptions, tables: Sequence[QualityTable]) -> None:
    """Write all files below `out`, and say where they are. Raises `HarnessError` if it cannot."""
    folder = options.out / PLACE
    check_writable(folder)
    options = options.model_copy(update={"out": folder})
    pictured = draw(tables) if PARTS[options.format].figures else []
    files = {**text_files(options, tables, pictured), **picture_files(pictured)}
    content = quality_manifest(options, tables, files)
    say_left_over(folder, files)
    write_files(folder, files, content, (".html", ".svg" if options.format == "figures" else ".txt"))


def beside(options: Shown, views: Sequence[View]) -> tuple[list[QualityTable], str]:
    """What is stored of representations on the benchmarks of a report on runs, and a sentence on what cannot
    be read. Of a report on some methods alone: what they are or search in."""
    store = QualityStore(options.results)
    stored = load_quality(store)
    methods = getattr(options, "methods", None) or ()
    lines = [method for view in views for method in view.comparison.methods]
    used = {run.spec.representation.name for line in lines for run in line.runs if run.spec.representation}
    shown = {view.comparison.benchmark for view in views}

    def passes(record: Quality | FailedRun[QualitySpec]) -> bool:
        spec = record.spec
        mine = not methods or is_one_of(spec.method, methods) or spec.representation.name in used
        return mine and spec.benchmark in shown

    done, failed = list(filter(passes, stored.done)), list(filter(passes, stored.failed))
    tables = ordered(StoredQuality(done, failed, stored.left_out))
    return tables, stored.left_out.sentence(store.folder)


def draw(tables: Sequence[QualityTable]) -> list[Pictured]:
    """Every table with its figures, drawn now."""
    from harness.report.quality_figures.files import quality_drawn

    pictured: list[Pictured] = []
    for table in tables:
        print(f"drawing {table.spec.benchmark} {table.spec.part}", file=sys.stderr)
        pictured.append((table, list(quality_drawn(table))))
    return pictured


def picture_files(pictured: Sequence[Pictured]) -> Files:
    """The figures as files."""
    files: Files = {}
    for table, figures in pictured:
        for figure in figures:
            for form, content in figure.content.items():
                files[f"{table.place}/{figure.name}.{form}"] = content
    return files


def kept(tables: Sequence[QualityTable], out: Path, written: Container[str]) -> list[Pictured]:
    """Every table with its figures among the files of the report in `out`."""
    from harness.report.quality_figures.files import kept_figures

    return [(table, kept_figures(table, out, written)) for table in tables]


def text_files(options: Shown, tables: Sequence[QualityTable], pictured: Sequence[Pictured]) -> Files:
    """Tables and pages, as far as the format has them."""
    parts = PARTS[options.format]
    files = table_files(options, tables) if parts.tables else {}
    if parts.pages:
        from harness.report.page.files import quality_pages

        files |= quality_pages(pictured, options.statistic)
    return files


def table_files(options: Shown, tables: Sequence[QualityTable]) -> Files:
    """Every table in every format."""
    return {
        f"{table.place}/table.{ending}": as_utf8(f"{printed(options, [table], form)}\n")
        for table in tables
        for ending, form in ENDINGS.items()
    }


def quality_manifest(options: ReportOptions, tables: Sequence[QualityTable], files: Files) -> dict[str, Any]:
    """What the tables show and what they are made of, in the form of every report's manifest."""
    content = manifest(options, [], files)
    facts = [quality_facts(table, options.statistic) for table in tables]
    return {**content, "asked": asked(options, ASKED), "comparisons": facts}


def with_quality(content: dict[str, Any], tables: Sequence[QualityTable], statistic: str) -> dict[str, Any]:
    """The manifest of a report on runs with what it shows of representations."""
    facts = [quality_facts(table, statistic) for table in tables]
    return {**content, "comparisons": [*content["comparisons"], *facts]}


def quality_facts(table: QualityTable, statistic: str) -> dict[str, Any]:
    """A table, by what its records have in common."""
    spec = table.spec
    common = {"split": spec.split, "labels": spec.labels, "sizes": dict(spec.sizes)}
    return {
        "benchmark": spec.benchmark,
        "protocol": f"{spec.folder}@{canonical_hash([spec.protocol.hash, common])[:8]}",
        "table": spec.table_digest,
        "budget": "none",
        **common,
        "runs": {line.label: [record.spec.key[:16] for record in line.records] for line in table.lines},
        "failed": [failed.spec.title for failed in table.failed],
        "tables": {block.name: block_facts(block) for block in quality_blocks(table, statistic)},
    }
