"""Equal means equal: from accuracies as tables hold them, through the comparison, to every format."""

import dataclasses
import json
import re

import numpy as np
import pytest

from harness.compare.across import across
from harness.compare.marks import marks
from harness.report.leaderboard import ranking_blocks
from harness.report.page.finding import finding
from harness.report.page.index import index_page
from harness.report.page.links import Links
from harness.report.page.pairs import matrix
from harness.report.page.section import section
from harness.report.tables.blocks import blocks
from harness.report.tables.latex import as_latex
from harness.report.tables.markdown import as_markdown
from harness.report.tables.rows import as_json
from harness.report.tables.text import as_text

ONE, OTHER = 0.7087999995117188, 0.7087999995117187
"""Mean truth of the NAS-Bench-201 CIFAR-100 cells 311333 and 323323, whose recorded accuracies are equal."""
LINKS = Links(
    lambda run: "run.json", lambda *words: "figure", "index.html", lambda comparison: "page.html#s0"
)
BUDGET = {"optimum": 0.9, "random_truth": [0.3, 0.5, 0.6], "fronts": {}}


@pytest.fixture
def ending_at(seen_as):
    """A view of methods whose ten runs end at the given truths (one for all, or one per seed)."""

    def make(ends, seeds=10, reference=BUDGET, **changes):
        truth = {
            name: [[0.4, 0.5, float(end)] for end in np.broadcast_to(values, seeds)]
            for name, values in ends.items()
        }
        seen = {name: [[0.4, 0.5, 0.6]] * seeds for name in ends}
        return seen_as(seen, reference, truth=truth, **changes)

    return make


def test_two_cells_of_equal_accuracy_do_not_differ(ending_at):
    assert ONE != OTHER
    view = ending_at({"one": ONE, "other": OTHER})
    one, other = view.comparison.methods
    found = view.paired(one, other)
    assert (found.n, found.difference, found.p, found.improvement) == (10, 0.0, 1.0, 0.5)
    assert (found.effect, found.low, found.high) == (0.0, 0.0, 0.0)
    assert view.comparison.p_value(one, other, "truth", 3) == 1.0
    best = next(block for block in blocks(view) if block.name == "best")
    assert [cell.text for cell in best.rows[0]][1:] == ["10", "0.00", "0.00", "1.00", "1.00", "0.50", "0.00"]


@pytest.mark.parametrize("metric", ["truth", "seen", "regret", "auc"])
@pytest.mark.parametrize("statistic", ["mean", "median", "iqm"])
def test_all_of_equal_best_are_marked_by_every_metric_and_statistic(ending_at, metric, statistic):
    comparison = ending_at({"one": ONE, "other": OTHER}).comparison
    assert marks(comparison, metric, 3, statistic=statistic) == {"one": "best", "other": "best"}


def test_what_differs_by_what_is_published_is_told_apart(ending_at):
    view = ending_at({"one": ONE, "other": ONE + 1e-4, "third": ONE - 1e-11})
    assert view.marks(3) == {"other": "best", "one": "", "third": ""}


def test_equal_means_of_different_runs_are_both_best(ending_at):
    """In floating point the first mean is larger by its last bit."""
    ends = {"one": [0.34, 0.25, 0.2, 0.11], "two": [0.36, 0.23, 0.2, 0.11], "three": [0.2] * 4}
    view = ending_at(ends, seeds=4)
    one, _, two = (view.summary(each, 3).mean for each in view.comparison.methods)
    assert one > two == pytest.approx(one)
    assert {label for label, mark in view.marks(3).items() if mark == "best"} == {"one", "two"}
    assert [each.label for each in view.ranked] == ["one", "two", "three"]
    several = [dataclasses.replace(view.comparison, benchmark=f"toy{n}:a") for n in range(6)]
    assert across(several).ranks.mean.tolist() == [1.5, 3.0, 1.5]


def test_differences_that_are_equal_in_decimals_tie_in_the_test(ending_at):
    """.3 - .2 and .2 - .1 differ in floating point; as ranks of accuracies they tie."""
    first, second = np.array([0.3, 0.2, 0.5, 0.1, 0.7]), np.array([0.2, 0.1, 0.6, 0.2, 0.8])
    view = ending_at({"a": first, "b": second}, seeds=5)
    a, b = view.comparison.methods
    assert (
        view.paired(a, b).p == view.comparison.p_value(a, b, "truth", 3) == 1.0
    )  # two of five equal sizes up: 2 * 16 / 32


