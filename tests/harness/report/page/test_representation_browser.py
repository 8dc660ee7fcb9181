"""The section on representations in a real Chromium: readable in both widths and both themes."""

import pytest

selenium = pytest.importorskip("selenium", reason="selenium is not installed (pip install nas-harness[dev])")

from harness.compare.quality import compare_quality  # noqa: E402
from harness.records.quality_store import StoredQuality  # noqa: E402
from harness.report.page.files import quality_pages  # noqa: E402
from harness.report.quality_figures.files import quality_drawn  # noqa: E402
from tests.harness.report.page.reader import CONTRAST, PAGE, Reader  # noqa: E402
from tests.harness.report.quality_figures.test_maps_figures import ASCENTS, PREDICTIONS, tables  # noqa: E402
from tests.harness.report.quality_figures.test_other_figures import ORDER, WALKS  # noqa: E402


@pytest.fixture
def reader(driver, quality_spec_of, quality_for, tmp_path):
    """At the page of two methods with maps and walks."""
    records = []
    for method in ("ngae", "arch2vec"):
        maps = tables(predictions=PREDICTIONS, ascents=ASCENTS) if method == "ngae" else tables()
        for part, numbers, columns in (("maps", {}, maps), ("geometry", ORDER, {"walks": WALKS})):
            records.append(
                quality_for(quality_spec_of(method, part=part), numbers or {"nothing": 0.0}, columns)
            )
    measured = [(table, list(quality_drawn(table))) for table in compare_quality(StoredQuality(records))]
    for name, content in quality_pages(measured, "mean").items():
        (tmp_path / name).write_bytes(content)
    driver.get_log("browser"), driver.get_log("performance")
    yield Reader(driver, tmp_path)
    assert driver.get_log("browser") == []


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_is_wider_than_the_window(reader, width):
    reader.open(PAGE, width=width)
    assert reader.run("return document.documentElement.scrollWidth <= innerWidth")
    assert reader.texts("section.representation h2") == ["Representation: no labels"]
    assert reader.texts("section.representation .lead") == [
        "Best at keeping mutations in order: arch2vec and ngae, 75.00 %. "
        "With 1 seed no difference is told apart."
    ]
    figures = reader.run("return [...document.querySelectorAll('figure')].map((each) => each.id)")
    assert figures == [f"q0-{name}-figure" for name in ("walks", "map", "tsne", "predictions", "ascent")]


@pytest.mark.parametrize("dark", [False, True])
def test_pictures_are_seen_and_words_stand_out(reader, dark):
    reader.open(PAGE, dark=dark)
    sizes = reader.run(
        "return [...document.querySelectorAll('.picture image')].map((e) => e.getBoundingClientRect().width)"
    )
    assert len(sizes) > 4 and min(sizes) > 0
    found = reader.run(CONTRAST)
    assert found["light"] != dark and found["worst"][0] >= 4.5, found["worst"]


def test_all_measures_open_and_sort(reader):
    reader.open(PAGE)
    reader.click("section.representation details summary")
    reader.click(".t-geometry thead th:first-child button")
    assert reader.texts(".t-geometry tbody.body th") == ["arch2vec", "ngae"]
