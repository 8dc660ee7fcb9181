"""Quality against regret: joined by identity, one optimizer at a time, representations as units."""

import json

import pytest
from scipy.stats import spearmanr

from harness.records.quality_store import QualityStore
from harness.records.store import RunStore
from harness.study.spec import PluginSpec
from tests.harness.conftest import REFERENCE
from tests.harness.edits import rewrite

MORAN = {"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4, "e": 0.5}
FOUND = {"a": 0.5, "b": 0.6, "c": 0.55, "d": 0.7, "e": 0.8}
CIFAR, HUNDRED = "nb201:cifar10", "nb201:cifar100"


@pytest.fixture
def store(tmp_path, spec_of, record_for, reference_for, quality_spec_of, quality_for):
    """Writes records of quality, and runs of the same representations."""
    folder = tmp_path / "results"
    runs, qualities = RunStore(folder), QualityStore(folder)

    def plugin(name, width=2):
        return PluginSpec(name, "1", {"width": width})

    class Both:
        def __init__(self):
            self.folder = folder

        def quality(self, name, numbers, width=2, label="", **changes):
            spec = quality_spec_of(
                label or name, representation=plugin(name, width), **{"part": "geometry"} | changes
            )
            qualities.write(quality_for(spec, numbers))

        def run(self, name, best, width=2, optimizer="gp_bo", seed=0, fallback=False, **changes):
            spec = spec_of(
                f"{name}+{optimizer}", seed, representation=plugin(name, width),
                optimizer=PluginSpec(optimizer, "1", {"batch": changes.pop("batch", 1)}), **changes,
            )  # fmt: skip
            purpose = ["initial", "fallback", "fallback"] if fallback else ["initial", "search", "search"]
            rows = slice(3 - spec.budget, 3)
            runs.write(record_for(spec, [0.3, 0.4, best][rows], purpose=purpose[rows]))
            runs.add_reference(spec, reference_for(spec, REFERENCE))

        def usual(self, benchmark=CIFAR, **changes):
            for name, moran in MORAN.items():
                self.quality(name, {"moran": moran}, benchmark=benchmark)
                self.run(name, FOUND[name], benchmark=benchmark, **changes)

    return Both()


@pytest.fixture
def report(command, store):
    def run(*words):
        return command("report", "kind=quality", "against=regret", f"results={store.folder}", *words)

    return run


def of(outcome, measure="moran", optimizer="gp_bo"):
    (row,) = (each for each in outcome.rows() if (each["optimizer"], each["measure"]) == (optimizer, measure))
    return row


def test_a_measure_is_correlated_with_regret_over_representations(store, report):
    store.usual()
    row = of(report("format=json"))
    assert (row["n"], row["benchmarks"], row["points"]) == (5, 1, 5)
    assert row["rho"] == pytest.approx(spearmanr(list(MORAN.values()), list(FOUND.values())).statistic)
    assert row["ci_low"] < row["rho"] < row["ci_high"] and row["predicts"] == "not told apart from 0"
    assert of(report("format=json"), "dirichlet")["n"] == 0


def test_what_is_better_when_smaller_is_turned_round(store, report):
    for name, moran in MORAN.items():
        store.quality(name, {"moran": moran, "dirichlet": -moran})
        store.run(name, 0.4 + moran)
    outcome = report("format=json")
    for measure in ("moran", "dirichlet"):
        row = of(outcome, measure)
        assert row["rho"] == 1 and row["p"] == pytest.approx(1 / 60)
        assert row["p_holm"] == pytest.approx(2 / 60) and row["predicts"] == "better: less regret"


def test_other_hyper_parameters_are_another_representation(store, report):
    store.usual()
    store.quality("a", {"moran": 0.9}, width=3, label="a[width=3]")
    store.run("b", 0.4, width=3, seed=1)
    row = of(report("format=json"))
    assert (row["n"], row["points"]) == (5, 5)
    points = [each for each in report("format=json", "rows=runs").rows() if each["measure"] == "moran"]
    assert {each["representation"]: each["value"] for each in points} == MORAN
    assert {each["representation"]: round(0.9 - each["regret"], 9) for each in points} == FOUND


def test_benchmarks_are_pooled_and_are_no_further_representations(store, report):
    store.usual()
    store.usual(HUNDRED)
    one, both = of(report("format=json", "bench=nb201:cifar10")), of(report("format=json"))
    assert (both["n"], both["benchmarks"], both["points"]) == (5, 2, 10)
    assert (both["rho"], both["p"]) == pytest.approx((one["rho"], one["p"]))


def test_every_optimizer_is_a_question_of_its_own(store, report):
    store.usual()
    store.usual(optimizer="other")
    store.usual(optimizer="other", batch=2)
    store.run("a", 0.5, optimizer="rare")
    store.run("a", 0.5, batch=2)  # too few with it: the others keep their short name
    names = {row["optimizer"] for row in report("format=json").rows()}
    assert names == {"gp_bo", "other[batch=1]", "other[batch=2]"}


def test_free_labels_degenerate_runs_and_other_budgets_are_left_out_by_name(store, report):
    store.usual()
    store.quality("f", {"moran": 0.9}, labels="training")
    store.quality("f", {"moran": 0.9})
    store.run("f", 0.7, fallback=True)
    store.run("a", 0.4, budget=2)
    outcome = report("format=json")
    assert of(outcome)["n"] == 5
    assert (
        "learnt from free labels" in outcome.err and "f+gp_bo on nb201:cifar10 is degenerate" in outcome.err
    )
    assert "another comparison of nb201:cifar10 has more" in outcome.err


def test_protocol_and_budget_choose(store, report):
    store.usual()
    for name in MORAN:
        store.run(name, 0.5, seed=9, budget=2)
    assert {row["budget"] for row in report("format=json", "rows=runs", "budget=2").rows()} == {2}
    assert report("budget=7").code == 2


def test_too_little_is_refused_with_what_would_do(store, report):
    store.quality("a", {"moran": 0.1})
    store.run("a", 0.5)
    outcome = report()
    assert outcome.code == 2 and "needs 3 representations on one benchmark" in outcome.err


@pytest.mark.parametrize("form", ["text", "markdown", "latex", "csv"])
def test_every_format_says_how_many_and_what_is_not_told_apart(store, report, form):
    store.usual()
    outcome = report(f"format={form}")
    assert outcome.code == 0 and "not told apart from 0" in outcome.out and "gp" in outcome.out


def test_against_is_a_key_of_quality(command):
    outcome = command("report", "against=regret")
    assert outcome.code == 2 and "against= has a meaning with kind=quality only" in outcome.err


def test_a_written_report_is_verified_and_a_changed_record_noticed(store, report, command, tmp_path):
    store.usual()
    out = tmp_path / "reports"
    assert report("format=all", f"out={out}").code == 0
    folder = out / "quality-regret"
    assert {path.name for path in folder.iterdir()} == {
        "report.json", "points.csv", *(f"table.{each}" for each in ("txt", "md", "tex", "csv", "json")),
        *(f"gp_bo.{each}" for each in ("svg", "pdf", "png")),
    }  # fmt: skip
    picture = (folder / "gp_bo.svg").read_text()
    assert all(f">{name}<" in picture for name in MORAN) and "n = 5" in picture
    outcome = command("report", "verify", f"out={folder}")
    assert outcome.code == 0, outcome.out + outcome.err
    path = next((store.folder / "nb201-cifar10/quality-geometry/a").iterdir())
    rewrite(path, {**json.loads(path.read_text()), "numbers": {"moran": 0.9}})
    outcome = command("report", "verify", f"out={folder}")
    assert outcome.code == 1 and "gp_bo on nb201:cifar10, a, Moran's I" in outcome.err


def test_a_written_report_on_quality_has_it_too(store, command, tmp_path):
    store.usual()
    words = ["report", "kind=quality", f"results={store.folder}", "format=all"]
    assert command(*words, f"out={tmp_path / 'one'}").code == 0
    content = json.loads((tmp_path / "one/quality-regret/report.json").read_text())
    assert content["asked"] == {"kind": "quality", "against": "regret"}


def test_the_same_records_give_the_same_bytes(store, report, tmp_path):
    store.usual()
    for name in ("one", "two"):
        report("format=all", f"out={tmp_path / name}")
    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / name / "quality-regret").iterdir()}
        for name in ("one", "two")
    )
    assert one == two
