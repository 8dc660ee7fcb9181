import numpy as np
import pytest

import tabular
from methods.networks.sequences.tokens import EDGE, FIRST_OP, NO_EDGE, PADDING, Tokens
from tabular.cells import PAD, Cells
from tests.methods.spaces import SPACES, NB101Shaped

ALL = (tabular.load("nb201").space, *SPACES)


@pytest.mark.parametrize("space", ALL, ids=lambda space: space.name)
def test_every_architecture_comes_back_exactly(space):
    cells = space.sample(500, np.random.default_rng(0))
    scheme = Tokens(space)
    sequences = scheme.encode(cells)
    again = scheme.decode(sequences)
    assert (again.ops == cells.ops).all() and (again.adjacency == cells.adjacency).all()
    assert sequences.shape == (500, scheme.length) and sequences.max() == scheme.end


@pytest.mark.parametrize("space", ALL, ids=lambda space: space.name)
def test_sequences_equal_a_walk_over_vertices(space):
    cells = space.sample(50, np.random.default_rng(1))
    for row, sequence in enumerate(Tokens(space).encode(cells).tolist()):
        walk = []
        for vertex in range(1, space.vertices):
            if cells.ops[row, vertex] == PAD:
                walk += [0] * (vertex + 1)
                continue
            walk += [2 if cells.adjacency[row, earlier, vertex] else 1 for earlier in range(vertex)]
            walk.append(2 + int(cells.ops[row, vertex]))
        assert sequence == walk


@pytest.mark.parametrize(
    ("space", "length", "vocabulary"), [(NB101Shaped(), 27, 7), (ALL[0], 35, 9)], ids=["nb101", "nb201"]
)
def test_sizes_are_those_of_the_authors_codes(space, length, vocabulary):
    scheme = Tokens(space)
    assert (scheme.length, scheme.vocabulary) == (length, vocabulary)


def test_a_known_cell_of_three_vertices():
    adjacency = np.zeros((1, 7, 7), dtype=bool)
    adjacency[0, 0, 1] = adjacency[0, 1, 2] = True
    ops = np.array([[0, 2, 4, PAD, PAD, PAD, PAD]], dtype=np.int8)
    (sequence,) = Tokens(NB101Shaped()).encode(Cells(adjacency, ops)).tolist()
    assert sequence == [EDGE, FIRST_OP + 1, NO_EDGE, EDGE, FIRST_OP + 3] + [PADDING] * 22


@pytest.mark.parametrize("space", ALL, ids=lambda space: space.name)
def test_any_token_of_the_wrong_class_makes_the_cell_invalid(space):
    rng = np.random.default_rng(2)
    scheme = Tokens(space)
    right = scheme.encode(space.sample(200, rng))
    row, position = np.arange(200), rng.integers(0, scheme.length, 200)
    for wrong in (-1, PADDING, NO_EDGE, EDGE, FIRST_OP, scheme.end, scheme.vocabulary):
        sequences = right.copy()
        sequences[row, position] = wrong
        inside = (wrong >= 0) & (wrong < scheme.vocabulary)
        fits = scheme.allowed[position, wrong] if inside else np.zeros(200, dtype=bool)
        valid = space.contains(scheme.decode(sequences))
        untouched = (sequences == right).all(1)
        assert valid[untouched].all()
        assert not valid[~untouched & ~fits].any()


def test_each_position_allows_its_class_of_tokens():
    scheme = Tokens(NB101Shaped())
    operations = [1, 4, 8, 13, 19, 26]  # ends of the columns of 2, 3, .. 7 tokens
    for position in range(27):
        tokens = [3, 4, 5, 6] if position in operations else [1, 2]
        assert np.flatnonzero(scheme.allowed[position]).tolist() == tokens


def test_empty_batches_pass():
    scheme = Tokens(ALL[0])
    assert scheme.encode(scheme.decode(np.zeros((0, 35), dtype=np.int64))).shape == (0, 35)
