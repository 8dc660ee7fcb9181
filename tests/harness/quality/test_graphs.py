import numpy as np

from harness.quality.graphs import compared, edits, texts
from tabular.cells import PAD, Cells


def graph(ops, *edges, width=4):
    adjacency = np.zeros((1, width, width), dtype=bool)
    for start, end in edges:
        adjacency[0, start, end] = True
    return Cells(adjacency, np.array([ops + [PAD] * (width - len(ops))], dtype=np.int8))


def test_every_element_counts():
    cells = graph([0, 1, 2, 4], (0, 1), (1, 2), (2, 3))
    again = graph([0, 1, 3, 4], (0, 1), (0, 2), (2, 3))
    found = compared(cells, again)
    assert not found.exact[0] and compared(cells, cells).exact[0]
    assert (found.right_ops[0], found.vertices[0]) == (3, 4)
    assert (found.right_edges[0], found.pairs[0]) == (4, 6)
    assert edits(cells, again).tolist() == [3]


def test_vertices_that_neither_has_count_for_nothing():
    cells = graph([0, 1, 4], (0, 1), (1, 2))
    same = compared(cells, cells)
    assert (same.right_ops[0], same.vertices[0], same.right_edges[0], same.pairs[0]) == (3, 3, 3, 3)
    longer = compared(cells, graph([0, 1, 2, 4], (0, 1), (1, 2)))
    assert (longer.right_ops[0], longer.vertices[0], longer.pairs[0]) == (2, 4, 6)
    assert not longer.exact[0]


def test_an_edge_against_the_order_is_not_exact():
    cells = graph([0, 1, 2, 4], (0, 1))
    assert not compared(cells, graph([0, 1, 2, 4], (0, 1), (1, 0))).exact[0]


def test_edits_are_mutations_where_cells_have_one_form(space):
    rng = np.random.default_rng(0)
    cell = space.sample(1, rng)
    around = space.neighbours(cell)
    assert (edits(cell[[0] * len(around)], around) == 1).all()


def test_texts_of_what_is_no_architecture_are_empty(space):
    cells = space.all()[:3]
    ops = cells.ops.copy()
    ops[1, 3] = 0
    assert texts(space, Cells(cells.adjacency, ops)) == ["000000", "", "000002"]
    assert texts(space, cells[:0]) == []
