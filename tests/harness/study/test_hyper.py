"""Variants, conditions, and what of a plugin's hyper-parameters is part of a run's identity."""

import pytest

from harness.study.hyper import changes, resolved
from harness.study.method import resolve_method
from harness.study.registry import Registry
from tabular.errors import HarnessError

FILE = '''"""A file of ours."""
from dataclasses import dataclass
from typing import Literal
from methods.base import Optimizer, describe
class Mine(Optimizer):
    @dataclass(frozen=True)
    class Hyper:
        way: Literal["long", "short"] = describe("long", "which way", "ours; paper", paper="short")
        steps: int = describe(9, "how many", "ours; paper", paper=3, published=2, when={"way": "long"})
        rest: float = describe(0.5, "at the end", "ours", published=0.1)
        both: int = describe(1, "of either", "ours", when={"way": ("long", "short"), "rest": 0.5})
    def propose(self, space, representation, observed, n): ...
'''


TOY = """
import dataclasses
import numpy as np
from tabular.benchmark import Table
from tabular.protocol import Protocol
from tabular.spaces.macro import MacroSpace
from tabular.table_file import digest
DATASETS = ("one",)
DEFAULT_PROTOCOL = "toy-open"
OPEN = Protocol(name="toy-open", summary="all shown", benchmark="toy", epochs=1, budget=20)
BLIND = dataclasses.replace(OPEN, name="toy-blind", transductive=False)
PROTOCOLS = (OPEN, BLIND)
def load(dataset):
    space = MacroSpace()
    columns = {name: np.ones((space.size, 1)) for name in ("valid@1", "test@1", "seconds@1")}
    return Table("toy:one", space, digest(columns), 1, columns, {})
"""


@pytest.fixture
def mine(tmp_path):
    (tmp_path / "mine.py").write_text(FILE)
    return Registry((tmp_path / "mine.py",)).load("optimizer", "mine")


@pytest.fixture(scope="module")
def registry():
    return Registry()


def test_a_variant_stands_for_its_values_and_what_is_given_wins(mine):
    assert resolved("mine", mine, {}, {}) == {"way": "long", "steps": 9, "rest": 0.5, "both": 1}
    assert resolved("mine", mine, {}, {"variant": "published"}) == {"way": "long", "steps": 2, "rest": 0.1}
    assert resolved("mine", mine, {}, {"variant": "published", "steps": "7", "rest": "0.5"}) == {
        "way": "long",
        "steps": 7,
        "rest": 0.5,
        "both": 1,
    }
    assert resolved("mine", mine, {"variant": "published", "rest": 0.3}, {"variant": "adapted"}) == {
        "way": "long",
        "steps": 9,
        "rest": 0.3,
    }


def test_what_is_not_read_is_no_part_of_the_outcome_and_is_refused_where_it_is_given(mine):
    assert resolved("mine", mine, {"variant": "paper"}, {}) == {"way": "short", "rest": 0.5, "both": 1}
    with pytest.raises(HarnessError, match=r"^mine\.steps is read only with way=long: way=short$"):
        resolved("mine", mine, {}, {"variant": "paper", "steps": "3"})
    with pytest.raises(HarnessError, match=r"mine\.steps is read only with way=long: way=short"):
        resolved("mine", mine, {"way": "short"}, {"steps": "9"})
    with pytest.raises(HarnessError, match=r"mine\.both is read only with way=long\|short and rest=0\.5: "):
        resolved("mine", mine, {}, {"rest": "0.2", "both": "1"})
    assert resolved("mine", mine, {"way": "short", "steps": 4}, {})["way"] == "short"  # of a system: left out


def test_unknown_variants_fields_and_values_are_refused(mine):
    for given, said in (
        ({"variant": "publshed"}, "unknown variant of mine 'publshed'. Did you mean 'published'?"),
        ({"stps": "3"}, "unknown field of mine 'stps'. Did you mean 'steps'?"),
        ({"steps": "three"}, "mine.steps=three: "),
        ({"way": "round"}, "mine.way=round: "),
    ):
        with pytest.raises(HarnessError) as problem:
            resolved("mine", mine, {}, given)
        assert str(problem.value).startswith(said)


