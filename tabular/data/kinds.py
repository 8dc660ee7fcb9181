"""What a file is by its content: the one place that looks, for all importers.

A file that is not what its name promises is named for what it is, with the next step.
"""

from __future__ import annotations

import codecs
import json
import re
import stat
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from tabular.data.texts import MARKS, plain
from tabular.errors import HarnessError
from tabular.sources.tfrecord import begins_like_records

HEAD, LOOKED_AT = 65_536, 20
"""Bytes of a file and files of a folder that are looked at."""
PARQUET = b"PAR1"
"""Begins and ends a parquet file."""
TORCH_BEFORE_1_6 = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""The pickled magic number with which torch began its files before version 1.6."""
LFS = b"version https://git-lfs.github.com/spec/"
TITLE = re.compile(rb"<title[^>]*>\s*([^<]{1,80}?)\s*</title>", re.IGNORECASE)
CODE = re.compile(rb"<Code>\s*(\w{1,40})\s*</Code>")
ANNEX = re.compile(rb"\S*/annex/objects/\S+")
OLD_PICKLE = re.compile(rb"\(?(?:[dl]p\d+|c[\w.]+)\n")
"""How a pickle in letters (protocol 0) begins."""
MAGICS: tuple[tuple[bytes, str, str], ...] = (
    (b"\x1f\x8b", "gzip", "compressed with gzip"),
    (b"BZh", "bzip2", "compressed with bzip2"),
    (b"\xfd7zXZ\0", "xz", "compressed with xz"),
    (b"\x28\xb5\x2f\xfd", "zstd", "compressed with zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "rar", "a RAR archive"),
    (b"\x93NUMPY", "numpy", "a numpy array (.npy)"),
    (b"ARROW1", "feather", "an Arrow (feather) table"),
    (b"\x89HDF\r\n\x1a\n", "hdf5", "an HDF5 file"),
    (b"SQLite format 3\0", "sqlite", "an SQLite database"),
    (b"%PDF-", "pdf", "a PDF document"),
    (TORCH_BEFORE_1_6, "torch", "a torch archive"),
    *((b"\x80" + bytes([protocol]), "pickle", "a pickle of Python") for protocol in range(2, 6)),
)
UNPACK = {
    "gzip": "gunzip",
    "bzip2": "bunzip2",
    "xz": "unxz",
    "zstd": "unzstd",
    "zip": "unzip",
    "tar": "tar -xf",
    "7z": "7z x",
    "rar": "unrar x",
}
"""By kind the command that unpacks it."""
WORDS = {name: words for _, name, words in MAGICS} | {
    "folder": "a folder",
    "parquet": "a parquet table",
    "tfrecord": "a file of TFRecords",
    "json": "a JSON file",
    "csv": "a csv table",
    "text": "a text file",
}
"""By kind its words, where they are the same of all."""
NEVER = frozenset({"empty", "html", "xml", "pointer", "no file", "cut"})
"""Kinds of which no publisher's file is."""
TEXTS = frozenset({"json", "text", "csv"})
"""Kinds whose form (line ends and the like) is no part of what they say."""


@dataclass(frozen=True)
class Kind:
    """What a file is."""

    name: str
    """`html`, `parquet`, ...; `folder`; `unknown` where nothing tells."""
    words: str
    """After "is": `an HTML page`."""
    inside: tuple[str, ...] = ()
    """Names of what an archive holds; of a tar the first ones."""


