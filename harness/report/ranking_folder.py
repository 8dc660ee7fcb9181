"""A written leaderboard: its tables and its figure in a folder of their own, with a manifest to verify."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from harness.compare.across import Across
from harness.report.folder import (
    ENDINGS,
    Files,
    as_utf8,
    block_facts,
    check_writable,
    manifest,
    write_files,
)
from harness.report.leaderboard import ranking_blocks, rendered
from harness.study.spec import canonical_hash
from tabular.errors import HarnessError

if TYPE_CHECKING:
    from harness.study.options import ReportOptions

PLACE = "across"
"""Subfolder of the reports."""


def write(options: ReportOptions, found: Across) -> None:
    """Write what the format asks for below `out`, and say where it is. Raises `HarnessError` if it cannot."""
    from harness.report.figures.files import drawn_across

    if options.format == "html":
        raise HarnessError("format=html is not for across=true: format=all writes its tables and its figure")
    folder = options.out / PLACE
    check_writable(folder)
    print("drawing the critical-difference diagram", file=sys.stderr)
    figure = drawn_across(found.ranks, [each.name for each in found.outside])
    files = {f"{figure.name}.{form}": content for form, content in figure.content.items()}
    files.update(tables(options, found))
    content = ranking_manifest(options.model_copy(update={"out": folder}), found, files)
    write_files(folder, files, content, (".svg", ".txt"))


def tables(options: ReportOptions, found: Across) -> Files:
    """The leaderboard in every format, where tables are asked for."""
    if options.format != "all":
        return {}
    return {f"table.{ending}": as_utf8(f"{rendered(found, form)}\n") for ending, form in ENDINGS.items()}


def ranking_manifest(options: ReportOptions, found: Across, files: Files) -> dict[str, Any]:
    """What the leaderboard shows and what it is made of, in the form of every report's manifest."""
    blocks = [
        f"{one.benchmark} {one.protocol.name}@{one.protocol.hash} budget {one.budget} "
        f"table {one.table_digest}"
        for one in found.comparisons
    ]
    budgets = {one.budget for one in found.comparisons}
    each = {
        "benchmark": f"across {len(blocks)} benchmarks",
        "protocol": f"of each@{canonical_hash(blocks)[:8]}",
        "budget": budgets.pop() if len(budgets) == 1 else "of each",
        "benchmarks": blocks,
        "runs": {
            name: [run.key[:16] for run in found.runs(name)]
            for name in (*found.ranks.methods, *(each.method for each in found.outside))
        },
        "failed": [
            f"{failed.method} seed {failed.seed} on {one.benchmark}"
            for one in found.comparisons
            for failed in one.failed
        ],
        "tables": {block.name: block_facts(block) for block in ranking_blocks(found)},
    }
    return {**manifest(options, [], files), "comparisons": [each]}
