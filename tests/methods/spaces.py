"""Small synthetic search spaces with the shapes of NB101, ENAS and DARTS, none of which can be listed."""

import numpy as np

import tabular
from tabular.cells import PAD, Cells
from tabular.errors import HarnessError
from tabular.forms import Form
from tabular.oracle import Observations
from tabular.space import SearchSpace
from tabular.spaces.pool import PoolSpace


class Synthetic(SearchSpace):
    """Everything but `_draw`, `contains` and `relabelled`, for spaces whose rows can be packed into a key."""

    def sample(self, n, rng):
        drawn = [self._draw(rng) for _ in range(n)]
        adjacency = np.zeros((n, self.vertices, self.vertices), dtype=bool)
        ops = np.full((n, self.vertices), PAD, dtype=np.int8)
        for row, (edges, names) in enumerate(drawn):
            adjacency[row, : len(edges), : len(edges)] = edges
            ops[row, : len(names)] = names
        return Cells(adjacency, ops)

    def neighbours(self, cell):
        """All valid cells that differ in one operation or one edge."""
        last = int((cell.ops[0] != PAD).sum()) - 1
        found = []
        for vertex in range(1, last):
            for op in range(1, len(self.op_names) - 1):
                ops = cell.ops.copy()
                ops[0, vertex] = op
                found.append(Cells(cell.adjacency, ops))
        for a, b in zip(*np.triu_indices(last + 1, 1), strict=True):
            adjacency = cell.adjacency.copy()
            adjacency[0, a, b] ^= True
            found.append(Cells(adjacency, cell.ops))
        cells = Cells.concatenate(found)
        keep = self.contains(cells)
        keep[keep] &= self.keys(cells[keep]) != self.keys(cell)
        return cells[np.flatnonzero(keep)]

    def keys(self, cells):
        if not self.contains(cells).all():
            raise HarnessError(f"cells outside {self.name}")
        bits = np.concatenate([self._free_edges(cells), self._op_bits(cells)], axis=1)
        return bits.astype(np.int64) @ (1 << np.arange(bits.shape[1], dtype=np.int64))

    def canonical(self, cells):
        return self.keys(cells)

    def complexity(self, cells, measure="flops"):
        return ((cells.ops > 0) * cells.ops).sum(axis=1) + cells.adjacency.sum(axis=(1, 2)) * 0.1

    def largest_complexity(self, measure="flops"):
        return float(self.vertices * len(self.op_names) + 0.1 * self.vertices**2)

    @property
    def forms(self):
        key = Form(
            "key",
            "a number",
            write=lambda cells: [str(key) for key in self.keys(cells).tolist()],
            read=lambda values: [None] * len(values),  # written alone
            make=lambda rows: Cells.none(self.vertices),
        )
        return (key,)

    def _free_edges(self, cells):
        return cells.adjacency[:, *np.triu_indices(self.vertices, 1)]

    def _op_bits(self, cells):
        width = int(np.ceil(np.log2(len(self.op_names) + 1)))
        inner = cells.ops[:, 1:].astype(np.int64) + 1
        return bits(inner, width)


class NB101Shaped(Synthetic):
    """3 to 7 vertices, at most 9 edges, three operations; every vertex on a path from input to output."""

    name, vertices, size, digest, complexity_digest = "nb101-shaped", 7, 2_000_000, "nb101-s", "nb101-s"
    op_names = ("input", "conv1x1", "conv3x3", "maxpool", "output")

    def _draw(self, rng):
        while True:
            v = int(rng.integers(3, 8))
            edges = np.triu(rng.random((v, v)) < 0.5, 1)
            if edges.sum() <= 9 and connected(edges):
                return edges, [0, *rng.integers(1, 4, v - 2), 4]

    def contains(self, cells):
        sizes = (cells.ops != PAD).sum(axis=1)
        return np.array(
            [self._is_cell(*each) for each in zip(cells.adjacency, cells.ops, sizes, strict=True)]
        )

    def _is_cell(self, adjacency, ops, v):
        inner = ops[1 : v - 1]
        return bool(
            v >= 2
            and ops[0] == 0
            and ops[v - 1] == 4
            and ((inner > 0) & (inner < 4)).all()
            and (ops[v:] == PAD).all()
            and not np.tril(adjacency).any()
            and not adjacency[v:].any()
            and not adjacency[:, v:].any()
            and adjacency.sum() <= 9
            and connected(adjacency[:v, :v])
        )

    def relabelled(self, cells, rng):
        rows = [random_order(a, o, rng) for a, o in zip(cells.adjacency, cells.ops, strict=True)]
        adjacency = np.array([a for a, _ in rows], dtype=bool).reshape(cells.adjacency.shape)
        return Cells(adjacency, np.array([o for _, o in rows], dtype=np.int8).reshape(cells.ops.shape))


