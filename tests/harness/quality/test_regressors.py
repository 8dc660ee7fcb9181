import numpy as np
import pytest

from harness.quality.regressors import LEARNT_FROM, REGRESSORS, Belief, Process, Scores


@pytest.fixture
def line(rng):
    """600 points whose score grows along the first of three columns, with noise of a tenth of it."""
    z = rng.uniform(-1, 1, (600, 3))
    return z, z[:, 0], z[:, 0] + 0.06 * rng.standard_normal(600)


@pytest.fixture
def rng():
    return np.random.default_rng(4)


def test_scores_and_back():
    y = np.array([0.9, 0.5, 0.7, 0.5])
    back, scores = Scores.of(y)
    # ranks 4, 1.5, 3, 1.5 of four: quantiles of 7/8, 1/4, 5/8, 1/4
    assert scores == pytest.approx([1.1503, -0.6745, 0.3186, -0.6745], abs=1e-4)
    assert back.accuracy(scores) == pytest.approx(y)
    assert back.accuracy(np.array([-9.0, 9.0])) == pytest.approx([0.5, 0.9])
    assert back.accuracy((scores[:1] + scores[2:3]) / 2) == pytest.approx(0.8)


def test_intervals_have_no_end_beyond_the_labels():
    back, scores = Scores.of(np.array([0.5, 0.7, 0.9]))
    belief = Belief(np.full(4, scores[1]), np.array([0.1, 0.1, 10.0, np.nan]))
    truth = np.array([0.7, 0.9, 0.99, 0.7])
    assert back.inside(belief, truth, 0.95) == pytest.approx([1, 0, 1, np.nan], nan_ok=True)
    # half of all lie within .674 deviations, 95 % within 1.96
    edge = back.accuracy(scores[1:2] + 0.1)
    assert back.inside(Belief(scores[1:2], np.array([0.1])), edge, 0.5) == [0]
    assert back.inside(Belief(scores[1:2], np.array([0.1])), edge, 0.95) == [1]


@pytest.mark.parametrize("name", REGRESSORS)
def test_all_find_the_line(name, line, rng):
    z, truth, label = line
    belief = REGRESSORS[name]().believes(z[:200], label[:200], z[200:], rng)
    error = np.sqrt(np.mean((belief.mean - truth[200:]) ** 2))
    assert error < (0.15 if name == "forest" else 0.02)
    assert belief.deviation.shape == (400,) and (belief.deviation > 0).all()


@pytest.mark.parametrize(("name", "draws"), [("gp", 5), ("ridge", 40)])
def test_deviations_are_those_of_the_mean_and_not_of_a_label(name, draws, line, rng):
    z, truth, _ = line
    within, widths = [], []
    for _ in range(draws):
        label = truth + 0.06 * rng.standard_normal(len(z))
        belief = REGRESSORS[name]().believes(z[:100], label[:100], z[200:], rng)
        within.append(np.mean(np.abs(belief.mean - truth[200:]) <= 1.96 * belief.deviation))
        widths.append(belief.deviation.mean())
    assert 0.85 < np.mean(within) < 0.999 and np.mean(widths) < 0.03


def test_a_kernel_is_learnt_once_from_the_first_labels(line, rng, monkeypatch):
    z, _, label = line
    process, fresh = Process(), Process()
    process.believes(z[:LEARNT_FROM], label[:LEARNT_FROM], z, rng)
    fitted = process._process
    again = process.believes(z[:400], label[:400], z, rng)
    assert process._process is fitted
    alone = fresh.believes(z[:400], label[:400], z, rng)
    assert again.mean == pytest.approx(alone.mean, abs=1e-6)
    process.believes(z[1:401], label[1:401], z, rng)
    assert process._process is not fitted


def test_columns_that_never_vary_say_nothing(rng):
    z = np.ones((20, 2))
    belief = REGRESSORS["ridge"]().believes(z, rng.standard_normal(20), z, rng)
    assert np.unique(belief.mean).size == 1
