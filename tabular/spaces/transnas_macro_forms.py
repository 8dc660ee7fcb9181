"""How networks of TransNAS-Bench-101's macro space are written."""

from __future__ import annotations

import re
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int

from tabular.cells import PAD, Cells
from tabular.forms import Form, digits, one_by_one, row_form, whole_number
from tabular.spaces.chains import chain_cells
from tabular.spaces.transnas_chains import LONGEST, MODULES, SHORTEST
from tabular.values import Value

if TYPE_CHECKING:
    from tabular.spaces.transnas import TransNASMacroSpace

KINDS = len(MODULES)
DOUBLINGS, HALVINGS = range(1, 4), range(1, 5)
OFFICIAL = re.compile(r"64-([1-4]{4,6})-basic")


def macro_forms(space: TransNASMacroSpace) -> tuple[Form, ...]:
    """Of the chains of four to six modules."""
    return (
        Form(
            "key",
            "4 to 6 module types 1..4, of which 1 to 4 are 3 or 4 and 1 to 3 are 2 or 4",
            write=lambda cells: _texts(space, cells),
            read=one_by_one(_modules),
            make=_made,
            bare=True,
        ),
        Form(
            "official",
            "the authors' name 64-4111-basic",
            write=lambda cells: [f"64-{text}-basic" for text in _texts(space, cells)],
            read=one_by_one(_read_official),
            make=_made,
            official=True,
        ),
        Form(
            "naslib",
            "NASLib's tuple (4, 1, 1, 1, 0, 0)",
            write=lambda cells: [str(tuple(row)) for row in _padded(space, cells).tolist()],
            read=one_by_one(_read_padded),
            make=_made,
        ),
        Form(
            "index",
            f"the authors' number, 0 .. {space.size - 1}",
            write=lambda cells: [str(_indices()[text]) for text in _texts(space, cells)],
            read=one_by_one(lambda value: whole_number(value, space.size)),
            make=lambda found: _made(_of_indices(found)),
            bare=True,
        ),
        row_form(space),
    )


def _texts(space: TransNASMacroSpace, cells: Cells) -> list[str]:
    """The module types from left to right: `4111`."""
    return ["".join(str(kind) for kind in row if kind != PAD) for row in space.layers(cells).tolist()]


def _padded(space: TransNASMacroSpace, cells: Cells) -> Int[np.ndarray, "n 6"]:
    layers = space.layers(cells)
    return np.where(layers == PAD, 0, layers)


def _modules(value: Value) -> list[int] | None:
    """Module types that make a network."""
    count = len(value) if isinstance(value, str | list) else 0
    found = digits(value, count, range(1, KINDS + 1)) if SHORTEST <= count <= LONGEST else None
    return found if found and "".join(map(str, found)) in _indices() else None


def _read_official(value: Value) -> list[int] | None:
    match = OFFICIAL.fullmatch(value) if isinstance(value, str) else None
    return _modules(match[1]) if match else None


def _read_padded(value: Value) -> list[int] | None:
    found = digits(value, LONGEST, range(KINDS + 1)) if isinstance(value, list) else None
    if found is None:
        return None
    length = LONGEST - found[::-1].index(next(filter(None, found[::-1]), 0))
    return _modules(found[:length])


def _made(rows: list[list[int]]) -> Cells:
    padded = [row + [PAD] * (LONGEST - len(row)) for row in rows]
    return chain_cells(np.array(padded, dtype=np.int8).reshape(-1, LONGEST), KINDS)


def _of_indices(found: list[int]) -> list[list[int]]:
    texts = list(_indices())
    return [list(map(int, texts[index])) for index in found]


@cache
def _indices() -> dict[str, int]:
    """The authors' number of each network, in their order: by length, by how many modules double the
    channels and halve the resolution, then by which modules double and which halve."""
    return {
        "".join(str(1 + (at in doubling) + 2 * (at in halving)) for at in range(length)): index
        for index, (length, doubling, halving) in enumerate(
            (length, doubling, halving)
            for length in range(SHORTEST, LONGEST + 1)
            for doubled in DOUBLINGS
            for halved in HALVINGS
            for doubling in combinations(range(length), doubled)
            for halving in combinations(range(length), halved)
        )
    }
