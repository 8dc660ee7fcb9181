import pytest
import torch
from torch import nn

from methods.networks.flat_adam import FlatAdam
from methods.training import Plan, train


class Scripted:
    """A network that counts its steps, with held-out reconstructions given by epoch."""

    def __init__(self, shares):
        self.network = nn.Linear(1, 1)
        self.shares, self.epoch, self.seen, self.modes = shares, 0, [], []
        self.weights = []

    def loss(self, rows):
        self.modes.append(self.network.training)
        self.seen.append(rows.tolist())
        return self.network.weight.sum()  # every step lowers the weight

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
        return train(self.network, optimizer, rows, plan, self.loss, self.reconstructed)


def test_rows_are_split_once_and_every_training_row_is_seen_once_an_epoch():
    script = Scripted([0.0, 0.1, 0.2])
    script.run(50, Plan(epochs=3, batch_size=8))
    assert len(script.held_out) == 5 and all(script.modes)
    steps = Plan(3, 8).steps(50) // 3
    for epoch in range(3):
        batches = script.seen[epoch * steps : (epoch + 1) * steps]
        rows = [row for batch in batches for row in batch]
        assert sorted(rows + script.held_out) == list(range(50))
    assert script.seen[0] != script.seen[steps]  # another order


@pytest.mark.parametrize(("shares", "trained", "kept"), [([0.5, 0.9, 0.3], 5, 1), ([0.5, 0.9, 0.9], 5, 4)])
def test_stops_when_patience_is_spent_and_keeps_the_best_state_the_later_of_equals(shares, trained, kept):
    script = Scripted(shares)
    facts = script.run(50, Plan(epochs=100, batch_size=8, patience=3))
    assert facts == {"epochs_trained": trained, "held_out_exact_percent": pytest.approx(90)}
    assert script.network.weight.item() == script.weights[kept]
    assert not script.network.training


def test_trains_to_the_last_epoch_while_reconstruction_improves():
    script = Scripted([epoch / 10 for epoch in range(10)])
    assert script.run(50, Plan(epochs=8, batch_size=8, patience=1))["epochs_trained"] == 8


@pytest.mark.parametrize(("rows", "held_out"), [(1, 0), (2, 1), (5, 1), (15, 2), (100, 10)])
def test_a_tenth_is_held_out_but_something_is_left_to_train_on(rows, held_out):
    assert rows - Plan(1, 1).training_rows(rows) == held_out


def test_a_single_row_is_trained_on_for_all_epochs():
    script = Scripted([])
    facts = script.run(1, Plan(epochs=9, batch_size=4, patience=2))
    assert facts == {"epochs_trained": 9}
    assert script.seen == [[0]] * 9


def test_steps_count_incomplete_batches():
    assert Plan(epochs=3, batch_size=8).steps(50) == 3 * 6  # 45 rows make five batches of 8 and one of 5