class ENASShaped(Synthetic):
    """Six layers in a chain with skips from any earlier layer; the output reads the last layer alone."""

    name, vertices, size, digest, complexity_digest = "enas-shaped", 8, 6**6 * 2**15, "enas-s", "enas-s"
    op_names = ("input", "conv3", "sep3", "conv5", "sep5", "avg3", "max3", "output")

    def _draw(self, rng):
        edges = np.triu(rng.random((8, 8)) < 0.3, 1)
        edges[:, 7] = False
        edges[np.arange(7), np.arange(1, 8)] = True
        return edges, [0, *rng.integers(1, 7, 6), 7]

    def contains(self, cells):
        ops, inner = cells.ops, cells.ops[:, 1:7]
        chain = cells.adjacency[:, np.arange(7), np.arange(1, 8)].all(axis=1)
        legal = (ops[:, 0] == 0) & (ops[:, 7] == 7) & ((inner > 0) & (inner < 7)).all(axis=1)
        upper = ~np.tril(cells.adjacency).any(axis=(1, 2))
        return chain & legal & upper & (cells.adjacency[:, :, 7].sum(axis=1) == 1)

    def relabelled(self, cells, rng):
        return cells  # the chain fixes the order


class DARTSShaped(Synthetic):
    """Two inputs, four blocks of two operations that each read an input or an earlier block, an output."""

    name, vertices, size, digest, complexity_digest = "darts-shaped", 11, 7**8 * 14400, "darts-s", "darts-s"
    op_names = ("input", "input2", "max3", "avg3", "skip", "sep3", "sep5", "dil3", "dil5", "output")

    def _draw(self, rng):
        edges = np.zeros((11, 11), dtype=bool)
        for vertex in range(2, 10):
            self._read(edges, vertex, int(rng.integers(0, 2 + (vertex - 2) // 2)))
        edges[2:10, 10] = True
        return edges, [0, 1, *rng.integers(2, 9, 8), 9]

    def _read(self, edges, vertex, source):
        edges[source if source < 2 else [2 * source - 2, 2 * source - 1], vertex] = True

    def _sources(self, adjacency):
        """The input or block each operation reads; -1 where its edges are not those of one source."""
        sources = np.full((len(adjacency), 8), -1)
        for vertex in range(2, 10):
            for source in range(2 + (vertex - 2) // 2):
                column = np.zeros((11, 11), dtype=bool)
                self._read(column, vertex, source)
                sources[(adjacency[:, :, vertex] == column[:, vertex]).all(axis=1), vertex - 2] = source
        return sources

    def contains(self, cells):
        ops, inner = cells.ops, cells.ops[:, 2:10]
        legal = (ops[:, 0] == 0) & (ops[:, 1] == 1) & (ops[:, 10] == 9) & ((inner > 1) & (inner < 9)).all(1)
        outward = cells.adjacency[:, 2:10, 10].all(axis=1) & ~cells.adjacency[:, :2, 10].any(axis=1)
        reads = (self._sources(cells.adjacency) >= 0).all(axis=1) & ~cells.adjacency[:, :, :2].any((1, 2))
        return legal & outward & reads & ~cells.adjacency[:, 10].any(axis=1)

    def neighbours(self, cell):
        found = []
        for vertex in range(2, 10):
            for op in range(2, 9):
                ops = cell.ops.copy()
                ops[0, vertex] = op
                found.append(Cells(cell.adjacency, ops))
            for source in range(2 + (vertex - 2) // 2):
                adjacency = cell.adjacency.copy()
                adjacency[0, :, vertex] = False
                self._read(adjacency[0], vertex, source)
                found.append(Cells(adjacency, cell.ops))
        cells = Cells.concatenate(found)
        return cells[np.flatnonzero(self.keys(cells) != self.keys(cell))]

    def relabelled(self, cells, rng):
        """The two operations of every block change places or not."""
        order = np.tile(np.arange(11), (len(cells), 1))
        for first in (2, 4, 6, 8):
            swap = rng.random(len(cells)) < 0.5
            order[swap, first], order[swap, first + 1] = first + 1, first
        rows = np.arange(len(cells))[:, None]
        adjacency = cells.adjacency[rows[:, :, None], order[:, :, None], order[:, None, :]]
        return Cells(adjacency, cells.ops[rows, order])

    def _free_edges(self, cells):
        sources = self._sources(cells.adjacency)
        return bits(sources, 3)

    def _op_bits(self, cells):
        inner = cells.ops[:, 2:10].astype(np.int64)
        return bits(inner, 4)


def bits(numbers, width):
    """The lowest `width` bits of each number of a row, side by side."""
    n, k = numbers.shape
    return (numbers[:, :, None] >> np.arange(width) & 1).reshape(n, k * width).astype(bool)


def connected(edges):
    """Every vertex is reached from the first and reaches the last."""
    v = len(edges)
    forward, backward = np.zeros(v, dtype=bool), np.zeros(v, dtype=bool)
    forward[0] = backward[-1] = True
    for vertex in range(1, v):
        forward[vertex] = edges[:vertex, vertex][forward[:vertex]].any()
    for vertex in range(v - 2, -1, -1):
        backward[vertex] = edges[vertex, vertex + 1 :][backward[vertex + 1 :]].any()
    return bool((forward & backward).all())


def random_order(adjacency, ops, rng):
    """The same graph in another random topological order (first and last vertex stay)."""
    v = int((ops != PAD).sum())
    placed, order = [0], list(range(v, len(ops)))
    waiting = set(range(1, v))
    while waiting:
        ready = [b for b in waiting if not (set(np.flatnonzero(adjacency[:, b])) - set(placed))]
        ready = [b for b in ready if b != v - 1] or ready
        chosen = int(rng.choice(ready))
        placed.append(chosen)
        waiting.remove(chosen)
    order = np.array(placed + order)
    return adjacency[np.ix_(order, order)], ops[order]


SPACES = (NB101Shaped(), ENASShaped(), DARTSShaped())


def listing(space, cells):
    """A space that lists these cells, each once, and no others: what is pre-trained on it sees them."""
    return PoolSpace("listing", space, cells[np.sort(np.unique(space.keys(cells), return_index=True)[1])])


def labelled(space, cells, accuracy):
    """Observations of the given cells, all different, with these answers at no cost."""
    zeros = np.zeros(len(cells))
    accuracy = np.asarray(accuracy, dtype=float)
    return Observations(cells, space.keys(cells), accuracy, zeros, zeros.astype(bool))


def convolutions(cells):
    """How many of the six edges of NAS-Bench-201 cells are 3x3 convolutions, as a share."""
    names = tabular.load("nb201").space.op_names
    return (cells.ops == names.index("nor_conv_3x3")).sum(axis=1) / 6


def observe(space, n, rng, score=None):
    """Observations of n different random cells, labelled by `score` (default: a smooth synthetic one)."""
    cells = space.sample(4 * n, rng)
    rows = np.unique(space.keys(cells), return_index=True)[1][:n]
    cells = cells[np.sort(rows)]
    accuracy = score(cells) if score else 0.5 + 0.4 * np.tanh((cells.ops == 2).sum(1) / 4)
    return labelled(space, cells, accuracy)


def has_twins(cells):
    """True where two unconnected vertices of a graph look alike from anywhere (colour refinement)."""
    mirrored = (cells.adjacency | cells.adjacency.transpose(0, 2, 1)).astype(float)
    colour = np.random.default_rng(0).normal(size=20)[cells.ops]
    for _ in range(8):
        colour = np.sin(3 * colour + 7 * np.einsum("nab,nb->na", mirrored, np.cos(5 * colour)))
    alike = np.abs(colour[:, :, None] - colour[:, None]) < 1e-9
    present = cells.ops != PAD
    pairs = np.triu(present[:, :, None] & present[:, None] & (mirrored == 0), 1)
    return (alike & pairs).any((1, 2))
