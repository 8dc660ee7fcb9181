"""The loop of a run: initial design, budget, counting, barren proposals; and random search, exactly."""

import dataclasses
import time

import numpy as np
import pytest

import tabular
from harness.records.curves import curve
from harness.records.run_file import columns
from harness.records.store import RunStore
from harness.running.runner import run
from harness.running.seeding import initial_design, noise
from harness.study.registry import Registry
from tabular.errors import HarnessError
from tabular.expectation import expected_best
from tabular.oracle import Oracle
from tests.presets import PROTOCOLS, offer


def one(study, carry_out, *words, file=None):
    plugins = (file,) if file else ()
    (spec,) = study(*words, plugins=plugins)
    return carry_out(spec, plugins)


def test_random_search_is_exact(study, carry_out, nb201, without_shape_checks):
    """Over 200 seeds the mean best lies within 3 standard errors of the hypergeometric expectation."""
    specs = study("methods=random", "seeds=200", "protocol=nb201-200ep-mean")
    truths = np.array([curve(carry_out(spec)).truth for spec in specs])
    assert truths.shape == (200, 150)
    table = nb201.truth()
    expected = expected_best(table, table, 150)
    for at in (10, 25, 50, 100, 150):
        best = truths[:, at - 1]
        error = best.std(ddof=1) / np.sqrt(200)
        assert abs(best.mean() - expected[at - 1]) < 3 * error, f"after {at} queries"


@pytest.mark.parametrize("method", ["random", "regularized_evolution", "local_search"])
def test_the_budget_is_spent_exactly(study, carry_out, method):
    ledger = columns(one(study, carry_out, f"methods={method}", "seeds=1", "budget=60"))
    assert sum(ledger["charged"]) == 60
    assert len({len(column) for column in ledger.values()}) == 1
    assert ledger["purpose"][:10] == ["initial"] * 10 and "initial" not in ledger["purpose"][10:]
    paid = [a for a, charged in zip(ledger["architecture"], ledger["charged"], strict=True) if charged]
    assert len(set(paid)) == 60


def test_every_answer_has_its_complexity_and_its_time(study, carry_out, nb201):
    record = one(study, carry_out, "methods=regularized_evolution", "seeds=1", "budget=60")
    cells = nb201.space.from_strings(columns(record)["architecture"])
    assert list(record.joined.complexity) == ["flops", "params"]
    for measure, values in record.joined.complexity.items():
        np.testing.assert_array_equal(values, nb201.space.complexity(cells, measure))
    answered = np.array(record.timing.answered)
    assert len(answered) == len(cells) > 60 and (np.diff(answered) >= 0).all()
    assert 0 < answered[-1] == pytest.approx(record.timing.search, abs=2e-3)


def test_the_initial_design_and_its_labels_are_shared_by_all_methods(study, carry_out):
    specs = study("methods=random,regularized_evolution,local_search", "seeds=2", "budget=12")
    starts = {}
    for spec in specs:
        ledger = columns(carry_out(spec))
        starts.setdefault(spec.seed, []).append((ledger["architecture"][:10], ledger["seen"][:10]))
    assert all(start == starts[seed][0] for seed in starts for start in starts[seed])
    assert starts[0][0] != starts[1][0]


def test_truth_is_the_mean_over_replicates_and_test_is_unknown(study, carry_out, nb201):
    ledger = columns(one(study, carry_out, "methods=random", "seeds=1", "budget=30"))
    recorded = nb201.accuracy(nb201.space.from_strings(ledger["architecture"]), "valid", 200)
    np.testing.assert_allclose(ledger["truth"], np.nanmean(recorded, axis=1), atol=1e-12)
    assert ledger["test"] == [None] * 30
    assert all(seen in row for seen, row in zip(ledger["seen"], recorded.tolist(), strict=True))
    assert ledger["truth"] != ledger["seen"]


def test_a_budget_of_the_initial_design_alone(study, carry_out):
    record = one(study, carry_out, "methods=random", "seeds=1", "budget=10")
    assert columns(record)["purpose"] == ["initial"] * 10 and record.counts["proposed"] == 0


