"""The training loop of the autoencoders: minibatches without labels, until held-out cells come back.

Training goes in cycles, each twice as long as the one before. After a cycle the share of held-out cells that
decode to exactly themselves is compared with the floor of their space; below it another cycle follows, as
long as there are any.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from methods.base import Watch
from methods.networks.flat_adam import FlatAdam
from methods.networks.layers import unmoved
from tabular.space import SearchSpace
from tabular.spaces.pool import whole

UNTRAINED = "0: none, the untrained control"
LEARNS_NOTHING = f"{UNTRAINED}, which learns no label either"
"""What is said of `epochs` of a plugin that can do without, and of one that learns labels otherwise."""
FLOORS = {"nb201": 0.99, "macro": 0.99, "enas": 0.95, "nas-bench-graph": 0.95, "nb101": 0.95}
"""By space the least share of held-out cells that a decoder worth searching with reconstructs exactly."""
FLOOR = 0.9
"""Of a space that is not among them."""


def floor(space: SearchSpace) -> float:
    """The floor of a space; of a pool that of the larger space."""
    return FLOORS.get(whole(space).name, FLOOR)


def outcome(exact: float, floor_of_space: float, facts: Mapping[str, float]) -> dict[str, float]:
    """Facts of a pre-training with the share of cells that come back exactly, and the floor of that unless
    nothing was trained; both are given in [0, 1]."""
    floors = {"floor_percent": 100 * floor_of_space} if facts["epochs_trained"] else {}
    return {"reconstruction_exact_percent": 100 * exact, **floors, **facts}


Losses = Mapping[str, Float[Tensor, ""]]
"""Of a minibatch: `loss`, which is minimised, and beside it whatever is worth watching."""


@dataclass(frozen=True)
class Plan:
    """How long to train."""

    epochs: int
    """Passes over the training rows in the first cycle. 0: the weights stay as they were drawn."""
    batch_size: int
    held_out: float = 0.1
    """Share of rows kept to measure reconstruction; the papers' 90/10 split. 0: train on all of them, for
    one cycle."""
    cycles: int = 1
    """Most cycles."""
    floor: float = FLOOR
    """Held-out reconstruction, in [0, 1], that ends training after a cycle."""
    selects: bool = True
    """The state with the best held-out reconstruction stays; else the last one."""
    shuffled: bool = True
    """A new order of the rows in every pass; else one for all."""
    only_first_trains: bool = False
    """After the first pass the network stays in evaluation mode."""

    def training_rows(self, rows: int) -> int:
        """Rows left for training; at least one row is held out where there are two."""
        return rows - min(max(round(rows * self.held_out), 1), rows - 1) if self.held_out else rows

    def passes(self, cycle: int) -> int:
        """Of a cycle, counted from 0."""
        return self.epochs * 2**cycle

    def steps(self, rows: int, cycle: int = 0) -> int:
        """Optimizer steps of a cycle, for learning-rate schedules."""
        return self.passes(cycle) * -(-self.training_rows(rows) // self.batch_size)


class Unwatched(Watch):
    """Nobody looks on: every training starts from the beginning."""

    def found(self, most: int) -> None:
        """Nothing."""

    def epoch(
        self, done: int, most: int, facts: Mapping[str, float], state: Callable[[], Mapping[str, Any]]
    ) -> None:
        """Nothing to do."""


@dataclass
class Position:
    """Where a training is."""

    order: Int[Tensor, " rows"]
    """Training rows first, then those held out."""
    cycle: int = 0
    done: int = 0
    """Passes of this cycle."""
    epochs: int = 0
    """Passes of all cycles."""
    best: float = -1.0
    state: dict[str, Tensor] = field(default_factory=dict)
    """The network's, where held-out reconstruction was best; empty if the last one stays."""

    def keep(self, share: float, network: nn.Module, selects: bool) -> None:
        """Note a held-out reconstruction, and the network's state where it `selects` and that is the best."""
        if share >= self.best or not selects:
            self.best = share
            if selects:
                self.state = {name: value.clone() for name, value in network.state_dict().items()}


