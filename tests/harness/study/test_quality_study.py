"""From words to what is measured of which representation: names, settings, what fits, identities."""

import dataclasses

import pytest

from harness.quality.subject import Sizes
from harness.study.options import parse
from harness.study.quality_options import QualityOptions
from harness.study.quality_study import Demands, quality_specs
from harness.study.registry import Registry
from harness.study.represented import resolve_representation
from methods.base import Autoencoder, Predictor, Pretrainable
from tabular.catalogue import load
from tabular.errors import HarnessError, MissingData

STILL = {
    "any": Demands(("draws",)),
    "decoded": Demands(("draws", "cells"), needs=(Autoencoder,)),
    "trained": Demands(needs=(Pretrainable,)),
    "both": Demands(needs=(Autoencoder, Predictor)),
}
SEARCHING = {"any": Demands(), "search": Demands(searches=True, judged=True)}


@pytest.fixture
def quality():
    """The specs of a command line, and what is left out."""

    def make(*words, sizes=None, parts=STILL):
        options, overrides = parse(list(words), QualityOptions, overrides=True)
        wanted = dataclasses.asdict(Sizes()) | (sizes or {})
        return quality_specs(options, overrides, Registry(), parts, wanted)

    return make


@pytest.mark.parametrize(
    ("name", "overrides", "label"),
    [
        ("arch2vec", {}, "arch2vec"),
        ("arch2vec-rl", {}, "arch2vec"),
        ("arch2vec", {"arch2vec": {"variant": "paper"}}, "arch2vec-paper"),
        ("bananas", {}, "path"),
        ("ngae-noc", {}, "ngae-noc"),
        ("ngae", {"ngae": {"width": "32"}}, "ngae[width=32]"),
        ("ngae-noc", {"ngae": {"width": "32"}}, "ngae-noc[ngae.width=32]"),
    ],
)
def test_one_representation_with_one_setting_has_one_label(name, overrides, label):
    assert resolve_representation(name, overrides, Registry()).label == label


def test_methods_that_mean_the_same_representation_are_measured_once(quality):
    specs, _ = quality("methods=arch2vec,arch2vec-rl", "parts=any", "seeds=2")
    assert [(spec.method, spec.seed) for spec in specs] == [("arch2vec", 0), ("arch2vec", 1)]


def test_three_pretraining_seeds_by_default_and_every_part_that_fits(quality):
    specs, left_out = quality("methods=arch2vec,one_hot")
    assert [(spec.seed, spec.method, spec.part) for spec in specs] == [
        (seed, *each)
        for seed in range(3)
        for each in [
            ("arch2vec", "any"),
            ("arch2vec", "decoded"),
            ("arch2vec", "trained"),
            ("one_hot", "any"),
        ]
    ]
    assert left_out == [
        "arch2vec: both left out: it is no Predictor",
        "one_hot: decoded left out: it is no Autoencoder",
        "one_hot: trained left out: it is no Pretrainable",
        "one_hot: both left out: it is no Autoencoder and no Predictor",
    ]
    assert [spec.pretrains for spec in specs[:4]] == [True, True, True, False]


def test_what_is_measured_on_a_space_that_can_be_listed_hangs_on_no_sample(quality):
    few, many = (quality("methods=one_hot", "parts=any", f"cells={n}", "seeds=1")[0] for n in (30, 300))
    assert few[0].key == many[0].key and few[0].split == 0


def test_sizes_that_are_read_labels_and_parts_make_other_records(quality):
    words = ("methods=ngae", "seeds=1")
    specs = [
        spec
        for more in ([], ["labels=training"])
        for draws in (10, 20)
        for spec in quality(*words, *more, sizes={"draws": draws})[0]
    ]
    assert {spec.part: sorted(spec.sizes) for spec in specs} == {
        "any": ["draws"], "decoded": ["cells", "draws"], "trained": [], "both": [],
    }  # fmt: skip
    assert len({spec.key for spec in specs}) == 2 * (2 + 2 + 1 + 1)


def test_what_learns_from_labels_alone_is_measured_with_labels(quality):
    specs, left_out = quality("methods=supervised", "parts=any", "labels=training", "seeds=1")
    assert [spec.method for spec in specs] == ["supervised"] and not left_out
    with pytest.raises(HarnessError, match="it learns from labels alone, and labels=none"):
        quality("methods=supervised", "parts=any")


