"""What is made once of a search space and then kept in the data folder, as safetensors."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import save

from tabular.table_file import data_folder, read_whole, write_atomically

Tensors = dict[str, np.ndarray]


def kept(version: str, good: Callable[[Tensors], bool], make: Callable[[], Tensors]) -> Tensors:
    """Tensors from the data folder, else made now and kept there; `version` names the file.

    A file is read unless it is not as it was written, or `good`, asked about its tensors, finds them made by
    another code. Where the folder cannot be written a note on stderr says so.
    """
    path = data_folder() / "spaces" / f"{version}.safetensors"
    found = _read(path, version)
    if found is not None and good(found):
        return found
    tensors = make()
    header = {"format": version, "digest": digest(version, tensors)}
    try:
        write_atomically(path, save(tensors, metadata=header), durable=False)
    except OSError as problem:
        print(f"note: {version} not cached, {path.parent} cannot be written ({problem})", file=sys.stderr)
    return tensors


def _read(path: Path, version: str) -> Tensors | None:
    """Tensors of a file; None unless it is as it was written."""
    try:
        tensors, header = read_whole(path)
    except (SafetensorError, OSError):
        return None
    return tensors if header == {"format": version, "digest": digest(version, tensors)} else None


def digest(version: str, tensors: Tensors) -> str:
    """sha256 (hex) of version, names, types, shapes and bytes."""
    sha = hashlib.sha256(version.encode())
    for name in sorted(tensors):
        sha.update(f"{name}{tensors[name].dtype}{tensors[name].shape}".encode())
        sha.update(tensors[name].tobytes())
    return sha.hexdigest()
