"""What a predictor may learn in place of accuracies."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def mid_ranks(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Ranks as shares in (0, 1), their mean for equal values: (rank - 1/2) / n."""
    _, group, size = np.unique(values, return_inverse=True, return_counts=True)
    return (size.cumsum() - size / 2)[group.reshape(-1)] / len(values)


def ranged(accuracy: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Place between the worst (0) and the best (1); zeros where all are equal (NAO's own target)."""
    return (accuracy - accuracy.min()) / max(float(np.ptp(accuracy)), 1e-9)


def standardised(
    accuracy: Float[np.ndarray, " n"], moments: tuple[float, float] | None
) -> Float[np.ndarray, " n"]:
    """Less the mean, over the standard deviation: of the given accuracies, or the given moments."""
    mean, sd = moments or (float(accuracy.mean()), float(accuracy.std()))
    return (accuracy - mean) / max(sd, 1e-9)
