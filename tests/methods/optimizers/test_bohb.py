"""The densities against their definition, the model's data, and proposals on every shape of space."""

import dataclasses
import itertools

import numpy as np
import pytest

import tabular
from methods.optimizers._successive_halving import paper_size
from methods.optimizers.bohb import (
    BOHB,
    Density,
    best_ratio,
    by_numbers,
    by_shares,
    floored_size,
    widened,
)
from tabular.oracle import Observations
from tests.fidelities import converse
from tests.methods import variants
from tests.methods.spaces import SPACES

pytestmark = pytest.mark.trains

LEVELS = np.array([5, 3, 2, 4])
EVERYTHING = np.array(list(itertools.product(*map(range, LEVELS))))
NB201 = tabular.load("nb201:cifar100").space
VARIANTS = ["adapted", "published"]


def values(n, seed=0):
    rng = np.random.default_rng(seed)
    return np.stack([rng.integers(0, size, n) for size in LEVELS], axis=1)


def make(seed=0, **hyper):
    return BOHB(variants.of(BOHB.Hyper, **hyper), np.random.default_rng(seed))


def score(cells, epochs):
    """Rises with the share of one operation; the same order at every schedule."""
    return 0.3 + 0.05 * (cells.ops == 3).sum(axis=1) + 0.001 * (cells.ops == 2).sum(axis=1)


def test_aitchison_aitken_by_hand():
    density = Density(np.array([[0, 1], [0, 0]]), np.array([0.4, 0.3]), np.array([5, 2]))
    found = density(np.array([[0, 1], [3, 0]]))
    np.testing.assert_allclose(found, [0.6 * (0.7 + 0.3) / 2, 0.1 * (0.3 + 0.7) / 2])


@pytest.mark.parametrize("n", [1, 7, 60])
@pytest.mark.parametrize("floor", [0.001, 0.3, 0.9])
def test_the_density_sums_to_one(n, floor):
    density = by_shares(values(n), LEVELS, floor)
    assert density(EVERYTHING).sum() == pytest.approx(1, abs=1e-12)
    assert (density(EVERYTHING) > 0).all()


def test_the_widest_density_is_uniform():
    density = by_shares(values(9), LEVELS, 0.9)
    np.testing.assert_allclose(density(EVERYTHING), 1 / len(EVERYTHING))
    np.testing.assert_allclose(widened(np.array([0.1, 0.4]), 3.0, np.array([5, 2])), [0.3, 0.5])


def test_the_bandwidth_by_shares_does_not_depend_on_the_numbering_and_that_by_numbers_does():
    given = np.array([[0], [0], [0], [1], [1], [4]])
    renamed = np.array([[2], [2], [2], [3], [3], [1]])
    five = np.array([5])
    plain = by_shares(given, five, 0.01).bandwidth
    assert plain == by_shares(renamed, five, 0.01).bandwidth
    assert by_numbers(given, five, 0.01).bandwidth != by_numbers(renamed, five, 0.01).bandwidth
    shares = np.array([3, 2, 1]) / 6
    assert plain == pytest.approx(1.06 * np.sqrt((1 - (shares**2).sum()) / 2) * 6 ** (-1 / 5))


def test_of_two_values_the_spread_is_the_standard_deviation():
    given = np.array([[0], [1], [1], [1]])
    two = np.array([2])
    both = [estimate(given, two, 0.01).bandwidth for estimate in (by_shares, by_numbers)]
    np.testing.assert_allclose(both[0], both[1])


def test_densities_by_numbers_are_those_of_statsmodels():
    """KDEMultivariate(data, "uuu", bw="normal_reference"), bandwidths from .3 up, statsmodels 0.15.0."""
    data = np.array([[0, 1, 1], [4, 1, 0], [2, 1, 1], [0, 1, 1]])
    density = by_numbers(data, np.array([5, 3, 2]), 0.3)
    np.testing.assert_allclose(density.bandwidth, [1.4419946264141759, 0.3, 0.3765285667003379], rtol=1e-12)
    asked = np.array([[0, 1, 1], [4, 1, 0], [1, 1, 1]])
    np.testing.assert_allclose(
        density(asked), [0.02972467167682217, 0.0943000155245371, 0.28350695970589035], rtol=1e-9
    )
    assert not np.isfinite(density(np.array([[0, 0, 1]]))).any()  # a value the data lack


def test_the_best_ratio_wins_and_infinite_ones_are_taken_as_hpbandster_takes_them():
    assert best_ratio(np.array([0.1, 0.4, 0.3]), np.array([0.1, 0.2, 0.1])) == 2
    inf, nan = np.inf, np.nan
    assert best_ratio(np.array([0.1, 0.4, 0.2]), np.array([0.1, 0.1, inf])) == 2  # bad alone infinite
    assert best_ratio(np.array([0.1, inf, 0.2]), np.array([0.1, 0.1, 0.1])) == 1
    assert best_ratio(np.array([0.1, inf, nan]), np.array([0.1, inf, 0.1])) == 0


@pytest.mark.parametrize(("s", "paper", "code"), [(3, 27, 27), (2, 12, 9), (1, 6, 6), (0, 4, 4)])
def test_hpbandster_starts_brackets_with_a_floor(s, paper, code):
    assert (paper_size(3, 3, s), floored_size(3, 3, s)) == (paper, code)


