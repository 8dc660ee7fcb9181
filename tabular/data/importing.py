"""From a publisher's file to imported tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tabular.data.source import Source, Tell, identify
from tabular.data.tables import check_writable, table_path, write_tables
from tabular.errors import HarnessError
from tabular.table_file import Columns

CHECKING = 0.15
"""Share of the work that is the checksum."""
ACCURACY = re.compile(r"[a-z-]+@\d+")


def import_file(source: Source, path: Path, unverified: bool, tell: Tell) -> list[Path]:
    """Check, convert and store; the paths of the tables written.

    Refuses a file whose checksum is not the publisher's, unless `unverified`; its tables then say so for
    ever. Where the publisher gives no checksum, they say that. Raises `HarnessError`, with earlier tables
    untouched, for anything that goes wrong.
    """
    check_writable(table_path("x").parent)
    try:
        identity = identify(source, path, lambda share: tell(CHECKING * share))
    except OSError as problem:
        raise HarnessError(f"{path} cannot be read ({problem.strerror})") from None
    if identity.problem and not unverified:
        raise HarnessError(
            f"{path.name} is not the published file: {identity.problem}. unverified=true imports it all the "
            "same and marks every table made from it"
        )
    tables = source.convert(path, lambda share: tell(CHECKING + (1 - CHECKING) * share))
    gaps = _gaps(tables)
    if gaps and not unverified:
        raise HarnessError(
            f"{path.name} is not whole: {gaps}. unverified=true imports it all the same and marks it so"
        )
    passport = {
        "source": path.name,
        "source_sha256": identity.sha256,
        "licence": source.licence,
        "verified": _verdict(identity.problem, identity.published),
        "note": _note(source, identity.problem, gaps),
    }
    written = write_tables({name: (columns, passport) for name, columns in tables.items()})
    tell(1.0)
    return written


def _verdict(problem: str, published: bool) -> str:
    if problem:
        return f"no: {problem}"
    return "yes" if published else "no checksum is published"


def _note(source: Source, *problems: str) -> str:
    warning = "; ".join(problem for problem in problems if problem)
    return " ".join(text for text in (warning and f"UNVERIFIED data: {warning}.", source.note) if text)


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
