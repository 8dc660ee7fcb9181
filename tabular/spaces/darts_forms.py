"""How architectures of the DARTS space are written: genotypes by name or number, and configurations."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tabular.cells import Cells
from tabular.forms import Form, one_by_one
from tabular.spaces.darts_cell import NODE, NODES, OPS, SLOTS
from tabular.values import Value

if TYPE_CHECKING:
    from tabular.spaces.darts import DARTSSpace

EDGE = re.compile(r"([0-4])\.([0-6])")
CONCATENATED = [2, 3, 4, 5]
"""Nodes that a cell's output joins: all, in this space."""
KINDS = ("normal", "reduce")
FIRST_EDGE = (0, 2, 5, 9)
"""Of a configuration: number of the edge from input 0 into each node; the other inputs' follow."""
ABSENT = "#na#"
"""How YAHPO Gym writes an edge that a configuration lacks."""
PREFIX = "NetworkSelectorDatasetInfo:darts:"
SEPARATOR = re.compile(r":|_COLON_")
"""Of the parts of a parameter's name, in NAS-Bench-301's code and in YAHPO Gym's."""
Pair = tuple[int, int]
Code = Callable[[Any], int | None]


def darts_forms(space: DARTSSpace) -> tuple[Form, ...]:
    """Of normal and reduction cell, or of the one cell where they are tied."""
    count = 1 if space.tie_cells else 2
    then = "" if space.tie_cells else ", then _ and the reduction cell"

    pairs, made = partial(_pairs, space), partial(_made, space)

    def genotype(name: str, about: str, text: Callable[[Any], str], code: Code, named: bool = False) -> Form:
        return Form(
            name,
            about,
            write=lambda cells: list(map(text, pairs(cells))),
            read=one_by_one(lambda value: _genotype(value, code, count)),
            make=made,
            official=named,
            bare=not named,
        )

    key = Form(
        "key",
        f"input.operation of eight edges, two per node, 0.3-1.3-0.2-…{then}",
        write=lambda cells: ["_".join(map(_key, both[:count])) for both in pairs(cells)],
        read=one_by_one(lambda value: _read_key(value, count)),
        make=made,
    )
    return (
        key,
        genotype(
            "genotype", "DARTS's Genotype(normal=[('sep_conv_3x3', 0), …], …)", _named, _by_name, named=True
        ),
        genotype(
            "compact",
            "NASLib's and naszilla's (((0, 3), …), ((0, 0), …)): inputs and operations, max_pool_3x3 is 0",
            partial(_numbered, first=0),
            partial(_by_number, first=0),
        ),
        genotype(
            "primitives",
            "the same with numbers of DARTS's own list of operations, in which max_pool_3x3 is 1",
            partial(_numbered, first=1),
            partial(_by_number, first=1),
        ),
        Form(
            "config",
            f'NAS-Bench-301\'s configuration {{"{PREFIX}edge_normal_0": "sep_conv_3x3", …}}',
            write=lambda cells: [json.dumps(_config(both)) for both in pairs(cells)],
            read=one_by_one(lambda value: _read_config(value, count)),
            make=made,
        ),
    )


def _pairs(space: DARTSSpace, cells: Cells) -> list[list[list[list[int]]]]:
    found: list[list[list[list[int]]]] = space.to_genotype(cells).tolist()
    return found


def _made(space: DARTSSpace, found: list[list[list[Pair]]]) -> Cells:
    return space.from_genotype(np.array(found, dtype=np.int64).reshape(-1, 2, SLOTS, 2))


def _key(cell: list[list[int]]) -> str:
    return "-".join(f"{read}.{op}" for read, op in cell)


def _read_key(value: Value, count: int) -> list[list[Pair]] | None:
    parts = [part.split("-") for part in value.split("_")] if isinstance(value, str) else []
    if len(parts) != count:
        return None
    matches = [[EDGE.fullmatch(edge) for edge in part] for part in parts]
    return _checked([[(int(m[1]), int(m[2])) if m else None for m in part] for part in matches], count)


def _named(both: list[list[list[int]]]) -> str:
    """The authors' form."""
    cells = ([(OPS[op], read) for read, op in cell] for cell in both)
    return "Genotype({})".format(
        ", ".join(f"{kind}={c}, {kind}_concat={CONCATENATED}" for kind, c in zip(KINDS, cells, strict=True))
    )


