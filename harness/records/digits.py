"""When accuracies are equal: means of the same recorded numbers differ in their last bits only."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

DIGITS = 12
"""Decimals that count, of fractions. What agrees in all of them is equal, from curves to tables."""


def rounded(values: ArrayLike) -> Float[np.ndarray, "..."]:
    """Fractions to `DIGITS` decimals; what rounds to 0 has no sign, and NaN stays."""
    return np.round(np.asarray(values, dtype=float), DIGITS) + 0.0
