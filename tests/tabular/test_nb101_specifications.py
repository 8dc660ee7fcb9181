"""Specifications of NAS-Bench-101 of every make: matrices and operations are read, or refused in a line."""

import numpy as np
import pytest

from tabular.errors import HarnessError
from tabular.spaces.nb101 import NB101Space

SPACE = NB101Space()
C1, C3 = "conv1x1-bn-relu", "conv3x3-bn-relu"
ONE, TWO = [[0, 1, 1], [0, 0, 1], [0, 0, 0]], [[0, 1], [0, 0]]
OPS, NONE = ["input", C3, "output"], ["input", "output"]
ROW = 4
"""Of the cell with one convolution beside an edge; that of an edge alone is 0."""


@pytest.mark.parametrize(
    ("matrices", "ops"),
    [
        ([ONE], [OPS]),
        (ONE, OPS),
        (np.array(ONE), OPS),
        (np.array([ONE]), np.array([OPS])),
        (np.array(ONE, dtype=bool), np.array(OPS)),
        (np.array([ONE], dtype=float), np.array([OPS], dtype=object)),
        (np.array([ONE], dtype=np.int8), np.array([[0, 2, 4]])),
        (ONE, [0, 2, 4]),
        (ONE, np.array([0, 2, 4])),
        ([[(0, True, 1), (0, 0, True), (0, 0, 0)]], (tuple(OPS),)),
        ((np.array(row) for row in [ONE]), (iter(OPS) for _ in range(1))),
    ],
    ids=lambda given: str(type(given).__name__),
)
def test_c09_one_or_a_batch_of_any_make(matrices, ops):
    assert SPACE.lookup(matrices, ops).tolist() == [ROW]


def test_c09_the_smallest_as_lists():
    assert SPACE.lookup([[[0, 1], [0, 0]]], [["input", "output"]]).tolist() == [0]


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_c09_numpys_matrices():
    assert SPACE.lookup(np.matrix(ONE), OPS).tolist() == [ROW]
    assert SPACE.lookup([np.matrix(ONE), np.matrix(TWO)], [OPS, NONE]).tolist() == [ROW, 0]


def test_matrices_of_several_sizes():
    wide = np.zeros((9, 9), dtype=int)
    wide[:3, :3] = ONE
    for matrices in ([ONE, TWO, wide], [np.array(ONE), np.array(TWO), wide]):
        assert SPACE.lookup(matrices, [OPS, NONE, OPS]).tolist() == [ROW, 0, ROW]
    ragged = np.empty(2, dtype=object)
    ragged[:] = [np.array(ONE), np.array(TWO)]
    names = np.empty(2, dtype=object)
    names[:] = [OPS, NONE]
    assert SPACE.lookup(ragged, names).tolist() == [ROW, 0]


def test_none_at_all():
    for matrices, ops in (([], []), (np.zeros((0, 7, 7)), []), (np.zeros((0, 3, 3)), np.zeros((0, 3), int))):
        assert SPACE.lookup(matrices, ops).tolist() == []


@pytest.mark.parametrize(
    ("matrices", "ops", "sentence"),
    [
        ([ONE, TWO], [OPS], "2 matrices do not go with 1 lists of operations"),
        (ONE, [OPS, OPS], "1 matrices do not go with 2 lists"),
        (TWO, OPS, "3 operations do not fit a matrix of 2 vertices"),
        ([[0, 1], [0]], NONE, "adjacency matrices are square"),
        ([[0, 1, 0], [0, 0, 0]], OPS, "an adjacency matrix is square, not 2 x 3"),
        ([[0, 2], [0, 0]], NONE, "holds 0 and 1 alone"),
        ([[0, 0.5], [0, 0]], NONE, "holds 0 and 1 alone"),
        ([[0, float("nan")], [0, 0]], NONE, "holds 0 and 1 alone"),
        ([["0", "1"], ["0", "0"]], NONE, "adjacency matrices are square"),
        ("0100", NONE, "an adjacency matrix is needed, not '0100'"),
        (None, NONE, "an adjacency matrix is needed, not None"),
        (7, NONE, "an adjacency matrix is needed, not 7"),
        (TWO, None, "a list of operations is needed, not None"),
        (TWO, "input,output", "a list of operations is needed, not 'input,output'"),
        ([TWO], [3.5], "a list of operations is needed for each matrix"),
        (TWO, [0.0, 4.0], "a list of operations is needed for each matrix"),
        ([TWO], [[0.0, 4.0]], "0.0 is no operation of NAS-Bench-101: input, conv1x1-bn-relu,"),
        ([TWO], [[None, None]], "None is no operation of NAS-Bench-101"),
    ],
)
def test_what_is_none_gets_a_sentence(matrices, ops, sentence):
    with pytest.raises(HarnessError) as caught:
        SPACE.lookup(matrices, ops)
    assert sentence in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "ops", [["input", "conv5x5", "output"], [0, 9, 4], [0, -2, 4], OPS[:2], ["a", "b", "c"]]
)
def test_operations_of_other_spaces_are_in_no_row(ops):
    assert SPACE.lookup(ONE, ops).tolist() == [-1]
