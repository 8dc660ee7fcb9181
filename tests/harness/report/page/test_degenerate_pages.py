"""Degenerate lines on pages: below the others, in no sentence, no matrix and no rank."""

import pytest

from harness.compare.grouping import compare
from harness.compare.view import View
from harness.records.derived import load
from harness.report.page.finding import finding
from harness.report.page.pairs import matrix
from harness.report.page.section import section
from harness.report.tables.blocks import blocks
from harness.report.tables.notes import notes
from tests.harness.lines import DEGENERATE, FAIR, GOOD, LEADER, LINES, WORDS, Handmade, at
from tests.harness.report.page.test_parts import LINKS


@pytest.fixture
def views_of(handmade):
    def make(lines):
        return [View(each) for each in compare(load(handmade(lines)))]

    return make


def test_where_all_lines_are_degenerate_the_finding_says_so(views_of):
    (view,) = views_of(DEGENERATE)
    assert finding(view) == (
        "Nothing is ranked, every line is degenerate: broken (decoder reconstructs 3.0 %), leader (97 % "
        "random fill-in)."
    )
    (view,) = views_of({f"m{place}": LEADER for place in range(5)} | DEGENERATE)
    assert finding(view).endswith("m0 (97 % random fill-in) and 4 more.")
    assert matrix(view) is None


def test_one_that_is_left_is_compared_with_nothing(views_of):
    (view,) = views_of({"good": GOOD, **DEGENERATE})
    assert [each.label for each in view.ranked] == ["good"] and view.marks(view.last) == {}
    assert "best" not in {block.name for block in blocks(view)} and matrix(view) is None
    text = finding(view)
    assert text.startswith("good reaches after 21 queries: truth 80.30 % [")
    assert text.endswith("]. 2 degenerate lines are not ranked (†).")
    assert any(line.startswith("†: degenerate") for line in notes(view, {"best": "*", "tied": "~"}))


def test_the_finding_names_no_degenerate_line(views_of):
    (view,) = views_of({**LINES, "random": Handmade(at(0.5))})
    text = finding(view)
    assert text.startswith("good is best after 21 queries: truth 80.30 %")
    assert "all 2 others are significantly worse; all beat random search. 2 degenerate lines are" in text
    assert "leader" not in text and "broken" not in text


def test_random_search_that_is_mostly_fill_in_is_no_comparison(views_of):
    text = finding(*views_of({"good": GOOD, "fair": FAIR, "random": LEADER}))
    assert "random search" not in text and "good is best" in text


def test_a_page_keeps_them_below_and_out_of_its_matrix(views_of):
    (view,) = views_of(LINES)
    shown, data = section("s0", view, [], LINKS)
    assert shown.matrix.labels == ["good", "fair"] and shown.matrix.tests == 1
    labels = [each["label"] for each in data["methods"]]
    assert labels == ["broken †", "fair", "good", "leader †"]
    broken, leader = WORDS.values()
    assert [each["flaw"] for each in data["methods"]] == [broken, "", "", leader]
    assert [labels[place] for place in data["listed"]] == ["good", "fair", "broken †", "leader †"]
    assert ("methods", "4, 2 not ranked") in shown.facts
    table = shown.tables["curve"]
    assert [row[0].text for row in table.rows] == ["good", "fair"]
    assert {row[0].text: row[0].interval for row in table.degenerate} == WORDS
    assert [row[0].text for row in table.below] == ["random search, exact"]


def test_the_pages_show_them_under_their_tables(pages_of, parsed):
    files = pages_of(cifar10=LINES)
    page = parsed(files["nb201-cifar10.html"])
    (curve,) = page.find("table", **{"data-table": "curve"})
    bodies = [(body.attributes["class"], [row.children[0].text for row in body.find("tr")])
              for body in curve.find("tbody")]  # fmt: skip
    assert bodies[1:3] == [
        ("body", ["good", "fair"]),
        ("apart", [f"{label}{words}" for label, words in WORDS.items()]),
    ]
    (lead,) = page.find("p", class_="lead")
    assert "leader" not in lead.text and "2 degenerate lines are not ranked (†)." in lead.text
    assert "† degenerate and not ranked" in files["nb201-cifar10.html"]
    board = parsed(files["index.html"])
    (body,) = board.find("tbody", class_="body")
    assert [row.children[0].text for row in body.find("tr")] == ["good", "fair"]
    (apart,) = board.find("tbody", class_="apart")
    assert [row.children[0].text for row in apart.find("tr")] == ["broken †", "leader †"]
    assert all(cell.attributes["data-v"] == "" for cell in apart.find("td"))
    assert "97 % random fill-in" in apart.text and "rank" not in apart.text


def test_pages_without_any_ranked_line_are_whole(pages_of, parsed):
    files = pages_of(cifar10=DEGENERATE)
    assert not parsed(files["index.html"]).find("tbody", class_="body")[0].find("tr")
    assert "Nothing is ranked, every line is degenerate" in files["nb201-cifar10.html"]


def test_a_board_ranks_a_method_where_it_is_a_result(pages_of, parsed):
    lines = {"good": GOOD, "fair": FAIR, "odd": Handmade(at(0.6))}
    files = pages_of(cifar10=lines, cifar100={**lines, "odd": LEADER})
    (body,) = parsed(files["index.html"]).find("tbody", class_="body")
    rows = {row.children[0].text: [cell.text for cell in row.children[1:]] for row in body.find("tr")}
    assert list(rows) == ["good", "fair", "odd †"]
    assert rows["good"][0] == "1.00" and rows["odd †"][0] == "-"
    assert rows["odd †"][1].startswith("rank 3 60.30") and rows["odd †"][2].startswith(" 90.30†")
    assert "for the 2 methods that are ranked on all of them" in files["index.html"]
