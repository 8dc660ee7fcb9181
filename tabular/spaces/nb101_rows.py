"""Every cell of NAS-Bench-101 once, from the definition of the space alone; cached on disk.

A row is an isomorphism class, represented by the member the authors' enumeration meets first
(`generate_graphs.py`): fewest vertices, then the smallest bit text of the adjacency
(`nb101_graphs.edge_bit`), then the first labelling in the order conv3x3, conv1x1, maxpool. Rows are in
that order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Int, Int8, Int64, UInt32, UInt64

from tabular.cells import PAD, Cells
from tabular.spaces.kept import Tensors, kept
from tabular.spaces.nb101_graphs import (
    CONV1,
    CONV3,
    INPUT,
    OUTPUT,
    POOL,
    edge_bit,
    fingerprint,
    from_bits,
)

VERTICES, EDGES, SIZE = 7, 9, 423_624
VERSION = "nb101-1"
"""Changes with the rows, their order or `fingerprint`; files of another version are made again."""
LABELS = (CONV3, CONV1, POOL)
TENSORS = ["bits", "fingerprints", "ops", "order"]


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of the space and the way from a fingerprint back to its row."""

    cells: Cells
    fingerprints: UInt64[np.ndarray, " n"]
    """Ascending."""
    order: Int64[np.ndarray, " n"]
    """Row of each of `fingerprints`."""

    def find(self, prints: UInt64[np.ndarray, " m"]) -> Int64[np.ndarray, " m"]:
        """Row of each fingerprint; -1 where the space has none like it."""
        place = np.minimum(np.searchsorted(self.fingerprints, prints), len(self.order) - 1)
        return np.where(self.fingerprints[place] == prints, self.order[place], -1)


@cache
def rows() -> Rows:
    """All 423,624 rows: from this process, else from the data folder, else enumerated now and cached."""
    tensors = kept(VERSION, _of_this_code, enumerate_cells)
    cells = Cells(from_bits(tensors["bits"].astype(np.int64), VERTICES), tensors["ops"])
    found = Rows(cells, tensors["fingerprints"], tensors["order"].astype(np.int64))
    for array in (cells.adjacency, cells.ops, found.fingerprints, found.order):
        array.setflags(write=False)  # shared by all runs of a process
    return found


def enumerate_cells() -> Tensors:
    """`bits` uint32 (n,), `ops` int8 (n, 7), ascending `fingerprints` uint64 (n,) and their `order` int32."""
    parts = [_cells_of(vertices) for vertices in range(2, VERTICES + 1)]
    bits, ops, prints = (np.concatenate(each) for each in zip(*parts, strict=True))
    order = np.argsort(prints, kind="stable")
    return {"bits": bits, "ops": ops, "fingerprints": prints[order], "order": order.astype(np.int32)}


def _cells_of(
    vertices: int,
) -> tuple[UInt32[np.ndarray, " n"], Int8[np.ndarray, "n 7"], UInt64[np.ndarray, " n"]]:
    """Cells with that many vertices: first the graphs without labels, then all labellings of those."""
    bits = np.concatenate(list(_full_graphs(vertices)))
    plain = _labelled(np.full((len(bits), vertices - 2), CONV3, dtype=np.int8))
    bits = bits[_first(fingerprint(from_bits(bits, VERTICES), plain))]
    # Every labelling of a graph has an equal among those of the first graph of its unlabelled class.
    labels = np.array(np.meshgrid(*[LABELS] * (vertices - 2), indexing="ij"), dtype=np.int8)
    labels = labels.reshape(vertices - 2, 3 ** (vertices - 2)).T
    ops = _labelled(np.tile(labels, (len(bits), 1)))
    bits = np.repeat(bits, len(labels))
    prints = fingerprint(from_bits(bits, VERTICES), ops)
    kept = _first(prints)
    return bits[kept].astype(np.uint32), ops[kept], prints[kept]


def _full_graphs(vertices: int) -> Iterator[Int64[np.ndarray, " n"]]:
    """Bit texts, ascending, of the graphs with every vertex on a path and at most nine edges."""
    pairs = [(a, b) for b in range(1, vertices) for a in range(b)]
    into = [sum(1 << edge_bit(a, b) for a, b in pairs if b == vertex) for vertex in range(1, vertices)]
    out_of = [sum(1 << edge_bit(a, b) for a, b in pairs if a == vertex) for vertex in range(vertices - 1)]
    step = 1 << 18
    for start in range(0, 1 << len(pairs), step):
        bits = np.arange(start, min(start + step, 1 << len(pairs)), dtype=np.int64)
        for mask in into + out_of:
            bits = bits[(bits & mask) != 0]
        edges = sum((bits >> place & 1 for place in range(len(pairs))), np.zeros_like(bits))
        yield bits[edges <= EDGES]


def _labelled(inner: Int8[np.ndarray, "n k"]) -> Int8[np.ndarray, "n 7"]:
    n, k = inner.shape
    ops = np.full((n, VERTICES), PAD, dtype=np.int8)
    ops[:, 0], ops[:, 1 : k + 1], ops[:, k + 1] = INPUT, inner, OUTPUT
    return ops


def _first(prints: UInt64[np.ndarray, " n"]) -> Int[np.ndarray, " m"]:
    """Positions, ascending, where a fingerprint occurs for the first time."""
    return np.sort(np.unique(prints, return_index=True)[1])


def _of_this_code(tensors: Tensors) -> bool:
    """Whether drawn rows of a cache file are where this code's fingerprints look for them."""
    if sorted(tensors) != TENSORS or len(tensors["bits"]) != SIZE:
        return False
    some = np.linspace(0, SIZE - 1, 64).astype(np.int64)
    cells = Cells(from_bits(tensors["bits"][some].astype(np.int64), VERTICES), tensors["ops"][some])
    found = Rows(cells, tensors["fingerprints"], tensors["order"].astype(np.int64))
    return bool((found.find(fingerprint(cells.adjacency, cells.ops)) == some).all())
