"""The NAS-Bench-101 space: membership, classes, orders, edits, texts."""

import numpy as np
import pytest

from tabular.cells import PAD, Cells
from tabular.errors import HarnessError
from tabular.spaces.nb101 import NB101Space


@pytest.fixture(scope="module")
def space():
    return NB101Space()


@pytest.fixture(scope="module")
def some(space):
    return space.sample(2000, np.random.default_rng(5))


def edited(cells, edge=None, vertex=None, op=None):
    adjacency, ops = cells.adjacency.copy(), cells.ops.copy()
    if edge is not None:
        adjacency[0, edge[0], edge[1]] ^= True
    if vertex is not None:
        ops[0, vertex] = op
    return Cells(adjacency, ops)


def counts(cells):
    return (cells.ops != PAD).sum(axis=1), cells.adjacency.sum(axis=(1, 2))


def test_every_row_is_inside_and_its_own_key(space):
    cells = space.all()
    assert len(cells) == space.size == 423_624 and cells.ops.shape[1] == space.vertices == 7
    assert space.contains(cells).all()
    assert (space.keys(cells) == np.arange(space.size)).all()
    vertices, edges = counts(cells)
    assert edges.max() == 9 and set(vertices.tolist()) == {2, 3, 4, 5, 6, 7}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"edge": (0, 3)}, None),
        ({"edge": (1, 0)}, "an edge against the order"),
        ({"edge": (2, 2)}, "a loop"),
        ({"edge": (3, 5)}, "an edge into a vertex that does not exist"),
        ({"edge": (5, 6)}, "an edge between vertices that do not exist"),
        ({"edge": (0, 1)}, "a vertex that nothing feeds"),
        ({"edge": (2, 4)}, "a vertex that feeds nothing"),
        ({"vertex": 0, "op": 1}, "no input"),
        ({"vertex": 4, "op": 3}, "no output"),
        ({"vertex": 2, "op": 0}, "an input inside"),
        ({"vertex": 2, "op": 4}, "an output inside"),
        ({"vertex": 2, "op": 5}, "an operation that does not exist"),
        ({"vertex": 2, "op": PAD}, "a hole"),
        ({"vertex": 6, "op": 4}, "a second output behind"),
        ({"vertex": 5, "op": 1}, "a vertex behind the output"),
    ],
)
def test_contains_is_strict(space, change, what):
    # input feeds 1, 2 and 3, each of which feeds the output 4
    adjacency = np.zeros((1, 7, 7), dtype=bool)
    adjacency[0, [0, 0, 0, 1, 2, 3], [1, 2, 3, 4, 4, 4]] = True
    cell = Cells(adjacency, np.array([[0, 1, 2, 3, 4, PAD, PAD]], dtype=np.int8))
    assert space.contains(cell).tolist() == [True]
    if what is None:  # without the edge 0 -> 3, but fed by 2: still a cell
        cell = edited(cell, edge=(2, 3))
    assert space.contains(edited(cell, **change)).tolist() == [what is None]


def test_edges_are_counted(space):
    adjacency = np.zeros((2, 7, 7), dtype=bool)
    adjacency[:, :5, :5] = np.triu(np.ones((5, 5), dtype=bool), 1)  # ten edges
    adjacency[1, 0, 4] = False
    cells = Cells(adjacency, np.tile(np.array([0, 1, 1, 1, 4, PAD, PAD], dtype=np.int8), (2, 1)))
    assert space.contains(cells).tolist() == [False, True]


@pytest.mark.parametrize("width", [5, 8])
def test_other_widths_and_empty_batches(space, width):
    cells = Cells(np.zeros((2, width, width), dtype=bool), np.ones((2, width), dtype=np.int8))
    assert space.contains(cells).tolist() == [False, False]
    assert space.contains(Cells.none(7)).tolist() == space.keys(Cells.none(7)).tolist() == []
    assert space.relabelled(Cells.none(7), np.random.default_rng(0)).ops.shape == (0, 7)
    assert space.contains(Cells(np.zeros((1, 7, 7), bool), np.full((1, 7), PAD))).tolist() == [False]


@pytest.mark.parametrize(
    "method", ["keys", "canonical", "to_strings", "complexity", "module_hash", "neighbours"]
)
def test_cells_outside_are_refused(space, method):
    wrong = edited(space.all()[[400_000]], vertex=0, op=2)
    cells = wrong if method == "neighbours" else Cells.concatenate([space.all()[:2], wrong])
    with pytest.raises(HarnessError, match=f"1 of {len(cells)} cells are outside nb101"):
        getattr(space, method)(cells)


def test_sampling_is_uniform_and_repeatable(space):
    cells = space.sample(20_000, np.random.default_rng(3))
    assert (cells.ops == space.sample(20_000, np.random.default_rng(3)).ops).all()
    whole = np.stack([counts(space.all())[1], counts(space.all())[0], space.all().ops[:, 1]], axis=1)
    drawn = np.stack([counts(cells)[1], counts(cells)[0], cells.ops[:, 1]], axis=1)
    for column, value in ((0, 9), (0, 8), (1, 7), (1, 6), (2, 1), (2, 2), (2, 3)):
        share = (whole[:, column] == value).mean()
        error = np.sqrt(share * (1 - share) / len(drawn))
        assert abs((drawn[:, column] == value).mean() - share) < 4 * error


