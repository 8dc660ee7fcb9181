"""Graph features: known answers, every path followed one by one, and one point per isomorphism class."""

import time

import numpy as np
import pytest
import torch

import tabular
from methods.representations._graph_features import subsets
from methods.representations.graf import GRAF
from tabular.catalogue import space as space_of
from tabular.cells import PAD, Cells
from tabular.space import EnumerableSpace
from tabular.spaces.nb101 import NB101Space
from tests.methods.spaces import SPACES, NB101Shaped, listing

NB201 = tabular.load("nb201").space
ALL = (NB201, space_of("transnas-micro"), space_of("macro"), *SPACES)
SHAPES = pytest.mark.parametrize("space", ALL, ids=lambda space: space.name)
EVERY = ("nb201", "transnas-micro", "transnas-macro", "macro", "nas-bench-graph", "enas-pool", "nb301:tied")


def fitted(space, **hyper):
    made = GRAF(GRAF.Hyper(**hyper), np.random.default_rng(0))
    made.fit(space, None)
    return made


def described(space, cells, **hyper):
    """Features of the first of the cells by name, without those that are 0."""
    made = fitted(space, **hyper)
    values = made.encode(cells)[0].tolist()
    return {name: value for name, value in zip(made.columns, values, strict=True) if value}


def nb101(edges, ops):
    """One cell of the shape of NAS-Bench-101: its edges and inner operations (1 1x1, 2 3x3, 3 pool)."""
    adjacency, padded = np.zeros((1, 7, 7), dtype=bool), np.full((1, 7), PAD, dtype=np.int8)
    for a, b in edges:
        adjacency[0, a, b] = True
    padded[0, : len(ops) + 2] = [0, *ops, 4]
    return Cells(adjacency, padded)


def test_a_chain_with_a_branch_has_the_features_worked_out_by_hand():
    """input -> 3x3 -> 1x1 -> output, input -> output, 3x3 -> output."""
    cells = nb101([(0, 1), (1, 2), (2, 3), (0, 3), (1, 3)], [2, 1])
    found = described(NB101Shaped(), cells)
    assert found == {
        "count conv1x1": 1, "count conv3x3": 1, "vertices": 2, "edges": 5,
        "edges into conv1x1": 1, "edges out of conv1x1": 1, "before output conv1x1": 1,
        "edges into conv3x3": 1, "edges out of conv3x3": 2,
        "after input conv3x3": 1, "before output conv3x3": 1,
        "edges out of inputs": 2, "edges into output": 3,
        # from input to output at once: no operation at least, one path; through others more
        "paths conv1x1": 1, "paths maxpool": 1, "paths conv1x1+maxpool": 1,
        "longest path conv3x3": 1, "paths conv3x3": 2,
        "longest path conv3x3+maxpool": 1, "paths conv3x3+maxpool": 2,
        "longest path conv1x1+conv3x3": 2, "paths conv1x1+conv3x3": 3,
        "longest path conv1x1+conv3x3+maxpool": 2, "paths conv1x1+conv3x3+maxpool": 3,
    }  # fmt: skip


def test_without_a_path_the_shortest_is_longer_than_any_and_the_rest_is_nothing():
    """input -> 3x3 -> pool -> output, and 3x3 -> output: pools alone lead nowhere."""
    found = described(NB101Shaped(), nb101([(0, 1), (1, 2), (2, 3), (1, 3)], [2, 3]))
    paths = {name: value for name, value in found.items() if "path" in name}
    assert paths == {
        "shortest path conv1x1": 7, "shortest path maxpool": 7, "shortest path conv1x1+maxpool": 7,
        "shortest path conv3x3": 1, "longest path conv3x3": 1, "paths conv3x3": 1,
        "shortest path conv1x1+conv3x3": 1, "longest path conv1x1+conv3x3": 1, "paths conv1x1+conv3x3": 1,
        "shortest path conv3x3+maxpool": 1, "longest path conv3x3+maxpool": 2, "paths conv3x3+maxpool": 2,
        "shortest path conv1x1+conv3x3+maxpool": 1, "longest path conv1x1+conv3x3+maxpool": 2,
        "paths conv1x1+conv3x3+maxpool": 2,
    }  # fmt: skip


def test_none_is_absent_and_what_reads_it_too():
    """Digits are the edges 1<-0, 2<-0, 2<-1, 3<-0, 3<-1, 3<-2, of which 3<-0 is none in 333033."""
    whole, cut = (described(NB201, NB201.from_strings([text])) for text in ("333033", "333333"))
    assert cut["count nor_conv_3x3"] == 6 and whole["count nor_conv_3x3"] == 5
    assert (cut["paths nor_conv_3x3"], whole["paths nor_conv_3x3"]) == (4, 3)
    assert (cut["shortest path nor_conv_3x3"], whole["shortest path nor_conv_3x3"]) == (1, 2)
    assert cut["longest path nor_conv_3x3"] == whole["longest path nor_conv_3x3"] == 3
    # 1<-0 is none, so that 3<-1 reads nothing whatever it is
    nothing, dead = (described(NB201, NB201.from_strings([text])) for text in ("000000", "000030"))
    assert dead == nothing
    assert "count nor_conv_3x3" not in nothing and nothing["shortest path nor_conv_3x3"] == 8


