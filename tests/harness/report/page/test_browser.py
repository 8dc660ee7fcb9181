"""The pages in a real Chromium without a screen: what a reader can do, with a mouse and without."""

import json
from urllib.parse import urlsplit

import pytest

selenium = pytest.importorskip("selenium", reason="selenium is not installed (pip install nas-harness[dev])")

from selenium.webdriver.common.keys import Keys  # noqa: E402

from tests.harness.lines import LINES, WORDS  # noqa: E402
from tests.harness.report.page.reader import CONTRAST, PAGE, Reader  # noqa: E402


@pytest.fixture
def reader(driver, site):
    reader = Reader(driver, site)
    driver.get_log("browser"), driver.get_log("performance")
    yield reader
    assert driver.get_log("browser") == []


def names(reader):
    return reader.texts(".t-curve tbody.body th")


def test_sorting_by_click_and_by_key(reader):
    reader.open()
    first = names(reader)
    reader.click(".t-curve thead th:first-child button")
    assert names(reader) == sorted(first)
    reader.press(Keys.ENTER)
    assert names(reader) == sorted(first, reverse=True)
    head = reader.one(".t-curve thead th:first-child")
    assert head.get_attribute("aria-sort") == "descending"
    reader.click(".t-curve thead th:last-child button")
    values = [float(each) for each in reader.texts(".t-curve tbody.body td:last-child .n")]
    assert values == sorted(values, reverse=True) and names(reader) == first
    assert head.get_attribute("aria-sort") is None
    assert reader.texts(".t-curve tbody.line th") == ["optimum of the table", "random search, exact"]


def test_methods_are_toggled_by_click_and_by_key(reader):
    reader.open()
    lines = "document.querySelectorAll('.plot [data-line]').length"
    assert reader.settled(lines) == 3
    reader.click(".chips button")
    assert reader.settled(lines) == 2
    chip = reader.one(".chips button")
    assert chip.get_attribute("aria-pressed") == "false"
    assert chip.text not in reader.texts(".plot .name")
    reader.press(Keys.SPACE)
    assert chip.get_attribute("aria-pressed") == "true" and reader.settled(lines) == 3
    reader.click("[data-show=none]")
    assert reader.settled(lines) == 0
    reader.click("[data-show=all]")
    assert reader.settled(lines) == 3


def test_metric_and_axis_change_the_picture(reader):
    reader.open()
    path = "document.querySelector('.plot [data-line] .line').getAttribute('d')"
    seen = {reader.settled(path)}
    reader.run("document.querySelector('input[value=truth]').focus()")
    reader.press(Keys.ARROW_RIGHT)
    assert "regret (points)" in reader.texts(".plot text")
    assert reader.one("[data-control=ylog]").get_attribute("aria-pressed") == "true"
    seen.add(reader.settled(path))
    options = reader.run(
        "return [...document.querySelectorAll('[data-control=axis] option')].map((e) => e.value)"
    )
    assert options == ["queries", "architectures", "classes", "seconds", "wall", "total"]
    for axis in options[1:]:
        reader.run(
            "const s = document.querySelector('[data-control=axis]'); s.value = arguments[0];"
            "s.dispatchEvent(new Event('change'))",
            axis,
        )
        d = reader.settled(path)
        assert d.startswith("M") and "NaN" not in d and "Infinity" not in d
        seen.add(d)
    assert len(seen) == 2 + len(options) - 1
    for control in ("xlog", "bands"):
        before = reader.settled("document.querySelector('.plot svg').innerHTML")
        reader.click(f"[data-control={control}]")
        after = reader.settled("document.querySelector('.plot svg').innerHTML")
        assert after != before and "NaN" not in after


def test_the_crosshair_ranks_the_methods_as_the_table_does(reader):
    reader.open()
    reader.run("document.querySelector('.plot svg').focus()")
    assert not reader.one(".tip").is_displayed()
    reader.press(Keys.END)
    assert reader.one(".tip").is_displayed() and "40 charged queries" in reader.one(".tip").text
    assert reader.texts(".tip div > span:nth-of-type(1)") == names(reader)
    assert reader.texts(".tip div > span:nth-of-type(2)") == reader.texts(
        ".t-curve tbody.body td:last-child .n"
    )
    assert reader.texts(".tip small") == reader.texts(".t-curve tbody.body td:last-child small")
    assert "40 charged queries" in reader.texts("[data-spoken]")[0]
    reader.press(Keys.ARROW_LEFT)
    assert "39 charged queries" in reader.one(".tip").text
    reader.press(Keys.ESCAPE)
    assert not reader.one(".tip").is_displayed()


def test_degenerate_lines_stay_below_whatever_is_sorted_or_pointed_at(driver, pages_of, tmp_path):
    for name, content in pages_of(cifar10=LINES).items():
        (tmp_path / name).write_text(content)
    reader = Reader(driver, tmp_path).open()
    reader.click(".t-curve thead th:last-child button")
    assert names(reader) == ["good", "fair"]
    assert reader.texts(".t-curve tbody.apart th a") == [*WORDS]
    assert reader.texts(".t-curve tbody.apart th small") == [*WORDS.values()]
    assert reader.texts(".chips [aria-pressed=true]") == ["good", "fair"]
    reader.click("[data-show=all]")
    reader.run("document.querySelector('.plot svg').focus()")
    reader.press(Keys.END)
    assert reader.texts(".tip div > span:nth-of-type(1)") == ["good", "fair", *WORDS]
    reader.click(".t-curve tbody.apart td:last-child a")
    assert reader.one("#dialog-title").text == "broken †: truth after 21 queries"
    for name in (PAGE, "index.html"):
        reader.open(name)
        count, worst = (reader.run(CONTRAST)[part] for part in ("count", "worst"))
        assert count > 20 and worst[0] >= 4.5, worst


