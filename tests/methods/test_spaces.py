"""The synthetic spaces keep the contract of `SearchSpace` themselves."""

import numpy as np
import pytest

from tests.methods.spaces import SPACES


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_contract(space):
    rng = np.random.default_rng(0)
    cells = space.sample(300, rng)
    assert space.contains(cells).all()
    again = space.relabelled(cells, rng)
    assert space.contains(again).all()
    assert np.allclose(space.complexity(cells), space.complexity(again))
    near = space.neighbours(cells[[0]])
    keys = space.keys(near)
    assert space.contains(near).all() and len(set(keys.tolist())) == len(near)
    assert space.keys(cells[[0]])[0] not in keys
    both = {}
    rows = np.concatenate([cells.adjacency.reshape(300, -1), cells.ops], axis=1)
    for key, row in zip(space.keys(cells).tolist(), rows, strict=True):
        assert (both.setdefault(key, row) == row).all()
    assert len(both) == len(np.unique(rows, axis=0))
