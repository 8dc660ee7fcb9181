"""Stable 64-bit hashing of whole arrays: the same numbers in every process and on every machine."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt64

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio, odd: multiples of it are spread evenly."""


def mixed(numbers: UInt64[np.ndarray, "*shape"]) -> UInt64[np.ndarray, "*shape"]:
    """Bits of each number spread over all 64 (the finaliser of SplitMix64; Steele et al., OOPSLA 2014)."""
    x = numbers + GOLDEN
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def uniform(numbers: UInt64[np.ndarray, "*shape"]) -> np.ndarray:
    """Numbers in (0, 1) made from hashes, float64."""
    return ((numbers >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
