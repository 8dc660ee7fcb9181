"""Degenerate lines in every format of a table: marked, last, compared with nothing."""

import csv
import io
import json
import re

import pytest

from harness.commands._streams import stand_in
from harness.compare.grouping import compare
from harness.compare.view import View
from harness.records.derived import load
from harness.report.tables.blocks import blocks
from tests.harness.lines import DEGENERATE, LINES, WORDS, words_of


@pytest.fixture
def view_of(handmade):
    def make(lines):
        (found,) = compare(load(handmade(lines)))
        return View(found)

    return make


def test_they_are_the_last_methods_of_every_table_and_in_no_test(view_of):
    view = view_of(LINES)
    found = {block.name: block for block in blocks(view)}
    assert set(found) == {"curve", "end", "best", "targets", "effort"}
    for name in ("curve", "end", "targets", "effort"):
        block = found[name]
        rows = {row[0].text: row for row in block.rows if row[0].text not in block.reference}
        assert list(rows) == ["good", "fair", "broken †", "leader †"]
        assert block.degenerate == frozenset(WORDS)
        assert {label: row[0].interval for label, row in rows.items() if row[0].interval} == WORDS
        for label, row in rows.items():
            assert label not in WORDS or {cell.mark for cell in row} == {""}
            assert any(cell.text != "-" for cell in row[1:])  # their numbers are shown
    assert [row[0].text for row in found["best"].rows] == ["fair"]
    assert found["best"].title.startswith("Against good, paired by seed")
    assert [cell.value for cell in found["best"].rows[0][4:6]] == [2 / 2**7] * 2  # Holm over one test


def test_text_markdown_and_latex(command, handmade):
    words = [f"results={handmade(LINES).folder}", "at=21"]
    text = command("report", *words).out
    rows = [line.split("  ")[0] for line in text.splitlines()]
    first = rows[rows.index("optimum of the table") : rows.index("random search, exact")]
    assert [row for row in first if row][1:] == ["good", "fair", *sum(WORDS.items(), ())]
    rule = "†: degenerate, so in no ranking, mark or test. More than 5 % of what its searches paid for were"
    assert rule in words_of(text) and "gives back less than 50 % of architectures exactly" in words_of(text)
    shown = command("report", *words, "format=markdown").out
    assert "| leader † 97 % random fill-in | 90.30 ±0.22 [" in shown and f"- {rule}" in shown
    assert "**80.30 ±0.22**" in shown and "**90.30" not in shown
    latex = command("report", *words, "format=latex").out
    assert r"leader $\dagger$ & 90.30 $\pm$0.22 \\" in latex
    assert r"{\scriptsize 97 \% random fill-in} & {\scriptsize [" in latex
    caption = next(line for line in latex.splitlines() if line.startswith(r"\caption"))
    assert r"$\dagger$: degenerate, so in no ranking" in caption
    assert all(line.isascii() or line.startswith("%") for line in latex.splitlines())


def test_where_an_encoding_lacks_the_sign_another_keeps_the_columns():
    sign = UnicodeEncodeError("ascii", "leader †", 7, 8, "")
    assert stand_in(sign) == ("!", 8)


def test_rows_have_what_decides(command, handmade):
    words = [f"results={handmade(LINES).folder}", "at=21", "metric=truth"]
    outcome = command("report", *words, "format=json")
    rows = outcome.rows()
    assert [(row["method"], row["degenerate"]) for row in rows] == [
        ("fair", False), ("good", False), ("broken", True), ("leader", True),
    ]  # fmt: skip
    assert [row["decoder_exact"] for row in rows] == [None, None, 0.03, None]
    assert [row["filled_in"] for row in rows] == [0, 0, 0, pytest.approx(136 / 140)]
    told = outcome.err.splitlines()
    assert told == [
        "harness: nb201-200ep on nb201:cifar10: broken is degenerate and in no ranking: decoder reconstructs "
        "3.0 %",
        "harness: nb201-200ep on nb201:cifar10: leader is degenerate and in no ranking: 97 % random fill-in",
    ]
    texts = list(csv.DictReader(io.StringIO(command("report", *words, "format=csv").out)))
    assert [row["degenerate"] for row in texts] == ["False", "False", "True", "True"]
    runs = command("report", *words, "format=json", "rows=runs").rows()
    mine = [row for row in runs if row["method"] == "leader"]
    assert runs[-7:] == mine and all(row["degenerate"] for row in mine)
    assert [row["filled_in"] for row in mine] == [1, 0.95, 0.95, 0.95, 0.95, 1, 1]
    assert {row["decoder_exact"] for row in runs if row["method"] == "broken"} == {0.03}


