"""The DARTS space against hand-drawn graphs and plain Python over the orders of nodes."""

import itertools

import numpy as np
import pytest

from tabular.cells import PAD, Cells
from tabular.errors import HarnessError
from tabular.spaces.darts_cell import OPS
from tests.tabular.darts_cells import AVG, DIL5, MAX, NORMAL, REDUCE, SEP3, SKIP, SPACES, same, some


@pytest.fixture(params=SPACES)
def darts(request):
    return SPACES[request.param]


def swapped(cells, first):
    """The graphs with vertices `first` and `first + 1` in each other's place."""
    order = np.arange(cells.ops.shape[1])
    order[[first, first + 1]] = first + 1, first
    return Cells(cells.adjacency[:, order][:, :, order], cells.ops[:, order])


def nodes_of(cell):
    """A genotype's cell as a list of four sets of (input, operation)."""
    pairs = [tuple(pair) for pair in np.asarray(cell).tolist()]
    return [frozenset(pairs[k : k + 2]) for k in range(0, 8, 2)]


def flat(nodes):
    return [pair for node in nodes for pair in sorted(node)]


def class_of(cell):
    """All cells that differ from a genotype's cell in the order of their nodes, as tuples of sets."""
    nodes, found = nodes_of(cell), set()
    for order in itertools.permutations(range(4)):
        place = {0: 0, 1: 1, **{2 + old: 2 + new for new, old in enumerate(order)}}
        moved = [frozenset((place[i], op) for i, op in nodes[old]) for old in order]
        if all(i < 2 + new for new, node in enumerate(moved) for i, _ in node):
            found.add(tuple(moved))
    return found


def test_size_and_vocabulary():
    tied, untied = SPACES["tied"], SPACES["untied"]
    assert tied.size == 7**8 * 180 and untied.size == (7**8 * 180) ** 2 < 2**63
    assert tied.op_names == ("input1", "input2", *OPS, "output")
    assert tied.op_names[:9] == untied.op_names[:9] and len(set(untied.op_names)) == 13
    assert (tied.name, tied.vertices) != (untied.name, untied.vertices) and tied.digest != untied.digest


def test_tied_graph_by_hand():
    cells = SPACES["tied"].from_genotype(np.array([[NORMAL, NORMAL]]))
    edges = {(0, 2), (1, 3), (0, 4), (1, 5), (0, 6), (1, 7), (0, 8), (2, 9), (3, 9)}
    edges |= {(vertex, 10) for vertex in range(2, 10)}
    assert set(zip(*np.nonzero(cells.adjacency[0]), strict=True)) == edges
    named = [SPACES["tied"].op_names[op] for op in cells.ops[0]]
    assert named == [
        "input1",
        "input2",
        *["sep_conv_3x3"] * 4,
        *["skip_connect", "sep_conv_3x3", "skip_connect", "dil_conv_3x3"],
        "output",
    ]


def test_untied_graph_is_two_cells_joined():
    space = SPACES["untied"]
    cells = space.from_genotype(np.array([[NORMAL, REDUCE]]))
    for start, cell in ((0, NORMAL), (11, REDUCE)):
        alone = SPACES["tied"].from_genotype(np.array([[cell, cell]]))
        part = slice(start, start + 11)
        assert (cells.adjacency[:, part, part] == alone.adjacency).all()
        assert (cells.ops[:, start + 2 : start + 10] == alone.ops[:, 2:10]).all()
    crossing = cells.adjacency[0].copy()
    crossing[:11, :11] = crossing[11:, 11:] = False
    assert np.argwhere(crossing).tolist() == [[10, 11], [10, 12]]
    fixed = [space.op_names[op] for op in cells.ops[0, [0, 1, 10, 11, 12, 21]]]
    assert fixed == ["input1", "input2", "normal_output", "reduction_input1", "reduction_input2", "output"]


def test_every_vertex_reaches_the_last_one(darts):
    reaches = some(darts).adjacency.astype(int)
    for _ in range(5):
        reaches = np.minimum(reaches + reaches @ reaches, 1)
    assert reaches[:, :-1, -1].all() and not np.tril(some(darts).adjacency).any()


def test_first_and_last_operation_mark_the_ends_alone(darts):
    ops = some(darts).ops
    assert ((ops == 0).sum(1) == 1).all() and (ops[:, 0] == 0).all()
    last = len(darts.op_names) - 1
    assert ((ops == last).sum(1) == 1).all() and (ops[:, -1] == last).all()


