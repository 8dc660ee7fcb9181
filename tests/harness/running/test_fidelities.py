"""Protocols with more than one schedule: refusals, the loop and its run files."""

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from importlib.metadata import EntryPoint

import numpy as np
import pytest

import tabular.catalogue
from harness.records.run_file import RUNS, columns
from harness.records.store import RunStore
from tabular.errors import HarnessError
from tests.fidelities import ALONE, DATA, TOY, TWELVE
from tests.presets import PROTOCOLS, offer

HEAD = "from methods.base import MultiFidelity, Representation"


@pytest.fixture
def fidelities(monkeypatch):
    """The benchmarks of `tests.fidelities`, as if installed."""

    def points(group):
        point = EntryPoint("fidelities", "tests.fidelities", group)
        return [point] if group == "harness.benchmarks" else []

    monkeypatch.setattr(tabular.catalogue, "entry_points", points)
    tabular.catalogue._found.cache_clear()
    yield
    tabular.catalogue._found.cache_clear()


@pytest.fixture
def one(study, carry_out, fidelities):
    """The only run of a command line on the toy."""

    def make(*words, file=None):
        plugins = (file,) if file else ()
        (spec,) = study("bench=fidelities", "seeds=1", *words, plugins=plugins)
        return carry_out(spec, plugins)

    return make


@pytest.fixture
def scheduled(plugin_file):
    """An optimizer plugin that asks for what its expression `epochs` gives."""

    def make(name, epochs, body="return space.sample(n, self.rng)", batch=1):
        file = plugin_file(name, body, HEAD)
        text = file.read_text().replace("class Mine(Optimizer):", "class Mine(Optimizer, MultiFidelity):")
        file.write_text(
            f"{text}\n    def schedule(self, schedules, observed):\n        return {epochs}\n"
            f"\n    @property\n    def batch(self):\n        return {batch}\n"
        )
        return file

    return make


@pytest.mark.parametrize("method", ["hyperband", "bohb"])
def test_one_schedule_is_refused_while_the_command_line_is_read(command, tmp_path, method):
    outcome = command("run", f"methods=random,{method}", "seeds=1", f"results={tmp_path / 'r'}")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        f"harness: '{method}' needs a protocol with more than one schedule; nb201-200ep has 200 epochs only, "
        "and nb201:cifar10 records seconds@200, valid@200\n"
    )
    assert not (tmp_path / "r").exists()


def test_a_protocol_alone_does_not_make_the_schedules(study, monkeypatch):
    """The table must record what the protocol sells, whoever asks for it."""
    shorter = dataclasses.replace(PROTOCOLS["nb201-200ep"], name="shorter", fidelities=(12,))
    offer(monkeypatch, shorter)
    for method in ("random", "hyperband"):
        with pytest.raises(
            HarnessError, match=r"shorter needs valid@12, and nb201:cifar10 records .*valid@200"
        ):
            study(f"methods={method}", "seeds=1", "protocol=shorter")


def test_the_same_table_is_refused_under_a_protocol_of_one_schedule(study, fidelities):
    with pytest.raises(HarnessError, match=r"'bohb' needs a protocol .*108-alone has 108 epochs only"):
        study("methods=bohb", "bench=fidelities", "protocol=108-alone", "seeds=1")
    assert len(study("methods=bohb,hyperband,random", "bench=fidelities", "seeds=1")) == 3


@pytest.mark.parametrize("method", ["hyperband", "bohb", "random"])
def test_the_budget_is_kept_to_the_epoch(one, method):
    record = one(f"methods={method}", "budget=25")
    ledger, epochs = columns(record), np.array(columns(record)["epochs"])
    paid = epochs[np.array(ledger["charged"], dtype=bool)]
    assert set(epochs) <= {4, 12, 36, 108} and (len(set(epochs)) == 1) == (method == "random")
    assert 24 * 108 < paid.sum() <= 25 * 108
    assert epochs[:10].tolist() == [108] * 10 and ledger["purpose"][:10] == ["initial"] * 10
    asked = list(zip(ledger["architecture"], ledger["epochs"], strict=True))
    first = [pair not in asked[:row] for row, pair in enumerate(asked)]
    assert [not each for each in ledger["repeated"]] == first == [bool(c) for c in ledger["charged"]]
    assert len({len(column) for column in ledger.values()}) == 1


