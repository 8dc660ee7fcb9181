"""Random streams derived from names. Nothing in the project reads global random state."""

from __future__ import annotations

import hashlib

import numpy as np


def stream(role: str, *names: str | int) -> np.random.Generator:
    """The generator of a role for the given names.

    Different names give independent streams; the same names the same stream on every machine.
    """
    text = "\x1f".join([role, *map(str, names)])
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))


def noise(benchmark: str, seed: int, replicate: str = "one") -> np.random.Generator:
    """Replicate noise: benchmark and seed only, so that every method at a seed sees the same labels.

    Under the replicate rule `frozen` all seeds see the same.
    """
    return stream("noise", benchmark, "frozen" if replicate == "frozen" else seed)


def initial_design(benchmark: str, seed: int) -> np.random.Generator:
    """The shared random start of every method at a seed."""
    return stream("initial", benchmark, seed)