def test_contains_what_it_draws_and_nothing_with_an_edge_changed(darts):
    cells = some(darts, 3)
    assert darts.contains(cells).all()
    for a, b in itertools.product(range(darts.vertices), repeat=2):
        adjacency = cells.adjacency.copy()
        adjacency[:, a, b] ^= True
        assert not darts.contains(Cells(adjacency, cells.ops)).any(), (a, b)


def test_contains_judges_operations(darts):
    cells = some(darts, 2)
    for vertex, op in itertools.product(range(darts.vertices), range(PAD, len(darts.op_names) + 1)):
        ops = cells.ops.copy()
        ops[:, vertex] = op
        free = vertex % 11 not in (0, 1, 10)
        expected = (2 <= op <= 8) if free else (ops == cells.ops).all(1)
        assert (darts.contains(Cells(cells.adjacency, ops)) == expected).all(), (vertex, op)


@pytest.mark.parametrize("source", [0, 1])
def test_a_node_reads_two_different_inputs(darts, source):
    cells = some(darts, 1)
    adjacency = cells.adjacency.copy()
    adjacency[0, :, 2:4] = False
    adjacency[0, source, 2:4] = True
    assert not darts.contains(Cells(adjacency, cells.ops)).any()


@pytest.mark.parametrize("node", [3, 4])
def test_a_node_reads_neither_itself_nor_a_later_one(node):
    cells = some(SPACES["tied"], 1)
    for later in range(node, 6):
        adjacency = cells.adjacency.copy()
        adjacency[0, :, 2 * node - 2] = False
        adjacency[0, 2 * later - 2 : 2 * later, 2 * node - 2] = True
        assert not SPACES["tied"].contains(Cells(adjacency, cells.ops)).any()


def test_contains_rejects_another_width(darts):
    for width in (10, 12, 23):
        cells = Cells(np.zeros((2, width, width), dtype=bool), np.ones((2, width), dtype=np.int8))
        assert darts.contains(cells).tolist() == [False, False]
    other = some(SPACES["untied" if darts.tie_cells else "tied"], 4)
    assert not darts.contains(other).any()


@pytest.mark.parametrize("method", ["keys", "canonical", "to_strings", "complexity", "to_genotype"])
def test_cells_outside_are_refused(darts, method):
    cells = some(darts, 3)
    ops = cells.ops.copy()
    ops[1, 2] = 0
    assert darts.contains(Cells(cells.adjacency, ops)).tolist() == [True, False, True]
    with pytest.raises(HarnessError, match="1 of 3 cells are outside"):
        getattr(darts, method)(Cells(cells.adjacency, ops))


def test_either_order_of_a_nodes_operations_is_the_same_architecture(darts):
    cells = some(darts)
    for start in range(0, darts.vertices, 11):
        for first in range(start + 2, start + 10, 2):
            other = swapped(cells, first)
            assert darts.contains(other).all() and not same(other, cells)
            assert (darts.keys(other) == darts.keys(cells)).all()
            assert (darts.canonical(other) == darts.canonical(cells)).all()
            assert (darts.complexity(other) == darts.complexity(cells)).all()
            assert darts.to_strings(other) == darts.to_strings(cells)


def test_keys_count_architectures(darts):
    rng = np.random.default_rng(1)
    chosen = np.concatenate([rng.integers(0, darts.size, 500), [0, 1, darts.size - 1]])
    cells = darts.from_keys(chosen)
    assert darts.contains(cells).all() and (darts.keys(cells) == chosen).all()
    drawn = some(darts)
    assert same(darts.from_keys(darts.keys(drawn)), drawn)


def test_one_node_more_means_one_digit_more():
    """First keys by hand: the last node counts fastest, 49 operation pairs and then the next two inputs."""
    texts = SPACES["tied"].to_strings(SPACES["tied"].from_keys(np.array([0, 1, 7, 48, 49, 489, 490])))
    zeros = "0.0-1.0-" * 3
    first, rest = texts[:6], texts[6]
    assert first == [
        zeros + end for end in ("0.0-1.0", "0.0-1.1", "0.1-1.0", "0.6-1.6", "0.0-2.0", "3.6-4.6")
    ]
    assert rest == "0.0-1.0-" * 2 + "0.0-1.1-0.0-1.0"


@pytest.mark.parametrize("wrong", [-1, "size"])
def test_a_key_that_is_none(darts, wrong):
    with pytest.raises(HarnessError, match=r"lie in 0 \.\."):
        darts.from_keys(np.array([0, darts.size if wrong == "size" else wrong]))


