"""NAS-Bench-101's own forms of a cell: operation names, specifications that are pruned, the module hash."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int, Int8, Int64

from tabular.cells import PAD, Cells
from tabular.errors import HarnessError
from tabular.spaces.nb101_graphs import CONV1, CONV3, INPUT, OUTPUT, POOL, fingerprint, last_vertex, on_paths
from tabular.spaces.nb101_rows import EDGES, VERTICES, rows

OP_NAMES = ("input", "conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3", "output")
HASH_LABELS = {INPUT: -1, OUTPUT: -2, CONV3: 0, CONV1: 1, POOL: 2}
"""The authors' number of an operation: its position in their configuration, and two for the ends."""
UNKNOWN = 5
"""Any operation name the space does not have; harmless on a vertex that is pruned."""
LOOKUP_CHUNK = 65_536
Specifications = Bool[np.ndarray, "n v v"] | Int[np.ndarray, "n v v"]
Operations = Int[np.ndarray, "n v"] | Sequence[Sequence[str]]


def lookup(matrices: Specifications, ops: Operations) -> Int64[np.ndarray, " n"]:
    """Row of each specification after pruning, as the authors' `ModelSpec` and `query` treat it.

    `ops` are indices into `OP_NAMES` or official names; the last one of a graph (before `PAD`, or of a
    shorter list) is its output. Vertices on no path from input to output are removed first. -1 where the
    matrix is not upper-triangular, input and output are not connected, the ends have other operations,
    or what is left has over 7 vertices, over 9 edges or an unknown operation. Any width v.
    """
    coded = ops if isinstance(ops, np.ndarray) else coded_names(ops, matrices.shape[-1])
    if matrices.shape != (*coded.shape, coded.shape[-1]):
        raise HarnessError(
            f"matrices {matrices.shape} do not fit operations {coded.shape}: (n, v, v) and (n, v) are needed"
        )
    found = np.empty(len(coded), dtype=np.int64)
    for start in range(0, len(coded), LOOKUP_CHUNK):
        part = slice(start, start + LOOKUP_CHUNK)
        found[part] = _lookup(matrices[part] != 0, coded[part])
    return found


def _lookup(matrices: Bool[np.ndarray, "n v v"], ops: Int[np.ndarray, "n v"]) -> Int64[np.ndarray, " n"]:
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
    found = np.full(len(ops), -1, dtype=np.int64)
    prints = fingerprint(adjacency[valid], np.where(kept, ops, PAD)[valid])
    found[valid] = rows().find(prints)
    return found


def coded_names(ops: Sequence[Sequence[str]], width: int) -> Int8[np.ndarray, "n width"]:
    """Indices into `OP_NAMES` of lists of official names, `UNKNOWN` for any other name, `PAD` behind."""
    index = {name: code for code, name in enumerate(OP_NAMES)}
    longest = max(map(len, ops), default=0)
    if longest > width:
        raise HarnessError(f"{longest} operations do not fit a matrix of {width} vertices")
    padded = [[index.get(name, UNKNOWN) for name in names] + [PAD] * (width - len(names)) for names in ops]
    return np.array(padded, dtype=np.int8).reshape(len(ops), width)


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
