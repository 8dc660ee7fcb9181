"""What NAS-Bench-101's authors and users have published about single cells."""

import itertools
import json

import numpy as np
import pytest

from tabular.cells import PAD, Cells
from tabular.errors import HarnessError
from tabular.spaces.nb101 import NB101Space
from tabular.spaces.nb101_graphs import last_vertex, on_paths, restricted
from tabular.spaces.nb101_network import network_complexity, vertex_channels
from tabular.spaces.nb101_official import module_hash
from tabular.spaces.nb101_specifications import OP_NAMES, coded_names

C1, C3, POOL = OP_NAMES[1:4]
# The Inception-like cell of the authors' README, and the form in which their API gives it back (notebook)
INCEPTION = [(0, 1), (0, 2), (0, 3), (0, 5), (1, 6), (2, 6), (3, 4), (4, 6), (5, 6)]
INCEPTION_OPS = ["input", C1, C3, C3, C3, POOL, "output"]
RETURNED = [(0, 1), (0, 2), (0, 3), (0, 4), (1, 6), (2, 6), (3, 6), (4, 5), (5, 6)]
RETURNED_OPS = ["input", C3, C1, POOL, C3, C3, "output"]
# The first module hash of the official file and its fixed statistics, as several users of the file quote them
FIRST = [(0, 1), (0, 4), (0, 5), (1, 2), (2, 3), (2, 6), (3, 5), (4, 5), (5, 6)]
FIRST_OPS = ["input", C3, POOL, C3, C3, C1, "output"]
FIRST_HASH, FIRST_PARAMS = "00005c142e6f48ac74fdcf73e3439874", 8_555_530


@pytest.fixture(scope="module")
def space():
    return NB101Space()


def matrix(edges, width=7):
    result = np.zeros((width, width), dtype=int)
    for edge in edges:
        result[edge] = 1
    return result


def rows_of(space, edges, ops, width=None):
    return space.lookup(matrix(edges, width or len(ops))[None], [ops]).tolist()


def params(space, row):
    return round(space.complexity(space.all()[row], "params")[0] * 1e6)


@pytest.mark.parametrize(
    ("given", "returned", "number"),
    [
        ((INCEPTION, INCEPTION_OPS), (RETURNED, RETURNED_OPS), 2_694_282),
        ((FIRST, FIRST_OPS), (FIRST, FIRST_OPS), FIRST_PARAMS),
    ],
)
def test_rows_are_represented_as_in_the_official_file(space, given, returned, number):
    row = rows_of(space, *given)
    cell = space.all()[row]
    assert (cell.adjacency[0] == matrix(returned[0])).all()
    assert [OP_NAMES[op] for op in cell.ops[0]] == returned[1]
    assert params(space, row) == number


def test_module_hash_is_the_official_one(space):
    assert space.module_hash(space.all()[rows_of(space, FIRST, FIRST_OPS)]) == [FIRST_HASH]


def test_module_hashes_tell_rows_apart(space):
    some = space.all()[np.random.default_rng(0).choice(space.size, 3000, replace=False)]
    assert len(set(space.module_hash(some))) == 3000


def real_specifications(folder):
    import pandas as pd

    table = pd.read_parquet(folder / "nb101_subset.parquet")
    table = table[table.source == "naslib"].reset_index(drop=True)
    return (
        table,
        np.array([json.loads(each) for each in table.matrix]),
        [json.loads(each) for each in table.ops],
    )


def test_real_cells_are_found_and_agree_with_their_accuracies(space, shared_data):
    table, matrices, ops = real_specifications(shared_data)
    row = space.lookup(matrices, ops)
    assert len(row) == 500 and (row >= 0).all()
    # 500 different specifications of 292 cells: one cell has three trainings, so at most three accuracies
    assert len(set(zip(table.matrix, table.ops, strict=True))) == 500
    assert len(np.unique(row)) == 292
    assert table.groupby(row).val_acc108.nunique().max() == 3
    pruned = restricted(as_cells(matrices, ops), on_paths(matrices != 0, np.full(500, 6)))
    hashes = module_hash(pruned)
    assert len(set(zip(row.tolist(), hashes, strict=True))) == len(set(hashes)) == 292


