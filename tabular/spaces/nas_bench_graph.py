"""The space of NAS-Bench-Graph (Qin et al., NeurIPS 2022): graph neural networks of four operations."""

from __future__ import annotations

from functools import cache, cached_property
from itertools import permutations, product

import numpy as np
from jaxtyping import Bool, Float, Int

from tabular.cells import Cells
from tabular.errors import HarnessError, unknown
from tabular.space import EnumerableSpace, refuse_outside
from tabular.spaces.classes import Classes

OPS = ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip")
SKIP, SLOTS = OPS.index("skip"), 4
SHAPES = (
    (0, 0, 0, 0),
    (0, 0, 0, 1),
    (0, 0, 1, 1),
    (0, 0, 1, 2),
    (0, 0, 1, 3),
    (0, 1, 1, 1),
    (0, 1, 1, 2),
    (0, 1, 2, 2),
    (0, 1, 2, 3),
)
"""What each operation reads (0 the input, i the i-th operation), one list per shape of the tree."""
LINKS = tuple(product(range(1), range(2), range(3), range(4)))
"""All 24 lists in which operations read earlier ones; each is one of `SHAPES` in some order."""
COUNT = len(OPS) ** SLOTS
POWERS = len(OPS) ** np.arange(SLOTS - 1, -1, -1, dtype=np.int64)
DECIMALS = 10 ** np.arange(SLOTS - 1, -1, -1, dtype=np.int64)
LINK_POWERS = np.array([24, 12, 4, 1], dtype=np.int64)
WIDTH, REST = 128, 22_696
"""Hidden width on ogbn-arxiv, and parameters outside the four operations there."""
MATRICES = np.array([1, 1, 1, 2, 2, 3, 2, 1, 0], dtype=np.int64)
"""Width x width matrices of each operation."""
VECTORS = np.array([3, 1, 1, 1, 1, 1, 1, 1, 0], dtype=np.int64)


