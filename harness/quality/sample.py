"""Random cells with their latent points, which several measures of the geometry share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from harness.quality.neighbours import distances, mean_of_pairs
from harness.quality.points import encoded, some
from harness.quality.subject import Sizes, Subject
from tabular.cells import Cells


@dataclass(frozen=True, eq=False)
class Sample:
    """Random cells of both parts with their latent points."""

    cells: Cells
    z: Float[np.ndarray, "n d"]
    between: Float[np.ndarray, "n n"]
    unit: float
    """Mean distance of random pairs; NaN where all points are the same."""

    @staticmethod
    def of(subject: Subject, sizes: Sizes, rng: np.random.Generator) -> Sample:
        """In random order."""
        cells = some(subject.everything, sizes.cells, rng)
        z = encoded(subject.representation, cells)
        between = distances(z, z)
        return Sample(cells, z, between, mean_of_pairs(between) or np.nan)
