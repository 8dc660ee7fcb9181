"""What every search space promises, checked on the small spaces by means that do not share their code."""

import numpy as np
import pytest

from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.space import EnumerableSpace
from tabular.spaces.enas import ENASSpace
from tabular.spaces.macro import MacroSpace
from tabular.spaces.nas_bench_graph import NASBenchGraphSpace
from tabular.spaces.transnas import TransNASMacroSpace, TransNASMicroSpace

SPACES = (MacroSpace(), ENASSpace(), TransNASMicroSpace(), TransNASMacroSpace(), NASBenchGraphSpace())
LISTED = tuple(space for space in SPACES if isinstance(space, EnumerableSpace))
each = pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
each_listed = pytest.mark.parametrize("space", LISTED, ids=lambda space: space.name)


def drawn(space, n=300, seed=0):
    return space.sample(n, np.random.default_rng(seed))


def graphs(cells):
    """Each labelled graph as bytes: equality without the space's own keys."""
    packed = np.concatenate([cells.adjacency.reshape(len(cells), -1).astype(np.int8), cells.ops], axis=1)
    return [row.tobytes() for row in packed.astype(np.int8)]


def damaged(cells, rng):
    """One random change of one operation or one edge of each graph."""
    adjacency, ops = cells.adjacency.copy(), cells.ops.copy()
    v = ops.shape[1]
    for row in range(len(ops)):
        if rng.random() < 0.5:
            a, b = rng.integers(0, v, 2)
            adjacency[row, a, b] ^= True
        else:
            vertex = rng.integers(0, v)
            ops[row, vertex] = rng.choice([op for op in range(-2, 20) if op != ops[row, vertex]])
    return Cells(adjacency, ops)


@each
def test_samples_belong_and_repeat(space):
    cells = drawn(space)
    assert space.contains(cells).all()
    assert graphs(cells) == graphs(drawn(space))
    assert cells.ops.shape == (300, space.vertices)
    assert len(space.sample(0, np.random.default_rng(0))) == 0


@each
def test_damage_is_seen(space):
    """What `contains` accepts after a random change must be another architecture of the space."""
    rng = np.random.default_rng(1)
    cells = drawn(space, 2000)
    changed = damaged(cells, rng)
    accepted = space.contains(changed)
    assert accepted.mean() < 0.5
    before, after = cells[accepted], changed[accepted]
    assert space.to_strings(space.from_strings(space.to_strings(after))) == space.to_strings(after)
    assert graphs(space.from_strings(space.to_strings(after))) == graphs(after)
    assert graphs(before) != graphs(after) or not accepted.any()


@each
def test_keys_tell_graphs_apart(space):
    cells = drawn(space, 3000)
    keys = space.keys(cells)
    texts = graphs(cells)
    assert len(set(keys.tolist())) == len(set(texts)) == len(set(zip(keys.tolist(), texts, strict=True)))


@each
def test_strings_round_trip(space):
    cells = drawn(space)
    texts = space.to_strings(cells)
    assert graphs(space.from_strings(texts)) == graphs(cells)
    assert max(map(len, texts)) <= 40 and all(text.isprintable() for text in texts)
    assert len(space.from_strings([])) == 0


@each
@pytest.mark.parametrize("text", ["", "x", "9" * 30, "0" * 5, "0012-1489", "-1", "0 0", "١١١١١١١١", "٣" * 6])
def test_nonsense_names_no_architecture(space, text):
    with pytest.raises(HarnessError, match=r"\S+ is no "):
        space.from_strings([text])


@each
@pytest.mark.parametrize("width", [3, 20])
def test_wrong_width_is_outside(space, width):
    assert not space.contains(Cells.none(width)).any()
    cells = Cells(np.zeros((2, width, width), dtype=bool), np.ones((2, width), dtype=np.int8))
    assert space.contains(cells).tolist() == [False, False]


@each
@pytest.mark.parametrize("method", ["keys", "canonical", "to_strings", "complexity"])
def test_cells_outside_the_space_are_refused(space, method):
    cells = drawn(space, 3)
    ops = cells.ops.copy()
    ops[1, 0] = 1
    with pytest.raises(HarnessError, match="1 of 3 cells are outside"):
        getattr(space, method)(Cells(cells.adjacency, ops))


@each
def test_neighbours_are_other_architectures_and_mutual(space):
    for row in range(3):
        cell = drawn(space, seed=row)[row : row + 1]
        found = space.neighbours(cell)
        assert space.contains(found).all() and len(found) > 3
        assert len(set(graphs(found))) == len(found)
        assert space.keys(cell)[0] not in space.keys(found)
        for other in (0, len(found) // 2, len(found) - 1):
            assert space.keys(cell)[0] in space.keys(space.neighbours(found[other : other + 1]))


@each
def test_relabelled_keeps_the_class(space):
    cells = drawn(space)
    other = space.relabelled(cells, np.random.default_rng(5))
    assert (space.canonical(other) == space.canonical(cells)).all()
    again = space.relabelled(cells, np.random.default_rng(5))
    assert graphs(other) == graphs(again)


@each
@pytest.mark.parametrize("measure", ["flops", "params"])
def test_complexity_is_positive_and_bounded(space, measure):
    cells = drawn(space, 2000)
    values = space.complexity(cells, measure)
    assert values.shape == (2000,) and (values >= 0).all()
    assert values.max() <= space.largest_complexity(measure) and len(set(values.tolist())) > 3


@each
def test_unknown_measure_is_refused(space):
    with pytest.raises(HarnessError, match="unknown complexity measure 'beauty'"):
        space.complexity(drawn(space, 1), "beauty")
    with pytest.raises(HarnessError, match="unknown complexity measure 'beauty'"):
        space.largest_complexity("beauty")


@each_listed
def test_all_is_every_architecture_once(space):
    cells = space.all()
    assert len(cells) == space.size == len(set(graphs(cells)))
    assert (space.keys(cells) == np.arange(space.size)).all()
    assert space.contains(cells).all()


@each_listed
def test_classes_are_named_by_a_member(space):
    classes = space.canonical(space.all())
    assert (classes <= np.arange(space.size)).all() and (classes[classes] == classes).all()


@each_listed
@pytest.mark.parametrize("measure", ["flops", "params"])
def test_largest_complexity_is_reached(space, measure):
    assert space.complexity(space.all(), measure).max() == pytest.approx(space.largest_complexity(measure))


@each_listed
def test_sampling_is_uniform(space):
    counts = np.bincount(space.keys(drawn(space, 40 * space.size)), minlength=space.size)
    # chi-square of `size` - 1 degrees of freedom: mean size, standard deviation sqrt(2 size)
    chi = ((counts - 40.0) ** 2 / 40).sum()
    assert abs(chi - space.size) < 6 * np.sqrt(2 * space.size)


@each_listed
def test_relabelling_is_uniform_over_the_class(space):
    """A class of a few members, so that each is drawn often."""
    classes = space.canonical(space.all())
    name, size = np.unique(classes, return_counts=True)
    chosen = name[np.where(size <= 40, size, 0).argmax()]
    expected = np.flatnonzero(classes == chosen)
    rng = np.random.default_rng(2)
    keys = space.keys(space.relabelled(space.all()[np.full(8000, expected[-1])], rng))
    found, counts = np.unique(keys, return_counts=True)
    assert found.tolist() == expected.tolist()
    share = 8000 / len(expected)
    assert np.abs(counts - share).max() < 6 * np.sqrt(share)
