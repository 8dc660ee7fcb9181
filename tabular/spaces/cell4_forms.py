"""How cells of four vertices are written: rows of six digits in several orders, and texts of their own."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int

from tabular.forms import Form, digits, one_by_one, row_form, whole_number
from tabular.spaces.cell4 import EDGES
from tabular.values import Value

if TYPE_CHECKING:
    from tabular.cells import Cells
    from tabular.spaces.cell4 import Cell4Space

BY_SOURCE = ((1, 0), (2, 0), (3, 0), (2, 1), (3, 1), (3, 2))
"""Edges (written, read) in the order in which NASLib has them."""
NASLIB = ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3")
"""NASLib's numbers of operations (its `nasbench201/conversions.py`)."""
NASLIB_MICRO = ("skip_connect", "none", "conv_3x3", "conv_1x1")
"""The same on TransNAS-Bench-101 (its `transbench101/conversions.py`)."""
NASZILLA = ("avg_pool_3x3", "nor_conv_1x1", "nor_conv_3x3", "none", "skip_connect")
"""naszilla's (its `nas_bench_201/cell_201.py`), on the edges in the order of the official text."""
INDEX_SEED, INDEX_DIGITS = 88, 6
"""Of NAS-Bench-201's indices: they count the cells in the order into which the authors have shuffled them
(AutoDL-Projects, `exps/NAS-Bench-201/main.py`; equal to all 15,625 recorded indices). Files are called by
six digits."""
FIRST_MICRO = 3256
"""TransNAS-Bench-101's indices count the macro space first."""
OFFICIAL_MICRO = re.compile(r"64-41414-([0-3])_([0-3])([0-3])_([0-3])([0-3])([0-3])")


def nb201_forms(space: Cell4Space) -> tuple[Form, ...]:
    """Of NAS-Bench-201."""
    ops = space.edge_ops
    return (
        _key(space),
        Form(
            "official",
            "the authors' text |avg_pool_3x3~0|+|none~0|skip_connect~1|+|…|",
            write=lambda cells: list(map(_official, _names(space, cells))),
            read=one_by_one(lambda value: official_digits(value, ops)),
            make=_maker(space),
            official=True,
        ),
        _numbered(space, "naslib", "NASLib's tuple (4, 0, 3, 1, 4, 3)", BY_SOURCE, NASLIB),
        _numbered(space, "naszilla", "naszilla's list [0, 4, 3, 1, 0, 1]", EDGES, NASZILLA, list),
        Form(
            "operations",
            'names of the operations in the order of the official text, ["avg_pool_3x3", "none", …]',
            write=lambda cells: list(map(json.dumps, _names(space, cells))),
            read=one_by_one(lambda value: _coded(value, ops)),
            make=_maker(space),
        ),
        Form(
            "index",
            f"the authors' number, 0 .. {space.size - 1} (of their file names)",
            write=lambda cells: list(map(str, _index_of_row()[space.keys(cells)].tolist())),
            read=one_by_one(lambda value: whole_number(_unpadded(value), space.size)),
            make=lambda found: space.all()[_row_of_index()[np.array(found, dtype=np.int64)]],
            bare=True,
        ),
        row_form(space),
    )


def transnas_micro_forms(space: Cell4Space) -> tuple[Form, ...]:
    """Of the micro space of TransNAS-Bench-101, whose operations are NASLib's without pools."""
    return (
        _key(space),
        Form(
            "official",
            "the authors' name 64-41414-1_02_333",
            write=lambda cells: ["64-41414-{}_{}{}_{}{}{}".format(*row) for row in _rows(space, cells)],
            read=one_by_one(_read_micro),
            make=_maker(space),
            official=True,
        ),
        _numbered(
            space, "naslib", "NASLib's tuple (1, 0, 2, 3, 3, 3), as in the name", EDGES, space.edge_ops
        ),
        _numbered(
            space,
            "naslib_graph",
            "NASLib's tuple (0, 1, 2, 3, 2, 2) of cells built as its graphs, in its order on NAS-Bench-201",
            BY_SOURCE,
            NASLIB_MICRO,
        ),
        Form(
            "index",
            f"the authors' number, {FIRST_MICRO} .. {FIRST_MICRO + space.size - 1}",
            write=lambda cells: list(map(str, (FIRST_MICRO + space.keys(cells)).tolist())),
            read=one_by_one(lambda value: _from(FIRST_MICRO, whole_number(value, FIRST_MICRO + space.size))),
            make=lambda found: space.all()[np.array(found, dtype=np.int64) - FIRST_MICRO],
            bare=True,
        ),
        row_form(space),
    )


