"""The table as plain rows: what `format=json` and `format=csv` print."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

from harness.compare.comparison import Comparison, MethodRuns
from harness.compare.degenerate import decoder_exact, filled_in
from harness.compare.metrics import METRICS
from harness.compare.view import View
from harness.stats.summary import Summary

COLUMNS = (
    "benchmark", "protocol", "method", "metric", "x", "at", "n", "mean", "std", "ci_low", "ci_high",
    "filled_in", "decoder_exact", "degenerate",
)  # fmt: skip
USUAL = tuple(each.name for each in METRICS.values() if each.in_rows)
"""Metrics that rows are for, unless one is asked for."""


def rows(views: Iterable[View], metrics: Sequence[str] = USUAL) -> list[dict[str, Any]]:
    """One row per method, metric and point. Accuracies are fractions; unknown is None.

    `protocol` is name and hash, `x` the axis of `at`; mean, sd and 95 % interval are over the n seeds with a
    value. With another statistic than the mean, its name stands in place of `mean`. `filled_in` and
    `decoder_exact` are shares, means over seeds; lines that they make `degenerate` come last.
    """
    return [
        {
            "benchmark": view.comparison.benchmark,
            "protocol": f"{view.comparison.protocol.name}@{view.comparison.protocol.hash}",
            "method": method.label,
            "metric": metric,
            "x": view.along,
            "at": point,
            **_numbers(view.summary(method, point, metric), view.statistic),
            **shares,
        }
        for view in views
        for method in (*view.comparison.rankable, *view.comparison.degenerate)
        for shares in [_shares(method)]  # once per line
        for metric in metrics
        for point in view.points
    ]


def _numbers(summary: Summary, statistic: str) -> dict[str, Any]:
    return {
        "n": summary.n,
        statistic: known(summary.mean),
        "std": known(summary.std),
        "ci_low": known(summary.low),
        "ci_high": known(summary.high),
    }


def _shares(method: MethodRuns) -> dict[str, float | bool | None]:
    """What decides whether a line is ranked."""
    return {
        "filled_in": known(filled_in(method.runs)),
        "decoder_exact": known(decoder_exact(method.runs)),
        "degenerate": bool(method.flaw),
    }


def as_json(views: Iterable[View], metrics: Sequence[str] = USUAL) -> str:
    """One JSON list of rows."""
    return json.dumps(rows(views, metrics), indent=1)


def as_csv(views: Sequence[View], metrics: Sequence[str] = USUAL) -> str:
    """The rows with a header; unknown is an empty field."""
    statistic = views[0].statistic if views else "mean"
    return csv_text(rows(views, metrics), [statistic if name == "mean" else name for name in COLUMNS])


def csv_text(table: Sequence[dict[str, Any]], columns: Sequence[str]) -> str:
    """Rows under a header, without a last line break."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue().rstrip("\n")


def known(value: float) -> float | None:
    """The number, or None for NaN, of which JSON has none."""
    return None if math.isnan(value) else value


def not_ranked(comparisons: Iterable[Comparison]) -> list[str]:
    """One sentence per degenerate line, for those who read no notes."""
    return [
        f"{comparison.protocol.name} on {comparison.benchmark}: {method.label} is degenerate and in no "
        f"ranking: {method.flaw}"
        for comparison in comparisons
        for method in comparison.degenerate
    ]


def warnings(comparisons: Iterable[Comparison]) -> list[str]:
    """What stands under the printed tables and has no place in rows: leaks, failures, notes of the data."""
    found = set()
    for comparison in comparisons:
        where = f"{comparison.protocol.name} on {comparison.benchmark}"
        leaks = f"LEAKS: {comparison.leaks}." if comparison.leaks else ""
        found |= {f"{where}: {sentence}" for sentence in (leaks, comparison.note) if sentence}
        found |= {
            f"{where}: {failed.method} seed {failed.seed} failed and counts in no number: {failed.problem}"
            for failed in comparison.failed
        }
    return sorted(found)