def test_a_run_repeats_to_the_byte_but_for_provenance(study, carry_out, tmp_path):
    (spec,) = study("methods=regularized_evolution", "seeds=1", "budget=50")
    texts = [RunStore(tmp_path / name).write(carry_out(spec)).read_text().splitlines() for name in ("a", "b")]
    different = [i for i, (a, b) in enumerate(zip(*texts, strict=True)) if a != b]
    assert all(texts[0][i].startswith('"provenance"') for i in different)
    assert len(texts[0]) > 8


def test_global_random_state_is_left_alone(study, carry_out):
    np.random.seed(5)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first = columns(one(study, carry_out, "methods=regularized_evolution", "seeds=1", "budget=20"))
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    np.random.seed(6)  # noqa: NPY002
    again = one(study, carry_out, "methods=regularized_evolution", "seeds=1", "budget=20")
    assert columns(again) == first


def test_methods_see_labels_only_as_observed(study, carry_out, plugin_file):
    """What reaches a plugin: the space, no representation, paid labels, and how many are wanted."""
    file = plugin_file(
        "curious",
        "assert representation is None and n == 1\n"
        "assert set(vars(observed)) == {'cells', 'keys', 'accuracy', 'cost', 'repeated', 'epochs', 'index'}\n"
        "assert observed.epochs.tolist() == [200] * len(observed)\n"
        "assert not any('accuracy' in name or 'truth' in name for name in dir(space))\n"
        "return space.sample(n, self.rng)",
    )
    record = one(study, carry_out, "methods=curious", "seeds=1", "budget=12", file=file)
    assert len(record.ledger) == 12


def test_repeated_proposals_are_free_counted_and_end_in_fallback(study, carry_out, plugin_file):
    """3 paid queries are left; each comes by fallback after 10 barren proposals."""
    file = plugin_file("stubborn", "return observed.cells[[0]]")
    record = one(study, carry_out, "methods=stubborn", "seeds=1", "budget=13", file=file)
    assert record.counts == {"proposed": 30, "invalid": 0, "repeated": 30, "fallback": 3}
    once = ["search"] * 10 + ["fallback"]
    assert columns(record)["purpose"] == ["initial"] * 10 + 3 * once
    assert columns(record)["repeated"] == [0] * 10 + 3 * ([1] * 10 + [0])
    assert sum(columns(record)["charged"]) == 13
    assert [c > 0 for c in columns(record)["cost"]] == [bool(c) for c in columns(record)["charged"]]


def test_invalid_proposals_are_counted_cost_nothing_and_stay_out_of_the_ledger(study, carry_out, plugin_file):
    file = plugin_file(
        "invalid",
        "cells = space.sample(2, self.rng)\n"
        "ops = cells.ops.copy()\n"
        "ops[:, 0] = 3\n"
        "return Cells(cells.adjacency, ops)",
    )
    record = one(study, carry_out, "methods=invalid", "seeds=1", "budget=12", file=file)
    assert record.counts == {"proposed": 40, "invalid": 40, "repeated": 0, "fallback": 2}
    assert columns(record)["purpose"] == ["initial"] * 10 + ["fallback"] * 2


def test_a_batch_is_paid_in_order_with_repeats_answered_on_the_way(study, carry_out, plugin_file):
    """Known, new, the same new again, new, new: with two wanted, the fifth is not asked."""
    file = plugin_file(
        "batched",
        "new = [k for k in range(100) if k not in observed.keys.tolist()][:3]\n"
        "return space.all()[[int(observed.keys[0]), new[0], new[0], new[1], new[2]]]",
        head="BATCH = 2",
    )
    file.write_text(file.read_text() + "\n    @property\n    def batch(self):\n        return BATCH\n")
    record = one(study, carry_out, "methods=batched", "seeds=1", "budget=13", file=file)
    # second proposal: one query is left, so it stops after the first new one
    assert columns(record)["repeated"][10:] == [1, 0, 1, 0, 1, 0]
    assert record.counts == {"proposed": 10, "invalid": 0, "repeated": 4, "fallback": 0}
    assert sum(columns(record)["charged"]) == 13


