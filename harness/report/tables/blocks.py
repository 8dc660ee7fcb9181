"""The tables of a report as cells that know their numbers and their runs; every format prints these."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from harness.compare.comparison import MethodRuns
from harness.compare.marks import Mark
from harness.compare.metrics import METRICS
from harness.compare.units import ABSENT, number, percent
from harness.compare.view import View
from harness.records.stored import StoredRun
from harness.stats.paired import holm
from harness.stats.summary import Summary
from harness.stats.targets import TARGETS


@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    text: str
    interval: str = ""
    mark: Mark = ""
    value: float = math.nan
    """What it is sorted by."""
    runs: tuple[StoredRun, ...] = field(default=(), repr=False)
    """The runs the number comes from; none for words and for facts of the benchmark."""
    values: tuple[float, ...] = field(default=(), repr=False)
    """One per run, where the number is a statistic of them."""


@dataclass(frozen=True)
class Block:
    """One table: rows of cells, the first of each a name."""

    name: str
    title: str
    header: list[str]
    rows: list[list[Cell]]
    reference: frozenset[str] = frozenset()
    """Names of rows that are no methods: optimum, exact expectation."""
    degenerate: frozenset[str] = frozenset()
    """Names of the last methods' rows, which are not ranked."""


def blocks(view: View) -> list[Block]:
    """All tables of a comparison that have something to say."""
    found = [curve_block(view), end_block(view), best_block(view), targets_block(view), effort_block(view)]
    return [block for block in found if block is not None]


def _name(method: MethodRuns) -> Cell:
    """First cell of a method's row; under the name of a degenerate one stands why it is that."""
    return Cell(method.name, method.flaw, runs=tuple(method.runs))


def _degenerate(view: View) -> frozenset[str]:
    return frozenset(each.name for each in view.comparison.degenerate)


def curve_block(view: View) -> Block:
    """The metric by point on the axis, best method first, with the table's own lines."""
    comparison, letter = view.comparison, "q" if view.along == "queries" else "x"
    letter = "s" if view.along in ("seconds", "wall", "total") else letter
    centre = "" if view.statistic == "mean" else f"{view.statistic} of "
    header = [f"{centre}{view.metric} after {letter} {view.units}", *map(str, view.points)]
    marked = {point: view.marks(point) for point in view.points}
    rows = [
        [
            _name(each),
            *(
                _summary(view, each, point, view.metric, marked[point].get(each.label, ""))
                for point in view.points
            ),
        ]
        for each in view.listed
    ]
    above, below = [], []
    if view.metric == "truth" and comparison.optimum is not None:
        cell = Cell(percent(comparison.optimum), value=comparison.optimum)
        above = [[Cell(OPTIMUM), *[cell] * len(view.points)]]
    if view.metric in ("truth", "regret") and comparison.random is not None and view.own_axis:
        expected = [float(comparison.random[point - 1]) for point in view.points]
        if view.metric == "regret" and comparison.optimum is not None:
            expected = [comparison.optimum - each for each in expected]
        below = [[Cell(RANDOM), *(Cell(percent(each), value=each) for each in expected)]]
    metric = comparison.worded(view.metric)
    title = f"{comparison.benchmark}: {metric.of_curve} ({metric.unit}) versus {view.units}"
    return Block("curve", title, header, above + rows + below, REFERENCES, _degenerate(view))


OPTIMUM, RANDOM = "optimum of the table", "random search, exact"
REFERENCES = frozenset({OPTIMUM, RANDOM})


def end_metrics(view: View) -> list[str]:
    """Metrics beside the view's own that are known at the last point."""
    beside = sorted((each for each in METRICS.values() if each.beside), key=lambda each: each.beside)
    return [
        each.name
        for each in beside
        if each.name != view.metric and (view.at_end or not each.at_end_only) and is_known(view, each.name)
    ]


def end_block(view: View) -> Block | None:
    """The other metrics at the last point."""
    known = end_metrics(view)
    if not known:
        return None
    marked = {name: view.marks(view.last, name) for name in known}
    rows = [
        [
            _name(each),
            *(_summary(view, each, view.last, name, marked[name].get(each.label, "")) for name in known),
        ]
        for each in view.listed
    ]
    titles = [METRICS[name].heading for name in known]
    return Block("end", f"After {view.last} {view.units}", ["", *titles], rows, degenerate=_degenerate(view))


def is_known(view: View, metric: str) -> bool:
    """Whether any run has a value: a surrogate knows no optimum, most have no test accuracy."""
    comparison = view.comparison
    return any(
        not np.isnan(comparison.values(each, metric, view.last, view.axis)).all()
        for each in comparison.methods
    )


