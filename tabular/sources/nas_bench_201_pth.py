"""The official `NAS-Bench-201-v1_1-096897.pth` (Dong and Yang, ICLR 2020), read without running its code.

The content is a dict whose `arch2infos` holds, by index, `less` (12 epochs) and `full`
(200 epochs). It is one object, so it has to be in memory as a whole: for the 4.7 GB file that is about
28 GB. The NATS-Bench folder has the same numbers and streams.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tabular.data.source import Tell
from tabular.errors import HarnessError
from tabular.sources.nb201_records import Recorder
from tabular.sources.torch_file import read_torch_file
from tabular.table_file import Columns

MEMORY_PER_BYTE = 6
"""Of objects in memory per byte of the file: 28 GB of 4.7 GB, as users of the official API report."""


def convert(path: Path, tell: Tell) -> dict[str, Columns]:
    """Tables and curves of the three datasets; rows that are not in the file stay NaN.

    Raises `HarnessError` if the file is damaged or foreign, asks for code, or does not fit in memory.
    """
    import psutil

    needed, free = MEMORY_PER_BYTE * path.stat().st_size, psutil.virtual_memory().available
    if needed > free:
        raise HarnessError(
            f"{path.name} needs about {needed / 1e9:.0f} GB of memory as one object, {free / 1e9:.0f} GB are "
            "free; the folder NATS-tss-v1_0-3ffb9-simple has the same numbers and is read file by file"
        )
    content = read_torch_file(path)
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