class NASBenchGraphSpace(EnumerableSpace):
    """Six vertices: input, four operations that each read one earlier vertex, output, which reads the leaves.

    26,206 architectures. `contains` holds for every order of the operations (24 link lists of 9^4 operation
    lists each, all four skip connections excepted); `keys` are equal for those that are one architecture to
    the authors, and `all`, `sample` give the form that the authors list, in the order of their hashes.
    """

    name = "nas-bench-graph"
    op_names = ("input", *OPS, "output")
    vertices = SLOTS + 2
    size = 26206
    digest = "nas-bench-graph-1"
    complexity_digest = "nas-bench-graph-arxiv-1"

    def sample(self, n: int, rng: np.random.Generator) -> Cells:
        return self._all[rng.integers(0, self.size, size=n)]

    def contains(self, cells: Cells) -> Bool[np.ndarray, " n"]:
        return self._forms(cells) >= 0

    def neighbours(self, cell: Cells) -> Cells:
        """Other architectures by one other operation (32) or one other link (6), each once."""
        (form,) = self._checked(cell).tolist()
        link, ops = np.array(LINKS[form // COUNT]), np.full(4, form % COUNT) // POWERS % len(OPS)
        links, rows = np.tile(link, (38, 1)), np.tile(ops, (38, 1))
        slot, step = np.repeat(np.arange(SLOTS), len(OPS) - 1), np.tile(np.arange(1, len(OPS)), SLOTS)
        rows[np.arange(32), slot] = (ops[slot] + step) % len(OPS)
        slot, step = np.array([1, 2, 2, 3, 3, 3]), np.array([1, 1, 2, 1, 2, 3])
        links[32 + np.arange(6), slot] = (link[slot] + step) % (slot + 1)
        forms = (links @ LINK_POWERS) * COUNT + rows @ POWERS
        keys = keys_of_forms()[forms]
        first = np.sort(np.unique(keys, return_index=True)[1])
        return trees(forms[first[(keys[first] >= 0) & (keys[first] != keys_of_forms()[form])]])

    def keys(self, cells: Cells) -> Int[np.ndarray, " n"]:
        return keys_of_forms()[self._checked(cells)]

    def canonical(self, cells: Cells) -> Int[np.ndarray, " n"]:
        return self.keys(cells)

    def relabelled(self, cells: Cells, rng: np.random.Generator) -> Cells:
        """Uniform over the graphs of the same architecture: other orders, skip connections elsewhere."""
        return trees(form_classes().draw(self._checked(cells), rng))

    def complexity(self, cells: Cells, measure: str = "flops") -> Float[np.ndarray, " n"]:
        """Of the network on ogbn-arxiv: `params`, or `flops` for one node of the graph, in millions.

        `params` equals what the authors record there for every architecture. `flops` are multiply-adds with
        the operations' matrices alone: aggregation over the graph's edges is left out.
        """
        if measure not in self.complexity_measures:
            raise unknown("complexity measure", measure, self.complexity_measures)
        forms = self._checked(cells)
        ops = cells.ops[:, 1 : SLOTS + 1] - 1
        leaves = cells.adjacency[:, :, -1].sum(axis=1)
        matrices = MATRICES[ops].sum(axis=1) + leaves - 1  # what joins the leaves grows with their number
        if measure == "flops":
            return matrices * WIDTH**2 / 1e6 + np.zeros(len(forms))
        return (matrices * WIDTH**2 + VECTORS[ops].sum(axis=1) * WIDTH + REST) / 1e6

    def largest_complexity(self, measure: str = "flops") -> float:
        return float(self.complexity(self.from_strings(["0000-5555"]), measure)[0])

    def to_strings(self, cells: Cells) -> list[str]:
        """Links and operations by number, for example `0012-1480`."""
        forms = self._checked(cells).tolist()
        links = ["".join(map(str, link)) for link in LINKS]
        ops = (cells.ops[:, 1 : SLOTS + 1] - 1).tolist()
        return [
            f"{links[form // COUNT]}-{''.join(map(str, row))}" for form, row in zip(forms, ops, strict=True)
        ]

    def from_strings(self, texts: list[str]) -> Cells:
        links = {"".join(map(str, link)): number for number, link in enumerate(LINKS)}
        forms = []
        for text in texts:
            link, _, ops = text.partition("-")
            if link not in links or len(ops) != SLOTS or not set(ops) <= set("012345678") or ops == "8888":
                raise HarnessError(
                    f"'{text}' is no NAS-Bench-Graph architecture: links and operations such as 0012-1480 "
                    "are needed, not all operations 8"
                )
            forms.append(links[link] * COUNT + int(ops, len(OPS)))
        return trees(np.array(forms, dtype=np.int64))

    def all(self) -> Cells:
        return self._all

    @cached_property
    def _all(self) -> Cells:
        link_of_shape = np.array([LINKS.index(shape) for shape in SHAPES])
        hashes = listed_hashes()
        ops = hashes[:, None] // DECIMALS % 10
        cells = trees(link_of_shape[hashes // 10**SLOTS] * COUNT + ops @ POWERS)
        cells.ops.setflags(write=False)  # shared by all runs of a process
        cells.adjacency.setflags(write=False)
        return cells

    def _checked(self, cells: Cells) -> Int[np.ndarray, " n"]:
        forms = self._forms(cells)
        refuse_outside(forms >= 0, self.name)
        return forms

    def _forms(self, cells: Cells) -> Int[np.ndarray, " n"]:
        """Number of the link list and operations of each graph; -1 where it is not of this space."""
        if cells.ops.shape[1] != self.vertices:
            return np.full(len(cells), -1, dtype=np.int64)
        ops = cells.ops[:, 1 : SLOTS + 1].astype(np.int64) - 1
        links = cells.adjacency[:, :, 1 : SLOTS + 1].argmax(axis=1).astype(np.int64)
        legal = ((ops >= 0) & (ops < len(OPS))).all(axis=1) & (ops != SKIP).any(axis=1)
        legal &= (links <= np.arange(SLOTS)).all(axis=1)
        forms = np.where(legal, links @ LINK_POWERS * COUNT + ops @ POWERS, 0)
        again = trees(forms)
        legal &= (again.ops == cells.ops).all(axis=1)
        legal &= (again.adjacency == cells.adjacency).all(axis=(1, 2))
        return np.where(legal, forms, -1)


def trees(forms: Int[np.ndarray, " n"]) -> Cells:
    """Cells of form numbers: position in `LINKS` times 9^4 plus the operations in base 9."""
    n, slots = len(forms), np.arange(SLOTS)
    links = np.array(LINKS)[forms // COUNT]
    adjacency = np.zeros((n, SLOTS + 2, SLOTS + 2), dtype=bool)
    adjacency[np.arange(n)[:, None], links, slots + 1] = True
    adjacency[:, 1 : SLOTS + 1, -1] = ~adjacency[:, 1 : SLOTS + 1].any(axis=2)
    ops = np.full((n, SLOTS + 2), len(OPS) + 1, dtype=np.int8)
    ops[:, 0] = 0
    ops[:, 1 : SLOTS + 1] = 1 + forms[:, None] // POWERS % len(OPS)
    return Cells(adjacency, ops)


@cache
def hashes_of_forms() -> Int[np.ndarray, " 157464"]:
    """The authors' hash of the listed form of every graph: number of the shape, then four digits.

    A skip connection that others read, or that is the only one to read its vertex, changes nothing, nor
    does one that passes the network's input to the output: such ones stand first in the listed form, in
    a row. Of the orders of the rest the one with the smallest hash is listed.
    """
    ops = np.arange(COUNT)[:, None] // POWERS % len(OPS)
    masks = (ops == SKIP) @ (1 << np.arange(SLOTS))
    hashes = np.zeros((len(LINKS), COUNT), dtype=np.int64)
    for number, link in enumerate(LINKS):
        for mask in range(2**SLOTS):
            rows = np.flatnonzero(masks == mask)
            choices = listed_orders(link, tuple(bool(mask >> slot & 1) for slot in range(SLOTS)))
            found = [shape * 10**SLOTS + ops[rows][:, order] @ DECIMALS for shape, order in choices]
            hashes[number, rows] = np.min(found, axis=0)
    return hashes.ravel()


def listed_orders(link: tuple[int, ...], skips: tuple[bool, ...]) -> list[tuple[int, list[int]]]:
    """Shape and order of the operations of each form with idle skip connections in front."""
    reads = {slot + 1: source for slot, source in enumerate(link)}
    idle: list[int] = []
    while (found := _idle(reads, skips)) is not None:
        source = reads.pop(found)
        reads = {vertex: source if read == found else read for vertex, read in reads.items()}
        idle.append(found)
    choices = []
    for rest in permutations(reads):
        order = [*idle, *rest]
        place = {0: len(idle), **{vertex: position + 1 for position, vertex in enumerate(order)}}
        links = (*range(len(idle)), *(place[reads[vertex]] for vertex in rest))
        if links in SHAPES:
            choices.append((SHAPES.index(links), [vertex - 1 for vertex in order]))
    return choices


def _idle(reads: dict[int, int], skips: tuple[bool, ...]) -> int | None:
    """The first skip connection that changes nothing, if there is one."""
    sources = list(reads.values())
    for vertex, source in reads.items():
        is_leaf, alone = vertex not in sources, sources.count(source) == 1
        if skips[vertex - 1] and (not is_leaf or alone or source == 0):
            return vertex
    return None


@cache
def listed_hashes() -> Int[np.ndarray, " 26206"]:
    """The authors' hashes of all architectures, ascending: the order of the keys."""
    everything = np.unique(hashes_of_forms())
    return everything[:-1]  # the last is four skip connections in a row, which the authors leave out


@cache
def keys_of_forms() -> Int[np.ndarray, " 157464"]:
    """Key of every graph; -1 for four skip connections."""
    keys = np.searchsorted(listed_hashes(), hashes_of_forms())
    return np.where(keys < len(listed_hashes()), keys, -1)


@cache
def form_classes() -> Classes:
    """The graphs of each architecture."""
    return Classes.by_label(hashes_of_forms().tolist())