def test_a_variant_in_which_nothing_differs_is_none(registry):
    for name, known in (("random", "adapted"), ("bananas", "adapted, published"), ("gae", "adapted")):
        role = "representation" if name == "gae" else "optimizer"
        with pytest.raises(HarnessError, match=rf"unknown variant of {name} 'paper'.*Available: {known}"):
            resolved(name, registry.load(role, name), {}, {"variant": "paper"})


@pytest.mark.parametrize(
    ("given", "settings", "fewest"),
    [
        ({}, {}, {}),
        ({"variant": "paper"}, {}, {"way": "short"}),  # one value says more than the name of a variant
        ({"steps": "2", "rest": "0.1"}, {}, {"variant": "published"}),
        ({"rest": "0.1"}, {}, {"rest": 0.1}),
        ({"variant": "adapted"}, {"variant": "published"}, {"variant": "adapted"}),
        ({"way": "short"}, {"variant": "published"}, {"way": "short"}),
        ({"steps": "4"}, {"variant": "published"}, {"steps": 4}),
        ({"way": "long"}, {"way": "short"}, {"way": "long"}),  # which makes `steps` read, as usual
    ],
)
def test_the_fewest_settings_that_lead_to_the_same(mine, given, settings, fewest):
    hyper = resolved("mine", mine, settings, given)
    found = changes(mine, hyper, settings)
    assert found == fewest
    written = {field: str(value) for field, value in found.items()}
    assert resolved("mine", mine, settings, written) == hyper


@pytest.mark.parametrize(
    ("written", "overrides", "label"),
    [
        ("ngae", {"ngae": {"variant": "paper"}}, "ngae[variant=paper]"),
        ("dvae", {"dvae": {"variant": "published"}}, "dvae[variant=published]"),
        ("ngae-published", {}, "ngae-published"),
        (
            "ngae",
            {"ngae": {"variant": "published"}, "gradient_ascent": {"variant": "published"}},
            "ngae-published",
        ),
        ("ngae-published", {"ngae": {"variant": "adapted"}}, "ngae[gradient_ascent.variant=published]"),
        ("arch2vec+gp_bo", {"gp_bo": {"variant": "published"}}, "arch2vec[gp_bo.variant=published]"),
        ("one_hot+gp_bo", {"gp_bo": {"variant": "published"}}, "one_hot+gp_bo[gp_bo.variant=published]"),
        ("arch2vec+gp_bo", {"gp_bo": {"surrogate": "dngo"}}, "arch2vec[gp_bo.surrogate=dngo]"),
        ("arch2vec-paper", {"arch2vec": {"variant": "adapted"}}, "arch2vec[gp_bo.surrogate=dngo]"),
        ("one_hot+gp_bo", {"gp_bo": {"target": "0.9"}}, "one_hot+gp_bo[gp_bo.target=0.9]"),
        ("bananas", {"bananas": {"labels": "errors", "candidates": "neighbours"}}, "bananas-published"),
        ("bananas", {"bananas": {"labels": "errors"}}, "bananas[labels=errors]"),
        ("graphpnas", {"graphpnas": {"variant": "published"}}, "graphpnas-published"),
    ],
)
def test_a_label_names_the_variant(registry, written, overrides, label):
    assert resolve_method(written, overrides, registry).label == label


