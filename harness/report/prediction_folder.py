"""Quality against regret as files: tables and a figure per optimizer, with a manifest to verify."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.compare.prediction import Prediction
from harness.report.folder import (
    ENDINGS,
    Files,
    as_utf8,
    asked,
    block_facts,
    check_writable,
    manifest,
    say_left_over,
    write_files,
)
from harness.report.prediction import predicted, printed
from harness.report.tables.prediction_blocks import prediction_blocks
from harness.study.spec import canonical_hash

if TYPE_CHECKING:
    from harness.records.quality_store import StoredQuality
    from harness.study.options import ReportOptions

PLACE = "quality-regret"
"""Subfolder of the reports."""
ASKED = ("kind", "against", "methods", "bench", "seeds", "parts", "budget", "protocol")
"""Options that decide what it shows."""


def write_if_any(options: ReportOptions, quality: StoredQuality) -> None:
    """The same where enough is stored; nothing else is said of it."""
    if found := predicted(options, quality)[0]:
        write(options, found)


def write(options: ReportOptions, found: Sequence[Prediction]) -> None:
    """Write all files below `out`, and say where they are. Raises `HarnessError` if it cannot."""
    from harness.report.figures.files import drawn_prediction

    folder = options.out / PLACE
    check_writable(folder)
    options = options.model_copy(update={"out": folder, "against": "regret"})
    print("drawing quality against regret", file=sys.stderr)
    files = table_files(found)
    for each in found:
        figure = drawn_prediction(each)
        files |= {f"{_place(each)}.{form}": content for form, content in figure.content.items()}
    say_left_over(folder, files)
    content = prediction_manifest(options, found, files)
    write_files(folder, files, content, (".svg", ".txt"))


def table_files(found: Sequence[Prediction]) -> Files:
    """The tables in every format, and the points by themselves."""
    files = {f"table.{ending}": as_utf8(f"{printed(found, form)}\n") for ending, form in ENDINGS.items()}
    return files | {"points.csv": as_utf8(f"{printed(found, 'csv', rows='runs')}\n")}


def prediction_manifest(options: ReportOptions, found: Sequence[Prediction], files: Files) -> dict[str, Any]:
    """What is shown and what it is made of, in the form of every report's manifest."""
    content = manifest(options, [], files)
    return {**content, "asked": asked(options, ASKED), "comparisons": [_facts(each) for each in found]}


def _facts(found: Prediction) -> dict[str, Any]:
    benchmarks = [
        f"{one.benchmark} {one.protocol.name}@{one.protocol.hash} budget {one.budget} "
        f"table {one.table_digest}"
        for one in found.comparisons
    ]
    records: dict[str, list[str]] = {}
    for (benchmark, label), point in sorted(found.points.items()):
        keys = [run.key[:16] for run in point.search.runs]
        lines = {id(line): line for line in point.quality.values()}
        keys += [record.spec.key[:16] for line in lines.values() for record in line.records]
        records[f"{label} on {benchmark}"] = keys
    return {
        "benchmark": f"quality and regret with {found.optimizer}",
        "protocol": f"of each@{canonical_hash(benchmarks)[:8]}",
        "budget": "of each",
        "benchmarks": benchmarks,
        "runs": records,
        "failed": [],
        "tables": {block.name: block_facts(block) for block in prediction_blocks(found)},
    }


def _place(found: Prediction) -> str:
    """A name for files: labels have brackets and semicolons."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in found.optimizer)
