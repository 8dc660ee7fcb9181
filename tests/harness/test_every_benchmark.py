"""A run of random and regularized_evolution on every benchmark, from the real files to the table."""

import dataclasses

import numpy as np
import pytest

import tabular
from harness.compare.grouping import compare
from harness.records.curves import curve
from harness.records.derived import load
from harness.records.digits import rounded
from harness.records.run_file import columns
from harness.records.store import RunStore
from harness.running.seeding import initial_design, noise
from tabular.answers import answers
from tabular.catalogue import default_protocol, protocols
from tabular.expectation import expected_best
from tabular.space import sample_unseen
from tabular.spaces.pool import PoolSpace

METHODS = ("random", "regularized_evolution")
BUDGET, SEEDS = 30, 2
TABLES = (
    "nb201:cifar10", "enas-pool:cifar10", "macro:cifar10", "transnas-micro:class_object",
    "transnas-macro:class_object", "nas-bench-graph:cora", "nas-bench-graph:proteins", "nb101:run0",
    "nb101-30k:cifar10",
)  # fmt: skip
EXACT = tuple(name for name in TABLES if not name.startswith("macro"))
SURROGATES = ("enas-surrogate:cifar10", "nb301:cifar10", "nb301:tied")
POOLS = ("enas-pool:cifar10", "nas-bench-graph:proteins", "nb101-30k:cifar10")
LEAKING = ("macro:cifar10", "nb101:run0")
"""What is searched there is the test accuracy."""


@dataclasses.dataclass
class Study:
    """What a command line printed and stored."""

    text: str
    comparisons: dict

    def runs(self, benchmark):
        """Records by method and seed."""
        lines = self.comparisons[benchmark].methods
        return {(line.label, record.spec.seed): record for line in lines for record in line.whole()}


@pytest.fixture(scope="module")
def carried_out(everything, command, tmp_path_factory):
    def make(*words, methods=METHODS):
        folder = tmp_path_factory.mktemp("runs")
        names = f"methods={','.join(methods)}"
        outcome = command("run", names, f"seeds={SEEDS}", "workers=1", f"results={folder}", *words)
        assert outcome.code == 0, outcome.err
        store = RunStore(folder)
        return Study(outcome.out, {each.benchmark: each for each in compare(load(store))})

    return make


@pytest.fixture(scope="module")
def study_of_all(carried_out):
    return carried_out(f"bench={','.join((*TABLES, *SURROGATES))}", f"budget={BUDGET}")


@pytest.fixture(scope="module")
def twelve_epochs(carried_out):
    return carried_out("bench=nb201", "protocol=nb201-12ep-12000s")


every = pytest.mark.parametrize("name", (*TABLES, *SURROGATES))


def test_no_benchmark_is_left_out():
    """The official nb101 has no real file here; its runs are in test_every_benchmark_nb101.py."""
    names = tabular.catalogue.benchmark_names()
    families = {name.partition(":")[0] for name in (*TABLES, *SURROGATES)}
    assert families == {name.partition(":")[0] for name in names}


@every
def test_every_run_is_done_and_spends_its_budget(study_of_all, name):
    runs = study_of_all.runs(name)
    assert set(runs) == {(method, seed) for method in METHODS for seed in range(SEEDS)}
    for record in runs.values():
        assert sum(columns(record)["charged"]) == BUDGET
        assert columns(record)["purpose"][:11] == ["initial"] * 10 + ["search"]
        paid = np.array(columns(record)["charged"], dtype=bool)
        assert len(set(np.array(columns(record)["architecture"])[paid])) == BUDGET


@every
def test_truth_is_the_benchmarks_and_never_above_its_best(study_of_all, name):
    benchmark, comparison = tabular.load(name), study_of_all.comparisons[name]
    split, epochs = comparison.protocol.truth
    best = benchmark.best(split, epochs)
    assert (best is None) == (name in SURROGATES)
    assert comparison.optimum == (None if best is None else rounded(best))
    for record in study_of_all.runs(name).values():
        cells = benchmark.space.from_strings(columns(record)["architecture"])
        assert benchmark.space.contains(cells).all()
        truth = np.array(columns(record)["truth"], dtype=float)
        np.testing.assert_allclose(truth, benchmark.mean(cells, split, epochs), atol=1e-12)
        assert truth.max() <= (np.inf if best is None else best + 1e-12)
        assert truth.std() > 0


