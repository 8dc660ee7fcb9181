"""`harness report verify`: compute every number of a written report again and compare."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from harness.report.verify import asked_of, differing, read_manifest
from harness.study.help import print_keys, wants_help
from harness.study.options import Folder, Paths, parse
from harness.study.registry import Registry


class VerifyOptions(BaseModel):
    """Keys of `harness report verify`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    out: Folder = Field(Path("reports"), description="folder of the report")
    results: Folder | None = Field(None, description="folder of the runs (default: where they were)")
    plugins: Paths = Field((), description="files with benchmarks of yours, to look runs up in")


def verify(words: list[str]) -> int:
    """Exit code: 0 if the report is what its runs give, 1 with a sentence per difference if it is not."""
    if wants_help(words):
        print_keys("report verify", VerifyOptions, words=words)
        return 0
    options, _ = parse(words, VerifyOptions)
    if options.plugins:
        Registry(options.plugins)  # benchmarks of theirs, in which runs are looked up
    said = read_manifest(options.out)
    found = differing(said, asked_of(said, options.out, options.results))
    for sentence in [*found.unknown, *found.problems]:
        print(f"harness: {sentence}", file=sys.stderr)
    if found.problems:
        print(f"{options.out}: {len(found.problems)} differences")
        return 1
    comparisons, count = said["comparisons"], len(said["files"])
    tables = [table for each in comparisons for table in each["tables"].values()]
    cells = sum(len(row) - 1 for table in tables for row in table["rows"])
    kind = "records" if said["asked"].get("kind") == "quality" else "runs"
    runs = sum(len(keys) for each in comparisons for keys in each["runs"].values())
    print(f"{options.out}: {cells} cells from {runs} {kind}, and {count} files, are what the {kind} give")
    if found.runs:
        print(f"seen, truth and test of {found.runs} runs are what the benchmarks' tables say")
    return 0
