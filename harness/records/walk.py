"""The files of a results folder, whatever else lies there: what cannot be used is left out and named."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tabular.errors import HarnessError

Stamp = tuple[int, int, int]
"""Size, time of change (ns) and inode of a file."""
LEVELS = 3
"""Folders above a file: benchmark, protocol (or part of a quality), method."""
OF_A_KIND = 1
"""The level whose folders hold one kind of record each."""


@dataclass
class LeftOut:
    """What a report goes on without: names by reason."""

    names: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, name: str) -> None:
        """Note a file or folder, by its path inside the results folder."""
        self.names.setdefault(reason, []).append(name)

    def sentence(self, folder: Path) -> str:
        """All of it in one; empty if there is nothing."""
        count = sum(map(len, self.names.values()))
        if not count:
            return ""
        parts = [f"{', '.join(sorted(names))} ({reason})" for reason, names in sorted(self.names.items())]
        return f"{folder}: {count} left out: {'; '.join(parts)}"


def files(folder: Path, left_out: LeftOut, is_ours: Callable[[str], bool]) -> Iterator[tuple[str, Stamp]]:
    """All JSON files at `<benchmark>/<protocol>/<method>/`, by path inside the folder; of protocols (or parts
    of a quality) those that are ours, by their names.

    Raises `HarnessError` if the folder itself cannot be read.
    """
    try:
        os.scandir(folder).close()
    except OSError as problem:
        raise HarnessError(f"results folder {folder} cannot be read ({problem.strerror})") from None
    for name, path in _folders(str(folder), left_out, is_ours).items():
        for entry in _entries(name, path, left_out):
            if entry.name.endswith(".json") and not entry.name.startswith("."):
                stamp = _stamp(name + entry.name, entry, left_out)
                if stamp is not None:
                    yield name + entry.name, stamp


def _folders(root: str, left_out: LeftOut, is_ours: Callable[[str], bool]) -> dict[str, str]:
    """Paths of the folders of methods, by name."""
    level, true = {"": root}, os.path.realpath(root)
    for depth in range(LEVELS):
        found = {
            f"{name}{entry.name}/": entry.path
            for name, path in level.items()
            for entry in _entries(name, path, left_out)
            if (depth != OF_A_KIND or is_ours(entry.name)) and _is_folder(name + entry.name, entry, left_out)
        }
        level = _once(found, true, left_out)
    return level


def _once(folders: Mapping[str, str], root: str, left_out: LeftOut) -> dict[str, str]:
    """Without folders that links lead to again: their runs would count twice."""
    real = {name: os.path.realpath(path) for name, path in folders.items()}
    first: dict[str, str] = {}
    for name in sorted(folders, key=lambda name: real[name] != f"{root}/{name[:-1]}"):  # links come last
        other = first.setdefault(real[name], name)
        if other != name:
            left_out.add(f"the same folder as {other[:-1]}", name[:-1])
    return {name: folders[name] for name in first.values()}


def _entries(name: str, path: str, left_out: LeftOut) -> list[os.DirEntry[str]]:
    """What is in a folder; nothing, with a note, if it cannot be read."""
    try:
        with os.scandir(path) as entries:
            return list(entries)
    except FileNotFoundError:  # gone since it was listed
        return []
    except OSError as problem:
        left_out.add(str(problem.strerror), name.rstrip("/"))
        return []


def _is_folder(name: str, entry: os.DirEntry[str], left_out: LeftOut) -> bool:
    try:
        if not entry.is_dir():
            if entry.is_symlink() and not os.path.exists(entry.path):
                left_out.add("a link to nothing", name)
            return False
    except OSError as problem:  # a link that leads to itself
        left_out.add(str(problem.strerror), name)
        return False
    inside = os.path.realpath(os.path.dirname(entry.path)) + os.sep
    if entry.is_symlink() and inside.startswith(os.path.realpath(entry.path) + os.sep):
        left_out.add("a link to a folder that holds it", name)
        return False
    return True


def _stamp(name: str, entry: os.DirEntry[str], left_out: LeftOut) -> Stamp | None:
    """None for what is no file, or is gone."""
    try:
        found = entry.stat()
    except FileNotFoundError:
        if entry.is_symlink():
            left_out.add("a link to nothing", name)
        return None
    except OSError as problem:
        left_out.add(str(problem.strerror), name)
        return None
    if not stat.S_ISREG(found.st_mode):  # reading a pipe would wait for ever
        left_out.add("no file", name)
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino
