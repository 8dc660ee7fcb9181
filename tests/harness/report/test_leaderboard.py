"""`harness report across=true`: what is ranked, what is left out and said, in every format."""

import csv
import dataclasses
import io
import json
import re

import numpy as np
import pytest

from harness.records.store import RunStore
from harness.report.figures.files import drawn_across
from harness.report.figures.style import look
from harness.stats.ranks import rank
from tests.presets import PROTOCOLS

BENCHMARKS = [f"nb201:{name}" for name in ("cifar10", "cifar100")] + [f"toy{n}:a" for n in range(4)]
TRUTH = {"good": 0.8, "fair": 0.7, "poor": 0.6}


@pytest.fixture
def ranked(spec_of, record_for, reference_for, tmp_path):
    """A results folder: three methods on six benchmarks, two seeds; `fair` leads on the first."""

    def make(methods=TRUTH, benchmarks=BENCHMARKS, seeds=2, reference=True, **changes):
        store = RunStore(tmp_path / "results")
        for benchmark in benchmarks:
            for seed in range(seeds):
                spec = spec_of(benchmark=benchmark, seed=seed, **changes)
                if reference:
                    content = {"optimum": 0.9, "random_truth": [0.3, 0.4, 0.4], "fronts": {}}
                    store.add_reference(spec, reference_for(spec, content))
                for method, truth in methods.items():
                    lead = 0.15 if (method, benchmark) == ("fair", BENCHMARKS[0]) else 0
                    mine = spec_of(method, seed, benchmark=benchmark, **changes)
                    end = truth + lead + 0.02 * seed
                    store.write(record_for(mine, seen=[0.1, 0.2, end]))
        return store.folder

    return make


def report(command, folder, *words):
    return command("report", "across=true", f"results={folder}", *words)


def words_of(text):
    return " ".join(text.split())


def test_the_table_by_hand(command, ranked):
    outcome = report(command, ranked())
    assert outcome.code == 0 and outcome.err == ""
    lines = [line.split() for line in outcome.out.splitlines()]
    # good: 2, then 1 five times; regret (.9 - .81) / (.9 - .4); fair has .86 on the first benchmark
    assert ["good", "1.17", "*", "0.18", "5"] in lines
    assert ["fair", "1.83", "~", "0.33", "1"] in lines
    assert ["poor", "3.00", "0.58", "0"] in lines
    assert ["nb201:cifar10", "81.00", "(2)", "86.00", "(1)", "61.00", "(3)"] in lines
    assert ["toy3:a", "81.00", "(1)", "71.00", "(2)", "61.00", "(3)"] in lines


def test_the_tests_and_the_runs_are_stated(command, ranked):
    text = words_of(report(command, ranked()).out)
    values = np.tile([0.71, 0.81, 0.61], (6, 1))
    values[0, 0] = 0.86
    found = rank(["fair", "good", "poor"], values)
    assert f"chi-square {found.chi_square:.2f}, p = {found.p_chi_square:.2g}" in text
    assert f"F (2, 10) {found.f:.2f}, p < 0.0001" in text
    assert f"difference of mean ranks at 5 %: {found.critical:.2f}." in text
    assert "Not separated from each other: good, fair; fair, poor." in text
    assert "toy0:a: nb201-200ep (71646e2b), table dddddddddddd, budget 3 queries, seeds 0..1 (n = 2)." in text
    assert "here 2 are datasets of nb201, which resemble each other" in text


def test_rows_say_the_same(command, ranked):
    folder = ranked()
    outcome = report(command, folder, "format=json")
    content = json.loads(outcome.out)
    good = content["rows"][0]
    assert good["method"] == "good" and good["benchmark"] == "nb201:cifar10"
    assert good["mean_rank"] == pytest.approx(7 / 6) and (good["rank"], good["n"]) == (2, 2)
    assert good["truth"] == pytest.approx(0.81) and good["normalised_regret"] == pytest.approx(0.18)
    assert len(content["rows"]) == 18 and content["not_separated"] == [["good", "fair"], ["fair", "poor"]]
    assert content["nemenyi_p"]["good"]["poor"] == content["nemenyi_p"]["poor"]["good"] < 0.05
    assert "which resemble each other" in outcome.err
    rows = list(csv.DictReader(io.StringIO(report(command, folder, "format=csv").out)))
    assert [row["method"] for row in rows] == [row["method"] for row in content["rows"]]
    assert [float(row["truth"]) for row in rows] == [row["truth"] for row in content["rows"]]


def test_markdown_and_latex(command, ranked):
    folder = ranked()
    assert "| good | **1.17** | 0.18 | 5 |" in report(command, folder, "format=markdown").out
    text = report(command, folder, "format=latex").out
    assert r"good & \textbf{1.17} & 0.18 & 5 \\" in text
    assert r"\label{tab:across-ranks}" in text and r"\label{tab:across-benchmarks}" in text
    assert text.count(r"\begin{tabular}") == text.count(r"\bottomrule") == 2


def test_the_same_bytes_again(command, ranked):
    folder = ranked()
    assert report(command, folder).out == report(command, folder).out


def test_a_method_missing_somewhere_is_left_out_by_name(command, ranked):
    ranked({"some": 0.9}, BENCHMARKS[:4])
    outcome = report(command, ranked())
    assert "some is not ranked: no runs on toy2:a, toy3:a." in words_of(outcome.out)
    assert not any(line.startswith("some ") and "(" in line for line in outcome.out.splitlines())
    assert "3 methods on 6 benchmarks" in outcome.out
    content = json.loads(report(command, ranked(), "format=json").out)
    assert content["not_ranked"] == {"some": ["toy2:a", "toy3:a"]}


