"""A training that was cut short goes on to the same bits as one that was not."""

import io
import itertools

import pytest
import torch
from torch import nn

from harness.running import checkpoints
from harness.running.checkpoints import Checkpoints
from harness.running.pretraining import curve_of, pretrained
from harness.study.hyper import resolved
from harness.study.registry import Registry
from harness.study.spec import ModelSpec, PluginSpec
from methods.networks.flat_adam import FlatAdam
from methods.training import Plan, train
from tabular.table_file import data_folder

pytestmark = pytest.mark.trains

ROWS = 40
CYCLED = Plan(epochs=2, batch_size=8, cycles=2, floor=2.0)  # two and four passes
SCHEDULES = {
    "one_cycle": (CYCLED, lambda optimizer, steps: optimizer.one_cycle(steps)),
    "plateau": (Plan(6, 8, 0.0, selects=False), lambda optimizer, steps: optimizer.plateau(0.1, 1)),
    "linear decay": (Plan(6, 8, selects=False), lambda optimizer, steps: optimizer.linear_decay(steps, 0.5)),
    "sticky": (Plan(6, 8, shuffled=False, only_first_trains=True), lambda optimizer, steps: None),
}


class CutShort(Exception):
    """Stands in for whatever ends a process."""


@pytest.fixture(autouse=True)
def every_pass(monkeypatch, tmp_path):
    """A checkpoint after every pass, in a data folder of its own."""
    monkeypatch.setattr(checkpoints, "SECONDS", -1.0)
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path / "data"))


def cutting(after):
    """Ends the process when so many passes are done, before the last of them is saved."""

    def tell(done, most, facts):
        if done == after:
            raise CutShort

    return tell


def outcome(schedule, folder, tell=lambda *_: None, grows=False, plan=None):
    """Facts, state and curve of the training of a network with batch norm and dropout."""
    usual, set_schedule = SCHEDULES[schedule]
    plan = plan or usual
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 1))
    x = torch.randn(ROWS, 3)
    optimizer = FlatAdam(network, 0.01, 1.0)
    watch = Checkpoints(folder, "some", grows, tell)
    facts = train(
        network,
        optimizer,
        lambda steps: set_schedule(optimizer, steps),
        ROWS,
        plan,
        lambda rows: {"loss": (network(x[rows])[:, 0] - x[rows].sum(1)).square().mean()},
        lambda rows: float((network(x[rows])[:, 0] - x[rows].sum(1)).abs().lt(0.5).float().mean()),
        watch,
    )
    watch.finished()
    return facts, {name: value.clone() for name, value in network.state_dict().items()}, watch.curve


def same(one, other):
    return (one[0], one[2]) == (other[0], other[2]) and all(
        torch.equal(value, other[1][name]) for name, value in one[1].items()
    )


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_training_cut_at_any_pass_ends_in_the_same_bits(schedule, tmp_path):
    straight = outcome(schedule, tmp_path / "straight")
    assert len(straight[2]) == 6 and not same(straight, outcome("plateau", tmp_path, plan=Plan(5, 8)))
    for after in range(1, 7):
        folder = tmp_path / str(after)
        with pytest.raises(CutShort):
            outcome(schedule, folder, cutting(after))
        assert [path.name for path in folder.glob("*")] == [f"some-{after - 1}.pt"] * (after > 1)
        told = []
        assert same(straight, outcome(schedule, folder, lambda done, *_, told=told: told.append(done)))
        assert told == list(range(after, 7))  # none twice
        assert not list(folder.glob("*"))  # nothing is left to go on from


def test_it_may_be_cut_again_and_again(tmp_path):
    straight = outcome("one_cycle", tmp_path / "straight")
    for after in (2, 4, 5, 6):
        with pytest.raises(CutShort):
            outcome("one_cycle", tmp_path / "often", cutting(after))
    assert same(straight, outcome("one_cycle", tmp_path / "often"))


