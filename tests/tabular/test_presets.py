"""The named protocols: what each stands for, field by field, and that none moves unnoticed."""

import pytest

from tabular.catalogue import benchmark_names, protocols
from tests.presets import PROTOCOLS

DATASETS = ("cifar10", "cifar100", "imagenet16-120")
# protocol: per dataset (searched split and epochs, replicate, budget, unit, crossing, reported, test, leaks)
TRUTH = ("valid", 200)
MEANING = {
    "nb201-200ep": [(("valid", 200), "one", 150, "queries", "dropped", TRUTH, "test", False)] * 3,
    "nb201-200ep-mean": [(("valid", 200), "mean", 150, "queries", "dropped", TRUTH, "test", False)] * 3,
    "nb201-fidelities": [(("valid", 200), "one", 150, "queries", "dropped", TRUTH, "test", False)] * 3,
    "nb201-12ep-12000s": [(("valid", 12), "one", 12_000, "seconds", "dropped", TRUTH, "test", False)] * 3,
    "nb201-nats": [
        (("valid", 12), "one", budget, "seconds", "dropped", TRUTH, "test", False)
        for budget in (20_000, 40_000, 120_000)
    ],
    "nb201-arch2vec": [
        (("valid", 12), "one", 12_000, "seconds", "kept", TRUTH, "test", False),
        (("valid", 200), "frozen", 500_000, "seconds", "kept", TRUTH, "test", True),
        (("valid", 200), "frozen", 1_400_000, "seconds", "kept", TRUTH, "test", True),
    ],
    "nb201-graphpnas": [
        (("valid", epochs), "one", 100, "queries", "dropped", TRUTH, "test", False)
        for epochs in (12, 200, 200)
    ],
    "nb201-naslib": [(("valid", 200), "mean", 150, "queries", "dropped", TRUTH, "valid", True)] * 3,
    "nb201-naszilla": [
        (("valid", 200), "mean", 150, "queries", "dropped", TRUTH, test, leaks)
        for test, leaks in (("test", False), ("ori-test", True), ("ori-test", True))
    ],
    "nb201-hpobench": [
        ((split, 200), "mean", 150, "queries", "dropped", (split, 200), test, leaks)
        for split, test, leaks in (
            ("valid", "half-test", False),
            ("ori-test", "test", True),
            ("ori-test", "test", True),
        )
    ],
    "nb201-synetune": [
        ((split, 200), "one", 150, "queries", "dropped", (split, 200), "test", True)
        for split in ("test", "ori-test", "ori-test")
    ],
}
# A change here makes all stored runs strangers to new ones: raise `version` and mean it.
HASHES = {
    "enas-pool-150q": "e2269aa7",
    "enas-surrogate-150q": "f8e5398b",
    "macro-50ep": "efc89549",
    "nas-bench-graph-150q": "81ae4e58",
    "nb101-150q": "9dbfa2bf",
    "nb201-12ep-12000s": "f0a829bc",
    "nb201-200ep": "71646e2b",
    "nb201-200ep-mean": "60a2ac44",
    "nb301-98ep": "ebbd6b28",
}


@pytest.mark.parametrize("name", MEANING)
def test_a_preset_means_what_its_paper_or_tool_does(name):
    found = []
    for dataset in DATASETS:
        on = PROTOCOLS[name].on(dataset)
        searched, reported = (on.split, on.epochs), on.truth
        budget = (on.budget, on.unit, on.crossing)
        found.append((searched, on.replicate, *budget, reported, on.test_split, bool(on.leaks)))
    assert found == MEANING[name]


def test_every_preset_is_described_above():
    assert set(MEANING) == set(PROTOCOLS)


def test_hashes_are_pinned():
    assert {name: protocols()[name].hash for name in HASHES} == HASHES


def test_different_rules_have_different_hashes():
    every = [
        (each.on(name.partition(":")[2]).hash, each.on(name.partition(":")[2]).rules())
        for name in benchmark_names()
        for each in protocols().values()
        if each.benchmark == name.partition(":")[0]
    ]
    by_hash = {}
    for digest, rules in every:
        assert by_hash.setdefault(digest, rules) == rules


@pytest.mark.parametrize("name", sorted(protocols()))
def test_a_preset_has_a_sentence_and_says_what_it_leaks(name):
    protocol = protocols()[name]
    assert len(protocol.summary) > 20
    for benchmark in benchmark_names():
        family, _, dataset = benchmark.partition(":")
        on = protocol.on(dataset)
        if protocol.benchmark == family and on.split in ("test", "ori-test"):
            assert "test seen in search" in on.leaks
