"""Points that lie in a file: what `table` and `zero_cost` have in common."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from methods.base import OfFile, Opened, Representation, describe
from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.oracle import Observations
from tabular.points.files import found, read_sheet
from tabular.points.kept import keep, kept
from tabular.points.reading import Points, Reading, points_of
from tabular.space import SearchSpace
from tabular.spaces.pool import bottom

USUAL = "ours: what can be found out need not be said"


@dataclass(frozen=True)
class FileHyper:
    """How the file is read; `content` stands for all of it once that is done."""

    file: str = describe("", "csv or parquet, a row per architecture; written before the brackets", "yours")
    architectures: str = describe("", "column that says which architecture a row is of", USUAL)
    form: str = describe("", "form in which it is written there (harness arch)", USUAL)
    columns: str = describe("", "columns of numbers, with commas between them", USUAL)
    rows: str = describe("", "only rows with a text in a column, column:text", USUAL)
    content: str = describe(
        "", "sha256 of architectures and numbers: what the file is to a run; it cannot be given", "the file"
    )


F = TypeVar("F", bound=FileHyper)


class FromFile(Representation[F], OfFile):
    """The numbers of the file's columns, scaled or not."""

    default_optimizer = "gp_bo"
    static = True
    reading = ("file", "architectures", "form", "columns", "rows")

    @abstractmethod
    def scaled(self, values: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        """The points, of all of the file's numbers."""

    @classmethod
    def opened(cls, hyper: F, space: SearchSpace, dataset: str) -> Opened:
        if not hyper.file:
            raise HarnessError("it is read from a file")
        reading = Reading(hyper.architectures, hyper.form, hyper.columns, hyper.rows)
        points = points_of(read_sheet(found(hyper.file)), space, reading, dataset)
        keep(points)
        counted = f"{len(points.keys):,} of {space.size:,} architectures of {space.name}"
        return Opened(
            {"columns": ",".join(points.columns), "content": points.digest},
            points.cells,
            (f"{counted}, {len(points.columns)} columns", *points.remarks),
        )

    def setup(self) -> None:
        if not self.hyper.content:
            raise HarnessError("its file has not been read")
        self._points: Points = kept(self.hyper.content)
        self._z = torch.from_numpy(self.scaled(self._points.values).astype(np.float32))

    def known(self) -> Cells:
        return self._points.cells

    def fit(self, space: SearchSpace, observed: Observations) -> None:
        """Learns nothing; takes note of the space, whose keys tell architectures apart."""
        self._space = bottom(space)
        if self._space.digest != self._points.space:
            raise HarnessError(f"the points are of another space than {space.name}")

    def encode(self, cells: Cells) -> Float[Tensor, "n d"]:
        """Raises `HarnessError` for an architecture that the file lacks."""
        return self._z[torch.from_numpy(self._rows(cells))]

    def _rows(self, cells: Cells) -> Int[np.ndarray, " n"]:
        keys, known = self._space.keys(cells), self._points.keys
        rows = np.searchsorted(known, keys).clip(max=len(known) - 1)
        lacking = int((known[rows] != keys).sum())
        if lacking:
            raise HarnessError(f"the file has no points of {lacking:,} of {len(keys):,} architectures")
        return rows