def test_a_table_for_notebooks_has_the_columns(handmade):
    pytest.importorskip("pandas")
    import harness

    table = harness.load(handmade(LINES).folder, at=21)
    assert table["degenerate"].dtype == bool and table["decoder_exact"].dtype == float
    assert set(table[~table["degenerate"]]["method"]) == {"good", "fair"}


def test_a_comparison_of_nothing_else_ranks_nothing(command, handmade, view_of):
    folder = handmade(DEGENERATE).folder
    for form in ("text", "markdown", "latex", "csv", "json"):
        outcome = command("report", f"results={folder}", f"format={form}")
        assert outcome.code == 0 and "leader" in outcome.out
        if form in ("text", "markdown", "latex"):
            said = "Every line is degenerate: nothing is ranked, marked or tested."
            assert said in words_of(outcome.out) and "Against" not in outcome.out
    view = view_of(DEGENERATE)
    assert view.ranked == [] and [each.label for each in view.listed] == ["broken", "leader"]
    assert [cell.mark for block in blocks(view) for row in block.rows for cell in row if cell.mark] == []


@pytest.mark.slow
def test_a_written_report_is_verified(command, handmade, tmp_path):
    words = [f"results={handmade(LINES).folder}", f"out={tmp_path / 'out'}"]
    assert command("report", *words, "format=all").code == 0
    outcome = command("report", "verify", f"out={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    told = json.loads((tmp_path / "out/report.json").read_text())
    rows = told["comparisons"][0]["tables"]["curve"]["rows"]
    assert [row[0] for row in rows][-3:] == [*WORDS, "random search, exact"]


def test_one_run_says_so_itself(command, handmade):
    store = handmade(LINES)
    (path,) = store.folder.glob("*/*/leader/1-*.json")
    assert re.search(r"^degenerate +95 % random fill-in$", command("show", path).out, flags=re.M)
    (path,) = store.folder.glob("*/*/good/1-*.json")
    assert "degenerate" not in command("show", path).out


@pytest.fixture(scope="module")
def stuck(tmp_path_factory):
    """A plugin that proposes what it has paid for already, so that all is fill-in."""
    path = tmp_path_factory.mktemp("plugin") / "stuck.py"
    path.write_text(
        '"""Stuck."""\n\nfrom methods.base import Optimizer\n\n\nclass Stuck(Optimizer):\n'
        "    def propose(self, space, representation, observed, n):\n        return observed.cells[:1]\n"
    )
    return path


def test_protocols_are_compared_without_them(command, stuck, tmp_path):
    words = ["methods=random,local_search,stuck", "seeds=3", "budget=14", "workers=1", f"plugins={stuck}"]
    words += [f"results={tmp_path}", "protocols=nb201-200ep,nb201-200ep-mean"]
    outcome = command("protocols", "effect", *words)
    assert outcome.code == 0, outcome.err
    rows = [line.split() for line in outcome.out.splitlines() if line.startswith("nb201-200ep")][:2]
    for row in rows:
        assert sorted(word for word in row if word.startswith("[")) == ["[1]", "[2]", "[†]"]
        assert row[-1] in ("1.00", "-1.00")  # of two methods, whatever the third does
    assert "tau is over the methods that are ranked in both lines" in words_of(outcome.out)


def test_there_is_nothing_to_decide_about_them(command, stuck, tmp_path):
    words = ["methods=random,stuck", "seeds=2", "most_seeds=4", "batch=1", "budget=14", "workers=1"]
    outcome = command("run", *words, f"plugins={stuck}", f"results={tmp_path}", "until=decided")
    assert outcome.code == 0, outcome.err
    said = "nothing to separate, fewer than two methods are not degenerate"
    assert f"look 1 of 3, 2 seeds: {said}" in outcome.err
    assert f"N{said[1:]}." in words_of(outcome.out)
    assert len(list(tmp_path.glob("*/*/stuck/*.json"))) == 2  # no further seeds are spent on it