def kind_of(path: Path) -> Kind:
    """What a file or folder is, by its content alone; `HarnessError` if it is not there or cannot be read.

    A folder of parquet parts, as Spark writes them, is a parquet table.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return _of_folder(path)
        if not stat.S_ISREG(mode):
            return Kind("no file", "a pipe or a device, which can be read once")
        with path.open("rb") as stream:
            head = stream.read(HEAD)
        found = (look(path, head) for look in (_zip, _tar, _parquet, _magic, _lengths, _text))
        return next((kind for kind in found if kind), Kind("unknown", "of no known kind"))
    except OSError as problem:
        reason = "does not exist" if isinstance(problem, FileNotFoundError) else problem.strerror
        raise HarnessError(f"{path}: {reason}") from None


def _plain(name: str) -> Kind:
    return Kind(name, WORDS[name])


def _of_folder(path: Path) -> Kind:
    """Parts alone lie in a parquet table, or in its folders named after values (`dataset=cifar10`)."""
    inside = chain(path.glob("*"), path.glob("*=*/*"))
    seen = (each for each in inside if not each.name.startswith((".", "_")) and each.is_file())
    heads = []
    for each in islice(seen, LOOKED_AT):
        with each.open("rb") as stream:
            heads.append(stream.read(len(PARQUET)))
    return Kind("parquet", "a folder of parquet parts") if {*heads} == {PARQUET} else _plain("folder")


def _zip(path: Path, head: bytes) -> Kind | None:
    """A zip archive with what it holds; torch's and numpy's archives are such, and go by their own names."""
    if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return None
    import zipfile  # with what it needs, 5 ms that only an import needs

    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return Kind("cut", "a zip archive that is damaged or cut short")
    if any(name.endswith("/data.pkl") for name in names):
        return _plain("torch")
    if names and all(name.endswith(".npy") for name in names):
        return Kind("npz", "an archive of numpy arrays (.npz)")
    return Kind("zip", f"a zip archive{_holding(names)}", tuple(names))


def _tar(path: Path, head: bytes) -> Kind | None:
    if head[257:262] != b"ustar":
        return None
    import tarfile

    try:
        with tarfile.open(path, "r:") as tar:
            names = [each.name for each in islice(tar, LOOKED_AT)]
    except tarfile.TarError:
        return Kind("cut", "a tar archive that is damaged or cut short")
    return Kind("tar", f"a tar archive{_holding(names)}", tuple(names))


def _holding(names: list[str]) -> str:
    return f" (holding {names[0]}{', ...' if len(names) > 1 else ''})" if names else ""


def _parquet(path: Path, head: bytes) -> Kind | None:
    if not head.startswith(PARQUET):
        return None
    whole = len(head) > len(PARQUET) and _end(path, len(PARQUET)) == PARQUET
    return _plain("parquet") if whole else Kind("cut", "a parquet table that is cut short")


def _magic(path: Path, head: bytes) -> Kind | None:
    """What its first bytes say, or that it has none."""
    if not head:
        return Kind("empty", "empty")
    if head.startswith(b"BZh") and path.name.endswith(".pickle.pbz2"):
        one = path.name[:6].isdigit()
        return Kind("record", "a record of NATS-Bench") if one else Kind("nats", "NATS-Bench in one file")
    return next((Kind(name, words) for magic, name, words in MAGICS if head.startswith(magic)), None)


def _lengths(path: Path, head: bytes) -> Kind | None:
    """Formats that begin with a length."""
    if begins_like_records(head):
        return _plain("tfrecord")
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < path.stat().st_size:
        return Kind("safetensors", "a safetensors file")
    return None


def _end(path: Path, size: int) -> bytes:
    with path.open("rb") as stream:
        stream.seek(-size, 2)
        return stream.read()


def _text(path: Path, head: bytes) -> Kind | None:
    for mark, encoding in MARKS:
        if head.startswith(mark):
            head = head[len(mark) :].decode(encoding, errors="ignore").encode()
            break
    if b"\0" in head:
        return None
    text = plain(head).lstrip()
    try:
        codecs.getincrementaldecoder("utf-8")().decode(text)  # the last letter may be cut
    except UnicodeDecodeError:
        return None
    if not text:
        return Kind("empty", "empty but for white space")
    return _markup(text) or _pointer(text) or _notation(text)


def _markup(text: bytes) -> Kind | None:
    if not text.startswith(b"<"):
        return None
    start = text[:2000].lower()
    if b"<html" in start or b"<!doctype html" in start or not start.startswith((b"<?xml", b"<error")):
        title = TITLE.search(text)
        named = f" ('{' '.join(title[1].decode(errors='replace').split())}')" if title else ""
        return Kind("html", f"an HTML page{named}")
    code = CODE.search(text)
    return Kind("xml", f"a server's answer in XML{f' ({code[1].decode()})' if code else ''}")


def _pointer(text: bytes) -> Kind | None:
    if text.startswith(LFS):
        size = re.search(rb"^size (\d+)$", text, re.MULTILINE)
        of = f" (to a file of {int(size[1]):,} bytes)" if size else ""
        return Kind("pointer", f"a git-lfs pointer{of}")
    if ANNEX.match(text.split(b"\n")[0]):
        return Kind("pointer", "a git-annex pointer")
    return None


def _notation(text: bytes) -> Kind:
    if text.startswith(b"{") or (text.startswith(b"[") and _is_json_list(text)):
        return _plain("json")
    if OLD_PICKLE.match(text):
        return _plain("pickle")
    first, *others = text.split(b"\n")[:2]
    for sign in (b",", b";", b"\t"):
        if (
            first.count(sign)
            and not set(first) & set(b"[]{}")
            and [first.count(sign)] == [other.count(sign) for other in others]
        ):
            return _plain("csv")
    return _plain("text")


def _is_json_list(text: bytes) -> bool:
    """Whether the first value is all there is in its line: an ENAS line goes on after its list."""
    line = text.split(b"\n")[0].decode(errors="replace")
    try:
        _, end = json.JSONDecoder().raw_decode(line)
    except (ValueError, RecursionError):
        return True  # it goes on in the next line, or is longer than what is looked at
    return not line[end:].strip()