def best_block(view: View) -> Block | None:
    """Every ranked method against the one with the best mean: paired by seed."""
    if not view.ranked:
        return None
    best, *others = view.ranked
    found = [(other, view.paired(other, best)) for other in others]
    if not any(each.n > 1 for _, each in found):
        return None
    corrected = holm([each.p for _, each in found])
    rows = []
    for (other, pair), p in zip(found, corrected, strict=True):
        runs = tuple(other.runs)
        difference = Cell(
            percent(pair.difference),
            f"[{percent(pair.low)}, {percent(pair.high)}]",
            value=pair.difference,
            runs=runs,
            values=view.differences(other, best),
        )
        numbers = [pair.effect, pair.p, p, pair.improvement]
        cells = [Cell(number(each), value=each, runs=runs) for each in numbers]
        least = Cell(percent(pair.detectable), value=pair.detectable, runs=runs)
        rows.append(
            [
                _name(other),
                Cell(str(pair.n), value=pair.n, runs=runs),
                difference,
                *cells,
                least,
            ]
        )
    header = ["", "n", "difference", "effect", "p", "p Holm", "P(better)", "detectable"]
    title = f"Against {best.label}, paired by seed, after {view.last} {view.units}"
    return Block("best", title, header, rows)


def targets_block(view: View) -> Block | None:
    """The fixed-target view: what it takes until the regret is small enough."""
    if view.comparison.optimum is None:
        return None
    points = view.comparison.quantity.points
    header = [f"{view.units} until regret <=", *(f"{100 * each:g} {points}" for each in TARGETS)]
    rows = []
    for method in view.listed:
        end = view.comparison.budget if view.own_axis else math.nan
        rows.append(
            [
                _name(method),
                *(_reached(view, method, target, end) for target in TARGETS),
            ]
        )
    title = "Expected until the target is reached [interval], median, runs that reached it"
    return Block("targets", title, header, rows, degenerate=_degenerate(view))


def effort_block(view: View) -> Block:
    """Means over seeds; shares are of all proposals of all seeds."""
    header = ["", "architectures", "classes", "GPU h", "search s", "pre-training s"]
    header += ["proposed", "invalid %", "repeated %", "filled in"]
    if view.comparison.is_pool:
        header.append("matched")
    rows = [[_name(each), *(_effort(each, *fact) for fact in _facts(view, each))] for each in view.listed]
    return Block("effort", "What it took, per run", header, rows, degenerate=_degenerate(view))


def _facts(view: View, method: MethodRuns) -> list[tuple[float, str, list[float]]]:
    """Numbers of a line of the effort table with their formats and what each run gave."""
    runs, at = method.runs, view.last
    found: list[tuple[list[float], str]] = [
        ((view.comparison.column(method, name, at, view.axis) / scale).tolist(), ".1f")
        for name, scale in (("architectures", 1), ("classes", 1), ("seconds", 3600))
    ]
    found.append(([run.timing.search for run in runs], ".1f"))
    found.append(([run.timing.pretrained for run in runs], ".0f"))
    names = ["proposed", "fallback", *(["matched"] if view.comparison.is_pool else [])]
    count = {
        name: [float(run.counts.get(name, math.nan)) for run in runs]
        for name in (*names, "invalid", "repeated")
    }
    means = [(float(np.mean(values)), form, values) for values, form in found]
    waste = [(float(np.mean(count["proposed"])), ".0f", count["proposed"])]
    for name in ("invalid", "repeated"):  # of all proposals of all runs
        each = [100 * own / max(all_, 1) for own, all_ in zip(count[name], count["proposed"], strict=True)]
        share = 100 * float(np.mean(count[name])) / max(waste[0][0], 1)
        waste.append((share, ".1f", each))
    rest = [(float(np.mean(count[name])), ".1f", count[name]) for name in names[1:]]
    return [*means, *waste, *rest]


def _effort(method: MethodRuns, value: float, form: str, values: list[float]) -> Cell:
    text = ABSENT if math.isnan(value) else format(value, form)
    return Cell(text, value=value, runs=tuple(method.runs), values=tuple(values))


def _summary(view: View, method: MethodRuns, at: float, metric: str, mark: Mark) -> Cell:
    """Statistic ±sd and its interval."""
    found: Summary = view.summary(method, at, metric)
    runs = tuple(method.runs)
    values = tuple(view.comparison.values(method, metric, at, view.axis).tolist())
    if found.n == 0:
        return Cell(ABSENT, runs=runs, values=values)
    text = percent(found.mean)
    if math.isnan(found.std):
        return Cell(text, mark=mark, value=found.mean, runs=runs, values=values)
    return Cell(
        f"{text} ±{percent(found.std)}",
        f"[{percent(found.low)}, {percent(found.high)}]",
        mark,
        found.mean,
        runs,
        values,
    )


def _reached(view: View, method: MethodRuns, target: float, end: float) -> Cell:
    first, runs = view.first_reached(method, target), tuple(method.runs)
    found, values = view.reached(method, first), tuple(first.tolist())
    if math.isnan(found.expected):
        return Cell(ABSENT, runs=runs)
    if not found.reached:
        return Cell("never", f"0/{found.n}", value=math.inf, runs=runs, values=values)
    low, high = (_spent(each) for each in (found.low, found.high))
    interval = "" if math.isnan(found.low) else f" [{low}, {high}]"
    median = _spent(found.median) if math.isfinite(found.median) else f">{_spent(end)}" if end > 0 else "inf"
    return Cell(
        f"{_spent(found.expected)}{interval}",
        f"{median}, {found.reached}/{found.n}",
        "",
        found.expected,
        runs,
        values,
    )


def _spent(value: float) -> str:
    return "inf" if math.isinf(value) else f"{value:.0f}" if value >= 10 else f"{value:.2g}"