def test_sampling_is_uniform_and_repeatable(darts):
    cells = some(darts, 20_000, 3)
    assert same(cells, some(darts, 20_000, 3))
    pairs = darts.to_genotype(cells)
    for kind, node in itertools.product(range(2), range(4)):
        edges = pairs[:, kind, 2 * node : 2 * node + 2]
        reads, counts = np.unique(edges[:, :, 0], axis=0, return_counts=True)
        choices = (node + 2) * (node + 1) // 2
        assert len(reads) == choices
        assert np.abs(counts / 20_000 - 1 / choices).max() < 4.5 * np.sqrt(1 / choices / 20_000)
        share = np.bincount(edges[:, :, 1].ravel(), minlength=7) / 40_000
        assert np.abs(share - 1 / 7).max() < 4.5 * np.sqrt(1 / 7 / 40_000)


def test_no_cells_at_all(darts):
    none = darts.sample(0, np.random.default_rng(0))
    assert none.ops.shape == (0, darts.vertices) and darts.from_strings([]).ops.shape == none.ops.shape
    for method in (darts.contains, darts.keys, darts.canonical, darts.complexity, darts.to_strings):
        assert len(method(none)) == 0
    assert len(darts.relabelled(none, np.random.default_rng(0))) == 0


def one_change_away(nodes):
    found = set()
    for k, node in enumerate(nodes):
        for source, op in node:
            (partner,) = node - {(source, op)}
            options = [(source, other) for other in range(7)] + [(i, op) for i in range(2 + k)]
            for new in options:
                if new[0] != partner[0]:
                    found.add((*nodes[:k], frozenset({new, partner}), *nodes[k + 1 :]))
    return found - {nodes}


@pytest.mark.parametrize("seed", range(3))
def test_neighbours_are_all_one_operation_and_one_input_changes(darts, seed):
    cell = some(darts, 1, seed)
    neighbours = darts.neighbours(cell)
    assert darts.contains(neighbours).all() and len(neighbours) == (60 if darts.tie_cells else 120)
    found = [tuple(tuple(nodes_of(c)) for c in pair) for pair in darts.to_genotype(neighbours)]
    normal, reduce = (tuple(nodes_of(c)) for c in darts.to_genotype(cell)[0])
    expected = {(n, n if darts.tie_cells else reduce) for n in one_change_away(normal)}
    if not darts.tie_cells:
        expected |= {(normal, r) for r in one_change_away(reduce)}
    assert len(set(found)) == len(found) and set(found) == expected


def test_canonical_is_the_least_key_of_the_class(darts):
    cells = some(darts, 60, 5)
    keys = []
    for pair in darts.to_genotype(cells):
        members = [[flat(m) for m in class_of(cell)] for cell in pair]
        both = zip(*members[:1] * 2, strict=True) if darts.tie_cells else itertools.product(*members)
        keys.append(darts.keys(darts.from_genotype(np.array(list(both)))).min())
    assert darts.canonical(cells).tolist() == keys
    assert (darts.canonical(cells) != darts.keys(cells)).any()


def test_relabelled_reaches_every_member_equally_often():
    space = SPACES["tied"]
    # no node is read by another: all 24 orders, of which half give the same cell as two nodes are alike
    cell = [(0, SEP3), (1, SKIP), (0, SEP3), (1, SKIP), (0, MAX), (1, DIL5), (0, AVG), (1, SKIP)]
    members = [flat(m) for m in class_of(cell)]
    assert len(members) == 12
    cells = space.from_genotype(np.array([[cell, cell]]))
    drawn = space.relabelled(cells[np.zeros(12_000, dtype=int)], np.random.default_rng(0))
    assert space.contains(drawn).all()
    keys, counts = np.unique(space.keys(drawn), return_counts=True)
    assert keys.tolist() == sorted(
        space.keys(space.from_genotype(np.array([[m, m] for m in members]))).tolist()
    )
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(1000)
    # and both orders of the operations of a node
    ascending = drawn.adjacency[:, 0, 2].mean()
    assert abs(ascending - 0.5) < 5 * 0.5 / np.sqrt(12_000)


def test_relabelled_stays_in_its_class_and_costs_the_same(darts):
    cells = some(darts, 500)
    other = darts.relabelled(cells, np.random.default_rng(1))
    assert darts.contains(other).all() and not same(cells, other)
    assert (darts.canonical(other) == darts.canonical(cells)).all()
    assert (darts.keys(other) != darts.keys(cells)).mean() > 0.3
    for measure in ("flops", "params"):
        assert darts.complexity(other, measure) == pytest.approx(darts.complexity(cells, measure), rel=1e-12)