def _numbered(both: list[list[list[int]]], first: int) -> str:
    return str(tuple(tuple((read, op + first) for read, op in cell) for cell in both))


def _by_name(op: Any) -> int | None:
    return OPS.index(op) if op in OPS else None


def _by_number(op: Any, first: int) -> int | None:
    return op - first if isinstance(op, int) and 0 <= op - first < len(OPS) else None


def _genotype(value: Value, code: Code, count: int) -> list[list[Pair]] | None:
    """Pairs of a genotype: its fields by name or in order, or its cells alone.

    In a genotype with its fields an operation stands before its input, in cells of numbers alone behind it.
    """
    fields = isinstance(value, dict)
    if isinstance(value, dict):
        value = [value.get(name) for kind in KINDS for name in (kind, f"{kind}_concat")]
        value = value if value[1] is not None or value[3] is not None else value[::2]
    if not isinstance(value, list):
        return None
    if len(value) == 4:
        if any(each is not None and each != CONCATENATED for each in value[1::2]):
            return None
        value, fields = value[::2], True
    cells = [value] if count == 1 and len(value) == SLOTS else value
    if not all(isinstance(cell, list) for cell in cells):
        return None
    return _checked([[_pair(each, code, fields) for each in cell] for cell in cells], count)


def _pair(value: Value, code: Code, op_first: bool) -> Pair | None:
    """Input and index into `OPS`."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    first = isinstance(value[0], str) or (op_first and not isinstance(value[1], str))
    read, op = (value[1], value[0]) if first else (value[0], value[1])
    index = code(op)
    return (read, index) if isinstance(read, int) and index is not None else None


def _config(both: list[list[list[int]]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for kind, cell in zip(KINDS, both, strict=True):
        for node in range(NODES):
            pair = cell[2 * node : 2 * node + 2]
            found |= {f"{PREFIX}edge_{kind}_{FIRST_EDGE[node] + read}": OPS[op] for read, op in pair}
            if node:
                inputs = "_".join(str(read) for read, _ in sorted(pair))
                found[f"{PREFIX}inputs_node_{kind}_{node + 2}"] = inputs
    return found


def _read_config(value: Value, count: int) -> list[list[Pair]] | None:
    """Pairs of a configuration: two edges into every node, whose inputs it may name as well."""
    if not isinstance(value, dict):
        return None
    given = {SEPARATOR.split(name)[-1]: each for name, each in value.items() if each != ABSENT}
    return _checked([list(_pairs_of_config(given, kind)) for kind in KINDS], count)


def _pairs_of_config(given: dict[str, Any], kind: str) -> Iterator[Pair | None]:
    for node, start in enumerate(FIRST_EDGE):
        at = {
            read: given[name] for read in range(node + 2) if (name := f"edge_{kind}_{start + read}") in given
        }
        inputs = "_".join(map(str, at))
        good = len(at) == 2 and given.get(f"inputs_node_{kind}_{node + 2}", inputs) == inputs
        for read, op in at.items():
            index = _by_name(op)
            yield (read, index) if good and index is not None else None


def _checked(cells: list[list[Pair | None]], count: int) -> list[list[Pair]] | None:
    """Normal and reduction cell, if every node reads two different earlier nodes; where one cell stands for
    both (`count` 1) it may be given twice."""
    found = [_checked_cell(cell) for cell in cells]
    whole = [cell for cell in found if cell is not None]
    if len(whole) != len(cells):
        return None
    if count == 2:
        return whole if len(whole) == 2 else None
    alike = len(whole) in (1, 2) and all(_sets(cell) == _sets(whole[0]) for cell in whole)
    return [whole[0], whole[0]] if alike else None


def _checked_cell(cell: list[Pair | None]) -> list[Pair] | None:
    pairs = [pair for pair in cell if pair is not None]
    if len(pairs) != len(cell) or len(cell) != SLOTS:
        return None
    earlier = all(0 <= read < node for (read, _), node in zip(pairs, NODE.tolist(), strict=True))
    different = all(one[0] != other[0] for one, other in zip(pairs[::2], pairs[1::2], strict=True))
    return pairs if earlier and different else None


def _sets(cell: list[Pair]) -> list[set[Pair]]:
    return [set(cell[place : place + 2]) for place in range(0, SLOTS, 2)]
