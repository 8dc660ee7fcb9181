"""Files of `torch.save` that hold plain data, read without torch and without running their code."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from tabular.errors import HarnessError
from tabular.sources.pickles import read_pickle

MAGIC = 0x1950A86A20F9469CFC6C
"""First of the pickles in a row that torch wrote before version 1.6; the fourth is the content."""


def read_torch_file(path: Path) -> Any:
    """The saved object: dicts, lists, strings, numbers, numpy's numbers and arrays.

    Reads both formats: a zip archive with `data.pkl`, and four pickles in a row. Raises `HarnessError` for
    a file that cannot be read, is damaged or foreign, or holds tensors or other objects.
    """
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                (inner,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
                # torch stores without compression: what unpacks to more is no file of its
                if archive.getinfo(inner).file_size > path.stat().st_size:
                    raise HarnessError(f"{path.name} is no file of torch.save: its content is compressed")
                with archive.open(inner) as stream:
                    return read_pickle(stream, path.name)
        with path.open("rb") as file:
            if read_pickle(file, path.name) != MAGIC:
                raise HarnessError(f"{path.name} is no file of torch.save")
            _, _, content = (read_pickle(file, path.name) for _ in range(3))
            return content
    except OSError as problem:
        raise HarnessError(f"{path} cannot be read: {problem.strerror}") from None
    except (zipfile.BadZipFile, ValueError, RuntimeError, NotImplementedError) as problem:
        raise HarnessError(f"{path.name} is no file of torch.save: {problem}") from None
