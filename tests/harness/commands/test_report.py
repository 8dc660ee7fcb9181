"""What is printed: the four formats, and that a report equals the table of its run."""

import csv
import io
import json

import numpy as np
import pytest

KEYS = ["benchmark", "protocol", "method", "metric", "x", "at", "n", "mean", "std", "ci_low", "ci_high"]
KEYS += ["filled_in", "decoder_exact", "degenerate"]
METHODS = ["random", "regularized_evolution", "local_search"]


@pytest.fixture(scope="module")
def rows(command, stored):
    outcome = command("report", f"results={stored[0]}", "format=json")
    assert outcome.code == 0 and outcome.err == ""
    return outcome.rows()


@pytest.fixture(scope="module")
def ledgers(stored):
    """Ledgers of all stored runs by method, read without the harness."""
    return {
        method: [
            json.loads(path.read_text())["ledger"] for path in sorted(stored[0].glob(f"*/*/{method}/*.json"))
        ]
        for method in METHODS
    }


def incumbent(ledger: dict, at: int) -> int:
    """Position of the first best among the first `at` paid architectures."""
    paid = [row for row, charged in enumerate(ledger["charged"]) if charged][:at]
    return max(paid, key=lambda row: (ledger["seen"][row], -row))


def pick(rows, **wanted):
    (row,) = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    return row


def test_rows_have_exactly_the_keys_of_the_issue(rows):
    assert isinstance(rows, list) and all(list(row) == KEYS for row in rows)


def test_there_is_one_row_per_method_metric_and_point(rows):
    found = {(row["method"], row["metric"], row["at"]) for row in rows}
    assert len(found) == len(rows)
    assert found == {
        (m, k, at) for m in METHODS for k in ("truth", "seen", "test", "regret") for at in (25, 40)
    }
    assert {row["x"] for row in rows} == {"queries"}
    assert {row["benchmark"] for row in rows} == {"nb201:cifar10"}
    assert {row["protocol"] for row in rows} == {"nb201-200ep@71646e2b"}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("at", [25, 40])
def test_means_equal_the_ledgers(rows, ledgers, method, at):
    assert len(ledgers[method]) == 4
    for metric in ("truth", "seen"):
        values = [ledger[metric][incumbent(ledger, at)] for ledger in ledgers[method]]
        row = pick(rows, method=method, metric=metric, at=at)
        assert row["n"] == 4
        assert row["mean"] == pytest.approx(np.mean(values), abs=1e-12)
        assert row["std"] == pytest.approx(np.std(values, ddof=1), abs=1e-12)
        assert min(values) - 1e-12 < row["ci_low"] <= row["mean"] <= row["ci_high"] < max(values) + 1e-12


def test_regret_is_optimum_less_truth(rows):
    for method in METHODS:
        truth, regret = (pick(rows, method=method, metric=metric, at=40) for metric in ("truth", "regret"))
        assert regret["mean"] == pytest.approx(0.916066666 - truth["mean"], abs=1e-7)
        assert regret["std"] == pytest.approx(truth["std"])


def test_test_accuracy_is_unknown_not_filled(rows):
    unknown = [row for row in rows if row["metric"] == "test"]
    assert len(unknown) == 6
    assert all(row["n"] == 0 for row in unknown)
    assert all(row[key] is None for row in unknown for key in ("mean", "std", "ci_low", "ci_high"))


def test_csv_holds_the_same_rows(command, stored, rows):
    outcome = command("report", f"results={stored[0]}", "format=csv")
    found = list(csv.DictReader(io.StringIO(outcome.out)))
    assert outcome.out.splitlines()[0] == ",".join(KEYS)
    assert len(found) == len(rows)
    for ours, theirs in zip(found, rows, strict=True):
        assert ours == {key: "" if value is None else str(value) for key, value in theirs.items()}


def test_markdown_tables_are_rectangular(command, stored):
    out = command("report", f"results={stored[0]}", "format=markdown").out
    tables = [[line for line in block.splitlines() if line.startswith("|")] for block in out.split("\n\n")]
    tables = [table for table in tables if table]
    assert len(tables) == 5
    for table in tables:
        assert len({line.count("|") for line in table}) == 1
        assert set(table[1]) <= set("|-: ")
    assert tables[0][2].split("|")[1].strip() == "*optimum of the table*"
    assert tables[0][0].split("|")[2:-1] == [" 25 ", " 40 "]


@pytest.mark.parametrize("form", ["text", "markdown", "csv", "json"])
def test_report_prints_what_run_prints(command, stored, form):
    words = [f"results={stored[0]}", f"format={form}", "seeds=4", "budget=40"]
    ran = command("run", "methods=" + ",".join(METHODS), *words)
    reported = command("report", "methods=" + ",".join(METHODS), *words)
    assert ran.code == reported.code == 0
    assert ran.out == reported.out != ""
    assert reported.err == ""


