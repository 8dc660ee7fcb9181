"""The NAS-Bench-201 space against facts of the paper and an independent, recursive string rule."""

import itertools

import numpy as np
import pytest

from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.spaces.nb201 import NB201Space

# edge list of the operation-on-node graph: data README and arch2vec's own encoding
GRAPH = [(0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 6), (3, 6), (4, 7), (5, 7), (6, 7)]


def edited(cells: Cells, vertex: int, op: int) -> Cells:
    ops = cells.ops.copy()
    ops[:, vertex] = op
    return Cells(cells.adjacency, ops)


def vertex_text(digits: dict[tuple[int, int], int], vertex: int) -> str:
    """The paper's string of a vertex by recursion over its incoming edges."""
    if vertex == 0:
        return "0"
    parts = []
    for source in range(vertex):
        op, below = digits[vertex, source], vertex_text(digits, source)
        if op == 0 or below == "#":
            parts.append("#")
        elif op == 1:
            parts.append(below)
        else:
            parts.append("(" + below + ")" + f"@{op}")
    return "+".join(sorted(parts))


def cell_text(key: int) -> str:
    edges = [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)]
    digits = [key // 5**place % 5 for place in range(5, -1, -1)]
    return vertex_text(dict(zip(edges, digits, strict=True)), 3)


def test_adjacency_is_the_published_graph(space):
    cells = space.all()
    expected = np.zeros((8, 8), dtype=bool)
    for source, target in GRAPH:
        expected[source, target] = True
    assert (cells.adjacency == expected).all()


def test_vertices_are_input_six_operations_output(space):
    ops = space.all().ops
    assert ops.shape == (15625, 8)
    assert (ops[:, 0] == 0).all() and (ops[:, 7] == 6).all()
    assert space.op_names[0] == "input" and space.op_names[6] == "output"
    assert space.op_names[1:6] == ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
    assert len(np.unique(ops, axis=0)) == 15625


def test_node_order_follows_the_official_strings(space, shared_data):
    table = pd_read(shared_data).set_index("index")
    for index in (0, 11, 284, 6111, 9930):
        row = table.loc[index]
        ops = space.from_strings([row["key"]]).ops[0, 1:7]
        names = [space.op_names[op] for op in ops]
        official = [
            part.split("~")[0] for part in row["arch_str"].replace("+", "").strip("|").split("|") if part
        ]
        assert names == official


def pd_read(shared_data):
    import pandas as pd

    return pd.read_parquet(shared_data / "nb201.parquet")


def test_there_are_6466_classes(space):
    assert len(set(space.canonical(space.all()).tolist())) == 6466


def test_classes_equal_the_recursive_string_rule(space):
    keys = np.random.default_rng(7).choice(15625, 3000, replace=False)
    texts = [cell_text(key) for key in keys.tolist()]
    classes = space.canonical(space.all()[keys]).tolist()
    pairs = set(zip(texts, classes, strict=True))
    assert len(pairs) == len(set(texts)) == len(set(classes))
    assert len(set(texts)) < len(keys)  # the sample does hold equal cells


def test_a_class_is_named_by_its_smallest_key(space):
    keys = space.keys(space.all())
    classes = space.canonical(space.all())
    assert (classes <= keys).all()
    assert (classes[classes] == classes).all()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("000000", "331000", True),  # nothing reaches the output in either
        ("000300", "300010", True),  # 3x3 on the direct edge, or 3x3 then skip
        ("000300", "000200", False),
        (
            "300030",
            "030003",
            False,
        ),  # the rule keeps the zero that vertex 2 adds up, and vertex 1 cannot have
        ("200030", "300020", False),  # order of operations counts
        ("111111", "000100", False),  # four copies of the input are summed
    ],
)
def test_equal_and_different_cells(space, one, other, same):
    first, second = space.canonical(space.from_strings([one, other])).tolist()
    assert (first == second) is same


def test_keys_are_positions_in_all(space):
    assert (space.keys(space.all()) == np.arange(15625)).all()
    assert space.size == 15625


