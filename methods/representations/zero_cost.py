"""Zero-cost proxies of a file, `zero_cost:FILE`: free information (Abdelfattah et al., ICLR 2021).

A proxy scores an architecture from a few batches through its untrained network. Here the scores are read from
csv or parquet, a row per architecture and a column per proxy, and computing them costs a search nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from methods.base import describe
from methods.representations._from_file import FileHyper, FromFile
from methods.representations._targets import mid_ranks


class ZeroCost(FromFile["ZeroCost.Hyper"]):
    """Ranks of the scores, or the scores themselves."""

    remark = (
        "free information, scores of untrained networks from a file: known of all candidates before the "
        "first query, and computing them is not charged"
    )

    @dataclass(frozen=True)
    class Hyper(FileHyper):
        scale: Literal["ranks", "scores"] = describe(
            "ranks",
            "ranks among the file's architectures, or the scores themselves",
            "ours: some have long tails",
        )

    def scaled(self, values: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        if self.hyper.scale == "scores":
            return values
        return np.stack([mid_ranks(column) for column in values.T], axis=1)
