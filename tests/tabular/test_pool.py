"""Pools: a list of architectures of a larger space."""

import numpy as np
import pytest

import tabular
from tabular.errors import HarnessError
from tabular.spaces.enas import ENASSpace
from tabular.spaces.pool import PoolSpace, among, bottom

SPACE = ENASSpace()


def draw(n, seed=0):
    return SPACE.sample(n, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def pool():
    return PoolSpace("enas-pool", SPACE, draw(500, seed=3))


def test_pool_members_are_positions(pool):
    assert (pool.keys(pool.all()) == np.arange(500)).all() and pool.size == 500
    assert pool.contains(pool.all()).all()
    shuffled = np.random.default_rng(0).permutation(500)
    assert (pool.keys(pool.all()[shuffled]) == shuffled).all()


def test_pool_admits_the_whole_space(pool):
    others = draw(200, seed=4)
    assert pool.admits(others).all() and not pool.contains(others).any()
    assert (pool.keys(others) == 500 + SPACE.keys(others)).all()
    ops = others.ops.copy()
    ops[:100, 0] = 3
    broken = type(others)(others.adjacency, ops)
    assert pool.admits(broken).tolist() == [False] * 100 + [True] * 100
    with pytest.raises(HarnessError, match="100 of 200 cells are outside"):
        pool.keys(broken)
    assert not pool.contains(broken).any()


def test_pool_samples_uniformly(pool):
    keys = pool.keys(pool.sample(50_000, np.random.default_rng(1)))
    counts = np.bincount(keys, minlength=500)
    assert len(counts) == 500 and abs(((counts - 100) ** 2 / 100).sum() - 500) < 6 * np.sqrt(1000)


def test_pool_delegates(pool):
    cell = pool.all()[7:8]
    found = pool.neighbours(cell)
    assert len(found) == 45 and pool.admits(found).all() and not pool.contains(found).all()
    assert pool.to_strings(cell) == SPACE.to_strings(cell)
    assert pool.complexity(cell, "ngae") == SPACE.complexity(cell, "ngae")
    assert pool.canonical(cell) == SPACE.keys(cell)


def test_pool_identity_is_its_content(pool):
    cells = pool.all()
    assert PoolSpace("other", SPACE, cells).digest == pool.digest
    assert PoolSpace("enas-pool", SPACE, cells[::-1]).digest != pool.digest
    assert PoolSpace("enas-pool", SPACE, cells[:499]).digest != pool.digest != SPACE.digest


def test_pools_that_cannot_be(pool):
    twice = pool.all()[np.array([0, 1, 2, 1])]
    (text,) = SPACE.to_strings(twice[1:2])
    with pytest.raises(HarnessError, match=f"lists {text} twice"):
        PoolSpace("p", SPACE, twice)
    with pytest.raises(HarnessError, match="p is empty"):
        PoolSpace("p", SPACE, twice[:0])


def test_the_authors_rule_is_that_of_the_larger_space(pool):
    from tabular.spaces.pool import whole

    assert whole(pool) is pool.whole
    assert whole(pool.whole) is pool.whole


@pytest.fixture(scope="module")
def closed():
    """Half of the cells of NAS-Bench-201."""
    space = tabular.load("nb201").space
    return PoolSpace("nb201", space, space.all()[::2], closed=True)


def test_a_closed_pool_admits_members_alone(closed):
    others = closed.whole.all()[1::2]
    assert closed.admits(closed.all()).all() and not closed.admits(others).any()


def test_neighbours_in_a_closed_pool_are_those_of_the_space_that_are_members(closed):
    cell = closed.all()[[100]]
    every = closed.whole.neighbours(cell)
    found = closed.neighbours(cell)
    members = set(closed.to_strings(closed.all()))
    assert closed.to_strings(found) == [text for text in closed.to_strings(every) if text in members]
    assert 0 < len(found) < len(every)


def test_members_of_a_closed_pool_stand_for_members(closed):
    cells = closed.all()
    again = closed.relabelled(cells, np.random.default_rng(0))
    assert closed.contains(again).all()
    assert (closed.canonical(again) == closed.canonical(cells)).all()
    assert (closed.keys(again) != closed.keys(cells)).any()


def test_the_part_of_a_space_among_some_cells():
    space = tabular.load("nb201").space
    some = space.all()[[9, 3, 5]]
    part = among(space, some)
    assert isinstance(part, PoolSpace) and part.name == space.name and not part.closed
    assert space.keys(part.all()).tolist() == [3, 5, 9]  # in the order of the space
    assert among(space, space.all()) is space and among(space, space.all(), closed=True) is space
    assert among(space, some, closed=True).closed
    deeper = among(part, space.all()[[5, 4]])
    assert deeper.whole is space and space.keys(deeper.all()).tolist() == [5]
    assert among(part, space.all()) is part
    shut = among(part, space.all(), closed=True)
    assert shut.closed and shut.size == 3 and shut.whole is space is bottom(shut)
    with pytest.raises(HarnessError, match="is empty"):
        among(part, space.all()[[4]])
