import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from harness.quality.autoencoding import PART, kl
from tests.harness.quality.scripted import Digits


@pytest.fixture
def measured(subject_of, made, space, small):
    def measure(**changes):
        representation = made(Digits, space, **changes)
        return PART.measure(subject_of(representation), small, np.random.default_rng(0)).numbers

    return measure


def test_what_always_comes_back(measured):
    numbers = measured(deviation=0.01)
    greedy = {name: value for name, value in numbers.items() if "greedy" in name}
    assert len(greedy) == 12 and set(greedy.values()) == {1.0}


def test_every_second_stochastic_decoding_misses_one_vertex_of_eight(measured):
    numbers = measured(deviation=0.01)
    for whence in ("mean", "sample"):  # an even number of decodings of each
        assert numbers[f"exact_test_stochastic_{whence}"] == 0.5
        assert numbers[f"ops_test_stochastic_{whence}"] == pytest.approx(15 / 16)
        assert numbers[f"edges_test_stochastic_{whence}"] == 1


def test_far_samples_are_lost(measured):
    """With a deviation of 0.5 a digit stays itself in 68 % of draws, 0 and 5 (no operation) in 84."""
    numbers = measured(deviation=0.5)
    assert numbers["exact_test_greedy_mean"] == 1
    assert 0.6 < numbers["ops_test_greedy_sample"] < 0.9
    assert numbers["exact_test_greedy_sample"] < numbers["ops_test_greedy_sample"] ** 4
    assert numbers["edges_test_greedy_sample"] == 1


def test_without_a_posterior_there_are_no_samples(measured):
    numbers = measured(deviation=0.0)
    unknown = {name for name, value in numbers.items() if np.isnan(value)}
    assert unknown == {name for name in numbers if name.endswith("sample")} | {"kl", "deviation"}


def test_numbers_are_the_measures(measured):
    assert list(measured()) != [] and set(measured()) == {measure.name for measure in PART.measures}


def test_kl_is_torchs():
    mean, sd = torch.randn(5, 3), torch.rand(5, 3) + 0.1
    each = kl_divergence(Normal(mean, sd), Normal(0, 1)).sum(1)
    assert kl(mean, sd) == pytest.approx(float(each.mean()), rel=1e-5)
    assert kl(torch.zeros(2, 4), torch.ones(2, 4)) == pytest.approx(0)


def test_deviation(measured):
    assert measured(deviation=0.25)["deviation"] == 0.25
