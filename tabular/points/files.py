"""Which kind of file a table is in."""

from __future__ import annotations

from pathlib import Path

from tabular.errors import HarnessError
from tabular.points.csv_file import of_csv
from tabular.points.parquet_file import of_parquet
from tabular.points.sheet import Sheet

PARQUET = b"PAR1"
ENDINGS = (".csv", ".parquet")


def found(name: str) -> Path:
    """The file of that name, with its ending or without; `HarnessError` if there is none, or several."""
    file = Path(name)
    if file.exists():
        return file
    there = [path for ending in ENDINGS if (path := file.with_name(f"{file.name}{ending}")).exists()]
    if len(there) != 1:
        which = f"there are {' and '.join(map(str, there))}: name one" if there else "there is no such file"
        raise HarnessError(f"'{name}': {which}")
    return there[0]


def state(name: str) -> tuple[str, int, int]:
    """What changes with the file of that name: where it lies, its size and when it was written."""
    file = found(name)
    try:
        status = file.stat()
    except OSError as problem:
        raise HarnessError(f"{file} cannot be read ({problem.strerror or problem})") from None
    return str(file.resolve()), status.st_size, status.st_mtime_ns


def read_sheet(file: Path) -> Sheet:
    """The columns of a file, or of a folder of parquet files.

    Raises `HarnessError`, one sentence, for what is neither csv nor parquet, or has no rows.
    """
    try:
        sheet = of_parquet(file) if _is_parquet(file) else of_csv(file)
    except OSError as problem:
        raise HarnessError(f"{file} cannot be read ({problem.strerror or problem})") from None
    if not sheet.rows:
        raise HarnessError(f"{file.name} has no rows")
    return sheet


def _is_parquet(file: Path) -> bool:
    if file.is_dir():
        return True
    with file.open("rb") as stream:
        return stream.read(len(PARQUET)) == PARQUET