def test_different_numbers_of_seeds_are_stated(command, ranked):
    ranked()
    folder = ranked({"good": 0.8}, BENCHMARKS[:1], seeds=4)
    text = words_of(report(command, folder).out)
    assert "seeds differ: 0..1 (n = 2: fair, poor); 0..3 (n = 4: good)" in text


def test_regret_is_left_out_where_it_is_not_known(command, ranked):
    ranked(benchmarks=["surrogate:x"], reference=False)
    text = words_of(report(command, ranked()).out)
    assert "(not known on surrogate:x, which it leaves out)" in text
    assert "good 1.14 * 0.18 6" in text


def test_too_few_benchmarks_or_methods_are_refused(command, ranked, stored):
    outcome = report(command, stored[0])
    assert (outcome.code, outcome.out) == (2, "") and "at least 5 benchmarks, found 1" in outcome.err
    ranked({"one": 0.5, "two": 0.6})
    outcome = report(command, ranked({"some": 0.4}, BENCHMARKS[:2]))
    assert "at least 3 methods with runs on all of them, found 2" in outcome.err
    assert "Not on all benchmarks: some (4 missing)" in outcome.err


def test_several_comparisons_of_one_benchmark_are_refused(command, ranked):
    ranked()
    folder = ranked(benchmarks=BENCHMARKS[:1], protocol=PROTOCOLS["nb201-200ep-mean"])
    outcome = report(command, folder)
    assert outcome.code == 2 and "nb201:cifar10 has 2 comparisons" in outcome.err
    assert "protocol= or budget= has to choose one" in outcome.err
    assert report(command, folder, "protocol=nb201-200ep").code == 0


def test_one_family_under_two_protocols_is_refused(command, ranked):
    ranked(benchmarks=BENCHMARKS[1:])
    outcome = report(command, ranked(benchmarks=BENCHMARKS[:1], protocol=PROTOCOLS["nb201-200ep-mean"]))
    assert outcome.code == 2
    assert "nb201 has runs under nb201-200ep-mean and nb201-200ep: protocol= has to choose" in outcome.err


def test_other_budgets_of_other_benchmarks_are_stated(command, ranked, spec_of):
    ranked(benchmarks=BENCHMARKS[:5])
    rules = dataclasses.replace(PROTOCOLS["nb201-200ep"], name="toy", benchmark="toy3")
    text = words_of(report(command, ranked(benchmarks=BENCHMARKS[5:], protocol=rules)).out)
    assert "toy3:a: toy (" in text and "6 benchmarks" in text


def test_written_files_are_verified(command, ranked, tmp_path):
    folder, out = ranked(), tmp_path / "reports"
    written = report(command, folder, "format=all", f"out={out}")
    assert written.code == 0, written.err
    place = out / "across"
    assert written.out.split() == [str(place / "critical-difference.svg"), str(place / "table.txt")]
    assert (place / "table.txt").read_text() == report(command, folder).out
    assert (place / "table.csv").read_text() == report(command, folder, "format=csv").out
    verified = command("report", "verify", f"out={place}")
    assert verified.code == 0 and "27 cells from 36 runs, and 8 files" in verified.out
    assert all("runs were not looked up" in line for line in verified.err.splitlines())  # made by hand


def test_a_changed_number_is_found(command, ranked, tmp_path):
    out = tmp_path / "reports"
    report(command, ranked(), "format=figures", f"out={out}")
    manifest = out / "across" / "report.json"
    manifest.write_text(manifest.read_text().replace('"1.17"', '"1.07"'))
    outcome = command("report", "verify", f"out={out / 'across'}")
    assert outcome.code == 1
    assert "table ranks, good, mean rank: the report says 1.07, the runs say 1.17" in outcome.err
    assert "across 6 benchmarks of each@" in outcome.err


def test_another_run_is_found(command, ranked, tmp_path):
    out = tmp_path / "reports"
    report(command, ranked(), "format=figures", f"out={out}")
    ranked({"good": 0.8}, BENCHMARKS[:1], seeds=3)
    outcome = command("report", "verify", f"out={out / 'across'}")
    assert outcome.code == 1 and "good is made from other runs than the report says" in outcome.err


def test_there_is_no_page_of_it(command, ranked):
    outcome = report(command, ranked(), "format=html")
    assert outcome.code == 2 and "format=all writes its tables and its figure" in outcome.err


@pytest.mark.parametrize("words", ["at=2", "x=classes", "metric=test", "statistic=median"])
def test_keys_that_do_not_fit_are_refused(command, ranked, words):
    outcome = report(command, ranked(), words)
    key = words.partition("=")[0]
    assert outcome.code == 2 and f"{key}= is not for across=true" in outcome.err


@pytest.mark.parametrize("k", [3, 7, 20])
def test_the_diagram_names_every_method_with_its_rank(k):
    names = ["random", "local_search", "ngae", *(f"method{place}" for place in range(k - 3))]
    values = np.random.default_rng(k).random((8, k)) + np.linspace(0, 1, k)
    found = rank(names, values)
    drawn = drawn_across(found)
    svg = drawn.content["svg"].decode()
    for place, name in enumerate(names):
        assert re.search(
            rf">{re.escape(name)}  {found.mean[place]:.2f}<|>{found.mean[place]:.2f}  {name}<", svg
        )
        assert look(name).colour.lower() in svg
    assert f"critical difference {found.critical:.2f}" in svg
    assert svg.count("stroke-width: 2.6") == len(found.groups)
    assert drawn.content["pdf"].startswith(b"%PDF") and drawn.content["png"].startswith(b"\x89PNG")
    assert drawn_across(found).content == drawn.content


def test_the_diagram_says_where_no_difference_is_shown():
    found = rank("abc", np.random.default_rng(0).random((5, 3)))
    assert not found.different
    assert "no difference is shown at all" in drawn_across(found).content["svg"].decode()