def test_the_first_run_printed_the_same_table(command, stored):
    assert command("report", f"results={stored[0]}").out == stored[1].out


def test_text_says_what_the_numbers_mean(stored, nb201):
    out = " ".join(stored[1].out.split())
    assert "protocol nb201-200ep (71646e2b)" in out and "replicate=one" in out
    assert f"table {nb201.digest[:12]}, seeds 0..3 (n = 4), budget 40 queries, code " in out
    assert "test: not in this benchmark." in out
    assert "optimum of the table 91.61 91.61" in out
    assert "random search, exact" in out


def test_text_ranks_by_truth_and_shows_percent(rows, stored):
    lines = stored[1].out.splitlines()
    order = [line.split()[0] for line in lines if line.split()[:1] and line.split()[0] in METHODS][:3]
    means = {method: pick(rows, method=method, metric="truth", at=40)["mean"] for method in METHODS}
    assert order == sorted(METHODS, key=lambda method: -means[method])
    for method in METHODS:
        line = next(line for line in lines if line.startswith(method + " "))
        assert f"{100 * means[method]:.2f} ±" in line


def test_random_reference_line_is_the_exact_expectation(stored, nb201):
    """Mean over the seeds' noise of the expectation, computed here by the definition of the incumbent."""
    from harness.running.seeding import noise
    from tabular.answers import answers
    from tests.presets import PROTOCOLS

    truth, expected = nb201.truth(), []
    for seed in range(4):
        seen, _ = answers(nb201, PROTOCOLS["nb201-200ep"], noise("nb201:cifar10", seed))
        order = np.argsort(-seen)
        left, total = 1.0, 0.0  # probability that no better row is among 40 draws
        for rank, row in enumerate(order[:6000]):
            hit = left * 40 / (15625 - rank)
            total, left = total + hit * truth[row], left - hit
        expected.append(total)
    line = next(line for line in stored[1].out.splitlines() if line.startswith("random search, exact"))
    assert line.split()[-1] == f"{100 * np.mean(expected):.2f}"


def test_filters(command, stored):
    def methods(*words):
        return command("report", f"results={stored[0]}", "format=json", *words).rows()

    assert {row["method"] for row in methods("methods=random,local_search")} == {"random", "local_search"}
    assert {row["n"] for row in methods("seeds=1..2") if row["metric"] == "truth"} == {2}
    assert {row["at"] for row in methods("at=10,30")} == {10, 30}
    assert "at=99 is beyond" in command("report", f"results={stored[0]}", "at=10,99").err
    assert len(methods("bench=nb201", "protocol=nb201-200ep", "budget=40")) == 24


def test_one_seed_has_no_interval(command, stored):
    row = command("report", f"results={stored[0]}", "format=json", "seeds=2..2", "methods=random").rows()[0]
    assert row["n"] == 1 and row["mean"] is not None
    assert row["std"] is row["ci_low"] is row["ci_high"] is None


def test_json_of_a_run_is_alone_on_stdout(command, tmp_path):
    outcome = command(
        "run", "methods=random", "bench=nb201:*", "seeds=2", "budget=12", "format=json", "workers=1",
        f"results={tmp_path}",
    )  # fmt: skip
    assert outcome.code == 0
    assert {row["benchmark"] for row in outcome.rows()} == {
        "nb201:cifar10", "nb201:cifar100", "nb201:imagenet16-120",
    }  # fmt: skip
    assert outcome.err.count("\n") >= 3  # progress goes elsewhere


def test_missing_seeds_are_named(command, stored, tmp_path):
    import shutil

    shutil.copytree(stored[0], tmp_path / "copy")
    (gone,) = (tmp_path / "copy").glob("*/*/random/2-*.json")
    gone.unlink()
    out = " ".join(command("report", f"results={tmp_path / 'copy'}").out.split())
    assert "random: only seeds 0..1,3 (n = 3)." in out


def test_variants_answer_to_the_methods_name(command, tmp_path):
    words = ["methods=regularized_evolution", "seeds=1", "budget=11", f"results={tmp_path}", "workers=1"]
    assert command("run", *words).code == 0
    assert command("run", *words, "regularized_evolution.sample=5").code == 0
    found = command(
        "report", f"results={tmp_path}", "methods=regularized_evolution", "format=json", "at=11"
    ).rows()
    assert {row["method"] for row in found} == {
        "regularized_evolution",
        "regularized_evolution[sample=5]",
    }
