"""Random streams derived from names. Nothing in the project reads global random state."""

from __future__ import annotations

import hashlib

import numpy as np


def stream(role: str, *names: str | int) -> np.random.Generator:
    """The generator of a role (`initial`, `noise`, `pretraining`, `search`, ...) for the given names.

    Different names give independent streams; the same names the same stream on every machine.
    """
    text = "\x1f".join([role, *map(str, names)])
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))
