"""The DARTS space (Liu et al., ICLR 2019): a normal and a reduction cell, or one cell used for both."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.forms import Form
from tabular.space import SearchSpace, refuse_outside
from tabular.spaces.darts_cell import (
    COUNT,
    OPS,
    SLOTS,
    Wiring,
    ascending,
    drawn,
    from_numbers,
    numbers,
    one_step_away,
    shuffled,
    smallest_numbers,
    valid,
)
from tabular.spaces.darts_forms import darts_forms
from tabular.spaces.darts_network import NetworkCost

WIDTH = 11
FIRST_OP = 2
CHANNELS, DEPTH = 32, 8
"""Of the networks that NAS-Bench-301 trained (Zela et al., ICLR 2022; authors' data_generation/configs)."""
READ = np.array([np.isin(np.arange(WIDTH), [s] if s < 2 else [2 * s - 2, 2 * s - 1]) for s in range(6)])
"""For each node of a cell the vertices that stand for it: an input's own, else its two operations'."""
SOURCE = np.full(2**WIDTH, -1, dtype=np.int8)
"""The node whose vertices are the set bits of the index; -1 where they are no node's."""
SOURCE[READ @ (1 << np.arange(WIDTH))] = np.arange(6)


class DARTSSpace(SearchSpace):
    """Operations on vertices (arch2vec's form): two inputs, eight operations, an output per cell.

    Vertices 2k-2 and 2k-1 are the operations of node k = 2..5. What reads a node has an edge from both its
    operations, and all eight feed the output. A node's operations may stand in either order: both graphs
    are the same architecture and have one key. `sample`, `from_keys` and the like put the one on the lower
    input first. Isomorphic cells, one `canonical` class, differ in the order of their nodes alone. (Plain
    graph isomorphism would say more: it does not see which operations of nodes that nobody reads are
    added, and the network does.)

    With `tie_cells` one graph of 11 vertices stands for both cells. Otherwise the 11 vertices of the
    reduction cell follow those of the normal cell, whose output feeds both its inputs: the last vertex
    sees all. These three fixed vertices have operations of their own, so that as everywhere the first
    operation marks the first vertex alone and the last operation the last one.
    """

    def __init__(self, tie_cells: bool) -> None:
        self.tie_cells = tie_cells
        self._cells_per_graph = 1 if tie_cells else 2
        self.name = "darts-tied" if tie_cells else "darts"
        joint = () if tie_cells else ("normal_output", "reduction_input1", "reduction_input2")
        self.op_names = ("input1", "input2", *OPS, *joint, "output")
        self.vertices = WIDTH * self._cells_per_graph
        self.size = COUNT**self._cells_per_graph
        self.digest = f"{self.name}-op-on-node-1"
        self.complexity_digest = f"{self.name}-cifar10-{CHANNELS}x{DEPTH}-1"
        self._starts = range(0, self.vertices, WIDTH)
        self._inner = np.concatenate([np.arange(start + 2, start + 10) for start in self._starts])
        self._ops = np.zeros(self.vertices, dtype=np.int8)
        fixed = np.setdiff1d(np.arange(self.vertices), self._inner)
        self._ops[fixed] = [0, 1, *range(FIRST_OP + len(OPS), len(self.op_names))]
        self._adjacency = np.zeros((self.vertices, self.vertices), dtype=bool)
        for start in self._starts:
            self._adjacency[start + 2 : start + 10, start + 10] = True
            self._adjacency[max(start - 1, 0), start : start + 2] = start > 0

    def sample(self, n: int, rng: np.random.Generator) -> Cells:
        return self._graphs(drawn(n * self._cells_per_graph, rng))

    def contains(self, cells: Cells) -> Bool[np.ndarray, " n"]:
        return self._read(cells)[1]

    def neighbours(self, cell: Cells) -> Cells:
        """All that differ in one operation or in one operation's input: 60 per cell of the architecture."""
        (key,) = self.keys(cell).tolist()
        parts = [key % COUNT] if self.tie_cells else list(divmod(key, COUNT))
        found = []
        for index, part in enumerate(parts):
            changed = numbers(one_step_away(from_numbers(np.array([part]))))
            rows = np.tile(np.array(parts, dtype=np.int64), (len(changed), 1))
            rows[:, index] = changed
            found.append(rows)
        return self._graphs(from_numbers(np.concatenate(found).reshape(-1)))

    def keys(self, cells: Cells) -> Int[np.ndarray, " n"]:
        return self._joined(numbers(self._wiring(cells)))

    def from_keys(self, keys: Int[np.ndarray, " n"]) -> Cells:
        """Inverse of `keys`; `HarnessError` for a number outside 0 .. size-1."""
        keys = np.asarray(keys, dtype=np.int64)
        if ((keys < 0) | (keys >= self.size)).any():
            raise HarnessError(f"keys of {self.name} lie in 0 .. {self.size - 1}")
        parts = keys[:, None] if self.tie_cells else np.stack(np.divmod(keys, COUNT), axis=1)
        return self._graphs(from_numbers(parts.reshape(-1)))

    def canonical(self, cells: Cells) -> Int[np.ndarray, " n"]:
        """Least key of any architecture whose cells differ in the order of their nodes alone."""
        return self._joined(smallest_numbers(self._wiring(cells)))

    def relabelled(self, cells: Cells, rng: np.random.Generator) -> Cells:
        """Uniform over the orders of the nodes of each cell, and of the operations of each node."""
        return self._graphs(shuffled(self._wiring(cells), rng))

    def complexity(self, cells: Cells, measure: str = "flops") -> Float[np.ndarray, " n"]:
        """Of the network of 32 initial channels and 8 cells on CIFAR-10, without its auxiliary head."""
        cost, pairs = NetworkCost.of(CHANNELS, DEPTH, measure), self.to_genotype(cells)
        normal, reduction = (cost(kind, pairs[:, kind, :, 0], pairs[:, kind, :, 1]) for kind in (0, 1))
        return cost.constant + normal + reduction

    def largest_complexity(self, measure: str = "flops") -> float:
        return NetworkCost.of(CHANNELS, DEPTH, measure).largest

    @property
    def forms(self) -> tuple[Form, ...]:
        return darts_forms(self)

    def from_genotype(self, pairs: Int[np.ndarray, "n 2 8 2"]) -> Cells:
        """Architectures of (input, operation) pairs: [normal, reduction] x 8 edges, two per node in turn.

        Operations are indices into `OPS`. `HarnessError` where a node reads a later one or one twice, or,
        with `tie_cells`, where the two cells differ.
        """
        flat = np.asarray(pairs, dtype=np.int64).reshape(-1, SLOTS, 2)
        wiring = Wiring(flat[:, :, 0], flat[:, :, 1])
        legal = valid(wiring) & ((wiring.ops >= 0) & (wiring.ops < len(OPS))).all(axis=1)
        if not legal.all():
            raise HarnessError(f"{int((~legal).sum())} of {len(flat)} cells are no DARTS cells")
        each = numbers(wiring).reshape(-1, 2)
        if self.tie_cells and (each[:, 0] != each[:, 1]).any():
            raise HarnessError(f"{self.name} has one cell for both; normal and reduction cell differ")
        return self._graphs(from_numbers(each[:, : self._cells_per_graph].reshape(-1)))

    def to_genotype(self, cells: Cells) -> Int[np.ndarray, "n 2 8 2"]:
        """(input, operation) pairs of the normal and the reduction cell, each node's lower input first."""
        wiring = ascending(self._wiring(cells))
        pairs = np.stack([wiring.reads, wiring.ops], axis=2)
        each = pairs.reshape(-1, self._cells_per_graph, SLOTS, 2)
        return np.repeat(each, 2, axis=1) if self.tie_cells else each

    def _joined(self, each: Int[np.ndarray, " m"]) -> Int[np.ndarray, " n"]:
        """One integer per architecture of one per cell."""
        return each if self.tie_cells else each[0::2] * COUNT + each[1::2]

    def _graphs(self, wiring: Wiring) -> Cells:
        """Graphs of the cells, which follow each other as normal and reduction unless they are tied."""
        n = len(wiring) // self._cells_per_graph
        ops = np.tile(self._ops, (n, 1))
        ops[:, self._inner] = FIRST_OP + wiring.ops.reshape(-1, len(self._inner))
        adjacency = np.tile(self._adjacency, (n, 1, 1))
        into = READ[wiring.reads].reshape(-1, self._cells_per_graph, SLOTS, WIDTH).transpose(1, 0, 3, 2)
        for start, edges in zip(self._starts, into, strict=True):
            adjacency[:, start : start + WIDTH, start + 2 : start + 10] = edges
        return Cells(adjacency, ops)

    def _wiring(self, cells: Cells) -> Wiring:
        wiring, inside = self._read(cells)
        refuse_outside(inside, self.name)
        return wiring

    def _read(self, cells: Cells) -> tuple[Wiring, Bool[np.ndarray, " n"]]:
        """Wiring of the cells one after the other, and which graphs are architectures of this space."""
        n = len(cells)
        if cells.ops.shape[1] != self.vertices:
            return Wiring(*np.zeros((2, 0, SLOTS), dtype=np.int8)), np.zeros(n, dtype=bool)
        codes, expected = senders(cells.adjacency), senders(self._adjacency[None])
        inside, reads = np.ones(n, dtype=bool), []
        for start in self._starts:
            local = codes[:, start + 2 : start + 10] >> start
            inside &= (codes[:, start + 2 : start + 10] == local << start).all(axis=1)
            reads.append(SOURCE[np.minimum(local, len(SOURCE) - 1)])
        fixed = np.setdiff1d(np.arange(self.vertices), self._inner)
        inside &= (codes[:, fixed] == expected[:, fixed]).all(axis=1)
        inside &= (cells.ops[:, fixed] == self._ops[fixed]).all(axis=1)
        ops = cells.ops[:, self._inner].astype(np.int64) - FIRST_OP
        inside &= ((ops >= 0) & (ops < len(OPS))).all(axis=1)
        wiring = Wiring(np.stack(reads, axis=1).reshape(-1, SLOTS), ops.reshape(-1, SLOTS))
        return wiring, inside & valid(wiring).reshape(-1, self._cells_per_graph).all(axis=1)


def senders(adjacency: Bool[np.ndarray, "n v v"]) -> Int[np.ndarray, "n v"]:
    """For every vertex the set of those that feed it, as the bits of an integer."""
    packed = np.packbits(adjacency, axis=1, bitorder="little").astype(np.int64)
    return (packed << 8 * np.arange(packed.shape[1])[:, None]).sum(axis=1)
