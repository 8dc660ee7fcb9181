"""NAS-Bench-101's own forms of a cell: operation names, specifications that are pruned, the module hash."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, Int64

from tabular.cells import PAD, Cells
from tabular.spaces.nb101_graphs import CONV1, CONV3, INPUT, OUTPUT, POOL, fingerprint, last_vertex, on_paths
from tabular.spaces.nb101_rows import EDGES, VERTICES, rows
from tabular.spaces.nb101_specifications import specifications

HASH_LABELS = {INPUT: -1, OUTPUT: -2, CONV3: 0, CONV1: 1, POOL: 2}
"""The authors' number of an operation: its position in their configuration, and two for the ends."""
LOOKUP_CHUNK = 65_536


def lookup(matrices: Any, ops: Any) -> Int64[np.ndarray, " n"]:
    """Row of each specification after pruning, as the authors' `ModelSpec` and `query` treat it.

    What `nb101_specifications.specifications` takes, of any width v: arrays, lists of matrices of several
    sizes, or a single one, which is a batch of one. The last operation of a graph is its output. -1 where
    `pruned` says no.
    """
    adjacency, coded = specifications(matrices, ops)
    found = np.full(len(coded), -1, dtype=np.int64)
    for start in range(0, len(coded), LOOKUP_CHUNK):
        part = slice(start, start + LOOKUP_CHUNK)
        cells, valid = pruned(adjacency[part], coded[part])
        found[part][valid] = rows().find(fingerprint(cells.adjacency[valid], cells.ops[valid]))
    return found


def pruned(
    matrices: Bool[np.ndarray, "n v v"], ops: Int[np.ndarray, "n v"]
) -> tuple[Cells, Bool[np.ndarray, " n"]]:
    """The graphs with `PAD` for every vertex on no path from input to output, and which are then valid.

    Not valid are those whose matrix is not upper-triangular, whose input and output are not connected or
    have other operations, and those with over 7 vertices, over 9 edges or an unknown operation left.
    """
    each, last = np.arange(len(ops)), last_vertex(ops)
    kept = on_paths(matrices, last)
    adjacency = matrices & kept[:, :, None] & kept[:, None, :]
    inner = kept.copy()
    inner[:, 0] = inner[each, last] = False
    known = (ops >= CONV1) & (ops <= POOL)
    valid = (
        kept[:, 0]
        & (last > 0)
        & (ops[:, 0] == INPUT)
        & (ops[each, last] == OUTPUT)
        & (known | ~inner).all(axis=1)
        & (kept.sum(axis=1) <= VERTICES)
        & (adjacency.sum(axis=(1, 2)) <= EDGES)
        & ~np.tril(matrices).any(axis=(1, 2))
    )
    return Cells(adjacency, np.where(kept, ops, PAD).astype(np.int8)), valid


def module_hash(cells: Cells) -> list[str]:
    """The authors' name of each cell's class: 32 hex digits (`graph_util.hash_module`, their appendix).

    A vertex starts as the MD5 of its out-degree, in-degree and label; as many times as there are vertices
    it becomes the MD5 of its predecessors' sorted digests, its successors' and its own. The name is the
    MD5 of the sorted list. Digests of digests: nothing to vectorise, about 0.1 ms per cell.
    """
    last = last_vertex(cells.ops).tolist()
    return [
        _module_hash(adjacency[: end + 1, : end + 1], ops[: end + 1])
        for adjacency, ops, end in zip(cells.adjacency, cells.ops.tolist(), last, strict=True)
    ]


def _module_hash(adjacency: Bool[np.ndarray, "k k"], ops: list[int]) -> str:
    sides = [[np.flatnonzero(line).tolist() for line in lines] for lines in (adjacency.T, adjacency)]
    before, after = sides
    vertices = range(len(ops))
    digests = [_md5(str((len(after[v]), len(before[v]), HASH_LABELS[ops[v]]))) for v in vertices]
    for _ in vertices:
        heard = [["".join(sorted(digests[other] for other in side[v])) for side in sides] for v in vertices]
        digests = [_md5("|".join([*heard[v], digests[v]])) for v in vertices]
    return _md5(str(sorted(digests)))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
