"""How architectures of NAS-Bench-Graph are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tabular.cells import Cells
from tabular.forms import Form, digits, one_by_one, row_form, whole_number
from tabular.spaces.nas_bench_graph_trees import (
    COUNT,
    LINKS,
    OPS,
    SKIP,
    SLOTS,
    hashes_of_forms,
    listed_hashes,
    trees,
)
from tabular.values import Value

if TYPE_CHECKING:
    from tabular.spaces.nas_bench_graph import NASBenchGraphSpace

LINK, OPERATIONS = ("link", "lk"), ("ops", "op")
"""Names of the two parts, as attributes and as arguments of the authors' `Arch`."""
LINK_NUMBERS: dict[tuple[int, ...], int] = {link: number for number, link in enumerate(LINKS)}


def nas_bench_graph_forms(space: NASBenchGraphSpace) -> tuple[Form, ...]:
    """Links and operations by number or by name, and the authors' hash."""
    hashes = listed_hashes()
    return (
        Form(
            "key",
            "links and operations by number, such as 0012-1480, not all operations 8",
            write=lambda cells: [f"{_digits(link)}-{_digits(ops)}" for link, ops in _parts(space, cells)],
            read=one_by_one(lambda value: _number(value.split("-")) if isinstance(value, str) else None),
            make=_made,
        ),
        Form(
            "arch",
            "the authors' Arch([0, 0, 1, 2], ['gcn', 'gin', 'fc', 'skip']), or the pair of lists",
            write=lambda cells: [
                f"Arch({list(link)}, {[OPS[op] for op in ops]})" for link, ops in _parts(space, cells)
            ],
            read=one_by_one(lambda value: _number(_of_names(value) if isinstance(value, dict) else value)),
            make=_made,
            official=True,
        ),
        Form(
            "hash",
            "the authors' number (their valid_hash)",
            write=lambda cells: list(map(str, hashes_of_forms()[space.numbers(cells)].tolist())),
            read=one_by_one(lambda value: _row_of_hash(whole_number(value, int(hashes[-1]) + 1))),
            make=lambda rows: space.all()[np.array(rows, dtype=np.int64)],
            bare=True,
        ),
        row_form(space),
    )


def _parts(space: NASBenchGraphSpace, cells: Cells) -> list[tuple[tuple[int, ...], list[int]]]:
    """Links and operations of each."""
    numbers = space.numbers(cells).tolist()
    ops = (cells.ops[:, 1 : SLOTS + 1] - 1).tolist()
    return [(LINKS[number // COUNT], row) for number, row in zip(numbers, ops, strict=True)]


def _number(value: Value) -> int | None:
    """Of a list of links and one of operations, by number or by name: what `trees` takes."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    link, ops = digits(value[0], SLOTS, range(SLOTS)), digits(_numbered(value[1]), SLOTS, range(len(OPS)))
    number = LINK_NUMBERS.get(tuple(link or ()))
    if number is None or ops is None or ops == [SKIP] * SLOTS:
        return None
    return number * COUNT + int(_digits(ops), len(OPS))


def _of_names(given: dict[str, Any]) -> Value:
    """Links and operations of what is given by the authors' names alone, in whatever order."""
    found = [next((given[name] for name in names if name in given), None) for names in (LINK, OPERATIONS)]
    return found if len(given) == 2 else None


def _numbered(value: Value) -> Value:
    """Operations by number where they are given by name."""
    if not isinstance(value, list) or not all(isinstance(op, str) and op in OPS for op in value):
        return value
    return [OPS.index(op) for op in value]


def _row_of_hash(number: int | None) -> int | None:
    if number is None:
        return None
    row = int(np.searchsorted(listed_hashes(), number))
    return row if listed_hashes()[row] == number else None


def _made(numbers: list[int]) -> Cells:
    return trees(np.array(numbers, dtype=np.int64))


def _digits(numbers: list[int] | tuple[int, ...]) -> str:
    return "".join(map(str, numbers))
