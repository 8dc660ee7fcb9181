"""Tables of whether quality predicts regret: a row per measure; and the points behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.compare.prediction import LEVEL, Point, Prediction, Sought
from harness.compare.units import ABSENT, number, percent, plain
from harness.quality.parts import PARTS
from harness.report.tables.blocks import Block, Cell
from harness.report.tables.quality_cells import heading
from harness.stats.association import FEWEST, Association
from harness.stats.paired import holm

SHOWN = (
    ("autoencoding", "exact_test_greedy_mean"),
    ("generation", "valid_posterior"),
    ("geometry", "mutations_near"),
    ("geometry", "walk_spearman"),
    ("geometry", "moran"),
    ("geometry", "dirichlet"),
)
"""Parts and measures, chosen before anything was correlated: more of them find more by chance."""
WITH_LESS, WITH_MORE, TOGETHER = "better: less regret", "better: more regret", "not told apart from 0"


def asked() -> list[Sought]:
    """The measures, as their parts describe them."""
    found = []
    for part, name in SHOWN:
        (measure,) = (each for each in PARTS[part].measures if each.name == name)
        sign = -1 if measure.better == "lower" else 1
        found.append(Sought(part, name, heading(measure), measure.words, sign))
    return found


def prediction_blocks(found: Prediction) -> list[Block]:
    """What is concluded, then what from."""
    measures = asked()
    known = [each for each in measures if _is_known(found, each)]
    return [_conclusions(found, measures), *(_points(found, name, known) for name in found.benchmarks)]


def verdict(association: Association, p: float) -> str:
    """In words; empty where nothing can be said."""
    if math.isnan(association.rho):
        return ""
    if not p < LEVEL:
        return TOGETHER
    return WITH_LESS if association.rho > 0 else WITH_MORE


def _conclusions(found: Prediction, measures: Sequence[Sought]) -> Block:
    associations = found.associations(measures)
    rows = []
    for sought, one, p in zip(measures, associations, holm([each.p for each in associations]), strict=True):
        interval = "" if math.isnan(one.low) else f"[{number(one.low)}, {number(one.high)}]"
        rows.append(
            [
                Cell(sought.heading),
                Cell(str(one.n), value=one.n),
                Cell(str(one.blocks), value=one.blocks),
                Cell(str(one.points), value=one.points),
                Cell(number(one.rho), interval, value=one.rho),
                Cell(number(one.p), value=one.p),
                Cell(number(p), value=p),
                Cell(verdict(one, p) or ABSENT),
            ]
        )
    title = f"Quality and regret, searches with {found.optimizer}"
    header = ["", "n", "benchmarks", "points", "rho", "p", "p Holm", "what goes with it"]
    return Block(f"{found.optimizer}", title, header, rows)


def _points(found: Prediction, benchmark: str, measures: Sequence[Sought]) -> Block:
    """Representations of a benchmark, least regret first."""
    (comparison,) = (each for each in found.comparisons if each.benchmark == benchmark)
    points = [found.points[benchmark, label] for label in found.labels if (benchmark, label) in found.points]
    rows = [
        [
            Cell(point.label, runs=tuple(point.search.runs)),
            Cell(str(len(point.search.runs)), value=len(point.search.runs)),
            Cell(percent(point.regret), value=point.regret, runs=tuple(point.search.runs)),
            *(_value(point, each) for each in measures),
        ]
        for point in sorted(points, key=lambda point: (point.regret, point.label))
    ]
    unit = comparison.protocol.unit
    title = (
        f"{benchmark}, {comparison.protocol.name}: after {comparison.budget} {unit} with {found.optimizer}"
    )
    header = ["", "runs", f"regret {comparison.quantity.unit}", *(each.heading for each in measures)]
    return Block(f"{found.optimizer} on {benchmark}", title, header, rows)


def _value(point: Point, sought: Sought) -> Cell:
    value = point.value(sought)
    return Cell(percent(value) if sought.heading.endswith("%") else plain(value)[0], value=value)


def _is_known(found: Prediction, sought: Sought) -> bool:
    return any(not math.isnan(each.value(sought)) for each in found.points.values())


def prediction_notes(found: Prediction) -> list[str]:
    """What the numbers mean, and what is not among them."""
    return [
        "rho: Spearman's correlation of the measure with the mean regret at the end, ranks taken within each "
        "benchmark and pooled over benchmarks; above 0: what is better (of Dirichlet energy: smaller) goes "
        "with less regret.",
        "n: representations, which are the units: an interval resamples them, and a p value exchanges them, "
        "with all their benchmarks. points: representations x benchmarks. [95 % bootstrap interval]. p: "
        f"permutation test, two-sided; Holm over the {len(SHOWN)} measures decides what is told apart from 0 "
        f"at {100 * LEVEL:g} %.",
        "A representation is the same where name, version and all hyper-parameters are. Its quality is "
        "measured after learning from the training part of the space; a search learns from all of it. Means "
        f"over seeds. Benchmarks with fewer than {FEWEST} representations say nothing.",
        *(f"{each.heading}: {each.words}." for each in asked()),
        *(f"Left out: {sentence}." for sentence in found.left_out),
    ]
