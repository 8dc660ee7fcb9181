"""What methods make of a pool: the authors' rule of validity, not membership, judges what they decode."""

import numpy as np
import pytest

from methods.candidates import new_rows, until_new
from tabular.spaces.enas import ENASSpace
from tabular.spaces.pool import PoolSpace
from tests.methods.spaces import labelled


@pytest.fixture(scope="module")
def pool():
    space, rng = ENASSpace(), np.random.default_rng(0)
    return PoolSpace("toy-pool", space, space.sample(200, rng))


@pytest.fixture(scope="module")
def outside(pool):
    drawn = pool.whole.sample(50, np.random.default_rng(1))
    assert not pool.contains(drawn).any()
    return drawn


def test_what_lies_outside_the_pool_is_new(pool, outside):
    members = pool.all()[:10]
    observed = labelled(pool, members, np.linspace(0.1, 0.9, 10))
    assert new_rows(pool, outside, observed).tolist() == list(range(50))
    drawn, new, valid = until_new(iter([members, outside[:5], outside]), pool, observed, 5, by_class=False)
    assert len(drawn) == 15 and new.tolist() == list(range(10, 15)) and valid.tolist() == list(range(15))
