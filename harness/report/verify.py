"""`harness report verify`: compute every number of a written report again and compare."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Container
from pathlib import Path
from typing import Any

from harness.derived import Stored
from harness.memory import Memory
from harness.options import ReportOptions, VerifyOptions, parse, print_keys
from harness.report.folder import FORMAT, MANIFEST, differences, manifest
from harness.report.grouping import compare
from harness.report.output import rendered_files, views
from harness.report.select import select
from harness.store import RunStore
from tabular.errors import HarnessError

PARTS = ("results", "written", "asked", "comparisons", "files")
"""Of a manifest."""


def verify(words: list[str]) -> int:
    """Exit code: 0 if the report is what its runs give, 1 with a sentence per difference if it is not."""
    if any(word in ("-h", "--help", "help") for word in words):
        print_keys("report verify", VerifyOptions)
        return 0
    options, _ = parse(words, VerifyOptions)
    said = _read(options.out)
    results = options.results or options.out / said["results"]
    keys = [f"{name}={value}" for name, value in said["asked"].items()]
    asked, _ = parse(
        [*keys, f"results={results}", f"out={options.out}", f"format={said['written']}"], ReportOptions
    )
    store = RunStore(asked.results)
    store.check_exists()
    found, files = _computed(asked, select(store, asked), said["files"])
    problems = list(differences(said, found))
    problems += _files(options.out, said["files"])
    if not problems:
        problems += _rewritten(options.out, files)
    for problem in problems:
        print(f"harness: {problem}", file=sys.stderr)
    if problems:
        print(f"{options.out}: {len(problems)} differences")
        return 1
    comparisons, count = said["comparisons"], len(said["files"])
    tables = [table for each in comparisons for table in each["tables"].values()]
    cells = sum(len(row) - 1 for table in tables for row in table["rows"])
    runs = sum(len(keys) for each in comparisons for keys in each["runs"].values())
    print(f"{options.out}: {cells} cells from {runs} runs, and {count} files, are what the runs give")
    return 0


def _computed(
    asked: ReportOptions, stored: Stored, written: Container[str]
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Manifest, and tables and pages, as they would be written now. Nothing is remembered."""
    if asked.across:
        from harness.report.across import across
        from harness.report.ranking_folder import ranking_manifest, tables

        ranking = across(compare(stored, RunStore(asked.results), Memory()))
        return ranking_manifest(asked, ranking, {}), tables(asked, ranking)
    seen = views(asked, stored, Memory())
    return manifest(asked, seen, {}), rendered_files(asked, seen, asked.out, written)


def _read(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        said: dict[str, Any] = json.loads(path.read_bytes())
        if said["format"] != FORMAT:
            raise ValueError("another format version")
        missing = [name for name in PARTS if name not in said]
        if missing:
            raise ValueError(f"{', '.join(missing)} missing")
        return said
    except FileNotFoundError:
        raise HarnessError(
            f"{folder} holds no report ({MANIFEST} is missing): `harness report format=all out={folder}` "
            "writes one"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise HarnessError(f"{path} is damaged ({problem}); write the report again") from None


def _files(folder: Path, digests: dict[str, str]) -> list[str]:
    """Files that are gone, or are not what was written."""
    problems = []
    for name, digest in digests.items():
        path = folder / name
        if not path.is_file():
            problems.append(f"{path} is missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            problems.append(f"{path} was changed after the report was written")
    return problems


def _rewritten(folder: Path, files: dict[str, bytes]) -> list[str]:
    """Tables and pages that would be written otherwise today; figures are taken as they are."""
    return [
        f"{folder / name} shows something else than the runs give"
        for name, content in sorted(files.items())
        if not (folder / name).is_file() or (folder / name).read_bytes() != content
    ]
