"""Reading parquet files, and folders of them as some programs write one table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from tabular.errors import HarnessError
from tabular.points.sheet import Sheet

if TYPE_CHECKING:
    import pyarrow as pa


def of_parquet(file: Path) -> Sheet:
    """The columns; a column of lists of numbers, all of one length, is one column per place in them.

    Raises `HarnessError` for a damaged file, and where pyarrow is not installed.
    """
    try:
        import pyarrow.parquet as pq
    except ImportError:
        raise HarnessError(f"reading {file.name} needs pyarrow: pip install pyarrow") from None
    try:
        table = pq.read_table(file)
    except (OSError, ValueError) as problem:
        raise HarnessError(f"{file.name} is damaged or no parquet file: {problem}") from None
    written: dict[str, Callable[[], list[Any]]] = {}
    numbers: dict[str, Float[np.ndarray, " rows"]] = {}
    for name in table.column_names:
        column = table.column(name)
        written[name] = _written(column)
        numbers |= _numbers(name, column)
    return Sheet(file.name, table.num_rows, written, numbers, {})


def _written(column: pa.ChunkedArray) -> Callable[[], list[Any]]:
    """What reads the values as they are: numbers as texts, lists as lists."""

    def read() -> list[Any]:
        return [
            value if value is None or isinstance(value, str | list) else str(value)
            for value in column.to_pylist()
        ]

    return read


def _numbers(name: str, column: pa.ChunkedArray) -> dict[str, Float[np.ndarray, " rows"]]:
    """The column, or the places of its lists, if they hold numbers."""
    import pyarrow as pa
    import pyarrow.types as kinds

    kind = column.type
    if kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_boolean(kind) or kinds.is_decimal(kind):
        return {name: _array(column)}
    if not (kinds.is_list(kind) or kinds.is_large_list(kind) or kinds.is_fixed_size_list(kind)):
        return {}
    if not (kinds.is_integer(kind.value_type) or kinds.is_floating(kind.value_type)) or not len(column):
        return {}
    lists = column.combine_chunks()
    if lists.null_count:
        return {}
    flat = _array(pa.chunked_array([lists.flatten()]))
    width, rest = divmod(len(flat), len(lists))
    lengths = {len(each) for each in lists}
    if rest or lengths != {width} or not width:
        return {}
    places = flat.reshape(len(lists), width)
    return {f"{name}_{place}": places[:, place] for place in range(width)}


def _array(column: pa.ChunkedArray) -> Float[np.ndarray, " rows"]:
    """As float64; NaN for nothing."""
    import pyarrow as pa

    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
