"""Representations that learn nothing: paths, Weisfeiler-Lehman counts, random points, one-hot, complexity."""

from collections import Counter

import numpy as np
import pytest
import torch

import tabular
from methods.representations._hashing import mixed
from methods.representations._path_encoding import occurring_paths, sequences
from methods.representations.complexity import Complexity
from methods.representations.one_hot import OneHot
from methods.representations.path import Path
from methods.representations.random_embedding import RandomEmbedding
from methods.representations.wl import WL, colours
from tabular.cells import PAD, Cells
from tabular.spaces.nb201 import NB201Space
from tests.methods.spaces import SPACES, NB101Shaped

NB201 = tabular.load("nb201:cifar100").space
ALL = (NB201, *SPACES)
SHAPES = pytest.mark.parametrize("space", ALL, ids=lambda space: space.name)


def fitted(plugin, space, seed=0, **hyper):
    made = plugin(plugin.Hyper(**hyper), np.random.default_rng(seed))
    made.fit(space, None)
    return made


def cells_of(space, n=200, seed=3):
    return space.sample(n, np.random.default_rng(seed))


def paths_slowly(adjacency, ops, skipped):
    """Operation sequences of one graph, path by path."""
    last = int((ops != PAD).sum()) - 1
    found = set()

    def follow(vertex, so_far):
        so_far = so_far if ops[vertex] in skipped else (*so_far, int(ops[vertex]))
        if vertex == last:
            found.add(so_far)
        for target in np.flatnonzero(adjacency[vertex]):
            follow(int(target), so_far)

    for vertex in range(last + 1):
        if not adjacency[:, vertex].any():
            follow(vertex, ())
    return found


@SHAPES
def test_paths_equal_those_found_one_by_one(space):
    cells = cells_of(space)
    names = len(space.op_names)
    skipped = {0, names - 1}
    symbols = np.array([-1, *range(names - 2), -1])
    longest = 4
    found = occurring_paths(cells, symbols, longest)
    assert found.shape == (200, sequences(names - 2, longest))
    for row in range(200):
        columns = set()
        for path in paths_slowly(cells.adjacency[row], cells.ops[row], skipped):
            number = 0
            for op in path:
                number = (names - 2) * number + symbols[op] + 1
            if len(path) <= longest:
                columns.add(number)
        assert set(np.flatnonzero(found[row]).tolist()) == columns


@pytest.mark.parametrize(("space", "columns"), zip(ALL, (155, 364, 258, 584), strict=True))
def test_number_of_path_columns(space, columns):
    """155 on NAS-Bench-201, 364 on NAS-Bench-101 (both as in naszilla); the other two are truncated."""
    z = fitted(Path, space).encode(cells_of(space))
    assert z.shape == (200, columns) and z.dtype == torch.float32
    assert set(z.unique().tolist()) == {0.0, 1.0}


def test_nas_bench_201_has_four_paths_and_none_is_an_operation():
    z = fitted(Path, NB201).encode(NB201.from_strings(["000000", "012344", "111222"]))
    assert z.sum(dim=1).tolist() == [3, 4, 3]  # both paths of two may have one sequence
    # digits are the edges 1<-0, 2<-0, 2<-1, 3<-0, 3<-1, 3<-2, so the paths of 012344 are 3, 04, 14, 024
    columns = [3, 5 + 5 * 0 + 4, 5 + 5 * 1 + 4, 5 + 25 + 25 * 0 + 5 * 2 + 4]
    assert np.flatnonzero(z[1]).tolist() == sorted(columns)


def test_truncated_paths_are_the_shortest():
    cells = cells_of(NB201)
    every, short = fitted(Path, NB201).encode(cells), fitted(Path, NB201, columns=30).encode(cells)
    assert short.shape[1] == 30
    assert torch.equal(short, every[:, :30])


def test_paths_tell_all_of_nas_bench_201_apart():
    z = fitted(Path, NB201).encode(NB201.all())
    assert len(torch.unique(z, dim=0)) == NB201.size


def colour_slowly(adjacency, ops, vertex, rounds):
    """The colour as a nested tuple: own colour and the sorted colours of the vertices read."""
    if rounds == 0:
        return int(ops[vertex])
    read = [colour_slowly(adjacency, ops, int(a), rounds - 1) for a in np.flatnonzero(adjacency[:, vertex])]
    return colour_slowly(adjacency, ops, vertex, rounds - 1), tuple(sorted(read, key=repr))


@SHAPES
def test_colours_are_equal_exactly_where_nested_tuples_are(space):
    cells = cells_of(space, 60)
    hashed = colours(cells, 2).reshape(60, 3, -1)
    one_to_one = {}
    for row in range(60):
        for vertex in range(space.vertices):
            if cells.ops[row, vertex] == PAD:
                assert not hashed[row, :, vertex].any()
                continue
            for rounds in range(3):
                slow = rounds, colour_slowly(cells.adjacency[row], cells.ops[row], vertex, rounds)
                assert one_to_one.setdefault(slow, hashed[row, rounds, vertex]) == hashed[row, rounds, vertex]
    assert len(set(one_to_one.values())) == len(one_to_one)


@SHAPES
def test_counts_are_those_of_the_most_frequent_colours(space):
    wl, cells = fitted(WL, space, columns=40), cells_of(space)
    z = wl.encode(cells)
    assert z.shape[1] == 40
    for row, found in enumerate(colours(cells, 1)):
        count = Counter(found.tolist())
        assert z[row].tolist() == [count[colour] for colour in wl._known.tolist()]
    sample = colours(space.sample(2000, np.random.default_rng(0)), 1)
    holding = Counter(colour for row in sample for colour in set(row.tolist()) - {0})
    rarest_kept = min(holding[colour] for colour in wl._known.tolist())
    assert rarest_kept >= sorted(holding.values(), reverse=True)[39]


