"""Imported tables: one file each in the data folder, written whole or not at all, verified when read."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from tabular.errors import HarnessError
from tabular.table_file import Columns, data_folder, digest

FORMAT = "2"
MARGIN = 1.05
"""Free space asked for, as a multiple of the columns' size."""


def table_path(name: str) -> Path:
    """Where the imported table of that name (`nb201:cifar10`) lies, present or not."""
    return data_folder() / "tables" / f"{name.replace(':', '-')}.safetensors"


def has_table(name: str) -> bool:
    """Whether a table of that name was imported."""
    return table_path(name).is_file()


def read_table(name: str) -> tuple[Columns, dict[str, str]] | None:
    """Columns (read-only) and passport of an imported table; None if there is none.

    Raises `HarnessError` if the file is damaged: its content must hash to its digest.
    """
    path = table_path(name)
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            passport = dict(file.metadata() or {})
            columns = {column: file.get_tensor(column) for column in file.keys()}
    except (SafetensorError, OSError, ValueError) as problem:
        raise _damaged(path, name, str(problem)) from None
    if passport.get("format") != FORMAT:
        raise _damaged(path, name, f"format {passport.get('format')}, not {FORMAT}")
    if digest(columns) != passport.get("digest"):
        raise _damaged(path, name, "its content is not what was written")
    for column in columns.values():
        column.setflags(write=False)  # shared by all runs of a process
    return columns, passport


def read_passport(name: str) -> dict[str, str]:
    """What an imported table says of itself, without reading its columns; `HarnessError` if damaged."""
    path = table_path(name)
    try:
        with safe_open(path, framework="numpy") as file:
            return {**(file.metadata() or {}), "columns": " ".join(sorted(file.keys()))}
    except (SafetensorError, OSError, ValueError) as problem:
        raise _damaged(path, name, str(problem)) from None


def write_tables(tables: Mapping[str, tuple[Columns, Mapping[str, str]]]) -> list[Path]:
    """Write tables by name, all or none: temporary names first, renamed when all are whole.

    Raises `HarnessError` if the folder cannot be written or the disk is full; what lay there stays.
    """
    folder = table_path("x").parent
    _check_room(folder, sum(column.nbytes for columns, _ in tables.values() for column in columns.values()))
    written: list[tuple[Path, Path]] = []
    try:
        for name, (columns, passport) in tables.items():
            path = table_path(name)
            temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            written.append((temporary, path))
            whole = {column: np.ascontiguousarray(values) for column, values in columns.items()}
            header = {**passport, "name": name, "format": FORMAT, "digest": digest(whole)}
            save_file(whole, temporary, metadata=header)
        for temporary, path in written:
            temporary.replace(path)
    except (OSError, SafetensorError) as problem:
        raise HarnessError(f"{folder} cannot be written ({problem}); nothing was changed") from None
    finally:
        for temporary, _ in written:
            temporary.unlink(missing_ok=True)
    return [path for _, path in written]


def check_writable(folder: Path) -> None:
    """Raises `HarnessError` if files cannot be made in a folder."""
    probe = folder / f".probe-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as problem:
        raise HarnessError(
            f"data folder {folder} cannot be written ({problem.strerror}); $NAS_HARNESS_DATA names another"
        ) from None


def _check_room(folder: Path, size: int) -> None:
    check_writable(folder)
    free = shutil.disk_usage(folder).free
    if free < MARGIN * size:
        raise HarnessError(
            f"{folder} has {free / 1e6:.0f} MB free and {size / 1e6:.0f} MB are needed; nothing was changed"
        )


def _damaged(path: Path, name: str, problem: str) -> HarnessError:
    return HarnessError(
        f"table file {path} is damaged ({problem}): import {name.partition(':')[0]} again, or delete the file"
    )
