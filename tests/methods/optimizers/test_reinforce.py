import numpy as np
import pytest
import torch

import tabular
from methods.optimizers.reinforce import MovingAverage, Policy, Reinforce
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import sample_unseen
from tests.methods.spaces import SPACES, NB101Shaped

pytestmark = pytest.mark.trains

NB201 = tabular.load("nb201:cifar100").space


def make(seed=0, **hyper):
    return Reinforce(Reinforce.Hyper(**hyper), np.random.default_rng(seed))


def convolutions(cells):
    """How many of the six edges are 3x3 convolutions."""
    return (cells.ops == NB201.op_names.index("nor_conv_3x3")).sum(axis=1) / 6


def observations(space, cells, score):
    keys = space.keys(cells)
    first = np.zeros(len(cells), dtype=bool)
    first[np.unique(keys, return_index=True)[1]] = True
    return Observations(cells, keys, score(cells).astype(float), first.astype(float), ~first)


def play(plugin, space, score, queries, start=10, seed=0):
    """The runner's loop: valid proposals are asked, and a random architecture after ten barren ones."""
    rng = np.random.default_rng(seed)
    asked, barren = space.sample(start, rng), 0
    while len(np.unique(space.keys(asked))) < queries:
        observed = observations(space, asked, score)
        cells = plugin.propose(space, None, observed, 1)
        cells = cells[np.flatnonzero(space.contains(cells))]
        new = np.flatnonzero(~np.isin(space.keys(cells), observed.keys))
        barren = 0 if len(new) else barren + 1
        filled = sample_unseen(space, space.keys, set(observed.keys.tolist()), int(barren == 10), rng)
        barren %= 10
        asked = Cells.concatenate([asked, cells, filled])
    return observations(space, asked, score)


def test_moving_average_is_a_weighted_mean_of_what_came():
    average, values = MovingAverage(0.9), [0.3, 0.5, 0.1]
    got = [average.updated(value) for value in values]
    weights = [[0.9 ** (last - i) for i in range(last + 1)] for last in range(3)]
    assert got == pytest.approx([np.average(values[: i + 1], weights=weights[i]) for i in range(3)])


def test_step_follows_the_gradient_computed_by_hand():
    sizes, rate = (3, 2), 0.7
    policy = Policy(sizes, rate, "ascent")
    start = [np.array([0.2, -0.1, 0.5]), np.array([0.3, -0.3])]
    with torch.no_grad():
        policy.logits[0] = torch.from_numpy(start[0])
        policy.logits[1, :2] = torch.from_numpy(start[1])
    drawn, advantages = np.array([[0, 1], [2, 1], [2, 0]]), np.array([0.5, -0.2, 0.1])
    policy.step(drawn, advantages)
    for variable, size in enumerate(sizes):
        slope = np.zeros(size)
        p = np.exp(start[variable]) / np.exp(start[variable]).sum()
        for row, advantage in zip(drawn, advantages, strict=True):
            for value in range(size):
                slope[value] += advantage * ((row[variable] == value) - p[value]) / 3
        expected = start[variable] + rate * slope
        assert policy.logits[variable, :size].tolist() == pytest.approx(expected.tolist())
    assert policy.logits[1, 2].item() == -np.inf


def test_draws_follow_the_softmax_and_never_a_value_that_does_not_exist():
    policy = Policy((4, 2), 0.1, "adam")
    with torch.no_grad():
        policy.logits[0] = torch.tensor([0.0, 1.0, 2.0, -1.0])
    drawn = policy.draw(20_000, np.random.default_rng(0))
    p = np.exp([0.0, 1.0, 2.0, -1.0])
    assert np.bincount(drawn[:, 0]) / 20_000 == pytest.approx(p / p.sum(), abs=0.02)
    assert np.bincount(drawn[:, 1]) / 20_000 == pytest.approx([0.5, 0.5], abs=0.02)