def test_progress_tells_rising_queries_and_best(study):
    (spec,) = study("methods=random", "seeds=1", "budget=20")
    told = []
    record = run(spec, Registry(), lambda queries, best: told.append((queries, best)))
    assert [queries for queries, _ in told] == list(range(10, 21))
    best = np.maximum.accumulate(columns(record)["seen"])
    assert [b for _, b in told] == best[9:].tolist()


def test_a_changed_table_is_refused(study, carry_out):
    (spec,) = study("methods=random", "seeds=1", "budget=20")
    with pytest.raises(Exception, match="the table changed while the study ran"):
        carry_out(dataclasses.replace(spec, table_digest="0" * 64))


def test_provenance_holds_time_and_memory(study, carry_out):
    record = one(study, carry_out, "methods=random", "seeds=1", "budget=20")
    assert set(record.timing.seconds) == {"prepare", "fit", "propose", "query"}
    assert record.provenance["peak_memory_mb"] > 10 and record.timing.pretraining is None


BATCHED = (
    "new = [k for k in range(100) if k not in observed.known][:3]\n"
    "return space.all()[[new[0], new[0], new[1], new[2]]]"
)


@pytest.mark.parametrize(("repeats", "asked"), [("free", 4), ("charged", 3)])
def test_charged_repeats_fill_a_batch(study, carry_out, plugin_file, monkeypatch, repeats, asked):
    """New, the same again, new, new with three wanted: a repeat that is paid takes the place of the last."""
    offer(monkeypatch, dataclasses.replace(PROTOCOLS["nb201-200ep"], name="paying", repeats=repeats))
    file = plugin_file("batched", BATCHED)
    file.write_text(file.read_text() + "\n    @property\n    def batch(self):\n        return 3\n")
    words = ("methods=batched", "seeds=1", "budget=13", "protocol=paying")
    record = one(study, carry_out, *words, file=file)
    ledger = columns(record)
    assert ledger["repeated"][10:] == [0, 1, 0, 0][:asked]
    assert ledger["charged"][10:] == [1, int(repeats == "charged"), 1, 1][:asked]
    assert ledger["cost"][11] == (ledger["cost"][10] if repeats == "charged" else 0)
    assert record.ledger.queries == 13 and record.counts["repeated"] == 1


def test_the_loop_is_linear_in_the_budget(study, carry_out, without_shape_checks):
    """Four times the queries take four times the processor's time, not sixteen."""

    def seconds(budget):
        (spec,) = study("methods=random", "seeds=1", f"budget={budget}")
        start = time.process_time()
        carry_out(spec)
        return time.process_time() - start

    seconds(100)
    small = min(seconds(1000) for _ in range(3))
    assert min(seconds(4000) for _ in range(2)) < 7 * small


def test_every_moment_of_the_search_is_in_its_clocks(study, carry_out):
    """Between the first and the last answer no time is lost: the runner's own work counts as query."""
    (spec,) = study("methods=random", "seeds=1", "budget=400")
    start = time.perf_counter()
    told = []
    record = run(spec, Registry(), lambda spent, best: told.append(time.perf_counter() - start))
    assert record.timing.search >= 0.9 * (told[-1] - told[0])
    assert record.timing.answered[-1] == pytest.approx(record.timing.search, abs=0.01 + 0.05 * told[-1])


def test_a_run_that_cannot_pay_for_its_first_query_has_failed(study, carry_out, monkeypatch):
    rules = PROTOCOLS["nb201-200ep"]
    offer(monkeypatch, dataclasses.replace(rules, name="poor", unit="seconds", initial_design=1))
    (spec,) = study("methods=random", "seeds=1", "budget=1900", "protocol=poor")
    dear = [seed for seed in range(20) if costs(spec, seed) > 1900]
    with pytest.raises(HarnessError, match="budget=1900 does not pay for the first query"):
        carry_out(dataclasses.replace(spec, seed=dear[0]))


def costs(spec, seed):
    """Seconds of the first query at a seed."""
    table = tabular.load(spec.benchmark)
    oracle = Oracle(
        table, dataclasses.replace(spec.protocol, crossing="kept"), 1, noise(spec.benchmark, seed)
    )
    oracle.query(table.space.sample(64, initial_design(spec.benchmark, seed))[[0]], "initial")
    return oracle.ledger.cost[0]
