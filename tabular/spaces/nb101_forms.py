"""How cells of NAS-Bench-101 are written: our short text, specifications, the module hash."""

from __future__ import annotations

import json
import math
import re
import sys
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool

from tabular.cells import PAD, Cells
from tabular.forms import Form, row_form
from tabular.spaces.nb101_graphs import (
    INPUT,
    OUTPUT,
    from_bits,
    last_vertex,
    restricted,
    to_bits,
)
from tabular.spaces.nb101_hashes import all_hashes, rows_of
from tabular.spaces.nb101_official import pruned
from tabular.spaces.nb101_rows import VERTICES
from tabular.spaces.nb101_specifications import OP_NAMES, specifications
from tabular.values import Value

if TYPE_CHECKING:
    from tabular.spaces.nb101 import NB101Space

KEY = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,5}):([123]{0,5})")
BITS = VERTICES * (VERTICES - 1) // 2
HASH = re.compile("[0-9a-f]{32}")
NASLIB = ("input", "output", "maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu")
"""NASLib's numbers of operations (its `nasbench101/conversions.py`)."""
MATRIX, OPERATIONS = ("matrix", "module_adjacency"), ("ops", "module_operations")
"""Names of the two parts of a specification, in the authors' code and in their records."""


Specification = tuple[list[list[int]], list[str]]
NOTHING: Specification = ([[0]], ["none"])
"""Stands for what is no specification, and is no cell."""


def nb101_forms(space: NB101Space) -> tuple[Form, ...]:
    """Specifications are pruned as the authors' code does before they are looked at."""
    return (
        Form(
            "key",
            "edges and inner operations, such as 0x7:2",
            write=lambda cells: _keys(space, cells),
            read=lambda values: _read_keys(space, values),
            make=_made,
        ),
        Form(
            "hash",
            "the authors' module hash, 32 hexadecimal digits",
            write=space.module_hash,
            read=_read_hashes,
            make=lambda rows: space.all()[np.array(rows, dtype=np.int64)],
            official=True,
        ),
        Form(
            "matrix",
            'adjacency matrix and operations, [[[0, 1], [0, 0]], ["input", "output"]] or '
            '{"matrix": …, "ops": …}',
            write=lambda cells: [
                json.dumps([matrix, [OP_NAMES[op] for op in ops]]) for matrix, ops in _parts(space, cells)
            ],
            read=lambda values: _read_specifications(list(map(_specification, values))),
            make=_made,
        ),
        Form(
            "naslib",
            "NASLib's tuple of the matrix row by row, then numbers of operations",
            write=lambda cells: [
                str((*chain(*matrix), *(NASLIB.index(OP_NAMES[op]) for op in ops)))
                for matrix, ops in _parts(space, cells)
            ],
            read=lambda values: _read_specifications(list(map(_of_naslib, values))),
            make=_made,
        ),
        row_form(space),
    )


def _parts(space: NB101Space, cells: Cells) -> list[tuple[list[list[int]], list[int]]]:
    """Matrix and operations of each, without padding."""
    space.check(cells)
    adjacency, ops = cells.adjacency.astype(int).tolist(), cells.ops.tolist()
    ends = (last_vertex(cells.ops) + 1).tolist()
    return [
        ([row[:end] for row in matrix[:end]], mine[:end])
        for matrix, mine, end in zip(adjacency, ops, ends, strict=True)
    ]


def _keys(space: NB101Space, cells: Cells) -> list[str]:
    """`0x<edges>:<operations>`: bit a + b (b - 1) / 2 of the number stands for the edge a -> b; operations
    are those of the inner vertices in order, 1 conv1x1, 2 conv3x3, 3 maxpool."""
    space.check(cells)
    ends = last_vertex(cells.ops).tolist()
    inner = ["".join(map(str, ops[1:end])) for ops, end in zip(cells.ops.tolist(), ends, strict=True)]
    return [f"0x{edges:x}:{ops}" for edges, ops in zip(to_bits(cells.adjacency).tolist(), inner, strict=True)]