def test_a_number_opens_its_runs_by_click_and_by_key(reader):
    reader.open()
    reader.click(".t-curve tbody.body td:last-child a")
    assert reader.one("dialog").is_displayed()
    assert reader.texts("#dialog-title") == [f"{names(reader)[0]}: truth after 40 queries"]
    rows = reader.all("#dialog-rows tr")
    assert len(rows) in (3, 4)
    values = [float(each) for each in reader.texts("#dialog-rows td:nth-child(2)")]
    shown = float(reader.texts(".t-curve tbody.body td:last-child .n")[0].split()[0])
    assert sum(values) / len(values) == pytest.approx(shown, abs=0.011)
    keys = reader.texts("#dialog-rows td:nth-child(3)")
    assert reader.texts("#dialog-rows td:nth-child(4)") == [f"harness show {key[:8]}" for key in keys]
    reader.press(Keys.ESCAPE)
    assert not reader.one("dialog").is_displayed()
    assert reader.run("return document.activeElement.matches('.t-curve a')")
    reader.press(Keys.ARROW_LEFT, Keys.ARROW_DOWN, Keys.ENTER)
    assert reader.texts("#dialog-title") == [f"{names(reader)[1]}: truth after 25 queries"]
    reader.click("#dialog-close")
    assert not reader.one("dialog").is_displayed()


def test_a_pair_tells_its_test_and_its_seeds(reader):
    reader.open()
    reader.click(".matrix td a")
    detail = reader.texts("[data-detail]")[0]
    title = reader.texts("#dialog-title")[0]
    assert detail.startswith(f"{title}: ") and "Holm over 3 pairs" in detail
    n = int(detail.partition("n = ")[2].split()[0])
    first, second = (
        [float(each) for each in reader.texts(f"#dialog-rows td:nth-child({i})")] for i in (2, 3)
    )
    assert len(first) == len(second) == n
    difference = sum(a - b for a, b in zip(first, second, strict=True)) / n
    told = detail.partition(": ")[2].split()[0].replace("−", "-")
    assert float(told) == pytest.approx(difference, abs=0.011)


def test_a_link_to_a_run_opens_its_list(reader):
    reader.open()
    reader.run("location.hash = '#s0-run-0'")
    assert reader.settled("document.getElementById('s0-run-0').closest('details').open")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", [PAGE, "index.html"])
def test_words_stand_out_from_their_paper(reader, name, dark):
    reader.open(name, dark=dark)
    found = reader.run(CONTRAST)
    assert found["light"] != dark
    assert found["count"] > 30
    assert found["worst"][0] >= 4.5, found["worst"]


def test_the_theme_can_be_chosen_and_is_kept(reader):
    reader.open()
    paper = "return getComputedStyle(document.body).backgroundColor"
    light = reader.run(paper)
    reader.click("#theme")
    assert reader.one("#theme").text == "Light" and reader.run(paper) == light
    reader.press(Keys.ENTER)
    assert reader.one("#theme").text == "Dark"
    dark = reader.run(paper)
    assert dark != light
    reader.driver.refresh()
    assert reader.run(paper) == dark
    reader.run("localStorage.clear()")


@pytest.mark.parametrize("name", [PAGE, "index.html"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_never_scrolls_sideways(reader, name, width):
    reader.open(name, width=width)
    reader.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert reader.settled("document.documentElement.scrollWidth") <= width == reader.run("return innerWidth")


def test_everything_is_reached_by_tab(reader):
    reader.open()
    reached, seen = [], set()
    for _ in range(200):
        reader.press(Keys.TAB)
        mark = reader.run("""
            const e = document.activeElement;
            if (e === document.body) return null;
            const { width, height } = e.getBoundingClientRect();
            e.dataset.reached = 1;
            const place = [...document.querySelectorAll("*")].indexOf(e);
            const frame = e.type === "radio" ? e.closest("label") : e;
            const framed = getComputedStyle(frame).outlineStyle === "solid";
            return [e.tagName, framed, width > 0 && height > 0, place];
        """)
        if mark is None or mark[3] in seen:
            break
        assert mark[1] and (mark[2] or mark[0] == "INPUT"), mark
        seen.add(mark[3])
        reached.append(mark)
    missed = reader.run("""
        return [...document.querySelectorAll("a[href], button, select, input, summary, [tabindex='0']")]
          .filter((e) => e.tabIndex >= 0 && !e.dataset.reached && !e.closest("dialog") && e.checkVisibility())
          .filter((e) => e.type !== "radio" || e.checked).map((e) => e.outerHTML.slice(0, 120));
    """)
    assert missed == []
    assert len(reached) > 40
    stops = reader.run("""
        return [...document.querySelectorAll("table.sortable, table.matrix")]
          .map((table) => table.querySelectorAll("tbody [data-reached]").length);
    """)
    assert stops == [1] * len(stops) and len(stops) >= 5  # inside a table the arrow keys go on


def test_nothing_is_asked_of_a_network(reader):
    reader.open()
    for selector in ("[data-show=all]", ".t-curve td a", "#dialog-close", "#theme"):
        reader.click(selector)
    reader.open("index.html")
    messages = [json.loads(entry["message"])["message"] for entry in reader.driver.get_log("performance")]
    asked = [
        each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"
    ]
    assert any(url.endswith(PAGE) for url in asked)
    assert {urlsplit(url).scheme for url in asked} <= {"file", "data"}


def test_tables_and_figures_show_without_scripts(reader):
    reader.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        reader.open()
        assert reader.one(".t-curve").is_displayed() and reader.one(".picture svg").is_displayed()
        assert not reader.one(".plot").is_displayed() and not reader.one("#theme").is_displayed()
    finally:
        reader.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
