"""Drawn graphs: layers follow the edges, nothing lies on anything, planar graphs cross nowhere."""

from itertools import combinations

import numpy as np
import pytest

from harness.report.figures.cells import Graph, graph, short
from harness.report.figures.dag import alive, joined, layout
from harness.report.figures.placing import crossings
from tabular.catalogue import benchmark_names, space

SPACES = [name for name in benchmark_names() if name.endswith((":cifar10", ":tied", ":cora", ":jigsaw"))]


def test_a_chain_is_a_straight_line():
    drawing = layout([(0, 1), (1, 2)], 3)
    assert drawing.places == {0: (0.0, 0.0), 1: (0.0, 1.0), 2: (0.0, 2.0)}
    assert (drawing.width, drawing.depth, drawing.crossings) == (0.0, 2.0, 0)


def test_a_skip_edge_goes_around_what_it_skips():
    drawing = layout([(0, 1), (1, 2), (0, 2)], 3)
    (_, bend, _) = drawing.edges[0, 2]
    assert bend[1] == drawing.places[1][1] and abs(bend[0] - drawing.places[1][0]) >= 0.7


def test_crossings_are_counted_and_removed():
    crossed = [[0, 1], [2, 3]]
    assert crossings(crossed, [(0, 3), (1, 2)]) == 1
    assert crossings(crossed, [(0, 2), (0, 3), (1, 3)]) == 0
    assert layout([(0, 3), (1, 2)], 4).crossings == 0
    assert layout([(0, 3), (0, 4), (1, 4), (1, 5), (2, 3), (2, 5)], 6).crossings == 2  # a ring of six


def test_vertices_that_feed_the_same_do_so_through_a_junction():
    assert joined([(0, 2), (0, 3), (1, 2), (1, 3)], 4) == [(0, 4), (1, 4), (4, 2), (4, 3)]
    assert joined([(0, 2), (1, 2)], 3) == [(0, 2), (1, 2)]


def test_alive_is_on_a_path_that_nothing_cuts():
    edges = [(0, 1), (1, 4), (0, 2), (2, 3), (3, 4)]
    assert alive(edges, [0], 4, frozenset()) == {0, 1, 2, 3, 4}
    assert alive(edges, [0], 4, frozenset({3})) == {0, 1, 4}
    assert alive(edges, [0], 4, frozenset({1, 3})) == frozenset()


def test_what_reads_none_only_is_dead():
    ops = ["input", "none", "conv", "conv", "output"]
    assert Graph(ops, [(0, 1), (1, 2), (2, 4), (0, 3), (3, 4)]).dead == {1, 2}


@pytest.mark.parametrize("name", SPACES)
def test_cells_of_every_space_are_drawn_apart_and_downwards(name):
    known = space(name)
    for text in known.to_strings(known.sample(4, np.random.default_rng(0))):
        shown = graph(known, text)
        drawing = layout(shown.edges, len(shown.ops))
        assert set(range(len(shown.ops))) <= drawing.places.keys()
        for points in drawing.edges.values():
            assert [y for _, y in points] == list(np.arange(points[0][1], points[-1][1] + 1))
        bends = {point for points in drawing.edges.values() for point in points[1:-1]}
        boxes = [drawing.places[vertex] for vertex in range(len(shown.ops))]
        for (x, y), (u, v) in combinations(boxes, 2):
            assert y != v or abs(x - u) > 0.99
        for (x, y), (u, v) in ((box, bend) for box in boxes for bend in bends):
            assert y != v or abs(x - u) > 0.7
        assert _paths(drawing.edges) == _paths({edge: [] for edge in joined(shown.edges, len(shown.ops))})


def _paths(edges):
    """Which vertex is reached from which."""
    reached = {end: {end} for edge in edges for end in edge}
    for _ in reached:
        for start, end in edges:
            reached[start] = reached[start] | reached[end]
    return reached


def test_the_graph_of_nas_bench_201_crosses_nowhere():
    shown = graph(space("nb201"), "123432")
    assert shown.ops == [
        *("input", "skip_connect", "nor_conv_1x1", "nor_conv_3x3"),
        *("avg_pool_3x3", "nor_conv_3x3", "nor_conv_1x1", "output"),
    ]
    assert layout(shown.edges, 8).crossings == 0
    assert layout(shown.edges, 8) == layout(shown.edges, 8)


@pytest.mark.parametrize(
    ("op", "words"),
    [
        ("nor_conv_3x3", "conv 3×3"),
        ("conv1x1-bn-relu", "conv 1×1"),
        ("maxpool3x3", "max 3×3"),
        ("avg_pool_3x3", "avg 3×3"),
        ("skip_connect", "skip"),
        ("sep_conv_5x5", "sep 5×5"),
        ("dil_conv_3x3", "dil 3×3"),
        ("sep5x5", "sep 5×5"),
        ("input1", "in 1"),
        ("reduction_input2", "in 2"),
        ("normal_output", "normal cell"),
        ("output", "out"),
        ("channels_x2_resolution_/2", "ch ×2 res ÷2"),
        ("mb3_k3", "mb3 k3"),
        ("arma", "arma"),
    ],
)
def test_names_of_operations(op, words):
    assert short(op) == words
