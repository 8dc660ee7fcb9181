"""The pages of a report as files beside its figures."""

from __future__ import annotations

import os
from collections.abc import Container, Sequence
from pathlib import Path
from urllib.parse import quote

from harness.compare.comparison import Comparison
from harness.compare.view import View
from harness.records.stored import StoredFailure, StoredRun
from harness.report.figures.files import FIGURES, Drawn
from harness.report.folder import Files, as_utf8
from harness.report.page.index import index_page
from harness.report.page.links import PLAIN, Links
from harness.report.page.page import benchmark_page, quality_page
from harness.report.page.representation import Pictured, representations

INDEX = "index.html"


def pages(
    views: Sequence[View],
    figures: Sequence[Sequence[Drawn]],
    results: Path,
    address: str,
    measured: Sequence[Pictured] = (),
    statistic: str = "mean",
) -> Files:
    """One page per benchmark, and the leaderboard, for a report over runs in `results`.

    `measured` is what is known of representations, of which a page shows those on its benchmark.
    Links lead to the figures at their places in the report, and to the runs' files below `address`, where the
    runs lie as seen from the report (or lay when it was written).
    """
    benchmarks = list(dict.fromkeys(view.comparison.benchmark for view in views))
    links = _links(views, results, address)
    files = {INDEX: as_utf8(index_page(views, links))}
    for benchmark in benchmarks:
        mine = [
            (view, drawn)
            for view, drawn in zip(views, figures, strict=True)
            if view.comparison.benchmark == benchmark
        ]
        known = [each for each in measured if each[0].spec.benchmark == benchmark]
        shown = representations(known, statistic)
        page = benchmark_page([view for view, _ in mine], [drawn for _, drawn in mine], links, shown)
        files[_name(benchmark)] = as_utf8(page)
    return files


def quality_pages(measured: Sequence[Pictured], statistic: str) -> Files:
    """One page per benchmark of a report on representations alone."""
    files = {}
    for benchmark in dict.fromkeys(table.spec.benchmark for table, _ in measured):
        mine = [each for each in measured if each[0].spec.benchmark == benchmark]
        files[_name(benchmark)] = as_utf8(quality_page(benchmark, representations(mine, statistic)))
    return files


def kept_figures(view: View, out: Path, written: Container[str]) -> list[Drawn]:
    """The figures of a comparison among the files of a written report, to make its page again without
    drawing. Figures of an earlier report may lie beside them."""
    found = []
    for name, (caption, _) in FIGURES.items():
        names = {form: f"{view.comparison.place}/{name}.{form}" for form in ("svg", "pdf", "png")}
        paths = {form: out / file for form, file in names.items()}
        if all(file in written and (out / file).is_file() for file in names.values()):
            words = view.comparison.quantity.said(caption)
            found.append(Drawn(name, words, {form: path.read_bytes() for form, path in paths.items()}))
    return found


def _name(benchmark: str) -> str:
    return f"{benchmark.replace(':', '-')}.html"


def _links(views: Sequence[View], results: Path, address: str) -> Links:
    places = {id(view.comparison): view.comparison.place for view in views}
    sections: dict[str, list[int]] = {}
    for view in views:
        sections.setdefault(view.comparison.benchmark, []).append(id(view.comparison))

    def run(each: StoredRun | StoredFailure) -> str:
        return quote(os.fsencode(f"{address}/{each.path.relative_to(results).as_posix()}"), PLAIN)

    def figure(comparison: Comparison, name: str, form: str) -> str:
        return quote(f"{places[id(comparison)]}/{name}.{form}", PLAIN)

    def page(comparison: Comparison) -> str:
        section = sections[comparison.benchmark].index(id(comparison))
        return f"{quote(_name(comparison.benchmark), PLAIN)}#s{section}"

    return Links(run, figure, INDEX, page)
