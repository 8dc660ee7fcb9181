"""What a predictor may learn in place of accuracies."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def mid_ranks(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Ranks as shares in (0, 1), their mean for equal values: (rank - 1/2) / n."""
    _, group, size = np.unique(values, return_inverse=True, return_counts=True)
    return (size.cumsum() - size / 2)[group.reshape(-1)] / len(values)
