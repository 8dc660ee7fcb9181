"""From words to runs: names, pairs, hyper-parameters, identities."""

import dataclasses

import numpy as np
import pytest

from harness.study.method import build
from harness.study.options import RunOptions, parse
from harness.study.registry import Registry
from harness.study.spec import SHARED_PRETRAIN_SEED
from harness.study.study import specs
from tabular.errors import HarnessError
from tests.presets import PROTOCOLS, offer


def test_names_alone_mean_the_papers_systems(study):
    pairs = {
        spec.method: (spec.representation.name if spec.representation else None, spec.optimizer.name)
        for spec in study("methods=ngae,arch2vec,one_hot+gp_bo,random", "seeds=1")
    }
    assert pairs == {
        "ngae": ("ngae", "gradient_ascent"),
        "arch2vec": ("arch2vec", "gp_bo"),
        "one_hot+gp_bo": ("one_hot", "gp_bo"),
        "random": (None, "random"),
    }


def test_one_run_per_benchmark_seed_and_method(study):
    runs = study("methods=random,local_search", "bench=nb201:*", "seeds=3..4", "budget=20")
    assert len(runs) == 3 * 2 * 2
    assert {(run.benchmark, run.seed, run.method) for run in runs} == {
        (f"nb201:{dataset}", seed, method)
        for dataset in ("cifar10", "cifar100", "imagenet16-120")
        for seed in (3, 4)
        for method in ("random", "local_search")
    }
    assert len({run.key for run in runs}) == 12
    assert {run.budget for run in runs} == {20}


def test_a_benchmark_named_twice_runs_once(study):
    assert len(study("methods=random", "bench=nb201,nb201:cifar10,nb201:*", "seeds=1")) == 3


def test_a_protocol_named_like_a_folder_of_quality_is_refused(study, monkeypatch):
    rules = dataclasses.replace(PROTOCOLS["nb201-200ep"], name="quality-first")
    offer(monkeypatch, rules)
    with pytest.raises(HarnessError, match="'quality-first': names with quality- are for records of quality"):
        study("methods=random", "protocol=quality-first")


def test_budget_is_the_protocols_unless_given(study):
    assert study("methods=random", "seeds=1")[0].budget == 150
    assert study("methods=random", "seeds=1", "budget=10")[0].budget == 10
    assert study("methods=random", "seeds=1", "budget=15625")[0].budget == 15625


def test_hyper_parameters_are_spelled_out_and_named(study):
    plain, changed = (
        study("methods=regularized_evolution", "seeds=1", *words)[0]
        for words in ([], ["regularized_evolution.population=50"])
    )
    assert plain.optimizer.hyper == {"population": 10, "sample": 3}
    assert changed.optimizer.hyper == {"population": 50, "sample": 3}
    assert plain.method == "regularized_evolution"
    assert changed.method == "regularized_evolution[population=50]"
    assert plain.key != changed.key


def test_hyper_parameters_round_trip(study):
    spec = study("methods=regularized_evolution", "seeds=1", "regularized_evolution.sample=7")[0]
    cls = Registry().load("optimizer", "regularized_evolution")
    hyper = build("optimizer", spec.optimizer, Registry(), np.random.default_rng(0)).hyper
    assert isinstance(hyper, cls.Hyper) and (hyper.population, hyper.sample) == (10, 7)


def test_pretraining_is_shared_or_per_seed(study):
    shared = study("methods=arch2vec,random", "seeds=2")
    assert [(run.method, run.pretrain_seed) for run in shared] == [
        ("arch2vec", SHARED_PRETRAIN_SEED),
        ("random", None),
        ("arch2vec", SHARED_PRETRAIN_SEED),
        ("random", None),
    ]
    own = study("methods=arch2vec", "seeds=3..4", "pretrain_seed=per-seed")
    assert [run.pretrain_seed for run in own] == [3, 4]
    assert own[0].configuration() == own[1].configuration()
    assert own[0].configuration() != shared[0].configuration()


def test_the_key_is_stable_and_ignores_the_label(study):
    first, again = (study("methods=random", "seeds=1")[0] for _ in range(2))
    assert first.key == again.key and len(first.key) == 64
    assert dataclasses.replace(first, method="other").key == first.key


