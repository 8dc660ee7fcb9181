"""Runs looked up in the benchmarks' tables: what they say they were answered is what is there."""

import dataclasses
import json

import pytest

from harness.records.derived import load
from harness.records.store import RunStore
from harness.report.lookup import look_up
from tests.harness.edits import rewrite
from tests.presets import PROTOCOLS

BASE = PROTOCOLS["nb201-200ep"]
RULES = {
    "one": {},
    "frozen": {"replicate": "frozen"},
    "fixed": {"replicate": "fixed:1"},
    "mean": {"replicate": "mean"},
    "class": {"same": "class"},
    "charged": {"repeats": "charged"},
    "class, charged": {"same": "class", "repeats": "charged"},
    "seconds": {"unit": "seconds", "budget": 400_000},
    "crossing": {"unit": "seconds", "budget": 400_000, "crossing": "kept"},
}
PROPOSALS = "rows = self.rng.integers(0, 40, size=6)\nreturn space.all()[np.concatenate([rows, rows])]"
"""Few architectures again and again, so that there are repeats, also of the same class."""


@pytest.fixture
def store_of(study, carry_out, plugin_file, tmp_path):
    """A store with two seeds of a method that repeats itself, under changed rules."""

    def make(**rules):
        protocol = dataclasses.replace(BASE, name="changed", **rules)
        budget = rules.get("budget", 30)
        plugin = plugin_file("repeating", PROPOSALS)
        store = RunStore(tmp_path / "results")
        specs = study("methods=repeating", f"plugins={plugin}", "seeds=2", "budget=30", plugins=(plugin,))
        for spec in specs:
            run = dataclasses.replace(spec, protocol=protocol, budget=budget)
            store.write(carry_out(run, (plugin,)))
        return store

    return make


def edit(store, column, step, by=1e-6, seed=1):
    """Change a number of a stored run."""
    (path,) = store.folder.glob(f"*/*/*/{seed}-*.json")
    content = json.loads(path.read_text())
    content["ledger"][column][step] = (content["ledger"][column][step] or 0.5) + by
    rewrite(path, content)
    return path


@pytest.mark.parametrize("rules", RULES)
def test_what_was_run_is_in_the_table_and_every_edit_is_not(store_of, rules):
    store = store_of(**RULES[rules])
    stored = load(store)
    repeated = sum(json.loads(run.path.read_text())["ledger"]["repeated"].count(1) for run in stored.done)
    assert len(stored.done) == 2 and repeated > 4
    found = look_up(store, stored)
    assert (found.runs, found.problems, found.unknown) == (2, [], [])
    for column in ("seen", "truth", "test"):
        path = edit(store, column, 3)
        found = look_up(store, stored)
        assert found.runs == 1 and len(found.problems) == 1
        assert found.problems[0].startswith(
            f"{path} is not what the table of nb201:cifar10 says: {column} of"
        )
        assert f"{column} of step 4 is " in found.problems[0]
        edit(store, column, 3, -1e-6)
        if column == "test":
            content = json.loads(path.read_text())
            content["ledger"]["test"][3] = None
            rewrite(path, content)
    assert look_up(store, stored).problems == []


def test_an_architecture_that_was_exchanged_is_noticed(store_of):
    store = store_of()
    (path,) = store.folder.glob("*/*/*/0-*.json")
    content = json.loads(path.read_text())
    names = content["ledger"]["architecture"]
    for name, words in (("444444", "(and "), ("nonsense", "nonsense")):
        content["ledger"]["architecture"] = [name, *names[1:]]
        rewrite(path, content)
        (problem,) = look_up(store, load(store)).problems
        assert words in problem


def test_a_table_that_is_not_at_hand_is_said(store_of, monkeypatch):
    from harness.report import lookup
    from tabular.errors import MissingData

    store = store_of()
    stored = load(store)

    def missing(name):
        raise MissingData(f"{name} is not here. harness data fetch brings it")

    monkeypatch.setattr(lookup, "load", missing)
    found = look_up(store, stored)
    assert found.runs == 0 and found.problems == []
    (sentence,) = found.unknown
    assert sentence.startswith("nb201:cifar10: 2 runs were not looked up in its table: nb201:cifar10 is not")


def test_another_table_than_the_runs_are_from_is_said(store_of, monkeypatch, nb201):
    from harness.report import lookup

    store = store_of()
    monkeypatch.setattr(lookup, "load", lambda name: dataclasses.replace(nb201, digest="0" * 64))
    found = look_up(store, load(store))
    assert found.runs == 0 and found.problems == []
    assert "they name table 798d5170" in found.unknown[0] and "here is 000000000000" in found.unknown[0]
