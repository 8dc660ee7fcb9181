"""Architectures of NAS-Bench-Graph as trees of four operations, and which are one to its authors."""

from __future__ import annotations

from functools import cache
from itertools import permutations, product

import numpy as np
from jaxtyping import Int

from tabular.cells import Cells
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
