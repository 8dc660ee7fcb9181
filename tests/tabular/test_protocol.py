import dataclasses
import json

import pytest

from tabular.errors import HarnessError
from tabular.protocol import WORDS, Protocol, differing, find_protocol
from tests.presets import PROTOCOLS

BASE, MEAN = PROTOCOLS["nb201-200ep"], PROTOCOLS["nb201-200ep-mean"]
OTHER_RULES = {
    "name": "another",
    "benchmark": "nb101",
    "version": 2,
    "split": "test",
    "epochs": 12,
    "replicate": "mean",
    "budget": 151,
    "repeats": "charged",
    "same": "class",
    "initial_design": 11,
    "patience": 11,
    "transductive": False,
    "fidelities": (12,),
    "shorter_seconds": "proportional",
    "unit": "seconds",
    "crossing": "kept",
    "reported_split": "ori-test",
    "reported_epochs": 12,
    "test_split": "valid",
}


def test_the_default_rules_are_those_of_the_issue():
    assert BASE.rules() == {
        "name": "nb201-200ep",
        "benchmark": "nb201",
        "version": 1,
        "split": "valid",
        "epochs": 200,
        "replicate": "one",
        "budget": 150,
        "repeats": "free",
        "same": "row",
        "initial_design": 10,
        "patience": 10,
        "transductive": True,
    }


def test_mean_differs_in_name_and_replicate_rule_alone():
    mean = PROTOCOLS["nb201-200ep-mean"].rules()
    assert {rule for rule, value in BASE.rules().items() if mean[rule] != value} == {"name", "replicate"}
    assert mean["replicate"] == "mean"


@pytest.mark.parametrize("rule", OTHER_RULES)
def test_every_rule_changes_the_hash(rule):
    assert dataclasses.replace(BASE, **{rule: OTHER_RULES[rule]}).hash != BASE.hash


def test_no_rule_was_forgotten_above():
    assert set(OTHER_RULES) == {field.name for field in dataclasses.fields(Protocol)} - {*WORDS}


def test_a_rule_that_came_later_is_left_out_at_its_default():
    """So that the hashes of older protocols stand: `fidelities` is in no stored run of theirs."""
    assert "fidelities" not in BASE.rules()
    shorter = dataclasses.replace(BASE, fidelities=(4, 12))
    assert shorter.rules() == {**BASE.rules(), "fidelities": [4, 12]}
    assert dataclasses.replace(shorter, fidelities=()).hash == BASE.hash != shorter.hash


def test_rules_give_the_protocol_back():
    for protocol in (BASE, dataclasses.replace(BASE, fidelities=(4, 12))):
        again = Protocol.from_rules(json.loads(json.dumps(protocol.rules())))
        assert again == dataclasses.replace(protocol, summary="")
        assert again.hash == protocol.hash


def test_schedules_are_the_shorter_ones_and_the_full_one():
    assert BASE.schedules == (200,)
    assert dataclasses.replace(BASE, fidelities=(4, 12)).schedules == (4, 12, 200)


@pytest.mark.parametrize("fidelities", [(12, 4), (12, 12), (200,), (12, 300), (0, 12), (-1,)])
def test_fidelities_ascend_and_are_shorter_than_the_full_schedule(fidelities):
    with pytest.raises(
        HarnessError, match="must hold ascending numbers of epochs from 1 to below epochs=200"
    ):
        dataclasses.replace(BASE, fidelities=fidelities)


@pytest.mark.parametrize("field", ["summary", "leaks"])
def test_words_do_not_change_the_hash(field):
    assert dataclasses.replace(BASE, **{field: "other words"}).hash == BASE.hash


def test_a_protocol_is_another_one_on_another_dataset():
    general = dataclasses.replace(BASE, datasets={"cifar100": {"epochs": 12, "reported_epochs": 200}})
    assert general.on("cifar10").rules() == BASE.rules()
    there = find_protocol("nb201-200ep", "nb201:cifar100", {"nb201-200ep": general})
    assert (there.epochs, there.truth, there.datasets) == (12, ("valid", 200), {})
    assert there.hash != BASE.hash


def test_what_is_reported_is_what_is_searched_unless_said():
    assert BASE.truth == ("valid", 200)
    assert dataclasses.replace(BASE, epochs=12).truth == ("valid", 12)
    assert dataclasses.replace(BASE, reported_split="ori-test").truth == ("ori-test", 200)


def test_differing_names_the_fields_and_not_the_name():
    mean, nats = PROTOCOLS["nb201-200ep-mean"], PROTOCOLS["nb201-nats"].on("cifar10")
    assert differing(BASE.rules(), mean.rules()) == ["replicate=one|mean"]
    assert differing(BASE.rules(), nats.rules()) == [
        "epochs=200|12",
        "budget=150|20000",
        "repeats=free|charged",
        "unit=queries|seconds",
        "reported_epochs=0|200",
    ]
    assert differing(nats.rules(), BASE.rules())[-1] == "reported_epochs=200|0"


def test_hashes_are_pinned():
    """A change here makes all stored runs strangers to new ones: raise `version` and mean it."""
    assert BASE.hash == "71646e2b"
    assert PROTOCOLS["nb201-200ep-mean"].hash == "60a2ac44"


@pytest.mark.parametrize("rule", ["replicate", "repeats", "same", "unit", "crossing"])
def test_rules_take_their_own_words_only(rule):
    with pytest.raises(HarnessError, match=f"{rule}='often' must be one of"):
        dataclasses.replace(BASE, **{rule: "often"})


def test_unknown_protocol_gives_the_closest():
    with pytest.raises(HarnessError, match=r"unknown protocol 'nb201-200'\. Did you mean 'nb201-200ep'\?"):
        find_protocol("nb201-200", "nb201:cifar10", PROTOCOLS)


def test_a_protocol_without_initial_design_is_refused():
    with pytest.raises(HarnessError, match="initial_design=0 must be at least 1"):
        dataclasses.replace(PROTOCOLS["nb201-200ep"], initial_design=0)


def test_a_protocol_for_another_family_is_refused():
    with pytest.raises(HarnessError, match="is for nb201, not for nb101"):
        find_protocol("nb201-200ep", "nb101", PROTOCOLS)


def test_known_protocol_is_found_for_every_dataset():
    assert find_protocol("nb201-200ep-mean", "nb201:cifar100", PROTOCOLS) == MEAN