def observed_at(sizes):
    """Observations with the given number of labels by schedule, the best ones last."""
    rng = np.random.default_rng(0)
    n = sum(sizes.values())
    keys = rng.choice(15625, n, replace=False)
    epochs = np.repeat(list(sizes), list(sizes.values()))
    none = np.zeros(n, dtype=bool)
    return Observations(NB201.all()[keys], keys, np.linspace(0.1, 0.9, n), np.ones(n), none, epochs)


@pytest.mark.parametrize(
    ("overlap", "sizes", "used"),
    [
        (True, {12: 50, 200: 9}, 200),
        (True, {12: 50, 200: 8}, 12),
        (True, {12: 8, 200: 8}, None),
        (False, {12: 50, 200: 14}, 200),
        (False, {12: 14, 200: 13}, 12),
        (False, {12: 13, 200: 13}, None),
    ],
)
def test_the_model_is_of_the_longest_schedule_with_enough_labels(overlap, sizes, used):
    """Six variables: seven good and seven bad ones, which the paper lets overlap from nine labels on."""
    plugin, observed = make(overlap=overlap), observed_at(sizes)
    plugin.schedule((12, 200), observed)
    labels = plugin._labels(observed, 7)
    assert (None if labels is None else set(labels.epochs.tolist())) == (used and {used})
    if used:
        assert len(labels) == sizes[used]


def test_an_answer_repeated_is_no_further_label():
    plugin, observed = make(), observed_at({200: 9})
    plugin.schedule((12, 200), observed)
    again = dataclasses.replace(observed, repeated=np.arange(9) == 8)
    assert plugin._labels(observed, 7) is not None and plugin._labels(again, 7) is None


@pytest.mark.parametrize(
    ("overlap", "n", "good", "bad"),
    [
        (True, 9, 7, 7),
        (True, 14, 7, 7),
        (True, 100, 15, 85),
        (False, 14, 7, 7),
        (False, 20, 7, 13),
        (False, 100, 15, 85),
    ],
)
def test_good_and_bad_labels(overlap, n, good, bad):
    observed = observed_at({200: n})
    best, worst = make(overlap=overlap)._good_and_bad(observed, 7)
    assert best.tolist() == list(range(n))[::-1][:good]
    assert sorted(worst.tolist()) == list(range(bad))


@pytest.mark.parametrize(("draws", "leaving"), [("widened", [0.3, 0.3]), ("plain", [0.08, 0.05])])
def test_a_draw_leaves_its_centre_as_often_as_it_should(draws, leaving):
    """To other values by three times the bandwidth of .1; or to any value, of which one is the same."""
    levels = np.array([5, 2])
    density = Density(np.zeros((1, 2), dtype=int), np.array([0.1, 0.1]), levels)
    drawn = make(draws=draws, samples=40_000)._draws(density, levels)
    np.testing.assert_allclose((drawn > 0).mean(axis=0), leaving, atol=0.01)
    assert set(drawn[:, 0].tolist()) == {0, 1, 2, 3, 4}


def test_proposals_come_from_where_good_labels_are_dense_in_the_adapted_variant():
    """Share of operation 3 per edge: a random architecture has .2; published ones had from .1 to .5."""
    share = {variant: [] for variant in VARIANTS}
    for variant, seed in itertools.product(VARIANTS, range(3)):
        plugin = make(seed, variant=variant, random_fraction=0)
        observed = converse(plugin, NB201, (12, 200), score, 120, seed)
        share[variant].append((observed.cells[-20:].ops[:, 1:7] == 3).mean())
    assert np.median(share["adapted"]) > 0.4
    assert np.mean(share["adapted"]) > np.mean(share["published"])


@pytest.mark.parametrize("variant", VARIANTS)
def test_only_random_architectures_where_the_fraction_is_one(variant):
    observed = converse(make(variant=variant, random_fraction=1), NB201, (12, 200), score, 60)
    first = observed.at(12)
    assert len(np.unique(first.keys)) == len(first) > 30
    assert abs((first.cells.ops[:, 1:7] == 3).mean() - 0.2) < 0.08


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_it_works_on_spaces_that_cannot_be_listed(space, variant):
    plugin = make(variant=variant, min_bandwidth=0.1)
    observed = converse(plugin, space, (4, 12, 36), score, rounds=40, start=60)
    assert plugin._labels(observed, len(plugin._variables.sizes) + 1) is not None  # it had a model
    assert space.contains(observed.cells).all() and len(observed) > 60 + 10
    assert set(observed.epochs.tolist()) == {4, 12, 36}


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_best_of_a_rung_are_promoted(variant):
    observed = converse(make(variant=variant, random_fraction=1), NB201, (4, 12, 36), score, rounds=9 + 2)
    short, middle, full = (observed.at(epochs) for epochs in (4, 12, 36))
    assert len(short) == 9 and len(middle) == 3
    best = np.argsort(-short.accuracy, kind="stable")[:3]
    assert middle.keys.tolist() == short.keys[best].tolist()
    assert full.keys[-1] == middle.keys[0]


def test_the_same_seed_proposes_the_same():
    first, again = (converse(make(3), NB201, (12, 200), score, 60) for _ in range(2))
    assert first.keys.tolist() == again.keys.tolist()
    assert first.keys.tolist() != converse(make(4), NB201, (12, 200), score, 60).keys.tolist()
