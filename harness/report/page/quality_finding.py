"""What was measured of representations, in sentences made from the numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from harness.compare.claims import FEWEST
from harness.compare.degenerate import FEWEST_EXACT
from harness.compare.quality import QualityLine, QualityTable
from harness.compare.units import percent, plain
from harness.quality.prediction import PART as PREDICTION
from harness.quality.subject import Measure
from harness.report.tables.label_blocks import FREE_NAMES
from harness.report.tables.quality_summary import main_measures
from harness.stats.paired import compare_paired

SAID = {
    "exact_test_greedy_mean": "giving back unseen cells exactly",
    "valid_posterior": "drawing valid architectures",
    "walk_in_order": "keeping mutations in order",
    "spearman_test": "ranking unseen cells",
    "tau_gp_100": "ranking unseen cells after 100 labels (Kendall's tau)",
}
"""Of the main measures those that the sentence names, and how."""
EXACT = "exact_test_greedy_mean"


def quality_finding(tables: Sequence[QualityTable]) -> str:
    """Who is best in what, and from whom that is not told apart. Empty where none of it was measured."""
    columns = [(table, measure) for table, measure in main_measures(tables) if measure.name in SAID]
    if not columns:
        return ""
    labels = list(dict.fromkeys(line.label for column in columns for line in _known(*column)))
    several = len(labels) > 1
    clauses = [f"{_clause(*column, several)}{_beside(*column)}" for column in columns]
    head = "Best at " if several else f"{labels[0]}: "
    seeds = max(len(line.records) for table, _ in columns for line in table.lines)
    few = several and seeds < FEWEST
    tail = f" With {seeds} seed{'s' if seeds > 1 else ''} no difference is told apart." if few else ""
    return f"{head}{'; '.join(clauses)}.{tail}{_collapsed(tables)}"


def _known(table: QualityTable, measure: Measure) -> list[QualityLine]:
    return [line for line in table.lines if line.summary(measure.name).n]


def _clause(table: QualityTable, measure: Measure, named: bool) -> str:
    """`giving back unseen cells exactly: ngae, 99.90 % [99.85, 99.95]`; without the name if it is not
    asked for."""
    lines = _known(table, measure)
    centres = [line.summary(measure.name).mean for line in lines]
    top = max(centres) if measure.better == "higher" else min(centres)
    best = [line for line, centre in zip(lines, centres, strict=True) if math.isclose(centre, top)]
    if not named:
        return f"{SAID[measure.name]} {_value(best[0], measure)}"
    names = " and ".join(line.label for line in best)
    rivals = [line for line in lines if line not in best and not _told_apart(best[0], line, measure)]
    enough = min(len(line.records) for line in lines) >= FEWEST
    also = f", not told apart from {', '.join(line.label for line in rivals)}" if rivals and enough else ""
    return f"{SAID[measure.name]}: {names}, {_value(best[0], measure)}{also}"


def _beside(table: QualityTable, measure: Measure) -> str:
    """What costs no label, and what the noise of labels leaves, beside a correlation after some labels."""
    if table.spec.part != PREDICTION.name:
        return ""
    line = table.fullest
    found = [(words, line.summary(f"tau_{name}").mean) for name, words in FREE_NAMES.items()]
    known = [
        f"{words} {plain(value, most=measure.decimals)[0]}" for words, value in found if not math.isnan(value)
    ]
    return f" ({'; '.join(known)})" if known else ""


def _value(line: QualityLine, measure: Measure) -> str:
    found = line.summary(measure.name)
    numbers = (found.mean, found.low, found.high)
    mean, low, high = map(percent, numbers) if measure.unit else plain(*numbers, most=measure.decimals)
    unit = f" {measure.unit}" if measure.unit else ""
    return f"{mean}{unit}{f' [{low}, {high}]' if found.n > 1 else ''}"


def _told_apart(one: QualityLine, other: QualityLine, measure: Measure) -> bool:
    """Whether the interval of their mean difference, seed by seed, leaves 0 out; never with few seeds."""
    mine, yours = (dict(zip(line.seeds, line.values(measure.name), strict=True)) for line in (one, other))
    seeds = sorted({*mine} & {*yours})
    found = compare_paired(np.array([mine[s] for s in seeds]), np.array([yours[s] for s in seeds]))
    return found.n >= FEWEST and not found.low <= 0 <= found.high


def _collapsed(tables: Sequence[QualityTable]) -> str:
    """Whose decoder fails, so that what is decoded says little."""
    named = [
        f"{line.label} ({percent(line.summary(EXACT).mean)} %)"
        for table, measure in main_measures(tables)
        if measure.name == EXACT
        for line in table.lines
        if line.summary(EXACT).mean < FEWEST_EXACT
    ]
    limit = f"{100 * FEWEST_EXACT:g} %"
    return f" Less than {limit} of unseen cells come back from {', '.join(named)}." if named else ""
