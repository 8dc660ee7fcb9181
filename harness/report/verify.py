"""What a written report says against what its runs give: every number is computed again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container
from pathlib import Path
from typing import Any

from harness.compare.grouping import compare
from harness.compare.select import select
from harness.records.derived import Stored
from harness.records.store import RunStore
from harness.report.folder import FORMAT, MANIFEST, differences, manifest
from harness.report.output import rendered_files, views
from harness.study.options import ReportOptions, parse
from tabular.errors import HarnessError

PARTS = ("results", "written", "asked", "comparisons", "files")
"""Of a manifest."""


def asked_of(said: dict[str, Any], out: Path, results: Path | None) -> ReportOptions:
    """The options of a written report, over its runs where they were or in `results`."""
    keys = [f"{name}={value}" for name, value in said["asked"].items()]
    where = [f"results={results or out / said['results']}", f"out={out}", f"format={said['written']}"]
    return parse([*keys, *where], ReportOptions)[0]


def differing(said: dict[str, Any], asked: ReportOptions) -> list[str]:
    """One sentence for every number, run and file of a written report that is not what its runs give now."""
    store = RunStore(asked.results)
    store.check_exists()
    found, files = _computed(asked, select(store, asked), said["files"])
    problems = [*differences(said, found), *_files(asked.out, said["files"])]
    return problems or _rewritten(asked.out, files)


def _computed(
    asked: ReportOptions, stored: Stored, written: Container[str]
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Manifest, and tables and pages, as they would be written now."""
    if asked.across:
        from harness.compare.across import across
        from harness.report.ranking_folder import ranking_manifest, tables

        ranking = across(compare(stored))
        return ranking_manifest(asked, ranking, {}), tables(asked, ranking)
    seen = views(asked, stored)
    return manifest(asked, seen, {}), rendered_files(asked, seen, asked.out, written)


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a report folder says of itself; `HarnessError` if it says nothing, or nothing whole."""
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