def test_first_draws_are_uniform_and_the_initial_design_is_the_first_batch():
    plugin = make(update="ascent", learning_rate=1.0)
    observed = observations(NB201, NB201.sample(10, np.random.default_rng(3)), convolutions)
    plugin.propose(NB201, None, observed, 1)
    average, advantages = MovingAverage(0.9), []
    for accuracy in observed.accuracy.tolist():
        advantages.append(accuracy - average.updated(accuracy))
    digits = observed.cells.ops[:, 1:7] - 1
    expected = np.zeros((6, 5))
    for row, advantage in zip(digits, advantages, strict=True):
        for edge in range(6):
            expected[edge] += advantage * ((np.arange(5) == row[edge]) - 0.2) / 10
    np.testing.assert_allclose(plugin._policy.logits.detach().numpy(), expected, atol=1e-12)


def test_only_its_own_answers_teach():
    """A random architecture that the runner filled in leaves the policy as it was."""
    plugin = make()
    cells = NB201.sample(10, np.random.default_rng(0))
    observed = observations(NB201, cells, convolutions)
    plugin.propose(NB201, None, observed, 1)
    before = plugin._policy.logits.detach().clone()
    known = set(observed.keys.tolist()) | set(plugin._keys.tolist())
    other = next(row for row in range(100) if row not in known)
    filled = Cells.concatenate([cells, NB201.all()[[other]]])
    plugin.propose(NB201, None, observations(NB201, filled, convolutions), 1)
    assert torch.equal(plugin._policy.logits, before)
    own = Cells.concatenate([filled, NB201.all()[plugin._keys[:1]]])
    plugin.propose(NB201, None, observations(NB201, own, convolutions), 1)
    assert not torch.equal(plugin._policy.logits, before)


def test_repeats_are_proposed_again_and_learnt_from_again():
    plugin = make(batch=5)
    space = NB201
    cells = space.all()[[0, 1]]
    observed = observations(space, cells, convolutions)
    plugin.propose(space, None, observed, 1)
    with torch.no_grad():
        plugin._policy.logits[:, 1:] = -50.0  # the policy knows one architecture only: key 0
    proposal = plugin.propose(space, None, observed, 5)
    assert space.keys(proposal).tolist() == [0] * 5
    before = plugin._baseline._weight
    again = Cells.concatenate([cells, proposal])
    plugin.propose(space, None, observations(space, again, convolutions), 1)
    assert 1 - plugin._baseline._weight == pytest.approx((1 - before) * 0.9**5)


def test_invalid_draws_are_proposed_but_not_learnt_from():
    space, plugin = NB101Shaped(), make()
    observed = observations(space, space.sample(10, np.random.default_rng(0)), lambda c: c.ops[:, 1] / 4)
    invalid = 0
    for _ in range(20):
        cells = plugin.propose(space, None, observed, 2)
        valid = space.contains(cells)
        assert valid[-1] and len(plugin._keys) == valid.sum() == 2
        invalid += int((~valid).sum())
    assert invalid > 0


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_it_learns_on_spaces_that_cannot_be_listed(space):
    def score(cells):
        return (cells.ops[:, 1:] == 2).sum(axis=1) / 10

    seen = play(make(), space, score, 100)
    late, early = seen.accuracy[-30:].mean(), seen.accuracy[:10].mean()
    assert late > early + 0.1


def test_it_counts_convolutions_better_than_random():
    best = [play(make(seed), NB201, convolutions, 80, seed=seed).accuracy.max() for seed in range(3)]
    random = [convolutions(NB201.sample(80, np.random.default_rng(seed))).max() for seed in range(3)]
    assert np.mean(best) > np.mean(random) + 0.1


def test_the_same_seed_gives_the_same_run():
    first, again = (play(make(7), NB201, convolutions, 40) for _ in range(2))
    assert first.keys.tolist() == again.keys.tolist()
    other = play(make(8), NB201, convolutions, 40)
    assert first.keys.tolist() != other.keys.tolist()


def test_batches_hold_several_architectures():
    observed = observations(NB201, NB201.sample(10, np.random.default_rng(0)), convolutions)
    plugin = make(batch=4)
    assert plugin.batch == 4
    assert len(plugin.propose(NB201, None, observed, 4)) == 4  # every draw is valid on this space
