import dataclasses

import numpy as np
import pytest

from harness.quality.generation import PART, best_accuracy, qualities, share_of_best
from tabular.benchmark import Surrogate
from tabular.cells import Cells
from tests.harness.quality.scripted import Digits


class Scripted(Digits):
    """Whatever the point, the same cells in turn."""

    def reconstructed(self, points, stochastic):
        return self.script[np.arange(len(points)) % len(self.script)]


@pytest.fixture
def four(subject_of, made, space):
    """A subject, and four graphs: one from training twice, one of the test part, one that is none."""
    subject = subject_of(made(Scripted, space))
    known, new = subject.training.all()[:1], subject.test[:1]
    wrong = Cells(known.adjacency, known.ops.copy())
    wrong.ops[0, 1] = 6
    script = Cells.concatenate([known, known, new, wrong])
    subject.representation.script = script
    return subject, script


def test_four_graphs(four):
    subject, script = four
    best = float(subject.truth(script[:1])[0])
    numbers = qualities(subject, script, best)
    assert numbers["valid"] == 0.75
    assert numbers["unique"] == pytest.approx(2 / 3)
    assert numbers["novel"] == pytest.approx(1 / 3)
    assert numbers["coverage"] == 2 / 15_625
    is_better = bool(subject.truth(script[[2]])[0] >= best)
    assert numbers["top"] == pytest.approx(1 if is_better else 2 / 3)
    # the authors do not look at vertex 1
    assert (numbers["valid_authors"], numbers["unique_authors"]) == (1, 0.75)


@pytest.mark.parametrize(("stochastic", "points", "times"), [(False, 80, 1), (True, 20, 4)])
def test_all_priors_decode_to_the_script(four, small, stochastic, points, times):
    subject, _ = four
    subject.representation.draws_stochastic = stochastic
    outcome = PART.measure(subject, small, np.random.default_rng(0))
    assert set(outcome.numbers) == {measure.name for measure in PART.measures}
    for prior in ("normal", "rescaled", "posterior"):
        assert outcome.numbers[f"valid_{prior}"] == 0.75
        assert outcome.numbers[f"unique_{prior}"] == pytest.approx(2 / 60)
    how = "stochastic" if stochastic else "greedy"
    assert outcome.columns["draws"] == {"points": [points], "decodings": [times], "decoding": [how]}


def test_what_each_prior_draws(subject_of, made, space, small):
    """Cells lie at their digits: uniform over 0..4, so of mean 2 and deviation 1.41."""
    sizes = dataclasses.replace(small, draws=4000)
    subject = subject_of(made(Digits, space, deviation=1e-6))
    numbers = PART.measure(subject, sizes, np.random.default_rng(0)).numbers
    assert (numbers["valid_posterior"], numbers["novel_posterior"]) == (1, 0)
    distinct = 14_062 * (1 - np.exp(-4000 / 14_062))
    assert numbers["unique_posterior"] == pytest.approx(distinct / 4000, abs=0.02)
    assert numbers["coverage_posterior"] == pytest.approx(distinct / 15_625, abs=0.005)
    assert numbers["top_posterior"] == pytest.approx(0.01, abs=0.006)
    # below 4.5 are 100 % - 0.00 % of a standard normal's digits, and 96.2 % of the rescaled ones
    assert numbers["valid_normal"] == pytest.approx(1, abs=0.001)
    assert numbers["valid_rescaled"] == pytest.approx(0.962**6, abs=0.03)


def test_nothing_valid_leaves_nothing_to_look_at(four):
    subject, script = four
    wrong = Cells(script.adjacency[3:], script.ops[3:].copy())
    wrong.ops[0, 3] = 6
    numbers = qualities(subject, wrong, 0.9)
    assert (numbers["valid"], numbers["valid_authors"], numbers["coverage"]) == (0, 0, 0)
    for name in ("unique", "unique_authors", "novel", "top"):
        assert np.isnan(numbers[name])


def test_too_few_valid_graphs_say_nothing_of_valid_ones(four):
    """One valid graph would be 100 % unique."""
    subject, script = four
    wrong = script.ops[3].copy()
    wrong[3] = 6
    ops = np.tile(wrong, (200, 1))
    for valid in (1, 2):
        ops[:valid] = script.ops[0]
        cells = Cells(np.tile(script.adjacency[:1], (200, 1, 1)), ops)
        numbers = qualities(subject, cells, 0.9)
        assert numbers["valid"] == numbers["valid_authors"] == valid / 200
        assert numbers["coverage"] == 1 / 15_625
        for name in ("unique", "unique_authors", "novel", "top"):
            assert np.isnan(numbers[name]) == (valid == 1)


def test_the_best_percent(subject_of, made, space, nb201, small):
    truth = nb201.truth("valid")
    best = best_accuracy(subject_of(made(Digits, space)), small, np.random.default_rng(0))
    assert (truth > best).sum() < 156 <= (truth >= best).sum()


def test_of_a_computed_benchmark_the_best_percent_is_estimated(subject_of, made, nb201, space, small):
    def evaluate(cells, epochs):
        return nb201.mean(cells, "valid", 200), np.zeros(len(cells))

    class Unlisted(type(space)):
        pass

    computed = Surrogate("computed", space, "d", 200, {}, evaluate)
    subject = subject_of(made(Digits, space), computed, cells=space.all())
    best = best_accuracy(subject, dataclasses.replace(small, draws=4000), np.random.default_rng(0))
    assert best == best_accuracy(subject_of(made(Digits, space)), small, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("accuracy", "best", "share"),
    [
        ([0.1, 0.5, 0.9], 0.5, 2 / 3),
        ([0.1, np.nan], 0.05, np.nan),
        ([], 0.5, np.nan),
        ([0.9], np.nan, np.nan),
        ([0.9] * 99 + [np.nan], 0.5, 1),
    ],
)
def test_share_of_best(accuracy, best, share):
    assert share_of_best(np.array(accuracy, dtype=float), best) == pytest.approx(share, nan_ok=True)
