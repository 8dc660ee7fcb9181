"""From a publisher's file to imported tables."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import numpy as np

from tabular.catalogue import examinations_before
from tabular.data.choosing import refuse_foreign
from tabular.data.source import Identity, Source, Tell, identify
from tabular.data.tables import check_writable, sweep, table_path, write_tables
from tabular.errors import HarnessError
from tabular.table_file import Columns

CHECKING = 0.15
"""Share of the work that is the checksum."""
POSITIVE = ("seconds", "latency:", "energy:", "params", "flops")
"""Columns of these names hold nothing that could be 0."""
ACCURACY = re.compile(r"[a-z-]+@\d+")


def import_file(source: Source, path: Path, unverified: bool, tell: Tell) -> list[Path]:
    """Check, convert and store; the paths of the tables written.

    Refuses a file whose checksum is not the publisher's, one that is not whole, and one that does not show
    what is published of its benchmarks, unless `unverified`; its tables then say so for ever. Where the
    publisher gives no checksum, they say that. Raises `HarnessError`, with earlier tables untouched, for
    anything that goes wrong.
    """
    check_writable(table_path("x").parent)
    sweep()
    refuse_foreign(source, path)
    with _one_line(path):
        identity = identify(source, path, lambda share: tell(CHECKING * share))
    _allow(unverified, f"{path.name} is not the published file", identity.problem)
    with _one_line(path):
        tables = source.convert(path, lambda share: tell(CHECKING + (1 - CHECKING) * share))
    _refuse_impossible(tables, source.bounded, path)
    gaps = _gaps(tables)
    _allow(unverified, f"{path.name} is not whole", gaps)
    passport = _passport(source, path, identity, gaps)
    strange = _strange(source, _with_passports(source, tables, passport))
    _allow(unverified, f"{path.name} does not show what is published", strange)
    passport = _passport(source, path, identity, gaps, strange)
    written = write_tables(_with_passports(source, tables, passport))
    tell(1.0)
    return written


def _passport(source: Source, path: Path, identity: Identity, gaps: str, strange: str = "") -> dict[str, str]:
    """Of every table of a file, as far as it is known by now."""
    return {
        "source": path.name,
        "source_sha256": identity.sha256,
        "licence": source.licence,
        "verified": _verdict(_joined(identity.problem, strange), identity.published),
        "note": _note(source, identity, gaps, strange),
    }


def _with_passports(
    source: Source, tables: Mapping[str, Columns], passport: Mapping[str, str]
) -> dict[str, tuple[Columns, dict[str, str]]]:
    """Each table with its own: which of its columns are means differs."""
    return {
        name: (columns, {**passport, "means": source.means.get(name, "")}) for name, columns in tables.items()
    }


def _allow(unverified: bool, what: str, problem: str) -> None:
    """Raises `HarnessError` for a problem that only `unverified` tolerates."""
    if problem and not unverified:
        raise HarnessError(
            f"{what}: {problem}. unverified=true imports it all the same and marks every table made from it"
        )


def _strange(source: Source, tables: Mapping[str, tuple[Columns, Mapping[str, str]]]) -> str:
    """The first published fact that the tables do not show, and how many more; empty if they show all.

    What is missing is no matter here: a part of the data is judged by what is in it.
    """
    failed: list[str] = []
    try:
        columns = {name: each for name, (each, _) in tables.items()}
        own = source.examine(columns) if source.examine else iter(())
        for name, check in chain(((source.name, check) for check in own), examinations_before(tables)):
            if not check.good and not check.gaps:
                failed.append(f"{name}: {check.what}; found {check.found}")
    except Exception as problem:  # facts, of third parties too, on files that nobody foresaw
        failed.append(f"its facts cannot be looked at ({_reason(problem)})")
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return f"{failed[0]}{more}" if failed else ""


def _verdict(problem: str, published: bool) -> str:
    if problem:
        return f"no: {problem}"
    return "yes" if published else "no checksum is published"


@contextlib.contextmanager
def _one_line(path: Path) -> Iterator[None]:
    """Whatever a reader stumbles over in a foreign file becomes one line that names it."""
    try:
        yield
    except (HarnessError, KeyboardInterrupt):
        raise
    except Exception as problem:  # files can be wrong in more ways than readers foresee
        raise HarnessError(f"{path} cannot be read ({_reason(problem)})") from problem


def _reason(problem: Exception) -> str:
    """In one line."""
    reason = str(problem).splitlines()[0][:200] if str(problem) else "no more is known"
    return f"{type(problem).__name__}: {reason}"


def _joined(*problems: str) -> str:
    return "; ".join(problem for problem in problems if problem)


def _note(source: Source, identity: Identity, *problems: str) -> str:
    warning = _joined(identity.problem, *problems)
    texts = [f"UNVERIFIED data: {warning}." if warning else "", source.note]
    if not identity.published:
        texts.append("Its publisher gives no checksum of this file.")
    return " ".join(text for text in texts if text)


def _refuse_impossible(tables: Mapping[str, Columns], bounded: bool, path: Path) -> None:
    """Raises `HarnessError` for accuracies outside [0, 1], infinite values, times and costs not positive."""
    for name, columns in tables.items():
        for column, values in columns.items():
            if not np.issubdtype(values.dtype, np.floating):
                continue
            wrong, possible = np.isinf(values), "numbers"
            if column.startswith(POSITIVE):
                wrong, possible = wrong | (values <= 0), "numbers above 0"
            elif bounded and ACCURACY.match(column.removeprefix("curve:")):
                wrong, possible = wrong | (values < 0) | (values > 1), "fractions from 0 to 1"
            if wrong.any():
                value = float(values[wrong].flat[0])
                what = f"an impossible {column} of {name}: {value:g}"
                raise HarnessError(f"{path.name} holds {what}, where {possible} are possible")


def _gaps(tables: Mapping[str, Columns]) -> str:
    """How many architectures have no accuracy of any kind, in words; empty if all have one."""
    for name, columns in tables.items():
        recorded = [
            ~np.isnan(values).all(axis=1)
            for column, values in columns.items()
            if ACCURACY.fullmatch(column) and not column.startswith("seconds")
        ]
        if recorded and not np.any(recorded, axis=0).all():
            there = np.any(recorded, axis=0)
            return f"{int(there.sum())} of {len(there)} architectures of {name} are in it"
    return ""
