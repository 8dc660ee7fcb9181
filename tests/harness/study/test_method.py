"""What a method's name means, and how it is shown."""

import pytest

from harness.study.method import crossed, resolve_method
from harness.study.registry import Registry
from methods.systems import SYSTEMS
from tabular.errors import HarnessError


@pytest.fixture(scope="module")
def registry():
    return Registry()


@pytest.mark.parametrize(
    ("written", "overrides", "label"),
    [
        ("ngae", {}, "ngae"),
        ("ngae+gradient_ascent", {}, "ngae"),
        ("ngae-noc", {}, "ngae-noc"),
        ("ngae", {"ngae": {"complexity_weight": "0"}}, "ngae-noc"),
        ("ngae-noc", {"ngae": {"complexity_weight": "0.02"}}, "ngae"),
        ("ngae-noc", {"ngae": {"latent": "8"}}, "ngae-noc[ngae.latent=8]"),
        ("ngae", {"gradient_ascent": {"steps": "5"}}, "ngae[gradient_ascent.steps=5]"),
        ("one_hot+gp_bo", {"gp_bo": {"batch": "2"}}, "one_hot+gp_bo[gp_bo.batch=2]"),
        ("random", {}, "random"),
        ("graphpnas", {"graphpnas": {"batch": "2"}}, "graphpnas[batch=2]"),
        ("bananas", {"bananas": {"variant": "published"}}, "bananas-published"),
        (
            "supervised-published",
            {"supervised": {"variant": "adapted"}},
            "supervised-published[supervised.variant=adapted]",
        ),
    ],
)
def test_one_pair_with_one_setting_has_one_label(registry, written, overrides, label):
    assert resolve_method(written, overrides, registry).label == label


def test_the_settings_of_a_system_reach_its_plugins(registry):
    free = resolve_method("ngae-noc", {}, registry)
    assert free.representation.hyper["complexity_weight"] == 0
    assert resolve_method("ngae", {}, registry).representation.hyper["complexity_weight"] > 0


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_system_resolves_to_itself(registry, name):
    method = resolve_method(name, {}, registry)
    assert method.label == name
    representation = method.representation.name if method.representation else None
    assert (representation, method.optimizer.name) == (SYSTEMS[name].representation, SYSTEMS[name].optimizer)


def test_names_in_an_error_include_systems(registry):
    with pytest.raises(HarnessError, match="Did you mean 'ngae-noc'") as problem:
        resolve_method("ngae-nco", {}, registry)
    assert str(problem.value).count(" nao,") == 1


def test_optimizers_are_crossed_with_representations_only(registry):
    names, left_out = crossed(("one_hot", "random", "ngae-noc"), ("gp_bo", "gradient_ascent"), registry)
    assert names == ["one_hot+gp_bo", "random", "ngae-noc"]
    (sentence,) = left_out
    assert sentence.startswith("one_hot+gradient_ascent is left out: gradient_ascent needs a Decoder")


def test_a_cross_with_its_own_optimizer_keeps_a_system(registry):
    names, _ = crossed(("nao", "supervised", "one_hot"), ("gradient_ascent", "gp_bo"), registry)
    assert names == ["nao", "nao+gp_bo", "supervised", "one_hot+gp_bo"]


def test_what_a_variant_does_not_learn_beforehand_is_not_pretrained(registry):
    assert resolve_method("nao", {}, registry).pretrains
    assert not resolve_method("nao-published", {}, registry).pretrains
    assert not resolve_method("random", {}, registry).pretrains


def test_without_optimizers_nothing_is_crossed(registry):
    assert crossed(("ngae", "random"), (), registry) == (["ngae", "random"], [])


def test_a_cross_without_a_working_pair_is_refused(registry):
    with pytest.raises(HarnessError, match=r"one_hot\+gradient_ascent is left out"):
        crossed(("one_hot",), ("gradient_ascent",), registry)
    with pytest.raises(HarnessError, match="methods= names none"):
        crossed(("random",), ("gp_bo",), registry)