def followed(adjacency, ops, kinds):
    """Operations of every path from an input to the output of one graph, path by path."""
    there = [v for v in range(len(ops)) if kinds[v] is not None]
    last = there[-1]
    found = []

    def follow(vertex, so_far):
        so_far = [*so_far, kinds[vertex]] if kinds[vertex] >= 0 else so_far
        if vertex == last:
            found.append(so_far)
            return
        for target in there:
            if adjacency[vertex, target]:
                follow(target, so_far)

    for vertex in there[:-1]:
        if kinds[vertex] == -1 and not any(adjacency[a, vertex] for a in there):
            follow(vertex, [])
    return found


@SHAPES
def test_features_equal_those_counted_one_by_one(space):
    made = fitted(space)
    cells = made._first(space.sample(60, np.random.default_rng(3)))
    layout, z = made._layout, made.encode(cells).numpy()
    column = {name: place for place, name in enumerate(made.columns)}
    for row in range(len(cells)):
        ops, adjacency = cells.ops[row], cells.adjacency[row]
        read = [None if op == PAD or layout.kinds[op] == -2 else int(layout.kinds[op]) for op in ops]
        there = [v for v, kind in enumerate(read) if kind is not None]
        assert z[row, column["edges"]] == sum(adjacency[a, b] for a in there for b in there)
        paths = followed(adjacency, ops, read)
        active = [name for name, kind in zip(space.op_names, layout.kinds, strict=True) if kind >= 0]
        for op, name in enumerate(active):
            assert z[row, column[f"count {name}"]] == read.count(op)
            mine = [v for v in there if read[v] == op]
            assert z[row, column[f"edges into {name}"]] == sum(adjacency[a, b] for a in there for b in mine)
            assert z[row, column[f"edges out of {name}"]] == sum(adjacency[b, a] for a in there for b in mine)
            assert z[row, column[f"before output {name}"]] == sum(adjacency[b, there[-1]] for b in mine)
        first = next(place for place, name in enumerate(made.columns) if name.startswith("shortest path"))
        for place, subset in enumerate(layout.subsets):
            lengths = [len(path) for path in paths if set(path) <= set(subset)]
            expected = [min(lengths), max(lengths), len(lengths)] if lengths else [space.vertices, 0, 0]
            assert z[row, first + 3 * place : first + 3 * place + 3].tolist() == expected


@pytest.mark.parametrize("name", EVERY)
def test_all_architectures_of_a_class_are_at_one_point(name):
    space = space_of(name)
    cells = space.sample(3000, np.random.default_rng(0))
    made, again = fitted(space), space.relabelled(cells, np.random.default_rng(1))
    assert torch.equal(made.encode(cells), made.encode(again))
    if name not in ("transnas-macro", "enas-pool"):  # where each graph is its own class
        assert (cells.ops != again.ops).any()


@pytest.mark.parametrize("name", ["nb201", "transnas-micro", "transnas-macro", "macro", "nas-bench-graph"])
def test_a_class_is_named_by_the_key_of_one_of_it(name):
    """What a listed space promises, and `_first` relies upon."""
    space = space_of(name)
    assert isinstance(space, EnumerableSpace)
    classes = space.canonical(space.all())
    first = space.all()[classes]
    assert (space.canonical(first) == classes).all() and (space.keys(first) == classes).all()


def test_a_pool_has_the_features_of_the_whole_space():
    cells = NB201.sample(300, np.random.default_rng(0))
    pool = listing(NB201, cells)
    assert torch.equal(fitted(listing(pool, cells[:100])).encode(cells), fitted(NB201).encode(cells))


def test_both_cells_of_a_darts_network_have_features_of_their_own():
    tied, both = space_of("nb301:tied"), space_of("nb301")
    one, other = tied.sample(2, np.random.default_rng(0))[[0]], tied.sample(2, np.random.default_rng(0))[[1]]
    texts = [*tied.to_strings(one), *tied.to_strings(other)]
    z = fitted(both).encode(both.from_strings(["_".join(texts)]))[0]
    assert z.tolist() == [*fitted(tied).encode(one)[0].tolist(), *fitted(tied).encode(other)[0].tolist()]
    assert len(fitted(both).columns) == len(set(fitted(both).columns)) == len(z)


def test_subsets_are_all_that_fit_and_the_whole():
    assert subsets(2, 99) == [(0,), (1,), (0, 1)]
    assert [len(subsets(3, most)) for most in (31, 7, 6, 1)] == [7, 7, 4, 4]
    assert [len(subsets(m, 31)) for m in (1, 3, 4, 6, 7, 9)] == [1, 7, 15, 22, 29, 10]
    assert subsets(9, 31)[-1] == tuple(range(9))


def test_costs_are_added_on_request():
    cells = NB201.from_strings(["333333", "000000"])
    plain, priced = fitted(NB201), fitted(NB201, costs=True)
    assert priced.columns == [*plain.columns, "log flops", "log params"]
    z = priced.encode(cells)
    assert torch.equal(z[:, :-2], plain.encode(cells))
    expected = [np.log(NB201.complexity(cells, name)) for name in ("flops", "params")]
    assert np.allclose(z[:, -2:].numpy(), np.transpose(expected))


@pytest.mark.slow
def test_all_of_nas_bench_101_takes_seconds():
    space = NB101Space()
    made, cells = fitted(space), space.all()
    start = time.process_time()
    z = made.encode(cells)
    assert time.process_time() - start < 20  # 1 to 2 on a quiet machine
    assert z.shape == (423_624, 40)
    again = space.relabelled(cells[:5000], np.random.default_rng(0))
    assert torch.equal(made.encode(again), z[:5000])