@pytest.mark.parametrize("content", [b"", b"garbage", "cut", "flipped", "a number of it"])
def test_a_damaged_checkpoint_is_passed_over(content, tmp_path):
    straight = outcome("plateau", tmp_path / "straight")
    folder = tmp_path / "damaged"
    with pytest.raises(CutShort):
        outcome("plateau", folder, cutting(3))
    whole = folder / "some-2.pt"
    later, kept = folder / "some-4.pt", whole.read_bytes()
    if content == "cut":
        content = kept[: len(kept) // 2]
    if content == "flipped":
        content = kept[:200] + bytes(each ^ 255 for each in kept[200:260]) + kept[260:]
    if content == "a number of it":
        weight = torch.load(io.BytesIO(kept[32:]))["state"]["network"]["0.weight"].numpy().tobytes()
        at = kept.index(weight)
        content = kept[:at] + bytes([kept[at] ^ 255]) + kept[at + 1 :]
    later.write_bytes(content)
    told = []
    assert same(straight, outcome("plateau", folder, lambda done, *_: told.append(done)))
    assert told == [3, 4, 5, 6]


def test_where_every_checkpoint_is_damaged_it_begins(tmp_path):
    straight = outcome("plateau", tmp_path / "straight")
    folder = tmp_path / "damaged"
    folder.mkdir()
    (folder / "some-3.pt").write_bytes(b"garbage")
    assert same(straight, outcome("plateau", folder))


def test_a_longer_training_goes_on_from_a_shorter_finished_one(tmp_path):
    plans = {epochs: Plan(epochs, 8, 0.0, selects=False) for epochs in (2, 4, 7)}
    straight = {
        epochs: outcome("plateau", tmp_path / f"straight-{epochs}", plan=plan)
        for epochs, plan in plans.items()
    }
    done = {epochs: [] for epochs in plans}
    for epochs in (4, 7, 2):  # the shortest has to begin: what there is goes beyond it
        tell = done[epochs].append
        found = outcome(
            "plateau", tmp_path / "grown", lambda at, *_, tell=tell: tell(at), True, plans[epochs]
        )
        assert same(straight[epochs], found)
    assert done == {4: [1, 2, 3, 4], 7: [5, 6, 7], 2: [1, 2]}
    assert {path.name for path in (tmp_path / "grown").glob("*")} == {"some-2.pt", "some-4.pt", "some-7.pt"}


def model(registry, name="dvae", **given):
    """A small graph VAE, trained as the authors do but for what points decode to."""
    small = {"width": "8", "latent": "4", "batch_size": "64", "cells": "300", "decoding": "greedy", **given}
    plugin = registry.load("representation", name)
    hyper = resolved(name, plugin, {"variant": "published"}, small)
    version = registry.version("representation", name)
    return ModelSpec(PluginSpec(name, version, hyper), "nb201", 0)


@pytest.fixture
def registry():
    return Registry()


def equal(one, other):
    return all(torch.equal(value, other[0][name]) for name, value in one[0].items()) and all(
        one[1][name] == other[1][name] for name in one[1] if name != "seconds"
    )


def test_a_model_is_the_same_cut_or_grown_or_neither(registry, monkeypatch, tmp_path):
    folders = (tmp_path / str(number) for number in itertools.count())

    def fresh():
        monkeypatch.setenv("NAS_HARNESS_DATA", str(next(folders)))

    fresh()
    straight = pretrained(model(registry, epochs="4"), registry)
    curve = curve_of(model(registry, epochs="4"), registry)
    assert [point["epoch"] for point in curve] == [1, 2, 3, 4]
    fresh()
    with pytest.raises(CutShort):
        pretrained(model(registry, epochs="4"), registry, cutting(3))
    told = []
    again = pretrained(model(registry, epochs="4"), registry, lambda done, *_: told.append(done))
    assert equal(straight, again) and told == [3, 4]
    assert curve_of(model(registry, epochs="4"), registry) == curve
    fresh()
    short = pretrained(model(registry, epochs="2"), registry)
    told.clear()
    grown = pretrained(model(registry, epochs="4"), registry, lambda done, *_: told.append(done))
    assert equal(straight, grown) and told == [3, 4] and not equal(straight, short)
    pretrained(model(registry, epochs="3", width="9"), registry, lambda done, *_: told.append(done))
    assert told[2:] == [1, 2, 3]  # another network begins
    assert len(list((data_folder() / "training").glob("dvae-*.pt"))) == 3
