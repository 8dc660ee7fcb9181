import dataclasses

import numpy as np
import pytest
import torch
from torch.distributions import MultivariateNormal

import tabular
from methods.optimizers._latent_policy import LatentPolicy, Walk
from methods.optimizers.reinforce_latent import ReinforceLatent
from methods.representations.one_hot import OneHot
from methods.representations.wl import WL
from tabular.cells import Cells
from tests.methods import variants
from tests.methods.spaces import SPACES, convolutions, labelled

pytestmark = pytest.mark.trains

NB201 = tabular.load("nb201:cifar100").space


def make(seed=0, **hyper):
    return ReinforceLatent(variants.of(ReinforceLatent.Hyper, **hyper), np.random.default_rng(seed))


def one_hot(space):
    made = OneHot(OneHot.Hyper(), np.random.default_rng(0))
    made.fit(space, None)
    return made


def play(plugin, space, score, queries, representation=None, seed=0):
    """Ten random architectures, then one per proposal; every proposal is new."""
    representation = representation or one_hot(space)
    cells = space.sample(30, np.random.default_rng(seed))
    asked = cells[np.sort(np.unique(space.keys(cells), return_index=True)[1])[:10]]
    for _ in range(queries - 10):
        observed = labelled(space, asked, score(asked))
        proposal = plugin.propose(space, representation, observed, 1)
        assert len(proposal) == 1 and space.contains(proposal).all()
        assert space.keys(proposal)[0] not in observed.keys
        asked = Cells.concatenate([asked, proposal])
    return labelled(space, asked, score(asked))


def test_parameter_count_is_the_hand_count():
    """LSTM cell 16 -> 128 (four gates, two biases each) and linear 128 -> 16."""
    policy = LatentPolicy(16, 128)
    cell = 4 * (128 * 16 + 128 * 128 + 2 * 128)
    assert sum(p.numel() for p in policy.parameters()) == cell + 128 * 16 + 16 == 76_816


def walked(policy, steps, d=4, rate=1e-2):
    """A walk of some steps with the states and actions it went through."""
    torch.manual_seed(1)
    walk, states, actions = Walk(policy, rate, torch.randn(d)), [], []
    for step in range(steps):
        states.append(walk._state)
        actions.append(walk.act(torch.randn(d)))
        walk.answered(0.1 * step, torch.randn(d))
    return walk, states, actions


def test_gradient_of_an_episode_equals_a_loop_over_its_steps():
    torch.manual_seed(0)
    policy = LatentPolicy(4, 8)
    slow = LatentPolicy(4, 8)
    slow.load_state_dict(policy.state_dict())
    walk, states, actions = walked(policy, 5)
    advantages = [0.5, -1.0, 0.25, 2.0, -0.5]
    memory, terms = None, []
    for state, action, advantage in zip(states, actions, advantages, strict=True):
        memory = slow.cell(state[None], memory)
        density = MultivariateNormal(slow.mean(memory[0]), torch.eye(4))
        terms.append(-density.log_prob(action[None])[0] * advantage)
    torch.stack(terms).mean().backward()
    walk.learn(torch.tensor(advantages))
    for fast, reference in zip(policy.parameters(), slow.parameters(), strict=True):
        torch.testing.assert_close(fast.grad, reference.grad)


def test_actions_are_the_mean_given_the_episode_so_far_plus_the_noise():
    torch.manual_seed(0)
    policy = LatentPolicy(4, 8)
    walk, states, _ = walked(policy, 3)
    memory = None
    with torch.no_grad():
        for state in [*states, walk._state]:
            memory = policy.cell(state[None], memory)
        expected = policy.mean(memory[0])[0]
    torch.testing.assert_close(walk.act(torch.zeros(4)), expected)
    torch.testing.assert_close(walk.act(torch.zeros(4)), expected)  # not answered: taken back


def test_an_update_empties_the_memory_and_carries_the_state_over():
    policy = LatentPolicy(4, 8)
    walk, _, _ = walked(policy, 3)
    before, state = [p.detach().clone() for p in policy.parameters()], walk._state
    walk.learn(torch.tensor([1.0, -1.0, 0.5]))
    assert walk._memory is None and walk.rewards == [] and torch.equal(walk._state, state)
    moved = [(p - old).abs().max().item() for p, old in zip(policy.parameters(), before, strict=True)]
    assert max(moved) == pytest.approx(1e-2, rel=1e-3)  # Adam's first step is its rate
    with torch.no_grad():
        expected = policy.mean(policy.cell(state[None])[0])[0]
    torch.testing.assert_close(walk.act(torch.zeros(4)), expected)


class Recorded:
    """Stands in for a walk: keeps what it is told and always acts at the first paid point."""

    def __init__(self, rewards):
        self.rewards, self.learnt = rewards, None

    def act(self, noise):
        return torch.zeros(84)

    def answered(self, reward, state):
        self.rewards.append(reward)

    def learn(self, advantages):
        self.learnt, self.rewards = advantages.tolist(), []


