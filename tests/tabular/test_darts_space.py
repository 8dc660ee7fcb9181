"""The DARTS space against hand-drawn graphs, plain Python over node orders, and networks built in torch."""

import itertools
import json

import numpy as np
import pytest

from tabular.cells import PAD, Cells
from tabular.errors import HarnessError
from tabular.spaces.darts import DARTSSpace
from tabular.spaces.darts_cell import OPS
from tabular.spaces.darts_network import NetworkCost
from tests.tabular.darts_torch import measured

SPACES = {"tied": DARTSSpace(tie_cells=True), "untied": DARTSSpace(tie_cells=False)}
MAX, AVG, SKIP, SEP3, SEP5, DIL3, DIL5 = range(7)
# DARTS_V2 of the authors' genotypes.py, edges in their order
NORMAL = ((0, SEP3), (1, SEP3), (0, SEP3), (1, SEP3), (1, SEP3), (0, SKIP), (0, SKIP), (2, DIL3))
REDUCE = ((0, MAX), (1, MAX), (2, SKIP), (1, MAX), (0, MAX), (2, SKIP), (2, SKIP), (1, MAX))


@pytest.fixture(params=SPACES)
def darts(request):
    return SPACES[request.param]


def some(space, n=200, seed=0):
    return space.sample(n, np.random.default_rng(seed))


def same(a, b):
    return bool((a.ops == b.ops).all() and (a.adjacency == b.adjacency).all())


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


def test_complexity_equals_networks_built_in_torch(darts):
    cells = some(darts, 4, 11)
    for row, (normal, reduce) in enumerate(darts.to_genotype(cells).tolist()):
        params, flops = measured(normal, reduce, channels=32, layers=8)
        assert darts.complexity(cells, "params")[row] == pytest.approx(params, abs=1e-9)
        assert darts.complexity(cells, "flops")[row] == pytest.approx(flops, abs=1e-9)


def test_parameters_of_the_published_network():
    """3.3 million in table 1 of the DARTS paper: 36 initial channels, 20 cells, the second-order result."""
    cost = NetworkCost.of(36, 20, "params")
    parts = [
        cost(kind, *np.array([cell]).transpose(2, 0, 1))[0] for kind, cell in enumerate((NORMAL, REDUCE))
    ]
    total = cost.constant + sum(parts)
    assert total == pytest.approx(measured(NORMAL, REDUCE, channels=36, layers=20)[0], abs=1e-9)
    assert round(total, 1) == 3.3


@pytest.mark.parametrize("measure", ["flops", "params"])
def test_largest_complexity_is_reached_and_not_passed(darts, measure):
    largest = "-".join(f"{i}.{SEP5}" for _ in range(4) for i in (0, 1))
    cells = darts.from_strings([largest if darts.tie_cells else f"{largest}_{largest}"])
    assert darts.complexity(cells, measure)[0] == pytest.approx(darts.largest_complexity(measure), rel=1e-12)
    assert darts.complexity(some(darts, 2000), measure).max() < darts.largest_complexity(measure)


def test_an_unknown_measure(darts):
    with pytest.raises(HarnessError, match=r"unknown measure 'flop'\. Did you mean 'flops'"):
        darts.complexity(some(darts, 1), "flop")


def test_texts(darts):
    cells = some(darts)
    assert same(darts.from_strings(darts.to_strings(cells)), cells)
    assert len(set(darts.to_strings(cells))) == len(set(darts.keys(cells).tolist())) == 200
    pair = np.array([[NORMAL, NORMAL if darts.tie_cells else REDUCE]])
    (text,) = darts.to_strings(darts.from_genotype(pair))
    parts = ["0.3-1.3-0.3-1.3-0.2-1.3-0.2-2.5", "0.0-1.0-1.0-2.2-0.0-2.2-1.0-2.2"]
    assert text == (parts[0] if darts.tie_cells else "_".join(parts))


GOOD = "0.3-1.3-0.3-1.3-0.2-1.3-0.2-2.5"


@pytest.mark.parametrize(
    "text",
    [
        *["", "0.3", GOOD + "-0.1", GOOD[:-2], GOOD[:-1] + "7", GOOD[:-3] + "5.5", GOOD.replace("-", "_", 1)],
        *["0.3-0.3" + GOOD[7:], "0.3-2.3" + GOOD[7:], GOOD[:16] + "1.2-1.3" + GOOD[23:], GOOD + "\n"],
    ],
)
def test_text_that_is_no_architecture(darts, text):
    whole = text if darts.tie_cells else f"{GOOD}_{text}"
    with pytest.raises(HarnessError, match="is no architecture of darts"):
        darts.from_strings([whole])
    with pytest.raises(HarnessError, match="is no architecture of darts"):
        darts.from_strings([f"{GOOD}_{GOOD}" if darts.tie_cells else GOOD])


def test_genotypes_in_either_order(darts):
    cells = some(darts)
    pairs = darts.to_genotype(cells)
    assert pairs.shape == (200, 2, 8, 2) and (pairs[:, :, 0::2, 0] < pairs[:, :, 1::2, 0]).all()
    assert same(darts.from_genotype(pairs), cells)
    turned = pairs.reshape(200, 2, 4, 2, 2)[:, :, :, ::-1].reshape(pairs.shape)
    assert same(darts.from_genotype(turned), cells)


@pytest.mark.parametrize("edge", [(0, (1, 3)), (0, (0, 7)), (2, (3, 3)), (7, (-1, 3)), (7, (0, -1))])
def test_genotypes_that_are_none(darts, edge):
    cell = [list(pair) for pair in NORMAL]
    cell[edge[0]] = list(edge[1])
    with pytest.raises(HarnessError, match="2 of 2 cells are no DARTS cells"):
        darts.from_genotype(np.array([[cell, cell]]))


def test_tied_cells_are_alike():
    with pytest.raises(HarnessError, match="normal and reduction cell differ"):
        SPACES["tied"].from_genotype(np.array([[NORMAL, REDUCE]]))


def test_real_genotypes_are_in_the_space(shared_data):
    import pandas as pd

    texts = pd.read_parquet(shared_data / "nb301" / "reference_archs.parquet")["arch"]
    pairs = np.array([json.loads(text) for text in texts])
    space = SPACES["untied"]
    cells = space.from_genotype(pairs)
    assert len(cells) == 12_439 and space.contains(cells).all()
    order = np.argsort(pairs[:, :, :, 0].reshape(-1, 2, 4, 2), axis=3)[..., None]
    expected = np.take_along_axis(pairs.reshape(-1, 2, 4, 2, 2), order, axis=3).reshape(pairs.shape)
    assert (space.to_genotype(cells) == expected).all()
