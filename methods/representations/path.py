"""Path encoding of BANANAS (White et al., AAAI 2021, section 4): one column per operation sequence.

A column is 1 where some path from an input to the output passes through that sequence. On NAS-Bench-201
there are 5 + 25 + 125 = 155 columns; `none` is an operation like the others there, as in the authors' code
(naszilla), so every cell has its four paths whatever it computes. Where there would be more columns than
wanted the longest sequences are left out, which are the rarest (the paper's truncation; naszilla keeps the
30 up to two operations on NAS-Bench-201).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from methods.base import Representation, describe
from methods.representations._path_encoding import longest_path, occurring_paths, sequences
from tabular.cells import PAD, Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace

SAMPLED = 1000


class Path(Representation["Path.Hyper"]):
    """Zeros and ones: which operation sequences lie on a path to the output."""

    static = True

    @dataclass(frozen=True)
    class Hyper:
        columns: Annotated[int, Field(ge=1)] = describe(
            1000, "most columns; the longest sequences are left out", "ours: all of NAS-Bench-101 and 201"
        )

    def setup(self) -> None:
        self._longest: int | None = None

    def fit(self, space: SearchSpace, observed: Observations) -> None:
        """Learns nothing from labels; the first call samples cells to see how long paths are."""
        if self._longest is not None:
            return
        cells = space.sample(SAMPLED, self.rng)
        last = (cells.ops != PAD).sum(axis=1) - 1
        ends = np.unique(np.concatenate([cells.ops[:, 0], cells.ops[np.arange(len(cells)), last]]))
        inner = np.setdiff1d(np.arange(len(space.op_names)), ends)
        self._symbols = np.full(len(space.op_names), -1)
        self._symbols[inner] = np.arange(len(inner))
        longest = longest_path(cells, self._symbols)
        while longest > 1 and sequences(len(inner), longest) - 1 > self.hyper.columns:
            longest -= 1
        self._longest = longest
        # An edge from input to output is the empty sequence; a space without any needs no column for it.
        self._first = 0 if occurring_paths(cells, self._symbols, longest)[:, 0].any() else 1

    def encode(self, cells: Cells) -> Float[Tensor, "n d"]:
        assert self._longest is not None, "fit comes first"
        found = [occurring_paths(part, self._symbols, self._longest) for part in cells.split(4096)]
        return torch.from_numpy(np.concatenate(found)[:, self._first :]).float()
