"""What pages are made from: sentences, series, pairs, rules, command lines, figures."""

import dataclasses
import re

import numpy as np
import pytest

from harness.compare.view import View
from harness.records.store import RunStore
from harness.report.page.commands import citation, report_line, run_lines
from harness.report.page.finding import finding
from harness.report.page.index import index_page
from harness.report.page.links import Links
from harness.report.page.pairs import matrix
from harness.report.page.rules import spelled_out
from harness.report.page.series import SCALE, chart
from harness.report.page.svg import inline
from harness.stats.paired import compare_paired, holm
from harness.study.options import ReportOptions, RunOptions, parse
from tabular.protocol import WORDS, Protocol
from tests.presets import PROTOCOLS

LINKS = Links(
    lambda run: "run.json", lambda *words: "figure", "index.html", lambda comparison: "page.html#s0"
)


@pytest.fixture
def view_of(compared, spec_of, record_for, tmp_path):
    """A view of methods by their final truth at every seed."""

    def make(finals, benchmark="nb201:cifar10"):
        records = [
            record_for(spec_of(method, seed, benchmark=benchmark), (0.4, 0.5, 0.6), (0.4, final, final))
            for method, values in finals.items()
            for seed, final in enumerate(values)
        ]
        (comparison,) = compared(records, RunStore(tmp_path))
        return View(comparison)

    return make


EIGHT = np.arange(8) / 1000


def test_finding_counts_what_is_not_told_apart(view_of):
    ahead, behind = 0.9 + EIGHT, 0.8 + EIGHT
    view = view_of({"best": ahead, "close": ahead[::-1] - 0.0001, "worse": behind, "random": behind[::-1]})
    text = finding(view)
    assert text.startswith("best is best after 3 queries: truth 90.35 % [90.")
    assert "1 of the 3 others is not significantly worse; 1 does not beat random search." in text


def test_finding_claims_nothing_with_few_seeds(view_of):
    assert finding(view_of({"one": [0.9, 0.91], "two": [0.5, 0.51]})).endswith(
        "With 2 seeds no difference can be significant."
    )
    assert finding(view_of({"one": [0.9]})) == "one reaches after 3 queries: truth 90.00 %."


def test_finding_when_all_others_are_worse(view_of):
    text = finding(view_of({"best": 0.9 + EIGHT, "middle": 0.8 + EIGHT, "random": 0.7 + EIGHT}))
    assert text.endswith("all 2 others are significantly worse; all beat random search.")


def test_finding_when_nothing_is_told_apart(view_of):
    ends = {"best": 0.90001 + EIGHT[::-1], "middle": 0.9 + np.roll(EIGHT, 4), "random": 0.90002 + EIGHT}
    assert finding(view_of(ends)).endswith(
        "none of the 2 others is significantly worse; none beats random search."
    )


def test_finding_names_all_of_equal_best(view_of):
    text = finding(view_of({"one": 0.9 + EIGHT, "two": 0.9 + EIGHT[::-1], "random": 0.8 + EIGHT}))
    assert text.startswith("one and two are best after 3 queries: truth 90.35 % [90.")
    assert text.endswith("]; the other is significantly worse; all beat random search.")


def test_matrix_holds_every_pair_corrected_for_all(view_of):
    finals = {"a": 0.9 + EIGHT, "b": 0.85 + EIGHT[::-1], "c": 0.8 + EIGHT}
    view = view_of(finals)
    found, data = matrix(view)
    assert found.labels == ["a", "b", "c"] and found.tests == 3 and len(data) == 3
    pairs = [compare_paired(finals[x], finals[y]) for x, y in ("ab", "ac", "bc")]
    assert [each[3] for each in data] == [round(100 * pair.difference, 2) for pair in pairs]
    assert [each[8] for each in data] == [float(f"{p:.2g}") for p in holm([pair.p for pair in pairs])]
    assert [cell.text for cell in found.rows[0]] == ["", "+5.00", "+10.00"]
    assert [cell.text for cell in found.rows[2]] == ["−10.00", "−5.00", ""]
    assert found.rows[0][2].verdict == "better" and found.rows[2][0].verdict == "worse"
    assert found.significant == sum(cell.verdict == "better" for row in found.rows for cell in row)


def test_no_matrix_where_nothing_can_be_tested(view_of):
    assert matrix(view_of({"a": [0.9], "b": [0.8]})) is None
    assert matrix(view_of({"a": [0.9, 0.8]})) is None


def test_series_are_the_summaries_of_the_report(seen):
    (view,) = seen()
    sent = chart(view)
    assert sent["own"] == "queries" and sent["optimum"] == round(SCALE * view.comparison.optimum)
    (grid,) = sent["axes"]["queries"]["grids"]
    assert grid == list(range(1, 41)) and len(sent["random"]) == 40
    for place, method in enumerate(view.comparison.methods):
        means, below, above = sent["series"]["truth"]["queries"][place]
        found = view.summary(method, 40)
        assert means[-1] == round(SCALE * found.mean)
        assert below[-1] == round(SCALE * (found.mean - found.low))
        assert above[-1] == round(SCALE * (found.high - found.mean))
        assert sent["series"]["seen"]["queries"][place][0][9] == round(
            SCALE * view.summary(method, 10, "seen").mean
        )
        half = sent["axes"]["classes"]["grids"][0][29]
        along = View(view.comparison, axis="classes").summary(method, half)
        assert sent["series"]["truth"]["classes"][place][0][29] == round(SCALE * along.mean)
    axes = {"queries", "architectures", "classes", "seconds", "wall", "total"}
    assert set(sent["axes"]) == axes
    for axis in axes - {"queries"}:
        assert any(sent["series"]["seen"][axis]), axis


