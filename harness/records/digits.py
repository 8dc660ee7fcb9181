"""How many decimals of an accuracy are kept, and how many tell two apart."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

DIGITS = 12
"""Decimals kept, of fractions, from curves on: means of the same recorded numbers agree in them."""
EQUAL = 7
"""Decimals that decide: what agrees in all of them is equal in ranks, marks and tests.

Recorded numbers carry the noise of their float32. Means over trainings of NAS-Bench-201 that are equal in
every published digit lie up to 2e-8 apart, all others 3e-6 or more: CIFAR-100's 15,625 cells have 14,256
different means in 12 decimals, and in 7 the 4,170 that they have."""


def rounded(values: ArrayLike, digits: int = DIGITS) -> Float[np.ndarray, "..."]:
    """Fractions to so many decimals; what rounds to 0 has no sign, and NaN stays."""
    return np.round(np.asarray(values, dtype=float), digits) + 0.0
