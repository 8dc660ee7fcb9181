import dataclasses
import json

import pytest

from tabular.errors import HarnessError
from tabular.protocol import PROTOCOLS, Protocol, find_protocol

BASE = PROTOCOLS["nb201-200ep"]
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
    assert set(OTHER_RULES) == {field.name for field in dataclasses.fields(Protocol)} - {"summary"}


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


def test_the_summary_does_not_change_the_hash():
    assert dataclasses.replace(BASE, summary="other words").hash == BASE.hash


def test_hashes_are_pinned():
    """A change here makes all stored runs strangers to new ones: raise `version` and mean it."""
    assert BASE.hash == "71646e2b"
    assert PROTOCOLS["nb201-200ep-mean"].hash == "60a2ac44"


@pytest.mark.parametrize("rule", ["replicate", "repeats", "same"])
def test_rules_take_their_own_words_only(rule):
    with pytest.raises(HarnessError, match=f"{rule}='often' must be one of"):
        dataclasses.replace(BASE, **{rule: "often"})


def test_unknown_protocol_gives_the_closest():
    with pytest.raises(HarnessError, match=r"unknown protocol 'nb201-200'\. Did you mean 'nb201-200ep'\?"):
        find_protocol("nb201-200", "nb201:cifar10")


def test_a_protocol_without_initial_design_is_refused():
    with pytest.raises(HarnessError, match="initial_design=0 must be at least 1"):
        dataclasses.replace(PROTOCOLS["nb201-200ep"], initial_design=0)


def test_a_protocol_for_another_family_is_refused():
    with pytest.raises(HarnessError, match="is for nb201, not for nb101"):
        find_protocol("nb201-200ep", "nb101")


def test_known_protocol_is_found_for_every_dataset():
    assert find_protocol("nb201-200ep-mean", "nb201:cifar100") is PROTOCOLS["nb201-200ep-mean"]