@every
def test_what_is_seen_is_recorded_and_its_best_never_falls(study_of_all, name):
    benchmark, comparison = tabular.load(name), study_of_all.comparisons[name]
    for record in study_of_all.runs(name).values():
        seen, found = columns(record)["seen"], curve(record)
        cells = benchmark.space.from_strings(columns(record)["architecture"])
        recorded = benchmark.accuracy(cells, comparison.protocol.split, comparison.protocol.epochs)
        assert (recorded == np.array(seen)[:, None]).any(axis=1).all()
        assert (np.diff(found.seen) >= 0).all() and found.seen[-1] == rounded(max(seen))
        assert len(found.seen) == BUDGET and not np.isnan(found.truth).any()


@every
def test_the_initial_design_is_the_seeds(study_of_all, name):
    runs = study_of_all.runs(name)
    starts = {
        key: (columns(record)["architecture"][:10], columns(record)["seen"][:10])
        for key, record in runs.items()
    }
    for seed in range(SEEDS):
        assert starts["random", seed] == starts["regularized_evolution", seed]
    assert starts["random", 0][0] != starts["random", 1][0]


@every
def test_only_pools_match_what_they_lack(study_of_all, name):
    for (method, _), record in study_of_all.runs(name).items():
        assert ("matched" in record.counts) == (name in POOLS)
        assert record.counts["invalid"] == 0
        if name in POOLS:  # evolution mutates out of the pool, random search never leaves it
            assert (record.counts["matched"] > 0) == (method == "regularized_evolution")


@every
def test_the_table_shows_every_benchmark(study_of_all, name):
    what = "ROC-AUC" if name == "nas-bench-graph:proteins" else "accuracy"
    assert f"\n{name}: best {what} (%) versus queries\n" in f"\n{study_of_all.text}"
    comparison = study_of_all.comparisons[name]
    # macro draws classes of several rows once: no closed form
    assert (comparison.random is not None) == (name in EXACT)
    assert bool(comparison.leaks) == (name in LEAKING)
    knows_test = name in LEAKING or name.startswith(("nb201", "nas-bench-graph", "nb101-30k"))
    for line in comparison.methods:
        assert (~np.isnan(comparison.values(line, "test", BUDGET))).all() == knows_test


@pytest.mark.parametrize("name", EXACT)
def test_random_search_matches_its_exact_expectation(everything, name):
    """Over 200 seeds, the noise of each taken out: the runs' own draws and labels, without the loop."""
    benchmark = tabular.load(name)
    protocol = protocols()[default_protocol(name)].on(name.partition(":")[2])
    identity = benchmark.space.canonical if protocol.same == "class" else benchmark.space.keys
    truth = benchmark.truth(*protocol.truth)
    nothing, points = np.empty(0, dtype=np.int64), np.array([0, 9, BUDGET - 1])
    excess = []
    for seed in range(200):
        seen, _ = answers(benchmark, protocol, noise(name, seed, protocol.replicate))
        drawn = sample_unseen(benchmark.space, identity, nothing, BUDGET, initial_design(name, seed))
        rows = benchmark.space.keys(drawn)
        incumbent = [rows[np.argmax(seen[rows[: point + 1]])] for point in points]
        excess.append(truth[incumbent] - expected_best(seen, truth, BUDGET)[points])
    error = np.std(excess, axis=0, ddof=1) / np.sqrt(len(excess))
    assert (np.abs(np.mean(excess, axis=0)) < 3 * error).all()


def test_the_stored_expectation_is_that_of_the_seeds(study_of_all):
    for name in EXACT:
        comparison, benchmark = study_of_all.comparisons[name], tabular.load(name)
        protocol = comparison.protocol
        truth = benchmark.truth(*protocol.truth)
        seen = [answers(benchmark, protocol, noise(name, s, protocol.replicate))[0] for s in range(SEEDS)]
        expected = np.mean([expected_best(each, truth, BUDGET) for each in seen], axis=0)
        np.testing.assert_allclose(comparison.random, expected, atol=1e-12)


def test_a_pool_is_a_part_of_its_space(everything):
    for name in POOLS:
        space = tabular.load(name).space
        assert isinstance(space, PoolSpace) and space.size < space.whole.size


# NAS-Bench-201 with what only an import brings


