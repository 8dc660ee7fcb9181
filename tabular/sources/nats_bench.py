"""The official NATS-Bench folder of the topology space, `NATS-tss-v1_0-3ffb9-simple`.

One bzip2 pickle per architecture (`000000.pickle.pbz2` to `015624.pickle.pbz2`) beside `meta.pickle.pbz2`.
Read one by one and thrown away, so that memory stays that of the columns. (Dong et al., TPAMI 2021)
"""

from __future__ import annotations

import bz2
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tabular.data.kinds import kind_of
from tabular.data.source import Tell
from tabular.errors import HarnessError
from tabular.sources.nb201_records import SCHEDULES, Recorder
from tabular.sources.pickles import read_pickle
from tabular.table_file import Columns

SUFFIX = ".pickle.pbz2"
SIZE_SCHEDULE = "90"
"""Epochs that only architectures of the size search space (NATS-sss) were trained for."""
SIZES = re.compile(r"\d+(:\d+)+")
LARGEST = 16_000_000
"""Bytes of an unpacked record; real ones have about 330,000."""


def convert(folder: Path, tell: Tell) -> dict[str, Columns]:
    """Tables and curves of the three datasets; rows without a file stay NaN.

    Raises `HarnessError` naming the file that is damaged, foreign, or not what its name says.
    """
    files = _records(folder)
    if not files:
        inner = next((each for each in sorted(folder.glob("*/")) if _records(each)), None)
        hint = f"; {inner} does: harness data import nb201 {inner}" if inner else ""
        raise HarnessError(f"{folder} holds no NNNNNN{SUFFIX} of NATS-Bench{hint}")
    recorder = Recorder()
    for done, path in enumerate(files, start=1):
        record = _read(path)
        _check(record, path)
        recorder.enter(path.name, record["200"]["arch_str"], record)
        tell(done / len(files))
    return recorder.tables()


def _records(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if path.name[:6].isdigit())


def _read(path: Path) -> Any:
    kind = kind_of(path)
    if kind.name != "record":
        raise HarnessError(
            f"{path.name} is damaged: it is {kind.words}, not a bzip2 pickle; unpack the tar again"
        )
    try:
        reader = bz2.BZ2Decompressor()
        content = reader.decompress(path.read_bytes(), LARGEST)
    except (OSError, ValueError, EOFError) as problem:
        raise HarnessError(f"{path.name} is damaged: {problem}") from None
    if not reader.eof or reader.unused_data:
        raise HarnessError(f"{path.name} is damaged: it is cut, too large, or more follows its content")
    return read_pickle(io.BytesIO(content), path.name)


def _is_of_sizes(record: Any) -> bool:
    """Whether it was trained for 90 epochs, or has a text such as 64:48:16:8:24."""
    if not isinstance(record, Mapping):
        return False
    texts = (str(each.get("arch_str")) for each in record.values() if isinstance(each, Mapping))
    return SIZE_SCHEDULE in record or any(SIZES.fullmatch(text) for text in texts)


def _check(record: Any, path: Path) -> None:
    """The file's number is its architecture's, and both schedules are of one architecture."""
    if _is_of_sizes(record):
        raise HarnessError(
            f"{path.parent.name} is the size search space of NATS-Bench ({path.name} says so), which no "
            "benchmark is made from; nb201 is the topology search space: NATS-tss-v1_0-3ffb9-simple"
        )
    try:
        found = {(int(record[epochs]["arch_index"]), str(record[epochs]["arch_str"])) for epochs in SCHEDULES}
    except (KeyError, TypeError, ValueError) as problem:
        raise HarnessError(f"{path.name} is no record of NATS-Bench: {problem!r}") from None
    if len(found) != 1 or next(iter(found))[0] != int(path.name[:6]):
        raise HarnessError(f"{path.name} holds architecture {sorted(index for index, _ in found)}")
