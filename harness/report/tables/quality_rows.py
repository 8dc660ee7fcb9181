"""Tables of quality as plain rows: what `format=json` and `format=csv` print."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from harness.compare.quality import QualityTable
from harness.report.tables.quality_blocks import measures_of
from harness.report.tables.quality_notes import sizes_words
from harness.report.tables.rows import csv_text, known

PLACE = ("benchmark", "table", "part", "split", "labels", "sizes")
"""What tells tables apart."""
MEANS = (*PLACE, "method", "measure", "n", "mean", "std", "ci_low", "ci_high")
RECORDS = (*PLACE, "method", "seed", "key", "measure", "value")


def mean_rows(tables: Iterable[QualityTable], statistic: str) -> list[dict[str, Any]]:
    """One row per method and measure. Percentages are fractions; unknown is None.

    Mean, sd and 95 % interval are over the n seeds with a value. With another statistic than the mean, its
    name stands in place of `mean`.
    """
    rows = []
    for table in tables:
        for line in table.lines:
            for measure in measures_of(table):
                found = line.summary(measure.name, statistic)
                rows.append(
                    {
                        **_place(table), "method": line.label, "measure": measure.name, "n": found.n,
                        statistic: known(found.mean), "std": known(found.std),
                        "ci_low": known(found.low), "ci_high": known(found.high),
                    }
                )  # fmt: skip
    return rows


def record_rows(tables: Iterable[QualityTable]) -> list[dict[str, Any]]:
    """One row per record and measure."""
    return [
        {
            **_place(table), "method": line.label, "seed": record.seed, "key": record.spec.key,
            "measure": measure.name, "value": known(record.numbers.get(measure.name, float("nan"))),
        }
        for table in tables
        for line in table.lines
        for record in line.records
        for measure in measures_of(table)
    ]  # fmt: skip


def _place(table: QualityTable) -> dict[str, Any]:
    spec = table.spec
    return {
        "benchmark": spec.benchmark,
        "table": spec.table_digest,
        "part": spec.part,
        "split": spec.split,
        "labels": spec.labels,
        "sizes": sizes_words(spec),
    }


def as_json(tables: Sequence[QualityTable], statistic: str, by: str = "means") -> str:
    """One JSON list of rows: `by` means over seeds, or runs."""
    return json.dumps(record_rows(tables) if by == "runs" else mean_rows(tables, statistic), indent=1)


def as_csv(tables: Sequence[QualityTable], statistic: str, by: str = "means") -> str:
    """The rows with a header; unknown is an empty field."""
    if by == "runs":
        return csv_text(record_rows(tables), RECORDS)
    return csv_text(mean_rows(tables, statistic), [statistic if name == "mean" else name for name in MEANS])