def train(
    network: nn.Module,
    optimizer: FlatAdam,
    schedule: Callable[[int], None],
    rows: int,
    plan: Plan,
    losses: Callable[[Int[Tensor, " m"]], Losses],
    reconstructed: Callable[[Int[Tensor, " m"]], float],
    watch: Watch,
    drawn: Callable[[], Mapping[str, float]] = dict,
) -> dict[str, float]:
    """Train on a random part of `rows`.

    `schedule` sets the optimizer's schedule for a cycle of so many steps. `losses` takes row numbers of a
    minibatch in training mode, `reconstructed` the held-out ones in evaluation mode and gives the share that
    decodes to itself, in [0, 1]; among equal shares the later state wins. `drawn` gives facts of what the
    prior decodes to, after every pass. All randomness is torch's default generator (use `layers.seeded`).
    What `watch` has found is continued to the same bits. Leaves the network in evaluation mode; returns
    `epochs_trained`, and where something is held out `held_out_exact_percent`.
    """
    if not plan.epochs:
        network.eval()
        return {"epochs_trained": 0.0}
    at = _begun(network, optimizer, schedule, rows, plan, watch)
    training, held_out = at.order.split([plan.training_rows(rows), rows - plan.training_rows(rows)])
    while True:
        while at.done < plan.passes(at.cycle):
            network.train(not plan.only_first_trains or at.epochs == 0)
            facts = _pass(optimizer, training, plan, losses)
            network.eval()
            at.done, at.epochs = at.done + 1, at.epochs + 1
            with torch.no_grad(), unmoved():  # the same draws after every pass
                facts |= drawn()
                share = reconstructed(held_out) if len(held_out) else 0.0
            if len(held_out):
                facts["held_out_exact_percent"] = 100 * share
            at.keep(share, network, plan.selects)
            most = at.epochs + plan.passes(at.cycle) - at.done
            watch.epoch(at.epochs, most, facts, lambda: _state(at, network, optimizer))
        if at.best >= plan.floor or at.cycle + 1 >= plan.cycles or not len(held_out):
            break
        at.cycle, at.done = at.cycle + 1, 0
        schedule(plan.steps(rows, at.cycle))
    if plan.selects:
        network.load_state_dict(at.state)
    facts = {"epochs_trained": float(at.epochs)}
    return {**facts, "held_out_exact_percent": 100 * at.best} if len(held_out) else facts


def _begun(
    network: nn.Module,
    optimizer: FlatAdam,
    schedule: Callable[[int], None],
    rows: int,
    plan: Plan,
    watch: Watch,
) -> Position:
    """Where the training begins: at rows in a random order, or where it was cut short, all as it was."""
    at = Position(torch.randperm(rows))
    found = watch.found(sum(map(plan.passes, range(plan.cycles))))
    if found:
        at = Position(**found["position"])
    schedule(plan.steps(rows, at.cycle))
    if found:
        network.load_state_dict(found["network"])
        optimizer.load(found["optimizer"])
        torch.set_rng_state(found["random"])
    return at


def _state(at: Position, network: nn.Module, optimizer: FlatAdam) -> dict[str, Any]:
    """All that a training needs to go on from here."""
    return {
        "position": {**vars(at)},
        "network": network.state_dict(),
        "optimizer": optimizer.state(),
        "random": torch.get_rng_state(),
    }


def _pass(
    optimizer: FlatAdam, training: Int[Tensor, " n"], plan: Plan, losses: Callable[[Tensor], Losses]
) -> dict[str, float]:
    """One pass over the training rows; the mean of each loss over them."""
    totals: dict[str, float] = {}
    order = torch.randperm(len(training)) if plan.shuffled else torch.arange(len(training))
    for batch in order.split(plan.batch_size):
        parts = losses(training[batch])
        optimizer.step(parts["loss"])
        for name, value in parts.items():
            totals[name] = totals.get(name, 0.0) + float(value.detach()) * len(batch)
    facts = {name: total / len(training) for name, total in totals.items()}
    if not math.isfinite(facts["loss"]):
        raise FloatingPointError("the loss of the training is not finite")
    optimizer.ended_epoch(facts["loss"])
    return facts
