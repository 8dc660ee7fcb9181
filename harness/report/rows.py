"""The table as plain rows: what `format=json` and `format=csv` print."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from typing import Any

from harness.report.comparison import METRICS, Comparison

COLUMNS = (
    "benchmark", "protocol", "method", "metric", "x", "at", "n", "mean", "std", "ci_low", "ci_high",
)  # fmt: skip


def rows(comparisons: list[Comparison], at: Sequence[int] | None) -> list[dict[str, Any]]:
    """One row per method, metric and query count. Accuracies are fractions; unknown is None.

    `protocol` is name and hash, `mean (sd) and 95 % interval` are over the n seeds with a value.
    """
    return [
        {
            "benchmark": comparison.benchmark,
            "protocol": f"{comparison.protocol.name}@{comparison.protocol.hash}",
            "method": method.label,
            "metric": metric,
            "x": comparison.protocol.unit,
            "at": point,
            "n": summary.n,
            "mean": _known(summary.mean),
            "std": _known(summary.std),
            "ci_low": _known(summary.low),
            "ci_high": _known(summary.high),
        }
        for comparison in comparisons
        for method in comparison.methods
        for metric in METRICS
        for point in comparison.points(at)
        for summary in [comparison.summary(method, metric, point)]
    ]


def as_json(comparisons: list[Comparison], at: Sequence[int] | None) -> str:
    """One JSON list of rows."""
    return json.dumps(rows(comparisons, at), indent=1)


def as_csv(comparisons: list[Comparison], at: Sequence[int] | None) -> str:
    """The rows with a header; unknown is an empty field."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows(comparisons, at))
    return text.getvalue().rstrip("\n")


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def warnings(comparisons: list[Comparison]) -> list[str]:
    """What stands under the printed tables and has no place in rows: leaks, and notes of the data."""
    found = {
        f"{comparison.protocol.name} on {comparison.benchmark}: {sentence}"
        for comparison in comparisons
        for sentence in (comparison.leaks and f"LEAKS: {comparison.leaks}.", comparison.note)
        if sentence
    }
    return sorted(found)