@pytest.mark.parametrize("reward", ["score", "accuracy"])
@pytest.mark.parametrize("baseline", ["mean", "constant"])
def test_advantages(reward, baseline):
    plugin = make(reward=reward, baseline=baseline)
    observed = labelled(NB201, NB201.all()[5:25], np.linspace(0.1, 0.9, 20))
    earlier = [0.2, 0.8] * 7 + [0.5]
    plugin._walk, plugin._asked, plugin._point = Recorded(list(earlier)), 24, torch.zeros(84)
    walk = plugin._walk
    plugin.propose(NB201, one_hot(NB201), observed, 1)
    rewards = np.array([*earlier, 0.9])
    expected = rewards - (0.4 if baseline == "constant" else observed.accuracy.mean())
    if reward == "score":
        expected /= observed.accuracy.std()
    assert walk.learnt == pytest.approx(expected.tolist(), rel=1e-5)


@pytest.mark.parametrize(("space", "baseline"), [(NB201, 0.4), (SPACES[0], 0.95)])
def test_the_published_baseline_is_the_script_s_of_the_space(space, baseline):
    plugin = make(variant="published", candidates="pool", pool=20, steps=1)
    plugin._walk = Recorded([])
    cells = space.sample(1, np.random.default_rng(0))
    plugin._asked, plugin._point = int(space.keys(cells)[0]), torch.zeros(84)
    walk, representation = plugin._walk, one_hot(space)
    walk.act = lambda noise: torch.zeros(len(noise))
    plugin.propose(space, representation, labelled(space, cells, [0.7]), 1)
    assert walk.learnt == pytest.approx([0.7 - baseline])


def test_fifteen_answers_do_not_move_the_policy_and_the_sixteenth_does():
    plugin, space = make(), NB201
    representation = one_hot(space)
    observed = play(plugin, space, convolutions, 10 + 16, representation)
    weights = plugin._walk._policy.mean.weight.detach().clone()
    assert len(plugin._walk.rewards) == 15  # the sixteenth proposal has not been answered yet
    plugin.propose(space, representation, observed, 1)
    assert not torch.equal(plugin._walk._policy.mean.weight, weights)
    assert plugin._walk.rewards == []


def test_the_walk_starts_at_the_last_of_the_initial_design():
    plugin = make()
    cells = NB201.all()[[3, 700, 12]]
    observed = labelled(NB201, cells, convolutions(cells))
    plugin.propose(NB201, one_hot(NB201), observed, 1)
    assert torch.equal(plugin._walk._state, one_hot(NB201).encode(NB201.all()[[12]])[0])


@pytest.mark.parametrize(("variant", "rank"), [("adapted", 0), ("published", 1)])
def test_actions_snap_to_the_nearest_open_point(variant, rank):
    """On NAS-Bench-201 the published variant never takes the nearest of all."""
    plugin, representation = make(variant=variant), one_hot(NB201)
    action = representation.encode(NB201.all()[[9000]])[0] + 0.01 * torch.randn(
        84, generator=torch.Generator()
    )
    distance = (representation.encode(NB201.all()) - action).norm(dim=1)
    order = distance.argsort(stable=True).tolist()
    assert order[0] == 9000
    for closed in (3, 4):  # the nearest three, or four, of all have been asked
        cells = NB201.all()[order[:closed]]
        observed = labelled(NB201, cells, convolutions(cells))
        plugin._walk = Recorded([])
        plugin._walk.act = lambda noise: action
        assert NB201.keys(plugin.propose(NB201, representation, observed, 1)).tolist() == [order[closed]]
    cells = NB201.all()[[1]]
    observed = labelled(NB201, cells, convolutions(cells))  # none of the nearest has
    plugin._asked = None
    assert NB201.keys(plugin.propose(NB201, representation, observed, 1)).tolist() == [order[rank]]


def test_it_counts_convolutions_better_than_random():
    representation = WL(WL.Hyper(rounds=0), np.random.default_rng(0))  # how often each operation occurs
    representation.fit(NB201, None)
    late = [play(make(s), NB201, convolutions, 80, representation, s).accuracy[40:].mean() for s in range(3)]
    assert np.mean(late) > 0.3  # a random cell has 0.2; single runs had .42 to .57


@pytest.mark.parametrize("variant", ["published", "adapted"])
@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_it_runs_on_spaces_that_cannot_be_listed(space, variant):
    plugin = make(variant=variant, candidates="pool", pool=40)
    seen = play(plugin, space, lambda cells: cells.ops[:, 1] / 10, 10 + 20)
    assert len(np.unique(seen.keys)) == 30 and len(plugin._walk.rewards) == 3


def test_the_same_seed_gives_the_same_run():
    first, again = (play(make(7), NB201, convolutions, 30) for _ in range(2))
    assert first.keys.tolist() == again.keys.tolist()
    assert play(make(8), NB201, convolutions, 30).keys.tolist() != first.keys.tolist()


def test_hyper_parameters_are_those_of_the_authors():
    hyper = dataclasses.asdict(ReinforceLatent.Hyper())
    assert (hyper["width"], hyper["steps"], hyper["learning_rate"]) == (128, 16, 1e-2)
