import numpy as np

from tabular.benchmark import Surrogate
from tabular.spaces.pool import PoolSpace
from tests.harness.quality.scripted import Digits


def test_a_pool_knows_its_members_alone(subject_of, made, space):
    def evaluate(cells, epochs):
        return np.arange(len(cells)) / 100, np.zeros(len(cells))

    pool = PoolSpace("pool", space, space.all()[:50])
    subject = subject_of(made(Digits, space), Surrogate("pool", pool, "d", 200, {}, evaluate))
    truth = subject.truth(space.all()[48:53])
    np.testing.assert_array_equal(truth, [0, 0.01, np.nan, np.nan, np.nan])
    assert subject.space is space
    assert sorted(space.keys(subject.everything).tolist()) == list(range(50))


def test_truth_is_what_the_protocol_reports(subject_of, made, space, nb201):
    cells = space.all()[100:110]
    truth = subject_of(made(Digits, space)).truth(cells)
    np.testing.assert_array_equal(truth, nb201.truth("valid")[100:110])