def test_parameters_of_real_cells(space, shared_data):
    """NASLib counted those of the specification as given; the table's are those of the class's row."""
    table, matrices, ops = real_specifications(shared_data)
    pruned = restricted(as_cells(matrices, ops), on_paths(matrices != 0, np.full(500, 6)))
    assert np.abs(network_complexity(pruned, "params") - table.params_naslib_M).max() < 1e-9
    row = space.lookup(matrices, ops)
    by_row = space.complexity(pruned, "params")
    assert (by_row == space.complexity(space.all()[row], "params")).all()
    assert np.abs(by_row / table.params_naslib_M - 1).max() < 0.01
    flops = space.complexity(pruned, "flops")
    assert np.corrcoef(flops, table.flops_naslib_M)[0, 1] > 0.999


def as_cells(matrices, ops):
    return Cells(matrices != 0, coded_names(ops, 7))


# compute_vertex_channels(input, output, matrix) of the authors' model_builder_test.py: inner vertices only
@pytest.mark.parametrize(
    ("edges", "channels", "expected"),
    [
        ([(0, 1), (1, 2), (2, 3)], 16, [16, 16]),
        ([(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)], 8, [8, 8, 8]),
        ([(0, 1), (0, 2), (1, 3), (2, 3)], 8, [4, 4]),
        ([(0, 1), (0, 2), (1, 3), (2, 3)], 15, [8, 7]),
        ([(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4)], 8, [3, 3, 2]),
        ([(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4)], 15, [5, 5, 5]),
        ([(0, 1), (1, 2), (1, 3), (2, 4), (3, 4)], 8, [4, 4, 4]),
        ([(0, 1), (1, 2), (1, 3), (2, 4), (3, 4)], 9, [5, 5, 4]),
        ([(0, 1), (0, 3), (1, 2), (1, 4), (2, 3), (3, 4)], 8, [4, 4, 4]),
        ([(0, 1), (0, 3), (1, 2), (1, 4), (2, 3), (3, 4)], 15, [8, 7, 7]),
        ([(0, 1)], 5, []),
    ],
)
def test_vertex_channels_are_those_of_the_authors_tests(edges, channels, expected):
    n = len(expected) + 2
    ops = np.array([[0] + [2] * (n - 2) + [4] + [PAD] * (7 - n)], dtype=np.int8)
    found = vertex_channels(Cells(matrix(edges)[None] != 0, ops), channels)[0].tolist()
    assert found == [0, *expected, channels] + [0] * (7 - n)


def test_complexity_by_hand(space):
    """Input to output alone: the stem, nine projections and the dense layer."""
    stem, dense = (27 * 128, 2 * 128), (512 * 10, 10)
    pairs = [(128, 128)] * 3 + [(128, 256)] + [(256, 256)] * 2 + [(256, 512)] + [(512, 512)] * 2
    sides = [32] * 3 + [16] * 3 + [8] * 3
    number = sum(stem) + sum(dense) + sum(a * b + 2 * b for a, b in pairs)
    assert params(space, [0]) == number
    adds = stem[0] * 32**2 + dense[0] + sum(a * b * s**2 for (a, b), s in zip(pairs, sides, strict=True))
    assert space.complexity(space.all()[:1])[0] == pytest.approx(adds / 1e6, abs=1e-12)


def test_complexity_is_the_class_own(space):
    some = space.sample(3000, np.random.default_rng(1))
    other = space.relabelled(some, np.random.default_rng(2))
    for measure in ("flops", "params"):
        assert (space.complexity(some, measure) == space.complexity(other, measure)).all()
    assert (network_complexity(some, "params") != network_complexity(other, "params")).any()
    with pytest.raises(HarnessError, match="no complexity 'latency'"):
        space.complexity(some[:1], "latency")


@pytest.mark.parametrize("measure", ["flops", "params"])
def test_largest_complexity_is_reached(space, measure):
    assert space.largest_complexity(measure) == space.complexity(space.all(), measure).max()


