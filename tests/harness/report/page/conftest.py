"""A results folder with a failure in it, and the pages of its report."""

import json
import shutil
from html.parser import HTMLParser

import pytest

from harness.compare.grouping import compare
from harness.compare.view import View
from harness.records.derived import load
from harness.records.store import RunStore
from harness.report.figures import curves
from harness.report.figures.files import Drawn, saved
from harness.report.figures.style import styled
from harness.report.page.files import pages
from tests.harness.edits import rewrite

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
VOID = {"meta", "link", "input", "wbr", "br", "path", "line", "rect", "use", "circle"}


class Element:
    """A tag with its attributes, its children and its text."""

    def __init__(self, tag, attributes, parent):
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.children, self.texts = [], []

    def all(self):
        for child in self.children:
            yield child
            yield from child.all()

    def find(self, tag, **attributes):
        return [
            each
            for each in self.all()
            if each.tag == tag
            and all(each.attributes.get(name.strip("_")) == value for name, value in attributes.items())
        ]

    def inside(self, tag):
        return self.parent is not None and (self.parent.tag == tag or self.parent.inside(tag))

    @property
    def classes(self):
        return (self.attributes.get("class") or "").split()

    @property
    def text(self):
        return "".join(part if isinstance(part, str) else part.text for part in self.texts)


class Parser(HTMLParser):
    """Refuses tags that are not closed in order."""

    def __init__(self):
        super().__init__()
        self.here = self.root = Element("", {}, None)

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, dict(attrs), self.here)
        self.here.children.append(element)
        self.here.texts.append(element)
        if tag not in VOID:
            self.here = element

    def handle_startendtag(self, tag, attrs):
        self.here.children.append(Element(tag, dict(attrs), self.here))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.here.tag == tag, f"</{tag}> closes <{self.here.tag}>"
        self.here = self.here.parent

    def handle_data(self, data):
        self.here.texts.append(data)


@pytest.fixture(scope="session")
def parsed():
    """A page as a tree."""

    def make(text: str) -> Element:
        parser = Parser()
        parser.feed(text)
        parser.close()
        assert parser.here is parser.root
        return parser.root

    return make


@pytest.fixture(scope="session")
def results(stored, tmp_path_factory):
    """Three baselines with four seeds, one of which failed for one of them."""
    folder = tmp_path_factory.mktemp("pages") / "results"
    shutil.copytree(stored[0], folder)
    (run,) = folder.glob("*/*/local_search/3-*.json")
    content = json.loads(run.read_text())
    content.update(status="failed", traceback="Traceback\nValueError: <b>too</b> bad")
    rewrite(run.with_suffix(".failed.json"), content)
    run.unlink()
    return folder


@pytest.fixture(scope="session")
def seen(results):
    """Its comparisons, computed anew."""

    def make() -> list[View]:
        store = RunStore(results)
        return [View(each) for each in compare(load(store))]

    return make


@pytest.fixture(scope="session")
def figures(seen):
    """One figure per comparison."""
    found = []
    for view in seen():
        with styled():
            found.append([Drawn("curves", "Accuracy <over> queries.", saved(curves.curves(view)))])
    return found


@pytest.fixture(scope="session")
def site(results, seen, figures):
    """The folder of the pages."""
    out = results.parent / "reports"
    out.mkdir()
    for name, content in pages(seen(), figures, results, "../results").items():
        (out / name).write_bytes(content)
    return out


@pytest.fixture
def pages_of(handmade):
    """The pages of lines by benchmark, without figures."""

    def make(**benchmarks):
        for benchmark, lines in benchmarks.items():
            store = handmade(lines, benchmark=f"nb201:{benchmark}")
        seen = [View(each) for each in compare(load(store))]
        files = pages(seen, [[] for _ in seen], store.folder, "../results")
        return {name: content.decode() for name, content in files.items()}

    return make


@pytest.fixture(scope="module")
def driver():
    """A Chromium without a screen."""
    pytest.importorskip("selenium", reason="selenium is not installed (pip install nas-harness[dev])")
    from selenium import webdriver

    browser = next((path for name in NAMES if (path := shutil.which(name))), None)
    chromedriver = shutil.which("chromedriver")
    if browser is None or chromedriver is None:
        pytest.skip("no Chromium with a chromedriver on the PATH")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(chromedriver))
    yield driver
    driver.quit()