def test_truth_and_cost_of_a_row_are_those_of_its_schedule(one):
    ledger, table = columns(one("methods=hyperband", "budget=15")), tabular.load("fidelities:toy")
    keys = table.space.keys(table.space.from_strings(ledger["architecture"]))
    assert {4, 12, 36, 108} == set(ledger["epochs"])
    for row, (key, epochs) in enumerate(zip(keys.tolist(), ledger["epochs"], strict=True)):
        assert ledger["truth"][row] == table.truth("valid", epochs)[key]
        if epochs < 108:
            assert ledger["seen"][row] == ledger["truth"][row]
            assert ledger["cost"][row] == table.columns[f"seconds@{epochs}"][key, 0]


def test_all_methods_see_the_same_start_with_or_without_shorter_schedules(one):
    starts = [
        columns(one(f"methods={method}", f"protocol={protocol}", "budget=12"))
        for method, protocol in (("bohb", TOY.name), ("random", TOY.name), ("random", ALONE.name))
    ]
    for column in ("architecture", "seen", "cost"):
        assert starts[0][column][:10] == starts[1][column][:10] == starts[2][column][:10]
    assert "epochs" in starts[1] and "epochs" not in starts[2]
    assert starts[1]["architecture"] == starts[2]["architecture"]


def test_the_run_ends_where_the_rest_covers_no_query_at_the_schedule_asked_for(one, scheduled):
    """Ten at 108, one at 4, then 108 again and again: a rest of 104 epochs is left."""
    file = scheduled("full", "4 if len(observed) == 10 else 108")
    epochs = columns(one("methods=full", "budget=13", file=file))["epochs"]
    assert epochs == [108] * 10 + [4] + [108] * 2


def test_what_is_wanted_is_what_the_rest_covers(one, scheduled):
    """After one at 36 two more fit into the last query, though the plugin asks for nine."""
    file = scheduled("greedy", "36", "assert n == min(9, 3)\nreturn space.sample(9, self.rng)", batch=9)
    assert columns(one("methods=greedy", "budget=11", file=file))["epochs"] == [108] * 10 + [36] * 3


def test_an_architecture_at_another_schedule_is_no_repeat(one, scheduled):
    """The initial design again, at 36 epochs: three are covered, and asked as new ones."""
    file = scheduled("again", "36", "return observed.cells[:9]", batch=9)
    record = one("methods=again", "budget=11", file=file)
    assert columns(record)["architecture"][10:] == columns(record)["architecture"][:3]
    assert record.counts["repeated"] == 0 and sum(columns(record)["charged"]) == 13


def test_random_queries_fill_in_at_the_schedule_asked_for(one, scheduled):
    file = scheduled("idle", "36", "return space.sample(0, self.rng)")
    record = one("methods=idle", "budget=11", file=file)
    assert columns(record)["epochs"][10:] == [36] * 3 and columns(record)["purpose"][10:] == ["fallback"] * 3
    assert record.counts["fallback"] == 3


def test_a_schedule_the_protocol_has_not_fails_the_run(one, scheduled):
    with pytest.raises(HarnessError, match=r"asked for 50 epochs; the schedules are \(4, 12, 36, 108\)"):
        one("methods=wrong", file=scheduled("wrong", "50"))


def test_a_representation_is_fitted_to_answers_from_the_full_schedule(one, scheduled, tmp_path):
    file = scheduled("both", "schedules[len(observed) % 4]")
    file.write_text(file.read_text() + "\n    needs = (Representation,)\n")
    fitted = tmp_path / "fitted.py"
    fitted.write_text(
        "from methods.base import Representation\nclass Mine(Representation):\n"
        "    def fit(self, space, observed): assert set(observed.epochs.tolist()) == {108}\n"
        "    def encode(self, cells): raise NotImplementedError\n"
    )
    from harness.running.runner import run
    from harness.study.options import RunOptions, parse
    from harness.study.registry import Registry
    from harness.study.study import specs

    words = ["methods=fitted+both", "bench=fidelities", "seeds=1", "budget=14"]
    options, _ = parse(words, RunOptions)
    registry = Registry((file, fitted))
    (spec,) = specs(options, {}, registry)
    told = []
    record = run(spec, registry, lambda queries, best: told.append((queries, best)))
    assert len(set(columns(record)["epochs"])) == 4
    full = [s for s, e in zip(columns(record)["seen"], columns(record)["epochs"], strict=True) if e == 108]
    assert told[0][0] == 10 and told[-1] == (13, max(full))
    assert [q for q, _ in told] == sorted(q for q, _ in told)