def pruned_by_walking(edges, ops):
    """The specification without loose vertices, by following edges one by one; None if not connected."""
    last = len(ops) - 1

    def walk(start, steps):
        seen, todo = {start}, [start]
        while todo:
            here = todo.pop()
            for nxt in (b for a, b in steps if a == here and b not in seen):
                seen.add(nxt)
                todo.append(nxt)
        return seen

    kept = sorted(walk(0, edges) & walk(last, [(b, a) for a, b in edges]))
    if 0 not in kept or last not in kept or last == 0:
        return None
    place = {old: new for new, old in enumerate(kept)}
    return [(place[a], place[b]) for a, b in edges if a in place and b in place], [ops[v] for v in kept]


def test_lookup_prunes_as_the_authors_do(space):
    rng, inside = np.random.default_rng(3), 0
    width = 8
    matrices = np.triu(rng.random((400, width, width)) < 0.3, 1)
    names = [["input", *rng.choice([C1, C3, POOL], width - 2).tolist(), "output"] for _ in range(400)]
    found = space.lookup(matrices, names)
    assert (space.lookup(matrices.astype(int), coded_names(names, width)) == found).all()
    for adjacency, ops, row in zip(matrices, names, found.tolist(), strict=True):
        pruned = pruned_by_walking(list(map(tuple, np.argwhere(adjacency).tolist())), ops)
        if pruned is None or len(pruned[1]) > 7 or len(pruned[0]) > 9:
            assert row == -1
            continue
        cell = Cells(matrix(pruned[0])[None] != 0, coded_names([pruned[1]], 7))
        assert module_hash(cell) == module_hash(space.all()[[row]])
        inside += 1
    assert 100 < inside < 400


@pytest.mark.parametrize(
    ("edges", "ops", "known"),
    [
        ([(0, 1), (1, 2)], ["input", C3, "output"], True),
        ([(0, 1), (1, 2)], ["input", "conv5x5", "output"], False),
        ([(0, 1), (1, 2)], [C3, C3, "output"], False),
        ([(0, 1), (1, 2)], ["input", C3, C3], False),
        ([(0, 1), (1, 2)], ["input", "output", "output"], False),
        ([(0, 1)], ["input", C3, "output"], False),
        ([(0, 2), (0, 1)], ["input", "conv5x5", "output"], True),
        ([(0, 1), (1, 2), (2, 1)], ["input", C3, "output"], False),
        ([(0, 1), (1, 2), (1, 1)], ["input", C3, "output"], False),
        ([], ["input"], False),
        ([], [], False),
        (list(itertools.combinations(range(5), 2)), ["input", C3, C3, C3, "output"], False),
        ([(v, v + 1) for v in range(7)], ["input", *[C1] * 6, "output"], False),
        ([(v, v + 1) for v in range(6)], ["input", *[C1] * 5, "output"], True),
    ],
)
def test_lookup_of_single_specifications(space, edges, ops, known):
    width = max(len(ops), 8)
    (row,) = rows_of(space, edges, ops, width)
    assert (row >= 0) is known
    if ops:
        assert rows_of(space, edges, ops) == [row]


def test_lookup_ignores_what_lies_outside_a_padded_graph(space):
    assert rows_of(space, [(0, 1), (1, 2), (2, 5), (4, 5)], ["input", C3, "output"], 7) == [1]


def test_lookup_refuses_shapes_that_do_not_fit(space):
    with pytest.raises(HarnessError, match="1 matrices do not go with 2 lists of operations"):
        space.lookup(np.zeros((1, 3, 3), dtype=int), [["input", "output"]] * 2)
    with pytest.raises(HarnessError, match="4 operations do not fit"):
        space.lookup(np.zeros((1, 3, 3), dtype=int), [["input", C1, C1, "output"]])


@pytest.mark.slow
def test_a_million_lookups_take_seconds(space):
    import time

    rows = np.random.default_rng(4).integers(0, space.size, 1_000_000)
    cells = space.all()[rows]
    start = time.process_time()
    found = space.lookup(cells.adjacency, cells.ops)
    assert time.process_time() - start < 5 and (found == rows).all()


def test_last_vertex():
    ops = np.array([[0, 4, PAD], [0, 1, 4], [PAD, PAD, PAD], [0, PAD, PAD]])
    assert last_vertex(ops).tolist() == [1, 2, -1, 0]
