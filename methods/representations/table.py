"""Points of a file, `table:FILE`: an embedding made elsewhere, csv or parquet with a row per architecture.

Where the file holds some architectures only, a search is among these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from methods.representations._from_file import FileHyper, FromFile


class Table(FromFile["Table.Hyper"]):
    """The numbers as they are."""

    remark = "points of a file made elsewhere; what they were learnt from is not known here"

    @dataclass(frozen=True)
    class Hyper(FileHyper):
        pass

    def scaled(self, values: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        return values