def test_axes_that_no_run_recorded_are_not_offered(view_of):
    sent = chart(view_of({"a": [0.9, 0.91]}))
    assert "wall" not in sent["axes"] and "total" not in sent["axes"]
    assert sent["optimum"] is None and sent["random"] == [] and "test" not in sent["series"]


@pytest.mark.parametrize("name", sorted(PROTOCOLS))
def test_every_rule_of_every_protocol_is_spelled_out(name):
    protocol = PROTOCOLS[name]
    rules = spelled_out(protocol, protocol.budget)
    assert all(rule.sentence.endswith(".") and rule.value for rule in rules)
    told = {rule.name for rule in rules}
    other = {
        "reported_split": "truth",
        "reported_epochs": "truth",
        "test_split": "test",
        "unit": "budget",
        "shorter_seconds": "fidelities",
    }
    fields = {field.name for field in dataclasses.fields(Protocol)} - {
        *WORDS,
        "name",
        "benchmark",
        "crossing",
    }
    assert {other.get(each, each).replace("_", " ") for each in fields} <= told
    assert ("crossing" in told) == (protocol.unit == "seconds")


def test_commands_are_understood_and_stand_for_the_runs(view_of, seen):
    (view,) = seen()
    lines = [line.split() for line in run_lines(view.comparison)]
    asked = {}
    for words in lines:
        assert words[:2] == ["harness", "run"]
        options, overrides = parse(words[2:], RunOptions, overrides=True)
        assert options.budget == 40 and options.bench == ("nb201:cifar10",) and not overrides
        for method in options.methods:
            asked.setdefault(method, set()).update(options.seeds)
    assert asked == {"local_search": {0, 1, 2}, "random": {0, 1, 2, 3}, "regularized_evolution": {0, 1, 2, 3}}
    options, _ = parse(report_line(view.comparison).split()[2:], ReportOptions)
    assert options.protocol == ("nb201-200ep",)


def test_commands_name_the_settings_of_a_variant(view_of):
    (line,) = run_lines(view_of({"ngae+gp_bo[width=8;gp_bo.batch=2]": [0.9]}).comparison)
    assert "methods=ngae+gp_bo " in line and line.endswith("ngae.width=8 gp_bo.batch=2")
    assert "seeds=0..0" in line


def test_citation_names_what_the_numbers_depend_on(seen):
    (view,) = seen()
    text = citation(view.comparison)
    assert view.comparison.table_digest[:12] in text and view.comparison.protocol.hash in text
    assert "3 to 4 seeds per method" in text


def test_figures_take_the_colours_of_the_page(figures):
    (drawn,) = figures[0]
    text = str(inline(drawn, "x-"))
    assert text.startswith("<svg viewBox=") and "<style" not in text and "<metadata" not in text
    assert "#ffffff" not in text and "#3a3f45" not in text
    assert "currentColor" in text and "var(--card)" in text
    assert all(name.startswith("x-") for name in re.findall(r'id="([^"]+)"', text))
    assert all(name.startswith("x-") for name in re.findall(r'(?:url\(|href=")#([^")]+)', text))


def test_leaderboard_ranks_and_shares_ranks_of_equals(view_of, parsed):
    one = view_of({"a": [0.9, 0.9], "b": [0.8, 0.8], "c": [0.8, 0.8]})
    two = view_of({"a": [0.7, 0.7], "b": [0.8, 0.8]}, benchmark="nb201:cifar100")
    tree = parsed(index_page([one, two], LINKS))
    (table,) = tree.find("table")
    rows = {row.find("th")[0].text: [cell.text for cell in row.find("td")] for row in table.find("tr")[1:]}
    assert [*rows] == ["a", "b", "c"]
    assert rows["a"][0].strip() == "1.50" and rows["b"][0].strip() == "1.75"
    assert rows["c"][0].strip() == "-" and rows["c"][2] == "-"
    assert "rank 2.5" in rows["b"][1] and "rank 2.5" in rows["c"][1]
    assert "No test across benchmarks" in tree.text


def test_leaderboard_keeps_budgets_apart(seen, view_of, parsed):
    (view,) = seen()
    tree = parsed(index_page([view, view_of({"a": [0.9, 0.8]})], LINKS))
    assert [each.text for each in tree.find("h2")] == ["nb201-200ep, 3 queries", "nb201-200ep, 40 queries"]
    assert len(tree.find("table")) == 2


def test_finding_claims_nothing_of_methods_without_a_value(view_of):
    ahead = 0.9 + EIGHT
    view = view_of({"best": ahead, "worse": ahead - 0.1, "unknown": EIGHT * np.nan})
    assert "the other is significantly worse; 1 without a value there." in finding(view)
    alone = view_of({"best": ahead, "random": EIGHT * np.nan})
    assert finding(alone).endswith("; no other method has a value there.")


def test_finding_claims_nothing_where_holm_allows_nothing(view_of):
    six = EIGHT[:6]
    view = view_of({"best": 0.9 + six, "worse": 0.8 + six, "worst": 0.7 + six})
    assert finding(view).endswith("With 6 seeds and 3 methods no difference can be significant.")
    assert "significantly worse" in finding(view_of({"best": 0.9 + six, "worse": 0.8 + six}))