def test_all_labels_equal_stars_everybody_in_every_format(ending_at):
    view = ending_at({name: 0.9 for name in ("c", "a", "b")})
    for block in blocks(view):
        if block.name in ("curve", "end"):
            lines = [row for row in block.rows if row[0].text in "abc"]
            assert len(lines) == 3
            assert all(cell.mark == "best" for row in lines for cell in row[1:] if cell.text != "-")
    first = [line for line in as_text(view).splitlines() if re.match(r"[abc] ", line)][:3]
    assert [line.count(" *") for line in first] == [1, 1, 1]
    bold = [line for line in as_markdown(view).splitlines() if re.match(r"\| [abc] \| \*\*90.00", line)]
    assert len(bold) == 3
    assert len(re.findall(r"(?m)^[abc] & \\textbf\{90\.00", as_latex(view))) == 3
    means = {row["mean"] for row in json.loads(as_json([view])) if row["metric"] == "truth"}
    assert len(means) == 1


def test_all_labels_equal_on_pages(ending_at):
    view = ending_at({name: 0.9 for name in ("c", "a", "b")})
    assert finding(view) == "a, b and c are best after 3 queries: truth 90.00 % [90.00, 90.00]."
    shown, _ = section("s0", view, [], LINKS)
    assert [row[1].mark for row in shown.tables["curve"].rows] == ["best"] * 3
    page = index_page([view], LINKS)
    assert len(re.findall(r"90\.00", page)) >= 3
    assert len(re.findall(r'<span class="rank">.{0,200}?>2<', page, re.S)) == 3
    found, _ = matrix(view)
    assert {cell.text for row in found.rows for cell in row} == {"", "0.00"} and found.significant == 0


def test_two_best_and_others_in_the_finding(ending_at):
    view = ending_at({"one": ONE, "other": OTHER, "worse": 0.6, "random": 0.5})
    assert finding(view) == (
        "one and other are best after 3 queries: truth 70.88 % [70.88, 70.88]; all 2 others are "
        "significantly worse; all beat random search."
    )


def test_equal_mean_ranks_are_starred_in_the_leaderboard(ending_at):
    view = ending_at({"one": ONE, "other": OTHER, "worse": 0.5})
    several = [dataclasses.replace(view.comparison, benchmark=f"toy{n}:a") for n in range(6)]
    found = across(several)
    assert found.ranks.mean.tolist() == [1.5, 1.5, 3.0]
    ranking = ranking_blocks(found)[0]
    assert [(row[0].text, row[1].mark) for row in ranking.rows[:2]] == [("one", "best"), ("other", "best")]
    assert [row[3].text for row in ranking.rows] == ["6", "6", "0"]


def test_an_optimum_is_met_by_a_truth_that_equals_it(ending_at):
    view = ending_at({"one": ONE, "other": OTHER}, reference={**BUDGET, "optimum": ONE})
    comparison = view.comparison
    curves = [run.curve for method in comparison.methods for run in method.runs]
    assert {each.truth[-1] for each in curves} == {comparison.optimum} == {0.708799999512}
    assert all((comparison.values(each, "regret", 3) == 0).all() for each in comparison.methods)
    assert not np.signbit(comparison.values(comparison.methods[0], "regret", 3)).any()


def test_nothing_is_printed_as_minus_nothing(ending_at, tmp_path):
    """Mean differences of -0.001 points, a regret a hair below 0: in all formats and on pages."""
    noise = np.repeat([2e-5, -2e-5], 5)
    ends = {"a": 0.85 + noise, "b": 0.85 + noise[::-1] - 1e-5, "c": 0.90001, "d": 0.90001 - noise}
    view = ending_at(ends)
    for metric in ("truth", "regret"):
        seen = dataclasses.replace(view, metric=metric)
        texts = [as_text(seen), as_markdown(seen), as_latex(seen), index_page([seen], LINKS)]
        shown, data = section("s0", seen, [], LINKS)
        texts += [str(shown.tables), str(shown.matrix), json.dumps(data["pairs"]), json.dumps(data["values"])]
        several = [dataclasses.replace(seen.comparison, benchmark=f"toy{n}:a") for n in range(6)]
        texts.append(str([[cell.text for cell in row] for row in ranking_blocks(across(several))[0].rows]))
        for text in texts:
            assert not re.search(r"[-−]0\.0+(?![0-9])", text), re.search(r".{40}[-−]0\.0+(?![0-9]).*", text)
        assert "0.00" in texts[0]
