"""Labels of tables are accepted back as names."""

import dataclasses

import pytest

from harness.study.hyper import VARIANT, field_names
from harness.study.method import crossed, resolve_method
from harness.study.options import RunOptions, parse
from harness.study.registry import Registry
from harness.study.represented import resolve_representation
from methods.hyper import variants
from methods.systems import SYSTEMS
from tabular.errors import HarnessError


@pytest.fixture(scope="module")
def registry():
    return Registry()


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("ngae[latent=8]", "ngae[latent=8]"),
        ("ngae+gp_bo[latent=8;gp_bo.batch=2]", "ngae+gp_bo[latent=8;gp_bo.batch=2]"),
        ("ngae[variant=paper;gradient_ascent.variant=published]", "ngae-paper"),
        ("ngae-published[epochs=100]", "ngae-published[ngae.epochs=100]"),
        ("ngae-published[ngae.epochs=100]", "ngae-published[ngae.epochs=100]"),
        ("ngae[steps=5]", None),
        ("graphpnas[batch=2]", "graphpnas[batch=2]"),
        ("bananas[variant=published]", "bananas-published"),
        ("ngae[complexity_weight=0]", "ngae-noc"),
    ],
)
def test_settings_in_brackets_are_those_of_the_label(registry, written, label):
    if label is None:
        with pytest.raises(HarnessError, match="unknown field of ngae 'steps'"):
            resolve_method(written, {}, registry)
    else:
        assert resolve_method(written, {}, registry).label == label


def _pairs(registry):
    """Every plugin by itself and every system, with the plugins of the pair."""
    for name in sorted({*registry.all_names, *SYSTEMS}):
        try:
            method = resolve_method(name, {}, registry)
        except HarnessError:  # it stands for no pair by itself
            continue
        yield (
            name,
            [
                (role, part.name)
                for role, part in (("representation", method.representation), ("optimizer", method.optimizer))
                if part
            ],
        )


def _other(value):
    """Another value that is as good, as it is typed; None for choices."""
    if isinstance(value, bool):
        return str(not value)
    if isinstance(value, float):
        return str(value / 2)
    return str(value + 1) if isinstance(value, int) else None


def test_every_label_is_a_name_whatever_is_set(registry):
    tried = 0
    for name, pair in _pairs(registry):
        for role, plugin in pair:
            hyper = registry.load(role, plugin).Hyper
            for variant in variants(hyper):
                first = resolve_method(name, {plugin: {VARIANT: variant}}, registry)
                assert resolve_method(first.label, {}, registry) == first
                tried += 1
            for field in dataclasses.fields(hyper):
                value = _other(field.default)
                if value is None or field.metadata["when"]:
                    continue
                first = resolve_method(name, {plugin: {field.name: value}}, registry)
                assert resolve_method(first.label, {}, registry) == first
                tried += 1
    assert tried > 200


def test_a_label_of_quality_is_a_name_too(registry):
    for written in ("ngae-published[epochs=100;width=64]", "arch2vec[variant=paper;epochs=1]", "one_hot"):
        first = resolve_representation(written, {}, registry)
        assert resolve_representation(first.label, {}, registry) == first
    assert first.label == "one_hot"


def test_the_search_of_a_name_does_not_matter_to_its_representation(registry):
    for written in (
        "ngae[gradient_ascent.steps=5]",
        "ngae+gp_bo[gp_bo.batch=2]",
        "bananas[variant=published]",
    ):
        plain = resolve_representation(written.partition("[")[0], {}, registry)
        assert resolve_representation(written, {}, registry) == plain


def test_one_plugin_has_several_settings_in_one_study(study):
    specs = study("methods=one_hot+gp_bo[gp_bo.batch=2],one_hot+gp_bo,random", "seeds=1", "gp_bo.batch=3")
    assert [spec.method for spec in specs] == [
        "one_hot+gp_bo[gp_bo.batch=2]",
        "one_hot+gp_bo[gp_bo.batch=3]",
        "random",
    ]


def test_commas_inside_brackets_part_no_names():
    options, _ = parse(["methods=a[b=1,2;c=3],d"], RunOptions)
    assert options.methods == ("a[b=1,2;c=3]", "d")


def test_a_cross_keeps_the_settings_of_its_representations(registry):
    names, left_out = crossed(("nao[hidden=32]", "one_hot"), ("gradient_ascent", "gp_bo"), registry)
    assert names == ["nao[hidden=32]", "nao+gp_bo[hidden=32]", "one_hot+gp_bo"]
    assert left_out[0].startswith("one_hot+gradient_ascent is left out")


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("ngae[latent=8", "settings are written"),
        ("ngae[]", "settings are written"),
        ("ngae[latent=8]x", "settings are written"),
        ("ngae[latent]", "'latent' is not field=value"),
        ("ngae[latent=8;ngae.latent=9]", "latent is given twice"),
        ("ngae[latnet=8]", "Did you mean 'latent'"),
        ("ngae[gp_bo.batch=2]", "unknown plugin of ngae 'gp_bo'"),
        ("ngae[latent=many]", "ngae.latent=many"),
        ("ngae-published[variant=paper]", "write ngae.variant or gradient_ascent.variant"),
        ("ngea[latent=8]", "unknown method 'ngea'"),
    ],
)
def test_what_is_no_label_is_refused(registry, written, complaint):
    with pytest.raises(HarnessError, match=complaint.replace("[", r"\[")):
        resolve_method(written, {}, registry)


def test_a_setting_without_a_plugin_is_of_the_one_the_name_begins_with(registry):
    assert "steps" not in field_names(registry.load("representation", "ngae"))
    free = resolve_method("ngae-noc[steps=5]", {}, registry)
    assert free.optimizer.hyper["steps"] == 5
