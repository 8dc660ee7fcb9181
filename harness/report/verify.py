"""What a written report says against what its runs give: every number is computed again."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.compare.grouping import compare
from harness.compare.select import select
from harness.records.derived import Stored
from harness.records.store import RunStore
from harness.report.folder import FORMAT, MANIFEST, differences, manifest
from harness.report.lookup import LookedUp, look_up
from harness.report.output import rendered_files, views
from harness.study.options import ReportOptions, parse
from tabular.errors import HarnessError

PARTS = ("results", "written", "asked", "comparisons", "files")
"""Of a manifest."""


def asked_of(said: dict[str, Any], out: Path, results: Path | None) -> ReportOptions:
    """The options of a written report, over its runs where they were or in `results`."""
    keys = [f"{name}={value}" for name, value in said["asked"].items()]
    where = [f"results={results or _runs_of(said, out)}", f"out={out}", f"format={said['written']}"]
    return parse([*keys, *where], ReportOptions)[0]


def _runs_of(said: dict[str, Any], out: Path) -> Path:
    """Where the report says its runs are; `HarnessError` if they are not there."""
    # `out` may be a link: the address was written as if it were not
    place = Path(os.path.normpath(out / said["results"]))
    for folder in (place, out / said["results"]):
        if folder.is_dir():
            return folder
    raise HarnessError(
        f"{out} was made from runs in {place}, which is not there: results=FOLDER says where they are now"
    )


def differing(said: dict[str, Any], asked: ReportOptions) -> LookedUp:
    """What a report has that its runs do not give now, and what the runs have that their tables do not."""
    if asked.against:
        return _differing_prediction(said, asked)
    if asked.kind == "quality":
        return _differing_quality(said, asked)
    store = RunStore(asked.results)
    store.check_exists()
    stored = select(store, asked)
    found, files, unread = _computed(asked, stored, said)
    problems = [*differences(said, found), *_files(asked.out, said["files"])]
    looked_up = look_up(store, stored)
    looked_up.unknown[:0] = filter(None, [stored.left_out.sentence(store.folder), unread])
    return replace(looked_up, problems=[*(problems or _rewritten(asked.out, files)), *looked_up.problems])


def _differing_quality(said: dict[str, Any], asked: ReportOptions) -> LookedUp:
    """The same of a report on quality, whose numbers no table knows."""
    from harness.compare.quality_select import select_quality
    from harness.records.quality_store import QualityStore
    from harness.report.quality import ordered
    from harness.report.quality_folder import kept, quality_manifest, text_files

    store = QualityStore(asked.results)
    store.check_exists()
    stored = select_quality(store, asked)
    tables, left_out = ordered(stored), stored.left_out.sentence(store.folder)
    problems = [
        *differences(said, quality_manifest(asked, tables, {})),
        *_files(asked.out, said["files"]),
    ]
    pictured = kept(tables, asked.out, said["files"])
    problems = problems or _rewritten(asked.out, text_files(asked, tables, pictured))
    return LookedUp(problems=problems, unknown=[left_out] if left_out else [])


def _differing_prediction(said: dict[str, Any], asked: ReportOptions) -> LookedUp:
    """The same of quality against regret, whose runs are looked up."""
    from harness.compare.quality_select import select_quality
    from harness.records.quality_store import QualityStore
    from harness.report.prediction import predicted
    from harness.report.prediction_folder import prediction_manifest, table_files

    found, stored = predicted(asked, select_quality(QualityStore(asked.results), asked))
    problems = [
        *differences(said, prediction_manifest(asked, found, {})),
        *_files(asked.out, said["files"]),
    ]
    used = {run.path: run for each in found for point in each.points.values() for run in point.search.runs}
    looked_up = look_up(RunStore(asked.results), replace(stored, done=list(used.values())))
    problems = problems or _rewritten(asked.out, table_files(found))
    return replace(looked_up, problems=[*problems, *looked_up.problems])


def _computed(
    asked: ReportOptions, stored: Stored, said: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, bytes], str]:
    """Manifest, tables and pages as they would be written now, and what cannot be read of representations.

    Links of pages lead to where the runs were when the report was written: both may have been moved since.
    """
    if asked.across:
        from harness.compare.across import across
        from harness.report.ranking_folder import ranking_manifest, tables

        ranking = across(compare(stored))
        return ranking_manifest(asked, ranking, {}), tables(asked, ranking), ""
    from harness.report.quality_folder import beside, with_quality

    seen = views(asked, stored)
    measured, unread = beside(asked, seen)
    content = with_quality(manifest(asked, seen, {}), measured, asked.statistic)
    return content, rendered_files(asked, seen, measured, said["files"], said["results"]), unread


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
