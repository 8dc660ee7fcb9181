"""Runs by themselves: `harness.load`, and `rows=runs` of a report."""

import csv
import io

import numpy as np
import pytest

import harness
from harness.records.store import RunStore
from tabular.errors import HarnessError

pd = pytest.importorskip("pandas")


def test_one_row_per_run_and_query_with_the_numbers_of_the_ledger(stored):
    table = harness.load(stored[0])
    assert len(table) == 3 * 4 * 40 and table["seed"].nunique() == 4
    (path,) = stored[0].glob("*/*/local_search/2-*.json")
    run = RunStore(stored[0]).read_done(path)
    mine = table[table["key"] == run.spec.key]
    assert mine["at"].tolist() == list(range(1, 41)) and set(mine["method"]) == {"local_search"}
    paid = np.flatnonzero(run.ledger.charged)
    best = np.maximum.accumulate(run.ledger.seen)[paid]
    np.testing.assert_allclose(mine["seen"], best, atol=1e-12)
    np.testing.assert_allclose(mine["truth"], run.joined.truth[run.ledger.incumbent[paid]], atol=1e-12)
    np.testing.assert_allclose(mine["seconds"], np.cumsum(run.ledger.cost)[paid])
    assert mine["test"].isna().all() and mine["test"].dtype == float
    assert (mine["regret"] >= 0).all() and mine["architectures"].tolist()[-1] == 40


def test_the_keys_of_a_report_choose(stored):
    table = harness.load(
        stored[0], methods=["random", "local_search"], at=[10, 40], seeds="1,3", metric="auc"
    )
    assert len(table) == 2 * 2 * 2 and set(table["at"]) == {10, 40} and set(table["seed"]) == {1, 3}
    assert "auc" in table and "truth" not in table
    with pytest.raises(HarnessError, match="unknown key 'method'"):
        harness.load(stored[0], method="random")
    with pytest.raises(HarnessError, match="does not exist"):
        harness.load(stored[0] / "nowhere")


def test_rows_of_runs_are_the_same_numbers(command, stored):
    words = [f"results={stored[0]}", "rows=runs", "at=10,40"]
    rows = command("report", *words, "format=json").rows()
    table = harness.load(stored[0], at="10,40")
    assert len(rows) == len(table) == 3 * 4 * 2
    assert [row["truth"] for row in rows] == table["truth"].tolist()
    texts = list(csv.DictReader(io.StringIO(command("report", *words, "format=csv").out)))
    assert [float(row["seen"]) for row in texts] == table["seen"].tolist() and texts[0]["test"] == ""


def test_their_means_are_the_table(command, stored):
    means = command("report", f"results={stored[0]}", "format=json", "at=40").rows()
    table = harness.load(stored[0], at=40)
    for row in means:
        if row["metric"] == "truth":
            mine = table[table["method"] == row["method"]]["truth"]
            assert row["mean"] == pytest.approx(mine.mean(), abs=1e-12) and row["n"] == len(mine)


def test_rows_of_runs_are_for_json_and_csv(command, stored):
    outcome = command("report", f"results={stored[0]}", "rows=runs")
    assert outcome.code == 2 and "has a meaning with format=json and format=csv only" in outcome.err


def test_keys_that_a_table_of_runs_has_not_are_refused(stored):
    for key in ("format", "rows", "across", "out"):
        with pytest.raises(HarnessError, match=f"{key}= is not for harness.load"):
            harness.load(stored[0], **{key: "json"})
