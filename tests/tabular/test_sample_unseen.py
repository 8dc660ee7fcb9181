import numpy as np
import pytest

from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.space import sample_unseen


def draw(space, seen, n, seed=0, identity=None):
    identity = identity or space.keys
    return sample_unseen(space, identity, {int(name) for name in seen}, n, np.random.default_rng(seed))


def test_drawn_architectures_are_different_and_unseen(space):
    seen = np.arange(0, 15625, 2)
    keys = space.keys(draw(space, seen, 2000)).tolist()
    assert len(keys) == len(set(keys)) == 2000
    assert all(key % 2 for key in keys)


def test_classes_are_different_when_the_identity_is_the_class(space):
    first = draw(space, [], 300, identity=space.canonical)
    more = draw(space, space.canonical(first), 300, seed=1, identity=space.canonical)
    classes = space.canonical(Cells.concatenate([first, more])).tolist()
    assert len(set(classes)) == 600


def test_the_last_unseen_architectures_are_found(space):
    left = [7, 9000, 15624]
    seen = np.setdiff1d(np.arange(15625), left)
    assert sorted(space.keys(draw(space, seen, 3)).tolist()) == left


def test_too_few_unseen_are_refused(space):
    seen = np.setdiff1d(np.arange(15625), [7])
    with pytest.raises(HarnessError, match="nb201 has no 2 unseen architectures left"):
        draw(space, seen, 2)


def test_nothing_asked_nothing_drawn(space):
    assert len(draw(space, np.arange(15625), 0)) == 0


def test_the_draw_is_repeatable_and_uniform(space):
    first, again = draw(space, [], 3000, seed=5), draw(space, [], 3000, seed=5)
    assert (first.ops == again.ops).all()
    share = (first.ops[:, 1:7] == 4).mean()
    assert share == pytest.approx(0.2, abs=4 * np.sqrt(0.16 / 18_000))