def test_a_part_that_labels_cells_itself_measures_what_learns_from_labels_alone(quality):
    parts = {"any": Demands(), "few": Demands(labels=True, asked=True)}
    specs, left_out = quality("methods=supervised,one_hot", "parts=any,few", "seeds=1", parts=parts)
    assert [(spec.method, spec.part) for spec in specs] == [
        ("supervised", "few"), ("one_hot", "any"), ("one_hot", "few"),
    ]  # fmt: skip
    assert not left_out
    specs, left_out = quality("methods=one_hot", "parts=any,few", "labels=training", "seeds=1", parts=parts)
    assert [spec.part for spec in specs] == ["any"]
    assert left_out == ["few left out: it brings labels of its own, so labels=none alone"]
    # and is measured where it is named alone
    assert [spec.part for spec in quality("methods=one_hot", "seeds=1", parts=parts)[0]] == ["any"]


def test_a_representation_that_cannot_work_on_a_space_is_refused_with_the_reason(quality, monkeypatch):
    from methods.representations.dvae import DVAE

    monkeypatch.setattr(DVAE, "refusal", classmethod(lambda cls, space, hyper: "it cannot"))
    with pytest.raises(HarnessError, match="'dvae' cannot work on nb201:cifar10: it cannot"):
        quality("methods=dvae,one_hot", "parts=any")


def test_a_part_that_looks_at_a_search_is_of_the_whole_method(quality):
    words = ["methods=ngae,ngae-noc,arch2vec-rl,one_hot+gp_bo,one_hot", "labels=training", "seeds=1"]
    specs, left_out = quality(*words, "gradient_ascent.steps=7", parts=SEARCHING)
    found = [(spec.part, spec.method, spec.optimizer and spec.optimizer.name) for spec in specs]
    assert found == [
        ("any", "ngae", None),
        ("any", "ngae-noc", None),
        ("any", "arch2vec", None),
        ("any", "one_hot", None),
        ("search", "ngae[gradient_ascent.steps=7]", "gradient_ascent"),
        ("search", "ngae-noc[gradient_ascent.steps=7]", "gradient_ascent"),
        ("search", "arch2vec-rl", "reinforce_latent"),
        ("search", "one_hot+gp_bo", "gp_bo"),
    ]
    assert specs[4].optimizer.hyper["steps"] == 7 and len({spec.key for spec in specs}) == 8
    (sentence,) = left_out
    assert sentence.startswith("one_hot: search left out: representation 'one_hot' has no default optimizer")


def test_a_search_is_looked_at_with_all_labels_alone(quality):
    specs, left_out = quality("methods=ngae", "seeds=1", parts=SEARCHING)
    assert [spec.part for spec in specs] == ["any"]
    assert left_out == ["search left out: a search is looked at with labels=training alone"]
    with pytest.raises(HarnessError, match="unknown plugin of this study 'gradient_ascent'"):
        quality("methods=ngae", "gradient_ascent.steps=7", parts=SEARCHING)


def test_who_answers_for_what_is_in_no_pool_is_part_of_the_record(quality, monkeypatch):
    words = ("methods=ngae", "labels=training", "seeds=1")
    monkeypatch.setattr("harness.study.quality_study.judge", lambda name: load("nb201:cifar100"))
    still, search = quality(*words, parts=SEARCHING)[0]
    assert (still.judge, search.judge) == ("", load("nb201:cifar100").digest)
    again = type(search).of(search.method, search.identity())
    assert again.key == search.key and again.optimizer == search.optimizer


def test_without_its_data_a_space_is_measured_without_labels(quality, monkeypatch):
    def gone(name):
        raise MissingData("gone")

    monkeypatch.setattr("tabular.catalogue.load", gone)
    specs, left_out = quality("methods=one_hot", "parts=any", "seeds=1")
    assert specs[0].table_digest.startswith("unlabelled-")
    assert left_out == ["nb201:cifar10: its data are not here, and numbers that need accuracies are missing"]
    with pytest.raises(HarnessError, match="needs valid@200"):
        quality("methods=one_hot", "parts=any", "labels=training")


def test_settings_of_what_is_not_measured_are_refused(quality):
    with pytest.raises(HarnessError, match="unknown plugin of this study 'gp_bo'"):
        quality("methods=arch2vec", "gp_bo.pool=100")
    with pytest.raises(HarnessError, match="unknown complexity measure of nb201:cifar10"):
        quality("methods=ngae", "ngae.complexity=smell")
