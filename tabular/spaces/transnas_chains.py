"""The networks of TransNAS-Bench-101's macro space as rows of module types."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
from jaxtyping import Bool, Int

from tabular.cells import PAD

MODULES = ("normal", "channels_x2", "resolution_/2", "channels_x2_resolution_/2")
"""Module types 1 to 4 of the macro space; each module is two residual blocks."""
SHORTEST, LONGEST = 4, 6


def allowed(layers: Int[np.ndarray, "n 6"]) -> Bool[np.ndarray, " n"]:
    """True where the module types (`PAD` behind the last) make a network of the macro space."""
    length = (layers != PAD).sum(axis=1)
    halved, doubled = (layers >= 3).sum(axis=1), ((layers == 2) | (layers == 4)).sum(axis=1)
    legal = ((layers == PAD) | ((layers >= 1) & (layers <= len(MODULES)))).all(axis=1)
    return legal & (length >= SHORTEST) & (halved >= 1) & (halved <= 4) & (doubled >= 1) & (doubled <= 3)


def code_numbers(layers: Int[np.ndarray, "n 6"]) -> Int[np.ndarray, " n"]:
    """A number below 5^6 for each row of module types."""
    return np.where(layers == PAD, 0, layers).astype(np.int64) @ 5 ** np.arange(LONGEST - 1, -1, -1)


@cache
def every_chain() -> Int[np.ndarray, "3256 6"]:
    """The module types of every network of the macro space in key order."""
    kinds = range(1, len(MODULES) + 1)
    chains = [
        (*chain, *(PAD,) * (LONGEST - length))
        for length in range(SHORTEST, LONGEST + 1)
        for chain in product(kinds, repeat=length)
    ]
    layers = np.array(chains, dtype=np.int8)
    return layers[allowed(layers)]


@cache
def positions() -> Int[np.ndarray, " 15625"]:
    """Key of each code number; -1 where it is no network of the macro space."""
    table = np.full(5**LONGEST, -1, dtype=np.int64)
    table[code_numbers(every_chain())] = np.arange(len(every_chain()))
    return table
