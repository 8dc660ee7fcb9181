"""A written report on quality: its tables in a folder of their own, with a manifest to verify."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.compare.quality import QualityTable
from harness.report.folder import (
    MANIFEST,
    Files,
    as_bytes,
    as_utf8,
    asked,
    block_facts,
    left_over,
    manifest,
)
from harness.report.quality import printed
from harness.report.tables.quality_blocks import quality_blocks
from harness.study.spec import canonical_hash
from tabular.errors import HarnessError
from tabular.table_file import why_not_writable, write_atomically

if TYPE_CHECKING:
    from harness.study.options import ReportOptions

PLACE = "quality"
"""Subfolder of the reports."""
ASKED = ("kind", "methods", "bench", "seeds", "parts", "statistic")
"""Options that decide what a report on quality shows."""
ENDINGS = {"txt": "text", "md": "markdown", "tex": "latex", "csv": "csv", "json": "json"}


def write(options: ReportOptions, tables: Sequence[QualityTable]) -> None:
    """Write all files below `out`, and say where they are. Raises `HarnessError` if it cannot."""
    folder = options.out / PLACE
    problem = why_not_writable(folder)
    if problem:
        raise HarnessError(f"report folder {folder} cannot be written: {problem}")
    options = options.model_copy(update={"out": folder})
    files = table_files(options, tables)
    content = quality_manifest(options, tables, files)
    if left := left_over(folder, files):
        print(
            f"harness: {folder} keeps {len(left)} files of an earlier report that are not of this one, "
            f"among them {left[0]}",
            file=sys.stderr,
        )
    for name, data in {**files, MANIFEST: as_bytes(content)}.items():
        write_atomically(folder / name, data)
    for name in sorted(files):
        if name.endswith(".txt"):
            print(folder / name)


def table_files(options: ReportOptions, tables: Sequence[QualityTable]) -> Files:
    """Every table in every format."""
    return {
        f"{table.place}/table.{ending}": as_utf8(f"{printed(options, [table], form)}\n")
        for table in tables
        for ending, form in ENDINGS.items()
    }


def quality_manifest(options: ReportOptions, tables: Sequence[QualityTable], files: Files) -> dict[str, Any]:
    """What the tables show and what they are made of, in the form of every report's manifest."""
    content = manifest(options, [], files)
    facts = [_facts(table, options.statistic) for table in tables]
    return {**content, "asked": asked(options, ASKED), "comparisons": facts}


def _facts(table: QualityTable, statistic: str) -> dict[str, Any]:
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
