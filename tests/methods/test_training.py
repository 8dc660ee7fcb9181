import numpy as np
import pytest
import torch
from torch import nn

from methods.networks.flat_adam import FlatAdam
from methods.training import Plan, Unwatched, floor, outcome, train
from tabular.spaces.enas import ENASSpace
from tabular.spaces.pool import PoolSpace
from tests.methods.spaces import SPACES


class Scripted:
    """A network that counts its steps, with held-out reconstructions given by pass."""

    def __init__(self, shares):
        self.network = nn.Linear(1, 1)
        self.shares, self.epoch, self.seen, self.modes = shares, 0, [], []
        self.weights, self.cycles = [], []

    def losses(self, rows):
        self.modes.append(self.network.training)
        self.seen.append(rows.tolist())
        return {"loss": self.network.weight.sum()}  # every step lowers the weight

    def reconstructed(self, rows):
        assert not self.network.training and not torch.is_grad_enabled()
        self.held_out = rows.tolist()
        self.weights.append(self.network.weight.item())
        share = self.shares[min(self.epoch, len(self.shares) - 1)]
        self.epoch += 1
        return share

    def run(self, rows, plan):
        torch.manual_seed(0)
        optimizer = FlatAdam(self.network, 0.01, 1.0)
        return train(
            self.network,
            optimizer,
            self.cycles.append,
            rows,
            plan,
            self.losses,
            self.reconstructed,
            Unwatched(),
        )


def test_rows_are_split_once_and_every_training_row_is_seen_once_a_pass():
    script = Scripted([0.0, 0.1, 0.2])
    script.run(50, Plan(epochs=3, batch_size=8))
    assert len(script.held_out) == 5 and all(script.modes)
    steps = Plan(3, 8).steps(50) // 3
    for epoch in range(3):
        batches = script.seen[epoch * steps : (epoch + 1) * steps]
        rows = [row for batch in batches for row in batch]
        assert sorted(rows + script.held_out) == list(range(50))
    assert script.seen[0] != script.seen[steps]  # another order


def test_unless_shuffled_every_pass_has_the_order_of_the_first():
    script = Scripted([0.0])
    script.run(50, Plan(epochs=3, batch_size=8, shuffled=False))
    assert script.seen[:6] == script.seen[6:12] == script.seen[12:]


@pytest.mark.parametrize(
    ("shares", "trained", "best"),
    [
        ([0.5, 0.9], 2, 1),  # at the floor when the first cycle ends
        ([0.9, 0.5], 2, 0),  # was there before: the state that was stays
        ([0.1, 0.2, 0.3, 0.3, 0.8, 0.95], 6, 5),
        ([0.1, 0.2, 0.2, 0.1], 14, 2),  # cycles of 2, 4 and 8 passes are all there are; the later of equals
    ],
)
def test_cycles_get_longer_until_the_floor_is_reached_and_the_best_state_stays(shares, trained, best):
    script = Scripted(shares)
    plan = Plan(epochs=2, batch_size=8, cycles=3, floor=0.9)
    facts = script.run(50, plan)
    assert facts == {"epochs_trained": trained, "held_out_exact_percent": pytest.approx(100 * shares[best])}
    assert script.cycles == [plan.steps(50, cycle) for cycle in range({2: 1, 6: 2, 14: 3}[trained])]
    assert script.network.weight.item() == script.weights[best]
    assert not script.network.training


def test_the_last_state_stays_where_none_is_selected():
    script = Scripted([0.9, 0.1, 0.5])
    facts = script.run(50, Plan(epochs=3, batch_size=8, selects=False))
    assert facts["held_out_exact_percent"] == pytest.approx(50)
    assert script.network.weight.item() == script.weights[-1] < script.weights[0]


def test_only_the_first_pass_may_be_in_training_mode():
    script = Scripted([0.0])
    script.run(50, Plan(epochs=3, batch_size=8, only_first_trains=True))
    assert script.modes == [True] * 6 + [False] * 12


@pytest.mark.parametrize(("rows", "held_out"), [(1, 0), (2, 1), (5, 1), (15, 2), (100, 10)])
def test_a_tenth_is_held_out_but_something_is_left_to_train_on(rows, held_out):
    assert rows - Plan(1, 1).training_rows(rows) == held_out
    assert Plan(1, 1, held_out=0.0).training_rows(rows) == rows


@pytest.mark.parametrize("plan", [Plan(9, 4, cycles=3), Plan(9, 4, cycles=3, held_out=0.0)])
def test_without_held_out_rows_there_is_one_cycle(plan):
    script = Scripted([])
    assert script.run(1, plan) == {"epochs_trained": 9}
    assert script.seen == [[0]] * 9


def test_steps_count_incomplete_batches():
    plan = Plan(epochs=3, batch_size=8)
    assert plan.steps(50) == 3 * 6  # 45 rows make five batches of 8 and one of 5
    assert plan.steps(50, cycle=2) == 12 * 6


def test_a_loss_that_is_not_finite_ends_the_training():
    script = Scripted([0.0])
    script.losses = lambda rows: {"loss": script.network.weight.sum() / 0}
    with pytest.raises(FloatingPointError):
        script.run(50, Plan(epochs=3, batch_size=8))


def test_a_pool_has_the_floor_of_the_larger_space():
    whole = ENASSpace()
    pool = PoolSpace("enas-pool", whole, whole.sample(20, np.random.default_rng(0)))
    assert floor(pool) == floor(whole) != floor(SPACES[0])


def test_draws_from_the_prior_are_looked_at_after_every_pass_and_change_nothing():
    facts, seen, after = [], [], []

    class Keeps(Unwatched):
        def epoch(self, done, most, its, state):
            facts.append(its)

    def trained(drawn):
        torch.manual_seed(3)
        network = nn.Linear(2, 1)
        losses = lambda rows: {"loss": network(torch.randn(len(rows), 2)).square().mean()}  # noqa: E731
        adam, plan = FlatAdam(network, 0.01), Plan(3, 8, cycles=1)
        train(network, adam, lambda steps: None, 40, plan, losses, lambda rows: 0.0, Keeps(), drawn)
        after.append(network.weight.detach().clone())

    def drawn():
        assert not torch.is_grad_enabled()
        seen.append(torch.rand(2).tolist())
        return {"prior_valid_percent": 50.0}

    trained(dict)
    trained(drawn)
    assert torch.equal(*after) and seen[0] == seen[1] == seen[2]
    assert ["prior_valid_percent" in its for its in facts] == [False] * 3 + [True] * 3


def test_no_passes_leave_the_weights_as_they_are():
    script = Scripted([])
    before = script.network.weight.item()
    assert script.run(50, Plan(epochs=0, batch_size=8, cycles=3)) == {"epochs_trained": 0}
    assert script.network.weight.item() == before and not script.network.training
    assert not script.seen and not script.cycles


def test_what_nothing_was_trained_for_has_no_floor():
    trained = {"epochs_trained": 2.0, "held_out_exact_percent": 50.0}
    assert outcome(0.25, 0.5, trained) == {"reconstruction_exact_percent": 25, "floor_percent": 50, **trained}
    assert outcome(0.25, 0.5, {"epochs_trained": 0.0}) == {
        "reconstruction_exact_percent": 25,
        "epochs_trained": 0,
    }
