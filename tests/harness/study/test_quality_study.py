"""From words to what is measured of which representation: names, settings, what fits, identities."""

import dataclasses

import pytest

from harness.quality.subject import Sizes
from harness.study.options import parse
from harness.study.quality_options import QualityOptions
from harness.study.quality_study import quality_specs
from harness.study.registry import Registry
from harness.study.represented import resolve_representation
from methods.base import Autoencoder, Predictor, Pretrainable
from tabular.errors import HarnessError

NEEDS = {"any": (), "decoded": (Autoencoder,), "trained": (Pretrainable,), "both": (Autoencoder, Predictor)}


@pytest.fixture
def quality():
    """The specs of a command line, and what is left out."""

    def make(*words, sizes=None):
        options, overrides = parse(list(words), QualityOptions, overrides=True)
        wanted = dataclasses.asdict(Sizes()) | (sizes or {})
        return quality_specs(options, overrides, Registry(), NEEDS, wanted)

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


def test_sizes_labels_and_parts_make_other_records(quality):
    words = ("methods=ngae", "seeds=1")
    keys = {
        spec.key
        for more in ([], ["labels=training"])
        for draws in (10, 20)
        for spec in quality(*words, *more, sizes={"draws": draws})[0]
    }
    assert len(keys) == 2 * 2 * len(NEEDS)


def test_what_learns_from_labels_alone_is_measured_with_labels(quality):
    specs, left_out = quality("methods=supervised", "parts=any", "labels=training", "seeds=1")
    assert [spec.method for spec in specs] == ["supervised"] and not left_out
    with pytest.raises(HarnessError, match="it learns from labels alone, and labels=none"):
        quality("methods=supervised", "parts=any")


def test_a_representation_that_cannot_work_on_a_space_is_refused_with_the_reason(quality, monkeypatch):
    from methods.representations.dvae import DVAE

    monkeypatch.setattr(DVAE, "refusal", classmethod(lambda cls, space, hyper: "it cannot"))
    with pytest.raises(HarnessError, match="'dvae' cannot work on nb201:cifar10: it cannot"):
        quality("methods=dvae,one_hot", "parts=any")


def test_settings_of_what_is_not_measured_are_refused(quality):
    with pytest.raises(HarnessError, match="unknown plugin of this study 'gp_bo'"):
        quality("methods=arch2vec", "gp_bo.pool=100")
    with pytest.raises(HarnessError, match="unknown complexity measure of nb201:cifar10"):
        quality("methods=ngae", "ngae.complexity=smell")
