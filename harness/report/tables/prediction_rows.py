"""Whether quality predicts regret, as plain rows: what `format=json` and `format=csv` print."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from harness.compare.prediction import Prediction
from harness.report.tables.prediction_blocks import asked, verdict
from harness.report.tables.rows import csv_text, known
from harness.stats.paired import holm

MEANS = (
    "optimizer", "part", "measure", "n", "benchmarks", "points", "rho", "ci_low", "ci_high", "p", "p_holm",
    "predicts",
)  # fmt: skip
POINTS = (
    "optimizer", "benchmark", "protocol", "budget", "representation", "method", "runs", "regret", "part",
    "measure", "value",
)  # fmt: skip


def mean_rows(found: Sequence[Prediction]) -> list[dict[str, Any]]:
    """One row per optimizer and measure; unknown is None."""
    rows = []
    for each in found:
        associations = each.associations(asked())
        corrected = holm([one.p for one in associations])
        for sought, one, p in zip(asked(), associations, corrected, strict=True):
            rows.append(
                {
                    "optimizer": each.optimizer, "part": sought.part, "measure": sought.measure, "n": one.n,
                    "benchmarks": one.blocks, "points": one.points, "rho": known(one.rho),
                    "ci_low": known(one.low), "ci_high": known(one.high), "p": known(one.p),
                    "p_holm": known(p), "predicts": verdict(one, p),
                }
            )  # fmt: skip
    return rows


def point_rows(found: Sequence[Prediction]) -> list[dict[str, Any]]:
    """One row per optimizer, benchmark, representation and measure. Regrets are fractions."""
    return [
        {
            "optimizer": each.optimizer, "benchmark": one.benchmark,
            "protocol": f"{one.protocol.name}@{one.protocol.hash}", "budget": one.budget,
            "representation": label, "method": point.search.label, "runs": len(point.search.runs),
            "regret": known(point.regret), "part": sought.part, "measure": sought.measure,
            "value": known(point.value(sought)),
        }
        for each in found
        for one in each.comparisons
        for label in each.labels
        if (point := each.points.get((one.benchmark, label)))
        for sought in asked()
    ]  # fmt: skip


def as_json(found: Sequence[Prediction], by: str = "means") -> str:
    """One JSON list of rows: `by` means, or runs, which are the points here."""
    return json.dumps(point_rows(found) if by == "runs" else mean_rows(found), indent=1)


def as_csv(found: Sequence[Prediction], by: str = "means") -> str:
    """The rows with a header; unknown is an empty field."""
    return csv_text(point_rows(found), POINTS) if by == "runs" else csv_text(mean_rows(found), MEANS)
