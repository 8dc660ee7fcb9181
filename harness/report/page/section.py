"""One comparison as a section of a page: what its template shows and what its scripts read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from harness.compare.units import unit_words
from harness.compare.view import View
from harness.report.figures.files import Drawn
from harness.report.figures.style import look
from harness.report.page.commands import citation, report_line, run_lines
from harness.report.page.finding import RANDOM, counted, finding
from harness.report.page.links import Links
from harness.report.page.pairs import Matrix, matrix
from harness.report.page.rules import Rule, spelled_out
from harness.report.page.runs import MethodList, Row, failed_rows, listed
from harness.report.page.series import chart
from harness.report.page.svg import inline
from harness.report.page.tables import Table, table, value_text
from harness.report.tables.blocks import blocks
from harness.report.tables.mixed import mixed_code
from harness.report.tables.notes import notes
from harness.study.seeds import ranges

SIGNS = {"best": "bold", "tied": "≈"}
SHOWN = 8
"""Methods that the chart shows at first, and random search."""


@dataclass(frozen=True)
class Picture:
    """A figure and its files."""

    id: str
    name: str
    caption: str
    svg: Markup
    files: list[tuple[str, str]]
    """Format and address."""


@dataclass(frozen=True)
class Section:
    """All a template needs."""

    id: str
    view: View
    finding: str
    mixed: list[str]
    """Means over runs of different code, in sentences."""
    facts: list[tuple[str, str]]
    tables: dict[str, Table | None]
    others: list[Table]
    """Tables that have no place of their own on the page."""
    matrix: Matrix | None
    pictures: list[Picture]
    notes: list[str]
    rules: list[Rule]
    runs: list[MethodList]
    failed: list[Row]
    commands: list[str]
    citation: str
    unit: str


PLACED = ("curve", "end", "best", "targets", "effort")


def section(name: str, view: View, figures: Sequence[Drawn], links: Links) -> tuple[Section, dict[str, Any]]:
    """The section, and the data of its scripts."""
    comparison = view.comparison
    runs = [run for method in comparison.methods for run in method.runs]
    places = {run.key: place for place, run in enumerate(runs)}
    found = [table(view, block, name, places) for block in blocks(view)]
    pairs = matrix(view)
    first = {each.label for each in view.ranked[:SHOWN]} | {RANDOM}
    tables = {each.name: each for each, _ in found}
    shown = Section(
        id=name,
        view=view,
        finding=finding(view),
        mixed=mixed_code([comparison]),
        facts=_facts(view, len(runs)),
        tables={each: tables.get(each) for each in PLACED},
        others=[each for each in tables.values() if each.name not in PLACED],
        matrix=pairs[0] if pairs else None,
        pictures=[_picture(view, each, f"{name}-{each.name}-", links) for each in figures],
        notes=notes(view, SIGNS),
        rules=spelled_out(comparison.protocol, comparison.budget, comparison.quantity),
        runs=listed(view, links),
        failed=failed_rows(comparison, links),
        commands=[*run_lines(comparison), report_line(comparison)],
        citation=citation(comparison),
        unit=view.units,
    )
    data = {
        "id": name,
        "methods": [
            {"label": each.name, "flaw": each.flaw, "on": each.label in first, **_drawn_as(each.label)}
            for each in comparison.methods
        ],
        "listed": [comparison.methods.index(each) for each in view.listed],
        "runs": [[run.seed, run.key[:8], links.run(run)] for run in runs],
        "owners": [place for place, each in enumerate(comparison.methods) for _ in each.runs],
        "values": {cell: texts for _, values in found for cell, texts in values.items()},
        "last": [
            value_text("curve", value)
            for method in comparison.methods
            for value in comparison.values(method, view.metric, view.last, view.axis).tolist()
        ],
        "metric": view.metric,
        "pairs": pairs[1] if pairs else [],
        "chart": chart(view),
    }
    return shown, data


def _drawn_as(label: str) -> dict[str, str]:
    """Colour and dash of a method, the dash as SVG writes it."""
    mine = look(label)
    return {"colour": mine.colour, "dash": " ".join(f"{2 * length:g}" for length in mine.dash[1])}


def _facts(view: View, runs: int) -> list[tuple[str, str]]:
    comparison = view.comparison
    unit = unit_words(comparison.protocol.unit)
    counts = sorted({len(method.runs) for method in comparison.methods})
    failed = len(comparison.failed)
    return [
        ("protocol", f"{comparison.protocol.name} ({comparison.protocol.hash})"),
        ("budget", f"{comparison.budget} {unit}"),
        ("methods", counted(comparison)),
        ("seeds per method", " to ".join(map(str, sorted({counts[0], counts[-1]})))),
        ("runs", f"{runs}{f', {failed} failed' if failed else ''}"),
        ("seeds", ranges(comparison.seeds)),
        ("table", comparison.table_digest[:12]),
    ]


def _picture(view: View, drawn: Drawn, prefix: str, links: Links) -> Picture:
    files = [(form.upper(), links.figure(view.comparison, drawn.name, form)) for form in drawn.content]
    return Picture(prefix, drawn.name, drawn.caption, inline(drawn, prefix), files)
