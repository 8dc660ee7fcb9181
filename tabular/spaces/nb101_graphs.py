"""Batches of small labelled graphs: paths, orders, and a number that isomorphic graphs share.

Everything here works on plain arrays, adjacency (n, v, v) and ops (n, v), and knows nothing of tables.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int, UInt64

from tabular.cells import PAD, Cells

INPUT, CONV1, CONV3, POOL, OUTPUT = range(5)
CHUNK = 4096
"""Graphs fingerprinted at once: the masks of a chunk fit a processor's second-level cache."""
SWEEPS = 2
Words = UInt64[np.ndarray, "..."]


def edge_bit(source: int, target: int) -> int:
    """Position of the edge source -> target in the bit text of a graph, whatever its number of vertices.

    Column by column of the upper triangle, as in the authors' enumeration (`graph_util.gen_is_edge_fn`).
    """
    return source + target * (target - 1) // 2


def from_bits(bits: Int[np.ndarray, " n"], width: int) -> Bool[np.ndarray, "n width width"]:
    """Adjacency of graphs given as integers (see `edge_bit`)."""
    adjacency = np.zeros((len(bits), width, width), dtype=bool)
    for target in range(1, width):
        for source in range(target):
            adjacency[:, source, target] = bits >> edge_bit(source, target) & 1
    return adjacency


def to_bits(adjacency: Bool[np.ndarray, "n v v"]) -> Int[np.ndarray, " n"]:
    """Inverse of `from_bits`; what lies on or below the diagonal is not read."""
    n, width = adjacency.shape[:2]
    bits = np.zeros(n, dtype=np.int64)
    for target in range(1, width):
        for source in range(target):
            bits |= adjacency[:, source, target].astype(np.int64) << edge_bit(source, target)
    return bits


def last_vertex(ops: Int[np.ndarray, "n v"]) -> Int[np.ndarray, " n"]:
    """Index of the last vertex that is not `PAD`; -1 for a graph without vertices."""
    exists = ops != PAD
    return np.where(exists.any(axis=1), ops.shape[1] - 1 - np.argmax(exists[:, ::-1], axis=1), -1)


def on_paths(adjacency: Bool[np.ndarray, "n v v"], last: Int[np.ndarray, " n"]) -> Bool[np.ndarray, "n v"]:
    """True for the vertices on a path from vertex 0 to vertex `last`; the graphs are upper-triangular."""
    n, width = adjacency.shape[:2]
    reached, reaching = np.zeros((2, n, width), dtype=bool)
    reached[:, 0] = True
    reaching[np.arange(n), last] = True
    for vertex in range(1, width):
        reached[:, vertex] = (adjacency[:, :vertex, vertex] & reached[:, :vertex]).any(axis=1)
    for vertex in range(width - 2, -1, -1):
        onward = (adjacency[:, vertex, vertex + 1 :] & reaching[:, vertex + 1 :]).any(axis=1)
        reaching[:, vertex] |= onward
    return reached & reaching


def reordered(cells: Cells, order: Int[np.ndarray, "n v"]) -> Cells:
    """The same graphs with vertex `order[i, k]` of graph i at place k."""
    rows = np.arange(len(cells))[:, None]
    adjacency = cells.adjacency[rows[:, :, None], order[:, :, None], order[:, None, :]]
    return Cells(adjacency, cells.ops[rows, order])


def restricted(cells: Cells, kept: Bool[np.ndarray, "n v"]) -> Cells:
    """The graphs without the vertices that are not `kept`; those that stay close up in order."""
    adjacency = cells.adjacency & kept[:, :, None] & kept[:, None, :]
    ops = np.where(kept, cells.ops, PAD).astype(cells.ops.dtype)
    return reordered(Cells(adjacency, ops), np.argsort(~kept, axis=1, kind="stable"))


def sorted_topologically(cells: Cells) -> Cells:
    """The same graphs with vertices by longest path from a source, `PAD` last; ties keep their order.

    The graphs must have no cycle; they need not be upper-triangular.
    """
    width = cells.ops.shape[1]
    depth = np.zeros(cells.ops.shape, dtype=np.int64)
    for _ in range(width - 1):
        onward = np.where(cells.adjacency, depth[:, :, None] + 1, 0).max(axis=1)
        depth = np.maximum(depth, onward)
    depth[cells.ops == PAD] = width
    return reordered(cells, np.argsort(depth, axis=1, kind="stable"))


def random_order(cells: Cells, rng: np.random.Generator) -> Int[np.ndarray, "n v"]:
    """A random topological order of each graph; `PAD` stays last.

    At every place one of the vertices whose predecessors are all placed, each as likely as the others.
    """
    n, width = cells.ops.shape
    rows = np.arange(n)
    waiting = cells.ops != PAD
    order = np.tile(np.arange(width), (n, 1))
    for place in range(width):
        blocked = (cells.adjacency & waiting[:, :, None]).any(axis=1)
        ready = waiting & ~blocked
        chosen = np.argmax(rng.random((n, width)) * ready, axis=1)
        order[:, place] = np.where(ready.any(axis=1), chosen, place)
        waiting[rows, chosen] = False
    return order


def fingerprint(
    adjacency: Bool[np.ndarray, "n v v"], ops: Int[np.ndarray, "n v"]
) -> UInt64[np.ndarray, " n"]:
    """A number per graph that does not depend on the order of its vertices.

    Colour refinement, as in the authors' hash (`graph_util.hash_module`), on 64-bit words instead of MD5:
    a vertex's colour is mixed with the sums of its predecessors' and successors' mixed colours. One sweep
    runs forward and back in topological order, so it carries a colour across the whole graph. `PAD`
    vertices do not count. Upper-triangular graphs only. Over the space of NAS-Bench-101 different classes
    have different fingerprints (tests/tabular/test_nb101_enumeration.py checks it by brute force).
    """
    result = np.empty(len(ops), dtype=np.uint64)
    for start in range(0, len(ops), CHUNK):
        part = slice(start, start + CHUNK)
        result[part] = _fingerprint(adjacency[part], ops[part])
    return result


def _fingerprint(
    adjacency: Bool[np.ndarray, "n v v"], ops: Int[np.ndarray, "n v"]
) -> UInt64[np.ndarray, " n"]:
    width = ops.shape[1]
    # all ones where there is an edge: a sum over neighbours is then a masked addition
    masks = np.ascontiguousarray(adjacency.transpose(1, 2, 0)).astype(np.uint64) * np.uint64(2**64 - 1)
    colours = _mixed(ops.T.astype(np.uint64) + np.uint64(7))
    sent = np.zeros_like(colours)
    for _ in range(SWEEPS):
        for vertex in range(width):
            _refine(colours, sent, vertex, masks[:vertex, vertex], slice(0, vertex))
        for vertex in range(width - 1, -1, -1):
            _refine(colours, sent, vertex, masks[vertex, vertex + 1 :], slice(vertex + 1, width))
    return _mixed(np.where(ops.T == PAD, np.uint64(0), sent).sum(axis=0, dtype=np.uint64))


def _refine(colours: Words, sent: Words, vertex: int, masks: Words, neighbours: slice) -> None:
    """Mix into one vertex what its neighbours on one side send, and renew what it sends."""
    received = (masks & sent[neighbours]).sum(axis=0, dtype=np.uint64)
    colours[vertex] = _mixed(colours[vertex] + np.uint64(0x9E3779B97F4A7C15) + received * np.uint64(3))
    sent[vertex] = _mixed(colours[vertex] ^ np.uint64(0xD1B54A32D192ED03))


def _mixed(words: Words) -> Words:
    """The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): every bit depends on every bit."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
