"""The official `NAS-Bench-201-v1_1-096897.pth` (Dong and Yang, ICLR 2020), read without running its code.

A file of `torch.save`: a zip archive with `data.pkl`, or (older) four pickles in a row of which the fourth
is the content. The content is a dict whose `arch2infos` holds, by index, `less` (12 epochs) and `full`
(200 epochs). It is one object, so it has to be in memory as a whole: for the 4.7 GB file that is about
28 GB. The NATS-Bench folder has the same numbers and streams.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import psutil

from tabular.data.source import Tell
from tabular.errors import HarnessError
from tabular.sources.nb201_records import Recorder
from tabular.sources.pickles import read_pickle
from tabular.table_file import Columns

TORCH_MAGIC = 0x1950A86A20F9469CFC6C
MEMORY_PER_BYTE = 6
"""Of objects in memory per byte of the file: 28 GB of 4.7 GB, as users of the official API report."""


def convert(path: Path, tell: Tell) -> dict[str, Columns]:
    """Tables and curves of the three datasets; rows that are not in the file stay NaN.

    Raises `HarnessError` if the file is damaged or foreign, asks for code, or does not fit in memory.
    """
    needed, free = MEMORY_PER_BYTE * path.stat().st_size, psutil.virtual_memory().available
    if needed > free:
        raise HarnessError(
            f"{path.name} needs about {needed / 1e9:.0f} GB of memory as one object, {free / 1e9:.0f} GB are "
            "free; the folder NATS-tss-v1_0-3ffb9-simple has the same numbers and is read file by file"
        )
    content = _zipped(path) if zipfile.is_zipfile(path) else _in_a_row(path)
    try:
        records: dict[int, Any] = content["arch2infos"]
        recorder = Recorder()
        for done, index in enumerate(sorted(records), start=1):
            record = records[index]
            name = f"{path.name}, architecture {index}"
            recorder.enter(name, record["full"]["arch_str"], {"12": record["less"], "200": record["full"]})
            tell(done / len(records))
    except (KeyError, TypeError) as problem:
        raise HarnessError(f"{path.name} is no file of NAS-Bench-201: {problem!r}") from None
    return recorder.tables()


def _zipped(path: Path) -> Any:
    try:
        with zipfile.ZipFile(path) as archive:
            inner = next((name for name in archive.namelist() if name.endswith("/data.pkl")), None)
            if inner is None:
                raise HarnessError(f"{path.name} is no file of torch.save")
            with archive.open(inner) as stream:
                return read_pickle(stream, path.name)
    except zipfile.BadZipFile as problem:
        raise HarnessError(f"{path.name} is damaged: {problem}") from None


def _in_a_row(path: Path) -> Any:
    with path.open("rb") as stream:
        if read_pickle(stream, path.name) != TORCH_MAGIC:
            raise HarnessError(f"{path.name} is no file of torch.save")
        for _ in ("format version", "machine"):
            read_pickle(stream, path.name)
        return read_pickle(stream, path.name)