def _read_keys(space: NB101Space, values: list[Value]) -> list[list[int] | None]:
    matches = [KEY.fullmatch(value) if isinstance(value, str) else None for value in values]
    bits = np.array([int(match[1], 16) if match else 0 for match in matches], dtype=np.int64)
    ops = np.full((len(values), VERTICES), PAD, dtype=np.int8)
    for row, match in enumerate(matches):
        inner = match[2] if match else ""
        ops[row, : len(inner) + 2] = [INPUT, *map(int, inner), OUTPUT]
    cells = Cells(from_bits(bits, VERTICES), ops)
    return _codes(cells, space.contains(cells) & (bits > 0) & (bits < 1 << BITS))


def _read_hashes(values: list[Value]) -> list[int | None]:
    texts = [value.lower() if isinstance(value, str) else "" for value in values]
    mine = [place for place, text in enumerate(texts) if HASH.fullmatch(text)]
    found: list[int | None] = [None] * len(values)
    if not mine:
        return found
    _prepare_hashes()
    given = np.frombuffer(bytes.fromhex("".join(texts[place] for place in mine)), dtype=np.uint8)
    for place, row in zip(mine, rows_of(given.reshape(len(mine), -1)).tolist(), strict=True):
        found[place] = row if row >= 0 else None
    return found


@cache
def _prepare_hashes() -> None:
    """Have all hashes at hand; says so where they are computed."""
    silent = True

    def tell(share: float) -> None:
        nonlocal silent
        if silent:
            print("note: computing the module hashes of all cells, once: about 40 s", file=sys.stderr)
        silent = False

    all_hashes(tell)


def _specification(value: Value) -> Specification | None:
    """A matrix and operations by name, as a pair or under the authors' names."""
    if isinstance(value, dict):
        value = [
            next((value[name] for name in names if name in value), None) for names in (MATRIX, OPERATIONS)
        ]
    if not isinstance(value, list) or len(value) != 2:
        return None
    matrix, ops = value
    if not isinstance(matrix, list) or not all(isinstance(row, list) for row in matrix):
        return None
    square = all(len(row) == len(matrix) and all(edge in (0, 1) for edge in row) for row in matrix)
    named = isinstance(ops, list) and all(isinstance(op, str) for op in ops)
    return (matrix, ops) if square and named and 0 < len(ops) <= len(matrix) else None


def _of_naslib(value: Value) -> Specification | None:
    width = math.isqrt(len(value)) if isinstance(value, list) else 0
    if not isinstance(value, list) or not value or len(value) != width * width + width:
        return None
    ops = value[width * width :]
    if not all(isinstance(op, int) and 0 <= op < len(NASLIB) for op in ops):
        return None
    rows = [value[start : start + width] for start in range(0, width * width, width)]
    return _specification([rows, [NASLIB[op] for op in ops]])


def _read_specifications(given: list[Specification | None]) -> list[list[int] | None]:
    """What is left of each specification; None where that is no cell."""
    if not given:
        return []
    pairs = [each or NOTHING for each in given]
    cells, valid = pruned(*specifications([matrix for matrix, _ in pairs], [ops for _, ops in pairs]))
    cells = restricted(cells, valid[:, None] & (cells.ops != PAD))  # at most 7 vertices each
    more = max(VERTICES - cells.ops.shape[1], 0)
    adjacency = np.pad(cells.adjacency, ((0, 0), (0, more), (0, more)))[:, :VERTICES, :VERTICES]
    ops = np.pad(cells.ops, ((0, 0), (0, more)), constant_values=PAD)[:, :VERTICES]
    return _codes(Cells(adjacency, ops), valid)


def _codes(cells: Cells, valid: Bool[np.ndarray, " n"]) -> list[list[int] | None]:
    """Edges as a number and operations of each valid graph: what `_made` takes."""
    rows = np.column_stack([to_bits(cells.adjacency), cells.ops]).tolist()
    return [row if good else None for row, good in zip(rows, valid.tolist(), strict=True)]


def _made(rows: list[list[int]]) -> Cells:
    table = np.array(rows, dtype=np.int64).reshape(-1, 1 + VERTICES)
    return Cells(from_bits(table[:, 0], VERTICES), table[:, 1:].astype(np.int8))
