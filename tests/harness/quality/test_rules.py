import numpy as np
import pytest

from harness.quality.rules import by_authors
from tabular.cells import PAD, Cells
from tabular.spaces.darts import DARTSSpace
from tabular.spaces.enas import ENASSpace
from tabular.spaces.macro import MacroSpace
from tabular.spaces.nb101 import NB101Space

RNG = np.random.default_rng(0)


def changed(cells, ops=(), edges=()):
    """The same graphs with other operations (vertex, operation) and edges (from, to, there)."""
    result = Cells(cells.adjacency.copy(), cells.ops.copy())
    for vertex, op in ops:
        result.ops[:, vertex] = op
    for start, end, there in edges:
        result.adjacency[:, start, end] = there
    return result


def valid(space, cells):
    """By the authors, and strictly."""
    return by_authors(space)(cells).tolist(), space.contains(cells).tolist()


def test_nb201(space):
    cell = space.sample(1, RNG)
    assert valid(space, cell) == ([True], [True])
    assert valid(space, changed(cell, ops=[(1, 6)])) == ([True], [False])
    assert valid(space, changed(cell, edges=[(0, 7, True), (0, 1, False)])) == ([True], [False])
    for ops in ([(2, 6)], [(6, 0)], [(0, 1)], [(7, 3)], [(7, PAD)]):
        assert valid(space, changed(cell, ops=ops)) == ([False], [False])


def test_darts():
    space = DARTSSpace(tie_cells=True)
    cells = space.sample(50, RNG)
    assert by_authors(space)(cells).all()
    cell = cells[:1]
    assert valid(space, changed(cell, edges=[(0, 2, True), (1, 2, True), (2, 3, True)])) == ([True], [False])
    assert valid(space, changed(cell, edges=[(9, 10, False)])) == ([True], [False])
    lonely = changed(cell, edges=[(start, 5, False) for start in range(4)])
    assert valid(space, lonely) == ([False], [False])
    partner = changed(lonely, edges=[(4, 5, True)])  # of the same node: no earlier one
    assert valid(space, partner) == ([False], [False])
    for ops in ([(1, 0)], [(5, 1)], [(5, 9)], [(10, 2)]):
        assert valid(space, changed(cell, ops=ops)) == ([False], [False])


def test_enas():
    space = ENASSpace()
    cells = space.sample(50, RNG)
    assert by_authors(space)(cells).all()
    cell = space.from_strings(["1-40-500-0111-21111-300001"])
    short = changed(cell, ops=[(6, 7), (7, PAD)], edges=[(start, 7, False) for start in range(7)])
    short = changed(short, edges=[(start, 6, start == 5) for start in range(6)])
    assert valid(space, short) == ([True], [False])
    for ops, edges in (
        ([], [(2, 3, False)]),
        ([], [(2, 7, True)]),
        ([], [(6, 7, False)]),
        ([], [(3, 1, True)]),
        ([(3, 0)], []),
        ([(3, 7)], []),
        ([(7, 2)], []),
    ):
        assert valid(space, changed(cell, ops, edges)) == ([False], [False])


@pytest.mark.slow  # lists the space
def test_nb101():
    space = NB101Space()
    cells = space.sample(50, RNG)
    assert by_authors(space)(cells).all()
    cell = space.from_strings(["0x7:2"])
    loose = changed(
        cell, ops=[(3, 4), (2, 1)], edges=[(0, 3, True), (1, 3, True), (0, 2, False), (1, 2, False)]
    )
    assert valid(space, loose) == ([True], [False])
    assert valid(space, changed(cell, ops=[(1, 4)])) == ([False], [False])


def test_other_spaces_have_no_rule():
    assert by_authors(MacroSpace()) is None
