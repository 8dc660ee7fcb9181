"""Complexity, which is known of every architecture without training it, as numbers of a latent point."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from tabular.cells import Cells
from tabular.space import SearchSpace

LEAST = 1e-3
"""Of what the logarithm is taken at least: some architectures of NAS-Bench-Graph multiply nothing."""


def logarithms(space: SearchSpace, cells: Cells, measures: Sequence[str]) -> Float[np.ndarray, "n k"]:
    """Natural logarithms of measures of complexity; NaN where one was not measured."""
    columns = [space.complexity(cells, measure) for measure in measures]
    return np.log(np.maximum(np.stack(columns, axis=1), LEAST))