@pytest.mark.parametrize(
    ("written", "overrides", "condition"),
    [
        ("one_hot+gp_bo", {"gp_bo": {"units": "64"}}, "surrogate=dngo: surrogate=gp"),
        ("arch2vec-paper", {"gp_bo": {"refit_growth": "1.5"}}, "surrogate=gp: surrogate=dngo"),
        ("one_hot+gp_bo", {"gp_bo": {"pool": "99"}}, "candidates=pool: candidates=all"),
        ("bananas-published", {"bananas": {"parents": "9"}}, "candidates=pool: candidates=neighbours"),
        ("ngae-paper", {"ngae": {"cycles": "2"}}, "schedule=one_cycle: schedule=plateau"),
        ("ngae", {"ngae": {"decodings": "9"}}, "decoding=majority|first_valid: decoding=greedy"),
        ("nao-published", {"nao": {"cells": "9"}}, "unlabelled=True: unlabelled=False"),
        ("arch2vec-published", {"arch2vec": {"kl_weight": "1"}}, "kl_per_batch=False: kl_per_batch=True"),
        ("dvae-published", {"gp_bo_latent": {"reach": "1"}}, "search=pool: search=one_by_one"),
        ("supervised-published", {"supervised": {"more_epochs": "5"}}, "anew=False: anew=True"),
        ("bohb-published", {"bohb": {"bandwidth_factor": "2"}}, "draws=widened: draws=plain"),
    ],
)
def test_a_key_that_is_not_read_is_refused_with_its_condition(registry, written, overrides, condition):
    ((plugin, fields),) = overrides.items()
    (field,) = fields
    with pytest.raises(HarnessError) as problem:
        resolve_method(written, overrides, registry)
    assert str(problem.value) == f"{plugin}.{field} is read only with {condition}"


def test_an_identity_holds_what_is_used_and_nothing_else(registry):
    """The complaint that began this: `published` said a price of 0.02 where 1 was used."""
    published = resolve_method("ngae-published", {}, registry).representation.hyper
    assert (published["complexity_weight"], published["predictor_weight"]) == (1.0, 1.0)
    assert (published["width"], published["epochs"], published["noise"]) == (501, 300, 0.01)
    assert not {"cycles", "decodings", "variant"} & set(published)
    adapted = resolve_method("ngae", {}, registry).representation.hyper
    assert adapted["complexity_weight"] == 0.02 and "cycles" in adapted and "variant" not in adapted
    listed = resolve_method("one_hot+gp_bo", {}, registry).optimizer.hyper
    assert not {"pool", "parents", "units", "squared_residual"} & set(listed) and "refit_growth" in listed


@pytest.fixture
def toy(tmp_path):
    """A benchmark on NAS-Bench-Macro's space, and a protocol of it that forbids to list it."""
    (tmp_path / "toy.py").write_text(TOY)
    return (tmp_path / "toy.py",)


def test_a_key_of_what_stands_in_for_a_listing_is_read_there(study, toy):
    """Where candidates are a pool by default its size can be given; where they are not it is refused."""
    words = ["methods=one_hot+gp_bo", "bench=toy", "seeds=1", "gp_bo.pool=77"]
    (spec,) = study(*words, "protocol=toy-blind", plugins=toy)
    assert spec.optimizer.hyper["pool"] == 77
    assert spec.method == "one_hot+gp_bo[gp_bo.candidates=pool;gp_bo.pool=77]"
    with pytest.raises(HarnessError, match=r"gp_bo\.pool is read only with candidates=pool"):
        study(*words, plugins=toy)


def test_a_variant_with_candidates_of_its_own_keeps_them_where_nothing_is_listed(study, toy):
    for words in (["methods=bananas-published"], ["methods=bananas", "bananas.variant=published"]):
        (spec,) = study(*words, "bench=toy", "protocol=toy-blind", "seeds=1", plugins=toy)
        assert spec.method == "bananas-published"
        assert spec.optimizer.hyper["candidates"] == "neighbours"


def test_a_decoder_that_cannot_is_refused_by_the_study(study, toy):
    for name in ("ngae-published", "dvae-paper"):
        said = rf"'{name}' cannot work on nb201:cifar10: its decoder can give back 6\.5 %"
        with pytest.raises(HarnessError, match=said):
            study(f"methods={name}", "bench=nb201", "seeds=1")
        (spec,) = study(f"methods={name}", "bench=toy", "seeds=1", plugins=toy)
        assert spec.method == name
