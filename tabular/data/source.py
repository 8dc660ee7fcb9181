"""A publisher's file that benchmarks are made from: its name, address, checksum, licence and reader."""

from __future__ import annotations

import fnmatch
import glob
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tabular.data.kinds import NEVER, TEXTS, UNPACK, Kind, kind_of
from tabular.data.texts import as_published
from tabular.errors import HarnessError
from tabular.table_file import Columns

if TYPE_CHECKING:
    from tabular.data.doctor import Check

Tell = Callable[[float], None]
"""Told the share that is done, from 0 to 1."""
Convert = Callable[[Path, Tell], dict[str, Columns]]
"""Reads a file or folder; columns by name of the table they fill (`nb201:cifar10`)."""
BLOCK = 1 << 20


@dataclass(frozen=True)
class Download:
    """A file that a plain request gets."""

    file: str
    address: str
    sha256: str


@dataclass(frozen=True)
class Source:
    """A file (or folder of files) as its publisher ships it."""

    name: str
    """What is typed after `harness data import`; several sources may share it."""
    pattern: str
    """Name of the file or folder, with wildcards: how a source is told from others of its name."""
    about: str
    """What is in it, in a few words."""
    licence: str
    convert: Convert
    page: str
    """Where a person finds it."""
    downloads: tuple[Download, ...] = ()
    """What `harness data fetch` gets; empty where no plain request gets it."""
    sha256: str = ""
    """Of the file, where it is known."""
    md5_ends: str = ""
    """Last hex digits of the file's md5, where the publisher gives no more."""
    folder: bool = False
    kinds: tuple[str, ...] = ()
    """What it is by its content, names of `tabular.data.kinds`; empty where that does not tell. Texts are
    themselves whatever their line ends."""
    size: str = ""
    """Of the download, for people."""
    note: str = ""
    """Printed under every table made with it."""
    means: dict[str, str] = field(default_factory=dict, hash=False)
    """By table, the columns (space between) that hold means over trainings, not trainings."""
    bounded: bool = True
    """Whether its accuracies are shares; other metrics may be anything finite."""
    examine: Callable[[Mapping[str, Columns]], Iterator[Check]] | None = None
    """What its tables must show, where they are no benchmark of their own: of a benchmark its family says."""

    @property
    def how(self) -> str:
        """What gets it: a command line, or where a person finds it."""
        if not self.downloads:
            return self.page
        file = "" if self.folder else f" {self.downloads[0].file}"
        return f"harness data fetch {self.name}{file}"

    def fits(self, path: Path) -> bool:
        """Whether a file or folder goes by the publisher's name."""
        return fnmatch.fnmatch(path.name, self.pattern)

    def takes(self, path: Path, kind: Kind) -> bool:
        """Whether a file or folder can be it, by its content."""
        if kind.name in NEVER:
            return False
        if kind.name in self.kinds:
            return True
        return path.is_dir() == self.folder and (self.folder or not self.kinds or kind.name == "unknown")


@dataclass(frozen=True)
class Identity:
    """What a file is, and whether it is what its publisher says."""

    sha256: str
    """Of the file; of a folder, of the names and contents of its files in order."""
    problem: str
    """Empty if the checksum is right, or there is none to compare with."""
    published: bool
    """Whether there is a checksum to compare with."""


def identify(source: Source, path: Path, tell: Tell) -> Identity:
    """Checksum of a file or folder, compared with what is published. Streams; constant memory."""
    if source.folder and source.downloads:
        return _identify_files(source, path)
    if source.sha256 and TEXTS.intersection(source.kinds):
        return _identify_text(source, path)
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    for block in _blocks(path, tell):
        sha256.update(block)
        if source.md5_ends:
            md5.update(block)
    found = sha256.hexdigest()
    problem = ""
    if source.sha256 and found != source.sha256:
        problem = f"its sha256 is {found[:16]}..., the publisher's is {source.sha256[:16]}..."
    elif source.md5_ends and not md5.hexdigest().endswith(source.md5_ends):
        problem = f"its md5 ends with {md5.hexdigest()[-6:]}, the publisher's with {source.md5_ends}"
    return Identity(found, problem, bool(source.sha256 or source.md5_ends))


def _identify_text(source: Source, path: Path) -> Identity:
    """Of a text, whose form may be another than the publisher's (see `tabular.data.texts`)."""
    found = hashlib.sha256(as_published(path.read_bytes(), source.sha256)).hexdigest()
    same = found == source.sha256
    problem = "" if same else f"its sha256 is {found[:16]}..., the publisher's is {source.sha256[:16]}..."
    return Identity(found, problem, published=True)


def _identify_files(source: Source, folder: Path) -> Identity:
    """Of a folder whose files have checksums of their own; others in it are not looked at."""
    found = {each.file: _sha256(member(folder, each.file), each.sha256) for each in source.downloads}
    wrong = [each.file for each in source.downloads if found[each.file] != each.sha256]
    whole = hashlib.sha256("".join(f"{name}{sha}" for name, sha in found.items()).encode()).hexdigest()
    problem = f"{' and '.join(wrong)} has another sha256 than the publisher's" if wrong else ""
    return Identity(whole, problem, published=True)


def member(folder: Path, file: str) -> Path:
    """A publisher's file in a folder: of that name, or the one that something was put before.

    `old_data.json` stands for `data.json`. Raises `HarnessError` if there is none, or several.
    """
    if (folder / file).is_file():
        return folder / file
    found = [path for path in folder.glob(f"*[-_. ]{glob.escape(file)}") if path.is_file()]
    if len(found) != 1:
        several = f"{len(found)} files that end in" if found else "no"
        raise HarnessError(f"{folder} holds {several} {file}")
    return found[0]


def _sha256(path: Path, published: str) -> str:
    """Of a file, or of a text in the publisher's form; `HarnessError` if it cannot be it."""
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found == published:
        return found
    kind = kind_of(path)
    if kind.name in NEVER or kind.name in UNPACK:
        raise HarnessError(f"{path.name} in {path.parent} is {kind.words}, not the published file")
    if kind.name in TEXTS:
        return hashlib.sha256(as_published(path.read_bytes(), published)).hexdigest()
    return found


def _blocks(path: Path, tell: Tell) -> Iterator[bytes]:
    """The content in blocks; of a folder, every file's name before its content."""
    files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    total = max(sum(file.stat().st_size for file in files), 1)
    done = 0
    for file in files:
        if path.is_dir():
            yield str(file.relative_to(path)).encode()
        with file.open("rb") as stream:
            while block := stream.read(BLOCK):
                yield block
                done += len(block)
                tell(done / total)
