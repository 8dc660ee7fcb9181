"""One compact, memory-mappable file per table: safetensors columns with a passport in the header.

The first axis of every column is the architectures in key order of the space. Names and units:

- `<split>@<epochs>`: accuracy as a fraction, (rows, replicates), NaN where a replicate is missing;
- `seconds@<epochs>`: training time in seconds, likewise; one column where all replicates share a time;
- `seconds:<split>@<epochs>`: the same, where a split is from trainings of its own;
- `<split>@<epochs>:<epoch>`, `seconds@<epochs>:<epoch>`: after `epoch` epochs of the schedule of `epochs`;
- `curve:<split>@<epochs>`: (rows, replicates, epochs), after every epoch;
- `params`, `flops`: in millions; `latency:<device>` in ms; `energy:<device>` in mJ, (rows,).

Numbers are float32 where every value is exactly that, else float64. The header (the passport) holds
`name`, `format`, `source` (file or package), `source_sha256`, `verified`, `licence`, `note`, `means`
(columns that hold means over trainings alone), `digest`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import platformdirs
from jaxtyping import Shaped
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

FORMAT = "1"
Columns = dict[str, Shaped[np.ndarray, "rows *more"]]


def data_folder() -> Path:
    """Where tables and pre-trained models are cached: `$NAS_HARNESS_DATA`, else the user's cache folder."""
    chosen = os.environ.get("NAS_HARNESS_DATA")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("nas-harness"))


def compact(values: Shaped[np.ndarray, "*any"]) -> Shaped[np.ndarray, "*any"]:
    """float32 where that loses nothing."""
    small = values.astype(np.float32)
    return small if np.array_equal(small, values, equal_nan=True) else values


def digest(columns: Columns) -> str:
    """sha256 (hex) over names, shapes, types and values of all columns: the identity of a table."""
    sha = hashlib.sha256()
    for name in sorted(columns):
        column = np.ascontiguousarray(columns[name])
        column = column.astype(column.dtype.newbyteorder("<"), copy=False)
        kind = "" if column.dtype == np.float64 else column.dtype.str
        sha.update(f"{name}{column.shape}{kind}".encode())
        sha.update(column.reshape(-1).view(np.uint8).data)
    return sha.hexdigest()


def write_atomically(path: Path, content: bytes, durable: bool = True) -> None:
    """Write to a temporary name beside `path`, then rename: readers see the whole file or none.

    `durable`: also after a power cut. It waits for the disk, which caches need not (0.3 to 0.7 ms a file on
    a solid-state disk, where a file takes 0.06 ms without). Every `OSError` names the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if durable:
            write_through(temporary, content)
        else:
            temporary.write_bytes(content)
        temporary.replace(path)
        if durable:
            remember_names(path.parent)
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror or str(problem), str(path)) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_through(path: Path, content: bytes) -> None:
    """Write a file, and wait until the disk has it."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def remember_names(folder: Path) -> None:
    """Make renames in a folder durable, where the system can."""
    with contextlib.suppress(OSError):  # Windows opens no folder, some network file systems sync none
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def why_not_writable(folder: Path) -> str:
    """Why files cannot be made in a folder (which is made if need be); empty if they can."""
    probe = folder / f".probe-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as problem:
        return problem.strerror or str(problem)
    return ""


def read_whole(path: Path) -> tuple[Columns, dict[str, str]]:
    """All columns and the header of a file; raises `SafetensorError` or `OSError` if it is damaged."""
    with safe_open(path, framework="numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})


def cached_table(
    name: str, source_sha256: str, passport: Mapping[str, str], convert: Callable[[], Columns]
) -> tuple[Columns, dict[str, str]]:
    """Columns and passport of a table: from its cache file, or converted now and cached.

    A cache file that is damaged (its content does not hash to its digest) is converted again. Where
    the data folder cannot be written the table is converted in memory at every start.
    """
    stem = f"{name.replace(':', '-')}-{source_sha256[:12]}-f{FORMAT}"
    path = data_folder() / "tables" / f"{stem}.safetensors"
    header = {"name": name, "source_sha256": source_sha256, "format": FORMAT, **passport}
    found = _read(path, header)
    if found is not None:
        return found
    columns = convert()
    header["digest"] = digest(columns)
    try:
        write_atomically(path, save(columns, metadata=header), durable=False)
    except OSError as problem:
        print(f"note: table not cached, {path.parent} cannot be written ({problem})", file=sys.stderr)
    return columns, header


def _read(path: Path, expected: dict[str, str]) -> tuple[Columns, dict[str, str]] | None:
    """Columns and header of a cache file; None unless both are as they were written."""
    if not path.is_file():
        return None
    try:
        columns, header = read_whole(path)
    except (SafetensorError, OSError):
        return None
    return (columns, header) if header == {**expected, "digest": digest(columns)} else None