def test_nas_bench_201_has_148_colours_after_one_round():
    wl = fitted(WL, NB201)
    assert wl.encode(NB201.all()[:5]).shape == (5, 148)
    assert wl.encode(NB201.all()).sum(dim=1).unique().tolist() == [16.0]  # 8 vertices, twice; none is unknown
    assert fitted(WL, NB201, rounds=0).encode(NB201.all()[:5]).shape == (5, 7)


def test_wl_does_not_see_the_order_of_vertices():
    space = NB101Shaped()
    cells = cells_of(space)
    again = space.relabelled(cells, np.random.default_rng(0))
    assert (cells.ops != again.ops).any()
    for made in (fitted(WL, space, rounds=2), fitted(Path, space)):
        assert torch.equal(made.encode(cells), made.encode(again))


@SHAPES
def test_a_random_point_depends_on_the_architecture_and_the_seed_alone(space):
    cells = cells_of(space)
    one, other = (fitted(RandomEmbedding, space, seed) for seed in (0, 1))
    z = one.encode(cells)
    order = np.random.default_rng(0).permutation(200)
    assert torch.equal(one.encode(cells[order]), z[torch.from_numpy(order)])
    assert torch.equal(fitted(RandomEmbedding, space, 0).encode(cells[[7]]), z[[7]])
    assert not torch.isclose(other.encode(cells), z).any()
    assert len(torch.unique(z, dim=0)) == len(np.unique(space.keys(cells)))


def test_random_points_are_standard_normal_and_say_nothing_about_operations():
    z = fitted(RandomEmbedding, NB201, latent=8).encode(NB201.all()).double().numpy()
    assert z.shape == (15625, 8)
    assert abs(z.mean(0)).max() < 0.04 and abs(z.std(0) - 1).max() < 0.03
    assert (np.abs(z) > 3).mean() == pytest.approx(0.0027, abs=0.001)
    ops = (NB201.all().ops[:, 1:7, None] == np.arange(1, 6)).reshape(15625, -1)
    together = np.corrcoef(np.concatenate([z, ops], axis=1).T)
    assert np.abs(together[:8, 8:]).max() < 0.05
    assert np.abs(together[:8, :8] - np.eye(8)).max() < 0.05


def test_mixing_changes_half_of_the_bits():
    numbers = np.arange(4000, dtype=np.uint64)
    flipped = np.bitwise_count(mixed(numbers) ^ mixed(numbers ^ np.uint64(1)))
    assert flipped.mean() == pytest.approx(32, abs=0.5)
    assert len(np.unique(mixed(numbers))) == 4000


@SHAPES
def test_one_hot_names_every_architecture_and_leaves_absent_vertices_zero(space):
    cells = cells_of(space, 500)
    z = fitted(OneHot, space).encode(cells)
    v, classes = space.vertices, len(space.op_names)
    assert z.shape == (500, v * classes + v * (v - 1) // 2)
    assert len(torch.unique(z, dim=0)) == len(np.unique(space.keys(cells)))
    ops = z[:, : v * classes].reshape(500, v, classes)
    assert ((ops.sum(dim=2) == 1).numpy() == (cells.ops != PAD)).all()
    edges = np.zeros((500, v, v), dtype=bool)
    edges[:, *np.triu_indices(v, 1)] = z[:, v * classes :].numpy() > 0
    assert (edges == cells.adjacency).all()


@pytest.mark.parametrize(
    "plugin", [Path, WL, RandomEmbedding, OneHot, Complexity], ids=lambda plugin: plugin.__name__
)
@SHAPES
def test_encoding_depends_on_the_cell_alone(plugin, space):
    cells = cells_of(space)
    made = fitted(plugin, space)
    z = made.encode(cells)
    assert plugin.static and z.isfinite().all()
    pieces = torch.cat([made.encode(cells[[row]]) for row in range(5)])
    assert torch.equal(pieces, z[:5])
    both = Cells.concatenate([cells, cells])
    assert torch.equal(made.encode(both), torch.cat([z, z]))
    assert torch.equal(fitted(plugin, space).encode(cells), z)


@pytest.mark.parametrize(
    "plugin", [Path, WL, RandomEmbedding, OneHot, Complexity], ids=lambda plugin: plugin.__name__
)
def test_no_cells_give_no_points(plugin):
    made = fitted(plugin, NB201)
    assert made.encode(NB201.all()[:0]).shape == (0, made.encode(NB201.all()[:1]).shape[1])


@SHAPES
def test_complexity_is_the_logarithm_of_each_measure(space):
    cells = cells_of(space)
    z = fitted(Complexity, space).encode(cells)
    expected = np.log(np.stack([space.complexity(cells, name) for name in ("flops", "params")], axis=1))
    assert z.shape == (200, 2) and np.allclose(z.numpy(), np.maximum(expected, np.log(1e-3)), atol=1e-6)
    alone = fitted(Complexity, space, measures="params").encode(cells)
    assert torch.equal(alone, z[:, 1:])


def test_complexity_that_was_not_measured_everywhere_is_refused():
    gaps = {"latency:edgetpu": np.where(np.arange(15_625) < 3, np.nan, 2.0)}
    space = NB201Space("cifar10", gaps)
    refusal = Complexity.refusal(space, Complexity.Hyper(measures="flops,latency:edgetpu"))
    assert refusal == "latency:edgetpu was not measured of 3 of 15,625 architectures"
    assert Complexity.refusal(space, Complexity.Hyper()) is None