def test_strings_round_trip(space):
    texts = ["".join(digits) for digits in itertools.product("01234", repeat=6)]
    assert space.to_strings(space.all()) == texts
    some = ["421211", "000000", "444444", "012340"]
    assert space.to_strings(space.from_strings(some)) == some
    assert space.keys(space.from_strings(["000001", "000010", "100000"])).tolist() == [1, 5, 3125]


@pytest.mark.parametrize("text", ["", "00000", "0000000", "000005", "00000a", "-00000", "0000 0"])
def test_text_that_is_no_cell(space, text):
    with pytest.raises(HarnessError, match="architecture of nb201"):
        space.from_strings([text])


def test_contains_all_of_its_own(space):
    assert space.contains(space.all()).all()


@pytest.mark.parametrize(("vertex", "op"), [(0, 1), (7, 1), (1, 0), (3, 6), (6, -1), (4, 7)])
def test_contains_rejects_wrong_operations(space, vertex, op):
    assert not space.contains(edited(space.all()[:3], vertex, op)).any()


def test_contains_rejects_any_wrong_edge(space):
    cell = space.from_strings(["123412"])
    for a, b in itertools.product(range(8), repeat=2):
        adjacency = cell.adjacency.copy()
        adjacency[0, a, b] ^= True
        assert space.contains(Cells(adjacency, cell.ops)).tolist() == [False]


@pytest.mark.parametrize("width", [7, 9])
def test_contains_rejects_wrong_width(space, width):
    cells = Cells(np.zeros((2, width, width), dtype=bool), np.ones((2, width), dtype=np.int8))
    assert space.contains(cells).tolist() == [False, False]


def test_contains_judges_each_row(space):
    mixed = Cells.concatenate([space.all()[:2], edited(space.all()[:1], 2, 6), space.all()[5:6]])
    assert space.contains(mixed).tolist() == [True, True, False, True]


@pytest.mark.parametrize("method", ["keys", "canonical", "to_strings", "complexity"])
def test_cells_outside_the_space_are_refused(space, method):
    with pytest.raises(HarnessError, match="1 of 3 cells are outside"):
        getattr(space, method)(Cells.concatenate([space.all()[:2], edited(space.all()[:1], 2, 6)]))


@pytest.mark.parametrize("text", ["000000", "444444", "032141"])
def test_neighbours_are_the_24_one_edge_changes(space, text):
    found = space.to_strings(space.neighbours(space.from_strings([text])))
    expected = {
        text[:edge] + op + text[edge + 1 :] for edge in range(6) for op in "01234" if op != text[edge]
    }
    assert len(found) == 24 and set(found) == expected and len(expected) == 24


def test_sampling_is_uniform_and_repeatable(space):
    cells = space.sample(20_000, np.random.default_rng(3))
    again = space.sample(20_000, np.random.default_rng(3))
    assert (cells.ops == again.ops).all()
    share = np.stack([(cells.ops[:, 1:7] == op).mean(axis=0) for op in range(1, 6)])
    assert np.abs(share - 0.2).max() < 4 * np.sqrt(0.2 * 0.8 / 20_000)


@pytest.mark.parametrize(
    ("dataset", "prefix"), [("cifar10", "c10"), ("cifar100", "c100"), ("imagenet16-120", "im16")]
)
def test_complexity_equals_the_official_columns(shared_data, dataset, prefix):
    table, space = pd_read(shared_data), NB201Space(dataset)
    cells = space.from_strings(table["key"].tolist())
    assert np.abs(space.complexity(cells, "flops") - table[f"{prefix}_flops_M"]).max() < 1e-4
    assert np.abs(space.complexity(cells, "params") - table[f"{prefix}_params_M"]).max() < 1e-5


@pytest.mark.parametrize("measure", ["flops", "params"])
def test_largest_complexity_is_reached(space, measure):
    values = space.complexity(space.all(), measure)
    assert space.largest_complexity(measure) == pytest.approx(values.max(), abs=0)


def test_complexity_by_hand(space):
    # cifar10: 7.78305 + 2 * 3.93216 + 1 * 35.38944 MFLOPs
    assert space.complexity(space.from_strings(["230214"]))[0] == pytest.approx(51.03681)
