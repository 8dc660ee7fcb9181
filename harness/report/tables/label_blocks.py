"""The tables of the part `prediction`: a row per representation, a column per number of labels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from harness.compare.published import published_of
from harness.compare.quality import QualityLine, QualityTable
from harness.quality.prediction import (
    COMMON,
    COUNTS,
    FREE_WORDS,
    METRIC_WORDS,
    OWN,
    PART,
    PREDICTOR_WORDS,
    measure_name,
)
from harness.report.tables.blocks import Block, Cell
from harness.report.tables.quality_cells import measure_cell, published_rows, row

MEASURES = {measure.name: measure for measure in PART.measures}
OF_PAPERS = tuple(n for n in COUNTS if n not in COMMON or n == 100)
"""Numbers of labels that papers have, 100 among them (NAS-Bench-101, S1)."""
SHOWN = (
    ("tau", "gp", COMMON),
    ("tau", "gp", OF_PAPERS),
    ("tau", OWN, COMMON),
    ("tau", OWN, OF_PAPERS),
    ("tau", "forest", COMMON),
    ("tau", "ridge", COMMON),
    ("tau_best", "gp", COMMON),
    ("precision", "gp", COMMON),
    ("rmse", "gp", COMMON),
    ("inside_95", "gp", COMMON),
)
"""Metric, predictor and numbers of labels of each table; files have all."""
RANKED_AT = 100
"""Labels by whose number rows stand in order."""
FEWEST_LABELS_OF_PAPERS = 3
FREE_NAMES = {"flops": "FLOPs alone", "params": "parameters alone", "training": "another training"}


def label_blocks(table: QualityTable, statistic: str) -> Iterator[Block]:
    """One per metric and predictor that any representation has, best first; floors and ceiling below."""
    found = (_block(table, *each, statistic) for each in SHOWN)
    return (block for block in found if block is not None)


def label_notes(table: QualityTable) -> list[str]:
    """What the tables are of, in sentences."""
    metrics = [METRIC_WORDS[metric] for metric in dict.fromkeys(metric for metric, *_ in SHOWN)]
    return [
        "Labels are a measurement, apart from any search and its budget: one training each of random cells, "
        "the same for all representations at a seed.",
        *(table.quantity.said(f"{short}: {words}.") for words, short, *_ in metrics),
        *(f"{FREE_NAMES[name]}: {words}." for name, words in FREE_WORDS.items()),
        *dict.fromkeys(
            f"published ({each.source}): {each.definition}."
            for numbers in published_of(table).values()
            for each in numbers.values()
        ),
    ]


def _block(
    table: QualityTable, metric: str, predictor: str, counts: Sequence[int], statistic: str
) -> Block | None:
    known = [n for n in counts if table.is_known(measure_name(metric, predictor, n))]
    if not known or (counts is OF_PAPERS and len(known) < FEWEST_LABELS_OF_PAPERS):
        return None
    measures = [MEASURES[measure_name(metric, predictor, n)].worded(table.quantity) for n in known]
    papers = "" if counts is COMMON else ", as papers"
    return Block(
        f"prediction-{metric}-{predictor}{'-papers' if papers else ''}",
        f"{table.spec.benchmark}, {METRIC_WORDS[metric][1]} by labels, {PREDICTOR_WORDS[predictor]}{papers}",
        [f"{METRIC_WORDS[metric][1]}, labels", "seeds", *map(str, known)],
        [
            *(row(line, measures, statistic) for line in _ordered(table, metric, predictor, known)),
            *_free(table, metric, len(measures), statistic),
            *sorted(published_rows(table, measures), key=lambda row: row[0].text),
        ],
        reference=frozenset([*FREE_NAMES.values(), *published_of(table)]),
    )


def _ordered(table: QualityTable, metric: str, predictor: str, known: Sequence[int]) -> list[QualityLine]:
    """Lines that know any of it, best first at 100 labels or the nearest number."""
    at = min(known, key=lambda n: abs(math.log(n / RANKED_AT)))
    sign = -1 if METRIC_WORDS[metric][2] == "lower" else 1
    names = [measure_name(metric, predictor, n) for n in known]
    lines = [line for line in table.lines if any(line.summary(name).n for name in names)]
    mean = {id(line): line.summary(measure_name(metric, predictor, at)).mean for line in lines}
    return sorted(lines, key=lambda line: -math.inf if math.isnan(m := mean[id(line)]) else -sign * m)


def _free(table: QualityTable, metric: str, columns: int, statistic: str) -> list[list[Cell]]:
    """Floors and ceiling: the same numbers in every record of a seed; of the line with most seeds."""
    line = table.fullest
    rows = []
    for name, words in FREE_NAMES.items():
        measure = MEASURES.get(f"{metric}_{name}")
        if measure is not None and line.summary(measure.name).n:
            cell = measure_cell(line, measure, statistic)
            again = replace(cell, interval="", text=cell.text.partition(" ±")[0])
            rows.append([Cell(words), Cell(""), cell, *[again] * (columns - 1)])
    return rows
