"""Parquet tables as people write them: a file or a folder of parts, names of rows in a column or the index.

Names of digits may have become numbers, and so lost their leading zeros; Spark can write texts as bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tabular.errors import HarnessError

if TYPE_CHECKING:
    import pandas as pd


def read_parquet(path: Path) -> pd.DataFrame:
    """The table in a parquet file or a folder of parts; `HarnessError` for damage, or a missing library."""
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except ImportError as problem:
        raise HarnessError(
            f"reading {path.name} needs pandas and pyarrow: pip install pandas pyarrow ({problem})"
        ) from None
    except (OSError, ValueError, TypeError) as problem:
        why = " ".join(str(problem).split())
        raise HarnessError(f"{path.name} is damaged or no parquet file: {why}") from None


def has_names(table: pd.DataFrame, column: str) -> bool:
    """Whether rows have names: in a column, in an index called so, or in one that is called nothing."""
    return column in table or column in table.index.names or _is_unnamed(table)


def names(table: pd.DataFrame, column: str, digits: int = 0) -> list[str]:
    """What `has_names` found, as texts; numbers and texts of fewer `digits` get their leading zeros back."""
    if column in table:
        values = table[column].tolist()
    else:
        index = table.index
        values = index.get_level_values(column if column in index.names else 0).tolist()
    return [_text(value, digits) for value in values]


def _text(value: object, digits: int) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    return text.zfill(digits) if text.isdigit() else text


def _is_unnamed(table: pd.DataFrame) -> bool:
    """Whether an index without a name is more than a count of the rows."""
    import pandas as pd

    return table.index.names == [None] and not isinstance(table.index, pd.RangeIndex)
