"""The leaderboard: every method on every benchmark, and the mean of its ranks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from harness.compare.comparison import Comparison
from harness.compare.degenerate import SIGN
from harness.compare.metrics import METRICS
from harness.compare.units import percent, unit_words
from harness.compare.view import View
from harness.report.page.finding import counted, finding
from harness.report.page.links import Links
from harness.report.page.render import as_data, render
from harness.study.seeds import ranges
from tabular.errors import HarnessError
from tabular.quantity import common


@dataclass(frozen=True)
class Place:
    """A method on a benchmark; empty texts where it has not run."""

    text: str = ""
    interval: str = ""
    mark: str = ""
    rank: str = ""
    order: str = ""
    address: str = ""
    flaw: str = ""
    """Why it is degenerate there, and has no rank; empty if it is not."""


@dataclass(frozen=True)
class Line:
    """A method on all benchmarks."""

    label: str
    mean_rank: str
    order: str
    places: list[Place]


@dataclass(frozen=True)
class Column:
    """A benchmark of a leaderboard."""

    name: str
    address: str
    finding: str
    facts: list[tuple[str, str]]
    notes: list[str]


@dataclass(frozen=True)
class Board:
    """What may be compared across benchmarks: the same protocol by name, the same budget and metric."""

    id: str
    title: str
    metric: str
    scale: str
    """What its numbers are in: percent."""
    higher: bool
    columns: list[Column]
    lines: list[Line]
    apart: list[Line]
    """Methods that are ranked nowhere."""
    complete: int
    """Methods that are ranked on all benchmarks; only they have a mean rank."""
    conclusions: list[str]
    """What tests across benchmarks say, or why there are none."""

    @property
    def flawed(self) -> bool:
        """Whether any method is degenerate anywhere."""
        return any(place.flaw for line in (*self.lines, *self.apart) for place in line.places)


def index_page(views: Sequence[View], links: Links) -> str:
    """HTML of the leaderboard over all benchmarks, one table per protocol and budget."""
    groups: dict[tuple[str, int], list[View]] = {}
    for view in views:
        groups.setdefault((view.comparison.protocol.name, view.comparison.budget), []).append(view)
    boards = [
        _board(f"b{place}", same, links) for place, (_, same) in enumerate(sorted(groups.items(), key=_order))
    ]
    return render("index.html.j2", boards=boards, data=as_data([]))


def _order(group: tuple[tuple[str, int], list[View]]) -> tuple[int, tuple[str, int]]:
    """What covers most benchmarks first."""
    return -len(group[1]), group[0]


def _board(name: str, views: list[View], links: Links) -> Board:
    first = views[0].comparison
    ranks = [_ranks(view) for view in views]
    labels = {label for each in ranks for label in each}
    degenerate = {method.label for view in views for method in view.comparison.degenerate}
    complete = [label for label in sorted(labels) if all(label in each for each in ranks)]
    means = {label: sum(each[label] for each in ranks) / len(ranks) for label in complete}
    columns = [_column(view, links) for view in views]
    places = [_places(view, rank, links) for view, rank in zip(views, ranks, strict=True)]
    lines = [
        Line(
            f"{label} {SIGN}" if label in degenerate else label,
            f"{means[label]:.2f}" if label in means else "",
            f"{means[label]:.6g}" if label in means else "",
            [each.get(label, Place()) for each in places],
        )
        for label in sorted(labels | degenerate, key=lambda label: (means.get(label, math.inf), label))
    ]
    return Board(
        id=name,
        title=f"{first.protocol.name}, {first.budget} {unit_words(first.protocol.unit)}",
        metric=views[0].metric,
        scale=common(view.comparison.quantity for view in views).scale,
        higher=METRICS[views[0].metric].higher,
        columns=columns,
        lines=[line for line in lines if any(place.rank for place in line.places)],
        apart=[line for line in lines if not any(place.rank for place in line.places)],
        complete=len(complete),
        conclusions=_conclusions([view.comparison for view in views]),
    )


def _conclusions(comparisons: list[Comparison]) -> list[str]:
    if len(comparisons) < 2:
        return []
    from harness.compare.across import across
    from harness.report.tables.ranking_notes import conclusions

    try:
        return conclusions(across(comparisons))
    except HarnessError as problem:
        return [f"No test across benchmarks: {problem}."]


def _ranks(view: View) -> dict[str, float]:
    """By label, 1 for the best; equals share the mean of their ranks. Without methods that have no value or
    are degenerate."""
    found = {each.label: view.centre(each) for each in view.comparison.rankable}
    known = {label: value for label, value in found.items() if not math.isnan(value)}
    return {
        label: 0.5
        + sum(other < value for other in known.values())
        + 0.5 * sum(other == value for other in known.values())
        for label, value in known.items()
    }


def _places(view: View, ranks: dict[str, float], links: Links) -> dict[str, Place]:
    marked, page = view.marks(view.last), links.page(view.comparison)
    found: dict[str, Place] = {}
    starts = accumulate((len(method.runs) for method in view.comparison.methods), initial=0)
    for start, method in zip(starts, view.comparison.methods, strict=False):
        if method.label not in ranks and not method.flaw:
            continue
        summary = view.summary(method, view.last)
        known = not math.isnan(summary.low)
        found[method.label] = Place(
            text=percent(summary.mean),
            interval=f"[{percent(summary.low)}, {percent(summary.high)}]" if known else "",
            mark=marked.get(method.label, ""),
            rank="" if method.flaw else f"{ranks[method.label]:g}",
            order="" if method.flaw else f"{summary.mean:.9g}",
            address=page and f"{page}-run-{start}",
            flaw=method.flaw,
        )
    return found


def _column(view: View, links: Links) -> Column:
    comparison, runs = view.comparison, sum(len(method.runs) for method in view.comparison.methods)
    failed = len(comparison.failed)
    facts = [
        ("protocol", f"{comparison.protocol.name} ({comparison.protocol.hash})"),
        ("table", comparison.table_digest[:12]),
        ("methods", counted(comparison)),
        ("seeds", ranges(comparison.seeds)),
        ("runs", f"{runs}{f', {failed} failed' if failed else ''}"),
    ]
    sentences = [f"LEAKS: {comparison.leaks}." if comparison.leaks else "", comparison.note]
    return Column(
        comparison.benchmark,
        links.page(comparison),
        finding(view),
        facts,
        [sentence for sentence in sentences if sentence],
    )
