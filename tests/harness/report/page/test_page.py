"""The pages without a browser: what they hold, and where every number leads."""

import json
import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from harness.compare.view import View
from harness.records.store import RunStore
from harness.report.page.files import pages
from harness.report.page.links import Links
from harness.report.page.page import benchmark_page
from harness.report.page.render import as_data
from harness.report.tables.blocks import blocks
from tabular.errors import HarnessError
from tests.presets import PROTOCOLS

LINKS = Links(lambda run: run.path.name, lambda *words: "-".join(map(str, words[1:])))
PAGE = "nb201-cifar10.html"


@pytest.fixture(scope="module")
def page(site, parsed):
    return parsed((site / PAGE).read_text())


@pytest.fixture(scope="module")
def data(page):
    (script,) = page.find("script", id="data")
    return json.loads(script.text)


@pytest.mark.parametrize("name", [PAGE, "index.html"])
def test_every_id_is_unique_and_every_local_link_has_its_target(site, parsed, name):
    tree = parsed((site / name).read_text())
    ids = [each.attributes["id"] for each in tree.all() if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    references = [
        each.attributes[name].removeprefix("#")
        for each in tree.all()
        for name in ("href", "aria-labelledby")
        if each.attributes.get(name, "").startswith("#")
        or (name == "aria-labelledby" and name in each.attributes)
    ]
    assert references
    assert set(references) <= set(ids)


@pytest.mark.parametrize("name", [PAGE, "index.html"])
def test_nothing_is_loaded_from_elsewhere(site, parsed, name):
    text = (site / name).read_text()
    tree = parsed(text)
    assert "default-src 'none'" in text
    assert not tree.find("img") and not tree.find("iframe")
    assert all("src" not in each.attributes for each in tree.find("script"))
    assert [each.attributes["href"] for each in tree.find("link")] == ["data:,"]
    addresses = set(re.findall(r"https?://[^\"'\s)]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert "@import" not in text and "url(" not in text.partition("</style>")[0]


@pytest.mark.parametrize("name", [PAGE, "index.html"])
def test_headings_descend_one_level_at_a_time(site, parsed, name):
    tree = parsed((site / name).read_text())
    (html,) = tree.find("html")
    assert html.attributes["lang"] == "en"
    levels = [int(each.tag[1]) for each in tree.all() if re.fullmatch("h[1-6]", each.tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_number_leads_to_its_runs(page, data):
    cells = [each for table in page.find("table") if "sortable" in table.classes for each in table.find("td")]
    methods = [each for each in cells if "line" not in each.parent.parent.classes]
    assert len(methods) > 60
    for cell in methods:
        (link,) = cell.find("a")
        first, _, last = link.attributes["data-runs"].partition("..")
        assert 0 <= int(first) <= int(last or first) < len(data[0]["runs"])
    for cell in cells:
        if "line" in cell.parent.parent.classes:
            assert not cell.find("a")


def test_links_lead_to_the_files_of_the_runs(site, page, data, results):
    for seed, key, address in data[0]["runs"]:
        path = (site / address).resolve()
        assert path.is_file() and path.is_relative_to(results.resolve())
        assert path.name == f"{seed}-{key}.json"
    listed = [
        each.find("a")[0].attributes["href"]
        for each in page.find("tr")
        if "-run-" in each.attributes.get("id", "")
    ]
    assert listed == [address for _, _, address in data[0]["runs"]]


def test_numbers_of_the_leaderboard_lead_to_the_runs_of_their_method(site, page, parsed):
    (table,) = parsed((site / "index.html").read_text()).find("table")
    rows = [row for row in table.find("tr") if row.find("a")]
    assert len(rows) == 3
    for row in rows:
        (link,) = row.find("a")
        name, _, target = link.attributes["href"].partition("#")
        assert name == PAGE
        (run,) = page.find("tr", id=target)
        methods = run.parent.parent.parent.parent.find("summary")[0].text
        assert methods.split()[0] == row.find("th")[0].text


def test_values_behind_a_number_are_those_of_its_runs(data, seen):
    (view,) = seen()
    shown = data[0]["values"]
    for block in blocks(view):
        for row, cells in enumerate(block.rows):
            for column, cell in enumerate(cells):
                values = shown.get(f"{block.name}-{row}-{column}")
                assert (values is not None) == bool(cell.values and column)
                if values is None or block.name not in ("curve", "end"):
                    continue
                assert values == [f"{100 * value:.2f}" for value in cell.values]
                assert float(np.mean([float(each) for each in values])) == pytest.approx(
                    100 * cell.value, abs=0.006
                )


def test_the_failure_is_told_and_escaped(page, site):
    (table,) = [each for each in page.find("table") if "failed" in each.classes]
    assert "local_search" in table.text and "ValueError: <b>too</b> bad" in table.text
    assert "<b>too</b>" not in (site / PAGE).read_text()
    lists = {each.find("summary")[0].text.split()[0]: each for each in page.find("details")}
    assert len([each for each in lists["local_search"].find("tr") if "id" in each.attributes]) == 3


def test_same_runs_make_the_same_bytes(site, results, seen, figures):
    again = pages(seen(), figures, results, "../results")
    assert {name: (site / name).read_bytes() for name in again} == again


def test_two_comparisons_are_sections_with_their_own_headings(seen, figures, parsed):
    (view,) = seen()
    other = View(view.comparison, at=(10, 20))
    text = benchmark_page([view, other], [figures[0], figures[0]], LINKS)
    tree = parsed(text)
    ids = [each.attributes["id"] for each in tree.all() if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    sections = [each.attributes["data-section"] for each in tree.all() if "data-section" in each.attributes]
    assert sections == ["s0", "s1"]
    levels = [int(each.tag[1]) for each in tree.all() if re.fullmatch("h[1-6]", each.tag)]
    assert {1, 2, 3} == set(levels)


KINDS = {
    "another metric": {"metric": "regret", "at": (5, 10)},
    "another statistic": {"statistic": "median"},
    "another axis": {"axis": "wall"},
    "a remark": {"remark": "until=decided: all pairs are separated."},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_of_every_kind_of_view(seen, parsed, kind):
    (view,) = seen()
    view = replace(view, **KINDS[kind])
    tree = parsed(benchmark_page([view], [[]], LINKS))
    (main,) = tree.find("main")
    assert not tree.find("figure")
    assert ("until=decided" in main.text) == (kind == "a remark")
    assert not re.search(r"\bnan\b", main.text) and main.text.count("None") == 1  # the button
    (table,) = [each for each in tree.find("table") if "t-curve" in each.classes]
    assert [each.text for each in table.find("th", scope="row") if each.find("a")] == [
        each.label for each in view.ranked
    ]


@pytest.mark.parametrize("protocol", ["nb201-12ep-12000s", "nb201-fidelities", "nb201-naslib"])
@pytest.mark.parametrize("seeds", [1, 2])
def test_a_page_of_every_kind_of_protocol(compared, spec_of, record_for, tmp_path, parsed, protocol, seeds):
    """Budgets in seconds, schedules for sale, leaks; no optimum, no test, no wall time, one seed."""
    rules = PROTOCOLS[protocol]
    full = {"epochs": [rules.epochs] * 3} if rules.fidelities else {}
    records = [
        record_for(spec_of(method, seed, protocol=rules), **full)
        for method in ("random", "local_search") for seed in range(seeds)
    ]  # fmt: skip
    (comparison,) = compared(records, RunStore(tmp_path))
    tree = parsed(benchmark_page([View(comparison)], [[]], LINKS))
    assert f"protocol{rules.name} ({comparison.protocol.hash})" in tree.text.replace("\n", "")
    assert ("simulated seconds" in tree.text) == (rules.unit == "seconds")
    assert [each for each in tree.find("table") if "matrix" in each.classes] == [] or seeds > 1
    (script,) = tree.find("script", id="data")
    (section,) = json.loads(script.text)
    assert section["chart"]["own"] == rules.unit and section["chart"]["optimum"] is None


def test_a_page_is_about_one_benchmark():
    with pytest.raises(HarnessError, match="one benchmark, not 0"):
        benchmark_page([], [], LINKS)


def test_data_cannot_close_their_script():
    assert "<" not in as_data({"label": "</script><script>alert(1)"})
    assert json.loads(as_data(["a<b", "é"])) == ["a<b", "é"]