def _key(space: Cell4Space) -> Form:
    kinds = len(space.edge_ops)
    return Form(
        "key",
        f"six digits 0..{kinds - 1} in the order of the official text",
        write=lambda cells: ["".join(map(str, row)) for row in _rows(space, cells)],
        read=one_by_one(lambda value: digits(value, len(EDGES), range(kinds))),
        make=_maker(space),
        bare=True,
    )


def _numbered(
    space: Cell4Space,
    name: str,
    about: str,
    edges: Sequence[tuple[int, int]],
    ops: Sequence[str],
    brackets: type = tuple,
) -> Form:
    """Six numbers of operations in an order of their own, on edges in an order of theirs."""
    place = np.array([EDGES.index(edge) for edge in edges])
    own = np.array([space.edge_ops.index(op) for op in ops])
    theirs, back = np.argsort(own), np.argsort(place)
    return Form(
        name,
        about,
        write=lambda cells: [str(brackets(row)) for row in theirs[space.digits(cells)[:, place]].tolist()],
        read=one_by_one(lambda value: digits(value, len(EDGES), range(len(ops)))),
        make=lambda rows: space.from_digits(own[_array(rows)[:, back]].astype(np.int8)),
        bare=True,
    )


def _maker(space: Cell4Space) -> Callable[[list[list[int]]], Cells]:
    return lambda rows: space.from_digits(_array(rows).astype(np.int8))


def _array(rows: list[list[int]]) -> Int[np.ndarray, "n 6"]:
    return np.array(rows, dtype=np.int64).reshape(-1, len(EDGES))


def _rows(space: Cell4Space, cells: Cells) -> list[list[int]]:
    rows: list[list[int]] = space.digits(cells).tolist()
    return rows


def _names(space: Cell4Space, cells: Cells) -> list[list[str]]:
    return [[space.edge_ops[op] for op in row] for row in _rows(space, cells)]


def _official(names: list[str]) -> str:
    words = [f"{name}~{source}" for name, (_, source) in zip(names, EDGES, strict=True)]
    return "+".join(f"|{'|'.join(part)}|" for part in (words[:1], words[1:3], words[3:]))


def official_digits(value: Value, ops: Sequence[str]) -> list[int] | None:
    """Digits of `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`, by itself or as the `string` of naszilla's record.

    None for anything else.
    """
    text = value.get("string") if isinstance(value, dict) and len(value) == 1 else value
    if not isinstance(text, str):
        return None
    found = _coded([word.partition("~")[0] for word in re.split(r"\|\+\||\|", text.strip("|"))], ops)
    return found if found and _official([ops[op] for op in found]) == text else None


def _coded(value: Value, ops: Sequence[str]) -> list[int] | None:
    if not isinstance(value, list) or len(value) != len(EDGES) or not all(each in ops for each in value):
        return None
    return [ops.index(each) for each in value]


def _read_micro(value: Value) -> list[int] | None:
    match = OFFICIAL_MICRO.fullmatch(value) if isinstance(value, str) else None
    return list(map(int, match.groups())) if match else None


def _unpadded(value: Value) -> Value:
    """The digits of a number without the zeros that fill it up to six."""
    if isinstance(value, str) and len(value) == INDEX_DIGITS and value.isdigit():
        return value.lstrip("0") or "0"
    return value


def _from(first: int, number: int | None) -> int | None:
    return number if number is not None and number >= first else None


@cache
def _row_of_index() -> Int[np.ndarray, " 15625"]:
    """Row of each of the authors' indices."""
    rows = list(range(len(NASLIB) ** len(EDGES)))
    random.Random(INDEX_SEED).shuffle(rows)
    return np.array(rows)


@cache
def _index_of_row() -> Int[np.ndarray, " 15625"]:
    return np.argsort(_row_of_index())