def test_relabelled_cells_are_the_same_architectures(space, some):
    other = space.relabelled(some, np.random.default_rng(1))
    assert space.contains(other).all()
    assert (space.keys(other) == space.keys(some)).all()
    assert (space.canonical(other) == space.keys(some)).all()
    assert space.module_hash(other[:200]) == space.module_hash(some[:200])
    changed = (other.adjacency != some.adjacency).any(axis=(1, 2)) | (other.ops != some.ops).any(axis=1)
    assert changed.mean() > 0.3  # many cells have one order only


def test_relabelling_reaches_every_order(space):
    """Three parallel operations can stand in six orders."""
    cell = space.from_strings(["0x38b:123"])
    many = space.relabelled(cell[np.zeros(600, dtype=int)], np.random.default_rng(2))
    found, times = np.unique(many.ops[:, 1:4], axis=0, return_counts=True)
    assert len(found) == 6 and times.min() > 60


def test_neighbours_of_a_single_convolution(space):
    """By hand: two other operations, the bypass, and a vertex on any of three ways, of three operations."""
    found = space.to_strings(space.neighbours(space.from_strings(["0x5:2"])))
    assert {"0x5:1", "0x5:3", "0x7:2"} <= set(found)
    assert len(found) == 2 + 1 + 9
    adjacency = np.zeros((3, 7, 7), dtype=bool)
    adjacency[0, [0, 0, 1, 2], [1, 2, 2, 3]] = True  # a second way from the input to the convolution
    adjacency[1, [0, 0, 1, 2], [1, 2, 3, 3]] = True  # beside it
    adjacency[2, [0, 1, 1, 2], [1, 2, 3, 3]] = True  # a second way from it to the output
    keys = set(space.keys(space.neighbours(space.from_strings(["0x5:2"]))).tolist())
    for op in (1, 2, 3):
        ops = np.array([[0, op, 2, 4], [0, 2, op, 4], [0, 2, op, 4]])
        cells = Cells(adjacency, np.pad(ops, ((0, 0), (0, 3)), constant_values=PAD).astype(np.int8))
        assert set(space.keys(cells).tolist()) <= keys
    chains = space.from_strings(["0x25:12", "0x25:21"])  # two edits away: a bypass goes, or an edge
    assert not keys & set(space.keys(chains).tolist())


def test_neighbours_of_the_smallest_cell(space):
    """Input and output alone: a vertex beside the edge is all there can be."""
    found = space.to_strings(space.neighbours(space.all()[:1]))
    assert sorted(found) == ["0x7:1", "0x7:2", "0x7:3"]


def test_neighbours_are_rows_once_and_without_the_cell(space, some):
    for i in range(20):
        found = space.neighbours(some[[i]])
        keys = space.keys(found)
        assert (np.diff(keys) > 0).all() and len(keys) and space.keys(some[[i]])[0] not in keys
        assert (found.ops == space.all().ops[keys]).all()


def test_neighbours_do_not_depend_on_the_order_of_vertices(space, some):
    other = space.relabelled(some[:20], np.random.default_rng(4))
    for i in range(20):
        one, two = (space.keys(space.neighbours(each[[i]])) for each in (some, other))
        assert one.tolist() == two.tolist()


def test_neighbourhood_is_as_symmetric_as_claimed(space, some):
    """What cannot be undone has lost more than one vertex, or more than two edges."""
    small = space.all()[np.random.default_rng(6).integers(0, 10_000, 5)]
    undone = lost = 0
    for cell in (each for batch in (some[:5], small) for each in batch.split(1)):
        (key,), (size,), (edges,) = space.keys(cell), *counts(cell)
        for neighbour in space.neighbours(cell).split(1):
            if key in space.keys(space.neighbours(neighbour)):
                undone += 1
                continue
            (fewer,), (left,) = counts(neighbour)
            assert fewer < size and (size - fewer > 1 or edges - left > 2)
            lost += 1
    assert undone > 100 and lost > 0


def test_texts_round_trip(space, some):
    for cells in some, space.relabelled(some, np.random.default_rng(7)), space.all()[:200]:
        back = space.from_strings(space.to_strings(cells))
        assert (back.adjacency == cells.adjacency).all() and (back.ops == cells.ops).all()
        assert back.ops.dtype == space.all().ops.dtype
    assert space.from_strings([]).ops.shape == (0, 7) and space.to_strings(Cells.none(7)) == []


def test_texts_say_what_the_docstring_says(space):
    cell = space.from_strings(["0x7:2"])
    assert np.argwhere(cell.adjacency[0]).tolist() == [[0, 1], [0, 2], [1, 2]]
    assert [space.op_names[op] for op in cell.ops[0, :3]] == ["input", "conv3x3-bn-relu", "output"]
    assert space.to_strings(space.all()[:2]) == ["0x1:", "0x5:2"]


@pytest.mark.parametrize(
    "text",
    [
        *("", "0x7", "7:2", "0x7:4", "0x7:0", "0x07:2", "0x7:22", "0x3:2", "0X7:2", "0x3ff:222"),
        *("0x7:222222", "0x200000:22222", "0xfffffff:22222", "0x0:", "-0x7:2", "0x3F:22"),
    ],
)
def test_text_that_is_no_cell(space, text):
    with pytest.raises(HarnessError, match="is no architecture of nb101"):
        space.from_strings(["0x7:2", text])