@pytest.mark.parametrize(
    "change",
    [
        {"benchmark": "nb201:cifar100"},
        {"table_digest": "0" * 64},
        {"protocol": PROTOCOLS["nb201-200ep-mean"]},
        {"budget": 151},
        {"seed": 1},
        {"pretrain_seed": 5},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_key_depends_on_all_that_decides_the_run(spec_of, change):
    assert spec_of(**change).key != spec_of().key


def test_the_key_depends_on_plugin_name_version_and_fields(spec_of):
    base = spec_of()
    for change in ({"name": "x"}, {"version": "2"}, {"hyper": {"a": 1}}):
        changed = dataclasses.replace(base.optimizer, **change)
        assert dataclasses.replace(base, optimizer=changed).key != base.key
        assert dataclasses.replace(base, representation=changed).key != base.key


def test_seeds_alone_do_not_change_the_configuration(spec_of):
    assert spec_of(seed=0).configuration() == spec_of(seed=9).configuration()
    assert spec_of(budget=4).configuration() != spec_of().configuration()


def test_a_budget_above_the_classes_is_refused_where_classes_count(monkeypatch):
    by_class = dataclasses.replace(PROTOCOLS["nb201-200ep"], name="nb201-classes", same="class")
    offer(monkeypatch, by_class)
    words = ["methods=random", "seeds=1", "protocol=nb201-classes"]
    options, _ = parse([*words, "budget=6466"], RunOptions)
    assert len(specs(options, {}, Registry())) == 1
    options, _ = parse([*words, "budget=6467"], RunOptions)
    with pytest.raises(HarnessError, match="budget=6467 is above the 6466"):
        specs(options, {}, Registry())


def test_a_transductive_method_is_refused_where_the_protocol_forbids_it(monkeypatch):
    blind = dataclasses.replace(PROTOCOLS["nb201-200ep"], name="nb201-blind", transductive=False)
    offer(monkeypatch, blind)
    options, _ = parse(["methods=one_hot+gp_bo,random", "seeds=1", "protocol=nb201-blind"], RunOptions)
    with pytest.raises(HarnessError, match="sees all unlabelled architectures; nb201-blind forbids it"):
        specs(options, {"gp_bo": {"candidates": "all"}}, Registry())
    # where nothing is said, what it does by default gives way, and the label says so
    labels = [spec.method for spec in specs(options, {}, Registry())]
    assert labels == ["one_hot+gp_bo[gp_bo.candidates=pool]", "random"]


def test_one_identity_has_one_label_and_one_run(study):
    """Spellings of the same thing are one run: a default, an optimizer or a zero spelled out."""
    words = ("seeds=1", "regularized_evolution.population=010")
    assert [spec.method for spec in study("methods=regularized_evolution", *words)] == [
        "regularized_evolution"
    ]
    (spec,) = study("methods=arch2vec,arch2vec+gp_bo", "seeds=1")
    assert spec.method == "arch2vec"
    (spec,) = study("methods=arch2vec", "seeds=1", "gp_bo.batch=3", "arch2vec.latent=4")
    assert spec.method == "arch2vec[latent=4;gp_bo.batch=3]"


def test_nothing_is_pretrained_where_the_protocol_hides_the_space(study, monkeypatch):
    import dataclasses

    from tests.presets import PROTOCOLS, offer

    blind = dataclasses.replace(PROTOCOLS["nb201-200ep"], name="blind", transductive=False)
    offer(monkeypatch, blind)
    (spec,) = study("methods=ngae", "seeds=1", "protocol=blind")
    assert spec.pretrain_seed is None


def test_query_counts_beyond_the_budget_are_refused_before_anything_runs(study):
    with pytest.raises(HarnessError, match="at=1000 is beyond the budget of 150"):
        study("methods=random", "seeds=1", "at=12,1000")


def test_measures_of_complexity_are_checked_and_named(study):
    both, one = study("methods=complexity,complexity[measures=params]", "seeds=1")
    assert (both.method, one.method) == ("complexity", "complexity[measures=params]")
    assert both.representation.complexity == ["flops", "params"] and one.representation.complexity == [
        "params"
    ]
    with pytest.raises(HarnessError, match="unknown complexity measure of nb201:cifar10 'flop'"):
        study("methods=complexity[measures=flop]", "seeds=1")
