import numpy as np
import pytest

import tabular
from methods.optimizers._variables import Variables, pruned
from tabular.cells import PAD, Cells
from tests.methods.spaces import DARTSShaped, ENASShaped, NB101Shaped

NB201 = tabular.load("nb201:cifar100").space
SPACES = (NB201, NB101Shaped(), ENASShaped(), DARTSShaped())


def variables(space, seed=0):
    return Variables(space, np.random.default_rng(seed))


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_decoding_inverts_encoding(space):
    cells = space.sample(2000, np.random.default_rng(1))
    found = variables(space)
    values = found.encode(cells)
    assert values.shape == (2000, len(found.sizes))
    assert (values >= 0).all() and (values < np.array(found.sizes)).all()
    again = found.decode(values)
    assert (again.ops == cells.ops).all() and (again.adjacency == cells.adjacency).all()
    assert again.ops.dtype == cells.ops.dtype
    assert (space.keys(again) == space.keys(cells)).all()


def test_nas_bench_201_has_six_variables_of_five_values_in_the_order_of_its_strings():
    found = variables(NB201)
    assert found.sizes == (5,) * 6
    (digits,) = found.encode(NB201.from_strings(["012344"])).tolist()
    assert digits == [0, 1, 2, 3, 4, 4]


def test_variable_sizes_give_encoding_a():
    sizes = variables(NB101Shaped()).sizes
    assert sorted(sizes) == [2] * 21 + [3] * 5


def test_darts_chooses_an_operation_and_an_input_per_vertex():
    sizes = variables(DARTSShaped()).sizes
    # of the eight operations each chooses one of seven and one of 2, 2, 3, 3, 4, 4, 5, 5 sources
    assert sorted(sizes) == sorted([7] * 8 + [2, 2, 3, 3, 4, 4, 5, 5])


def test_the_chain_of_enas_is_no_variable():
    found, space = variables(ENASShaped()), ENASShaped()
    combinations = np.prod([float(size) for size in found.sizes])
    assert combinations == space.size
    values = np.stack([np.random.default_rng(0).integers(0, size, 500) for size in found.sizes], axis=1)
    assert space.contains(found.decode(values)).all()


def test_every_choice_of_values_decodes_and_some_fall_outside_the_space():
    space = NB101Shaped()
    found = variables(space)
    rng = np.random.default_rng(0)
    values = np.stack([rng.integers(0, size, 1000) for size in found.sizes], axis=1)
    cells = found.decode(values)
    share = space.contains(cells).mean()
    assert 0.2 < share < 0.99  # nine edges are the limit
    assert len(found.decode(np.zeros((1, 26), dtype=int))) == 1
    assert not space.contains(found.decode(np.zeros((1, 26), dtype=int))).any()  # no edge at all


def test_small_cells_have_the_output_last_and_absent_vertices_before_it():
    space = NB101Shaped()
    adjacency = np.zeros((1, 7, 7), dtype=bool)
    adjacency[0, 0, 1] = adjacency[0, 1, 2] = True
    cells = Cells(adjacency, np.array([[0, 3, 4, PAD, PAD, PAD, PAD]], dtype=np.int8))
    found = variables(space)
    (values,) = found.encode(cells)
    ops, edges = values[:5], values[5:]
    assert ops.tolist() == [2, 0, 0, 0, 0]  # of the three operations the third, then absent ones
    targets, sources = np.tril_indices(7, -1)
    present = [(int(sources[i]), int(targets[i])) for i in np.flatnonzero(edges)]
    assert present == [(0, 1), (1, 6)]


def prune_slowly(adjacency, ops):
    """One graph at a time, by paths."""
    v = len(ops)
    power = np.linalg.matrix_power(np.eye(v, dtype=int) + adjacency, v) > 0
    keep = [u for u in range(v) if u in (0, v - 1) or (power[0, u] and power[u, v - 1])]
    small = np.zeros((v, v), dtype=bool)
    small[: len(keep), : len(keep)] = adjacency[np.ix_(keep, keep)]
    return small, [ops[u] for u in keep] + [PAD] * (v - len(keep))


def test_pruning_equals_a_loop_over_graphs():
    rng = np.random.default_rng(0)
    adjacency = np.triu(rng.random((300, 7, 7)) < 0.25, 1)
    ops = np.concatenate([np.zeros((300, 1)), rng.integers(1, 4, (300, 5)), np.full((300, 1), 4)], axis=1)
    fast = pruned(Cells(adjacency, ops.astype(np.int8)))
    sizes = set()
    for row in range(300):
        edges, names = prune_slowly(adjacency[row], ops[row])
        # a graph without a path keeps its two ends alone
        assert (fast.adjacency[row] == edges).all() and fast.ops[row].tolist() == names
        sizes.add(sum(op != PAD for op in names))
    assert sizes >= {2, 3, 4, 5, 6}