def test_test_accuracy_is_in_the_table_of_a_run(study_of_all):
    benchmark, comparison = tabular.load("nb201"), study_of_all.comparisons["nb201:cifar10"]
    table = study_of_all.text.partition("nb201:cifar10: best accuracy")[2]
    lines = [line.split() for line in table.partition(f"After {BUDGET} queries")[2].splitlines()]
    head = lines.index(["regret", "mean", "regret", "seen", "test", "hypervolume"])
    rows = lines[head + 2 : head + 2 + 2 * len(METHODS) : 2]  # every other line holds the intervals
    numbers = {words[0]: [word for word in words if word.replace(".", "").isdigit()] for words in rows}
    shown = {label: found[-2] for label, found in numbers.items()}
    for line in comparison.methods:
        assert shown[line.label] == f"{100 * comparison.summary(line, 'test', BUDGET).mean:.2f}"
    for record in study_of_all.runs("nb201:cifar10").values():
        cells = benchmark.space.from_strings(columns(record)["architecture"])
        np.testing.assert_allclose(columns(record)["test"], benchmark.mean(cells, "test", 200), atol=1e-12)


def test_a_run_on_twelve_epochs(twelve_epochs):
    """Searched at 12 epochs for simulated seconds, reported at 200."""
    benchmark, comparison = tabular.load("nb201"), twelve_epochs.comparisons["nb201:cifar10"]
    assert comparison.protocol.unit == "seconds"
    assert "(200-epoch valid)" in " ".join(twelve_epochs.text.split())
    assert "versus simulated seconds" in twelve_epochs.text
    for record in twelve_epochs.runs("nb201:cifar10").values():
        ledger = columns(record)
        cells = benchmark.space.from_strings(ledger["architecture"])
        assert ledger["seen"] == benchmark.mean(cells, "valid", 12).tolist()
        np.testing.assert_allclose(ledger["truth"], benchmark.mean(cells, "valid", 200), atol=1e-12)
        np.testing.assert_allclose(ledger["test"], benchmark.mean(cells, "test", 200), atol=1e-12)
        charged = np.array(ledger["charged"], dtype=bool)
        cost = benchmark.seconds(cells, 12)[:, 0]
        np.testing.assert_allclose(np.array(ledger["cost"])[charged], cost[charged])
        assert 0.9 * 12_000 < sum(ledger["cost"]) <= 12_000
        assert max(ledger["truth"]) <= benchmark.optimum + 1e-12


def test_twelve_epochs_are_for_sale_beside_two_hundred(carried_out):
    study = carried_out(
        "bench=nb201", "protocol=nb201-fidelities", "budget=15", methods=("random", "hyperband")
    )
    benchmark = tabular.load("nb201")
    for (method, _), record in study.runs("nb201:cifar10").items():
        epochs, truth = np.array(columns(record)["epochs"]), np.array(columns(record)["truth"])
        assert set(epochs) == ({12, 200} if method == "hyperband" else {200})
        cells = benchmark.space.from_strings(columns(record)["architecture"])
        for each in set(epochs.tolist()):
            rows = epochs == each
            np.testing.assert_allclose(truth[rows], benchmark.mean(cells[rows], "valid", each), atol=1e-12)
        assert not np.isnan(np.array(columns(record)["test"], dtype=float)).any()


# NAS-Bench-101's sample with four real schedules


def test_shorter_schedules_are_charged_in_proportion(carried_out):
    study = carried_out(
        "bench=nb101-30k", "protocol=nb101-30k-fidelities", "budget=30000", methods=("hyperband", "bohb")
    )
    assert "e/108 of its 108 epochs' seconds, its own being unrecorded" in " ".join(study.text.split())
    benchmark = tabular.load("nb101-30k")
    for record in study.runs("nb101-30k:cifar10").values():
        ledger = columns(record)
        epochs, cells = np.array(ledger["epochs"]), benchmark.space.from_strings(ledger["architecture"])
        assert set(epochs) > {4, 108}
        for each in set(epochs.tolist()):
            rows = epochs == each
            recorded = benchmark.accuracy(cells[rows], "valid", each)[:, 0]
            np.testing.assert_array_equal(np.array(ledger["seen"])[rows], recorded)
        charged = np.array(ledger["charged"], dtype=bool)
        cost = benchmark.seconds(cells, 108)[:, 0] * epochs / 108
        np.testing.assert_allclose(np.array(ledger["cost"])[charged], cost[charged])
        assert 0.8 * 30_000 < sum(ledger["cost"]) <= 30_000
