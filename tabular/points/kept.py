"""Points that were read, kept by their content: runs and worker processes find them without the file.

`<data folder>/points/<digest>.safetensors`. It can be deleted: a command that names the file makes it again.
"""

from __future__ import annotations

import contextlib
import json
from functools import lru_cache
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import save

from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.points.reading import Points
from tabular.table_file import data_folder, read_whole, write_atomically
from tabular.table_file import digest as digest_of


def keep(points: Points) -> None:
    """Store points under their digest; `HarnessError` where the data folder cannot be written."""
    path = _path(points.digest)
    with contextlib.suppress(HarnessError):
        kept(points.digest)
        return
    cells = points.cells
    tensors = {
        "keys": points.keys,
        "values": points.values,
        "ops": np.ascontiguousarray(cells.ops),
        "adjacency": np.packbits(cells.adjacency.reshape(len(cells), -1), axis=1),
    }
    header = {"space": points.space, "columns": json.dumps(points.columns), "digest": digest_of(tensors)}
    try:
        write_atomically(path, save(tensors, metadata=header), durable=False)
    except OSError as problem:
        raise HarnessError(f"{path.parent} cannot be written ({problem.strerror})") from None


@lru_cache(maxsize=8)
def kept(digest: str) -> Points:
    """The points of a digest; `HarnessError` if they are gone or damaged."""
    path = _path(digest)
    try:
        tensors, header = read_whole(path)
        ops = tensors["ops"]
        n, v = ops.shape
        bits = np.unpackbits(tensors["adjacency"], axis=1, count=v * v).astype(bool)
        columns = tuple(json.loads(header["columns"]))
        points = Points(
            header["space"], Cells(bits.reshape(n, v, v), ops), tensors["keys"], tensors["values"], columns
        )
        whole = header["digest"] == digest_of(tensors) and points.digest == digest
    except (SafetensorError, OSError, KeyError, ValueError):
        whole = False
    if not whole:
        raise HarnessError(f"{path} is gone or damaged: the command that names the file makes it again")
    return points


def _path(digest: str) -> Path:
    return data_folder() / "points" / f"{digest[:16]}.safetensors"