def test_a_run_repeats_to_the_byte_and_is_read_back(study, carry_out, fidelities, tmp_path):
    (spec,) = study("methods=bohb", "bench=fidelities", "seeds=1", "budget=20")
    stores = [RunStore(tmp_path / name) for name in ("a", "b")]
    records = [carry_out(spec) for _ in stores]
    paths = [store.write(record) for store, record in zip(stores, records, strict=True)]
    texts = [path.read_text().splitlines() for path in paths]
    assert len(texts[0]) == len(texts[1])
    assert all(a == b or a.startswith('"provenance"') for a, b in zip(*texts, strict=True))
    assert RUNS.text(stores[0].read(paths[0])) == RUNS.text(records[0])
    assert json.loads(paths[0].read_text())["identity"]["protocol"]["fidelities"] == [4, 12, 36]


def fully_trained(study, carry_out, seeds, *words):
    """For every seed the median truth of what was trained in full after the initial design."""
    ledgers = [columns(carry_out(spec)) for spec in study(f"seeds={seeds}", *words)]
    searched = [(np.array(each["truth"][10:]), np.array(each["epochs"][10:])) for each in ledgers]
    return np.array([np.median(truth[epochs == epochs.max()]) for truth, epochs in searched])


@pytest.mark.trains
def test_brief_training_that_tells_something_helps(study, carry_out, fidelities, without_shape_checks):
    """Hyperband trains better ones in full than chance does where 4 epochs tell something about 108."""
    words = ("bench=fidelities:toy", "budget=40")
    chance, short = (
        fully_trained(study, carry_out, 10, f"methods={m}", *words) for m in ("random", "hyperband")
    )
    assert (short - chance).mean() > 0  # .034 measured, .017 from seed to seed


@pytest.mark.trains
@pytest.mark.skipif(not DATA.is_dir(), reason=f"real data for development is not here: {DATA}")
def test_recorded_12_epoch_accuracies_help_too(study, carry_out, fidelities, without_shape_checks):
    words = ("bench=fidelities:twelve", f"protocol={TWELVE.name}", "budget=40")
    chance, short, guided = (
        fully_trained(study, carry_out, 24, f"methods={m}", *words) for m in ("random", "hyperband", "bohb")
    )
    # .02 and .06 measured, .025 and .02 from seed to seed
    assert (short - chance).mean() > 0 and (guided - chance).mean() > 0.02


@pytest.fixture
def elsewhere(root, tmp_path):
    """An environment whose processes find the benchmarks of `tests.fidelities` installed."""
    info = tmp_path / "site" / "fidelities-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fidelities\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[harness.benchmarks]\nfidelities = tests.fidelities\n")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(info.parent), str(root)])}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_killed_and_started_again(elsewhere, run_files, tmp_path):
    def line(folder, workers):
        words = ["methods=bohb,hyperband,random", "bench=fidelities", "seeds=4", f"workers={workers}"]
        return [sys.executable, "-m", "harness", "run", *words, f"results={tmp_path / folder}"]

    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": elsewhere}
    process = subprocess.Popen(line("killed", 1), start_new_session=True, **quiet)
    runs, deadline = "*/*/*/*-????????.json", time.monotonic() + 60
    while len(list((tmp_path / "killed").glob(runs))) < 2 and time.monotonic() < deadline:
        time.sleep(0.005)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(0.3)
    assert 2 <= len(list((tmp_path / "killed").glob(runs))) < 12
    for folder, workers in (("killed", 2), ("whole", 1)):
        done = subprocess.run(
            line(folder, workers), capture_output=True, text=True, env=elsewhere, check=False
        )
        assert done.returncode == 0, done.stderr
    assert run_files(tmp_path / "killed") == run_files(tmp_path / "whole")
    assert "bohb" in done.stdout and "fidelities=[4, 12, 36]" in done.stdout
