"""Imported tables: one file each in the data folder, written whole or not at all, verified when read."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from tabular.data.source import Source
from tabular.errors import HarnessError, MissingData
from tabular.table_file import (
    Columns,
    data_folder,
    digest,
    read_whole,
    remember_names,
    why_not_writable,
    write_through,
)

FORMAT = "2"
STALE_SECONDS = 3600
MARGIN = 1.05
"""Free space asked for, as a multiple of the columns' size."""


def table_path(name: str) -> Path:
    """Where the imported table of that name (`nb201:cifar10`) lies, present or not."""
    return data_folder() / "tables" / f"{name.replace(':', '-')}.safetensors"


@contextlib.contextmanager
def staged(tables: Mapping[str, tuple[Columns, Mapping[str, str]]]) -> Iterator[None]:
    """Within it tables are read as if they had been written: what an import looks at before it writes."""
    token = _staged.set({name: (each, {**said, "digest": "staged"}) for name, (each, said) in tables.items()})
    try:
        yield
    finally:
        _staged.reset(token)


_staged: ContextVar[dict[str, tuple[Columns, dict[str, str]]]] = ContextVar("staged")


def has_table(name: str) -> bool:
    """Whether a table of that name was imported; `HarnessError` if its folder cannot be read."""
    if name in _staged.get({}):
        return True
    try:
        return table_path(name).is_file()
    except OSError as problem:
        raise _unreadable(problem) from None


def table_names() -> list[str]:
    """Names of all imported tables, by the passports in their files; damaged files by their own name."""
    try:
        files = sorted(table_path("x").parent.glob("[!.]*.safetensors"))
    except OSError as problem:
        raise _unreadable(problem) from None
    found = []
    for file in files:
        try:
            passport = _header(file)
        except (SafetensorError, OSError, ValueError):
            found.append(file.stem)
            continue
        if passport.get("format") == FORMAT:  # others are cached conversions of installed packages
            found.append(passport.get("name", file.stem))
    return found


def read_table(name: str) -> tuple[Columns, dict[str, str]] | None:
    """Columns (read-only) and passport of an imported table; None if there is none.

    Raises `HarnessError` if the file is damaged: its content must hash to its digest.
    """
    if name in _staged.get({}):
        return _staged.get({})[name]
    path = table_path(name)
    if not has_table(name):
        return None
    try:
        columns, passport = read_whole(path)
    except (SafetensorError, OSError, ValueError) as problem:
        raise _damaged(path, name, str(problem)) from None
    if passport.get("format") != FORMAT:
        raise _damaged(path, name, f"format {passport.get('format')}, not {FORMAT}")
    if digest(columns) != passport.get("digest"):
        raise _damaged(path, name, "its content is not what was written")
    for column in columns.values():
        column.setflags(write=False)  # shared by all runs of a process
    return columns, passport


def require_table(name: str, sources: tuple[Source, ...]) -> tuple[Columns, dict[str, str]]:
    """Columns and passport of an imported table; `HarnessError` says how to get one that is not there."""
    found = read_table(name)
    if found is not None:
        return found
    ways = [
        source.how
        if source.downloads
        else f"{source.pattern} ({source.page}), then harness data import {source.name} FILE"
        for source in sources
    ]
    raise MissingData(f"the data of {name} are not here. Get them: {'; or '.join(ways)}")


def read_passport(name: str) -> dict[str, str]:
    """What an imported table says of itself, without reading its columns; `HarnessError` if damaged."""
    path = table_path(name)
    try:
        return _header(path)
    except (SafetensorError, OSError, ValueError) as problem:
        raise _damaged(path, name, str(problem)) from None


def _header(path: Path) -> dict[str, str]:
    """What a file says of itself, and the names of its `columns`."""
    with safe_open(path, framework="numpy") as file:
        return {**(file.metadata() or {}), "columns": " ".join(sorted(file.keys()))}


def write_tables(tables: Mapping[str, tuple[Columns, Mapping[str, str]]]) -> list[Path]:
    """Write tables by name, all or none: temporary names first, renamed when all are whole.

    Raises `HarnessError` if the folder cannot be written or the disk is full; what lay there stays.
    """
    folder = table_path("x").parent
    _check_room(folder, sum(column.nbytes for columns, _ in tables.values() for column in columns.values()))
    written: list[tuple[Path, Path]] = []
    try:
        for name in tables:
            if table_path(name).is_dir():
                raise IsADirectoryError(f"{table_path(name)} is a folder")
        for name, (columns, passport) in tables.items():
            path = table_path(name)
            temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            written.append((temporary, path))
            whole = {column: np.ascontiguousarray(values) for column, values in columns.items()}
            header = {**passport, "name": name, "format": FORMAT, "digest": digest(whole)}
            write_through(temporary, save(whole, metadata=dict(sorted(header.items()))))
        for temporary, path in written:
            temporary.replace(path)
        remember_names(folder)
    except (OSError, SafetensorError) as problem:
        raise HarnessError(f"{folder} cannot be written ({problem}); nothing was changed") from None
    finally:
        for temporary, _ in written:
            temporary.unlink(missing_ok=True)
    for name in tables:
        if f"{name}:curves" not in tables:  # those of another source would pass for this one's
            table_path(f"{name}:curves").unlink(missing_ok=True)
    return [path for _, path in written]


def sweep() -> None:
    """Remove what imports that were killed left behind."""
    for path in table_path("x").parent.glob(".*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > STALE_SECONDS:
                path.unlink()


def check_writable(folder: Path) -> None:
    """Raises `HarnessError` if files cannot be made in a folder."""
    problem = why_not_writable(folder)
    if problem:
        raise HarnessError(
            f"data folder {folder} cannot be written ({problem}); $NAS_HARNESS_DATA names another"
        )


def _check_room(folder: Path, size: int) -> None:
    check_writable(folder)
    free = shutil.disk_usage(folder).free
    if free < MARGIN * size:
        raise HarnessError(
            f"{folder} has {free / 1e6:.0f} MB free and {size / 1e6:.0f} MB are needed; nothing was changed"
        )


def _unreadable(problem: OSError) -> HarnessError:
    return HarnessError(
        f"data folder {data_folder()} cannot be read ({problem.strerror}); $NAS_HARNESS_DATA names another"
    )


def _damaged(path: Path, name: str, problem: str) -> HarnessError:
    return HarnessError(
        f"table file {path} is damaged ({problem}): import {name.partition(':')[0]} again, or delete the file"
    )
