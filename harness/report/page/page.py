"""A benchmark's page: one file that works offline, the same bytes for the same runs."""

from __future__ import annotations

from collections.abc import Sequence

from harness.compare.view import View
from harness.report.figures.files import Drawn
from harness.report.page.links import Links
from harness.report.page.render import as_data, render
from harness.report.page.representation import Representation
from harness.report.page.section import section
from tabular.errors import HarnessError
from tabular.quantity import common


def benchmark_page(
    views: Sequence[View],
    figures: Sequence[Sequence[Drawn]],
    links: Links,
    measured: Sequence[Representation] = (),
) -> str:
    """HTML of one benchmark. Each view (other protocol or budget) is a section with its figures; what was
    measured of representations comes last.

    Raises `HarnessError` without views, or with views of several benchmarks.
    """
    names = sorted({view.comparison.benchmark for view in views})
    if len(names) != 1:
        raise HarnessError(f"a page is about one benchmark, not {len(names)}: {', '.join(names) or 'none'}")
    made = [
        section(f"s{place}", view, drawn, links)
        for place, (view, drawn) in enumerate(zip(views, figures, strict=True))
    ]
    return render(
        "benchmark.html.j2",
        common(view.comparison.quantity for view in views),
        title=names[0],
        sections=[shown for shown, _ in made],
        representations=measured,
        index=links.index,
        data=as_data([data for _, data in made]),
    )


def quality_page(benchmark: str, measured: Sequence[Representation]) -> str:
    """HTML of what was measured of representations on one benchmark, where no search is shown."""
    return render(
        "benchmark.html.j2",
        title=benchmark,
        sections=[],
        representations=measured,
        index="",
        data=as_data([]),
    )
