"""What a report printed, kept until its runs, its options or the code change."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from harness.derived import files
from tabular.table_file import data_folder, write_atomically

if TYPE_CHECKING:
    from harness.options import ReportOptions

KEPT = 50
"""Reports; older ones are forgotten."""


def printed(options: ReportOptions, report: Callable[[], None]) -> None:
    """Print what `report` prints, on both streams; from memory if it was printed before. What raises is not
    kept."""
    path = data_folder() / "reports" / "printed" / f"{_key(options)}.json"
    try:
        out, err = json.loads(path.read_bytes())
    except (OSError, ValueError):
        streams = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            report()
        out, err = (stream.getvalue() for stream in streams)
        with contextlib.suppress(OSError):  # a report needs no memory
            write_atomically(path, json.dumps([out, err]).encode())
            _forget(path.parent)
    sys.stderr.write(err)
    sys.stdout.write(out)


def _key(options: ReportOptions) -> str:
    """Of everything the text depends on: options, run files, and the code of the reporting packages."""
    packages = [Path(__file__).parents[1], Path(sys.modules["tabular"].__file__ or "").parent]
    code = [
        (path.as_posix(), stat.st_size, stat.st_mtime_ns)
        for package in packages
        for path in sorted(package.rglob("*.py"))
        for stat in [path.stat()]
    ]
    folder = options.results.resolve()
    depends = [options.model_dump_json(), folder.as_posix(), code, sorted(files(folder))]
    return hashlib.sha256(json.dumps(depends).encode()).hexdigest()[:32]


def _forget(folder: Path) -> None:
    newest = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for old in newest[KEPT:]:
        old.unlink(missing_ok=True)
