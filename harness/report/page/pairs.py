"""Every ranked method against every other: the matrix of paired comparisons."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from harness.compare.comparison import MethodRuns
from harness.compare.marks import LEVEL
from harness.compare.units import settled, signed_points
from harness.compare.view import View
from harness.stats.paired import Paired, holm

MOST = 40
"""More methods than this make a matrix nobody reads."""


@dataclass(frozen=True)
class Pair:
    """The method of a row against that of a column; better is positive."""

    text: str
    verdict: str
    """`better`, `worse` (both significant) or empty."""
    index: int
    """Place of the pair in the section's data; -1 on the diagonal."""
    sign: int
    """-1 where the data hold the pair the other way round."""


@dataclass(frozen=True)
class Matrix:
    """Rows and columns in the order of the main table."""

    labels: list[str]
    rows: list[list[Pair]]
    unit: str
    tests: int
    """Number of pairs with a p value, for which all of them are corrected."""
    significant: int


def matrix(view: View) -> tuple[Matrix, list[list[Any]]] | None:
    """All pairs at the last point, and the data of each: row, column (places in `view.comparison.methods`),
    n, difference, interval, effect, p, p Holm over all pairs, probability of improvement. None where there
    is nothing to test, or too many methods to show."""
    ranked, methods = view.ranked, view.comparison.methods
    if not 1 < len(ranked) <= MOST:
        return None
    pairs = list(combinations(range(len(ranked)), 2))
    found = [view.paired(ranked[i], ranked[j]) for i, j in pairs]
    corrected = holm([each.p for each in found])
    known = [p for p in corrected if not math.isnan(p)]
    if not known:
        return None
    place = {method.label: index for index, method in enumerate(methods)}
    cells = {(i, i): Pair("", "", -1, 1) for i in range(len(ranked))}
    data = []
    for index, ((i, j), pair, p) in enumerate(zip(pairs, found, corrected, strict=True)):
        cells[i, j], cells[j, i] = _cell(pair, p, index, 1), _cell(pair, p, index, -1)
        data.append([place[ranked[i].label], place[ranked[j].label], *_numbers(pair, p)])
    rows = [[cells[i, j] for j in range(len(ranked))] for i in range(len(ranked))]
    unit = view.comparison.worded(view.metric).unit
    significant = sum(p < LEVEL for p in known)
    return Matrix(_labels(ranked), rows, "points" if unit == "%" else unit, len(known), significant), data


def _labels(ranked: list[MethodRuns]) -> list[str]:
    return [each.label for each in ranked]


def _cell(pair: Paired, p: float, index: int, sign: int) -> Pair:
    difference = sign * pair.difference
    verdict = ("better" if difference > 0 else "worse") if p < LEVEL else ""
    return Pair(signed_points(difference), verdict, index, sign)


def _numbers(pair: Paired, p: float) -> list[float | int | str | None]:
    percents = [settled(100 * each, 2) for each in (pair.difference, pair.low, pair.high)]
    effect = str(pair.effect) if math.isinf(pair.effect) else settled(pair.effect, 2)
    return [pair.n, *percents, effect, _digits(pair.p), _digits(p), settled(pair.improvement, 2)]


def _digits(p: float) -> float | None:
    """Two significant digits."""
    return None if math.isnan(p) else float(f"{p:.2g}")
