"""Every run at every point as plain rows: what `rows=runs` prints and `harness.load` returns."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from harness.compare.comparison import MethodRuns
from harness.compare.view import View
from harness.report.tables.rows import USUAL

SPENT = ("architectures", "classes", "seconds", "wall")
"""Columns of curves that say what a run had spent by then, beside the axis."""


def run_rows(views: Iterable[View], metrics: Sequence[str] = USUAL) -> Iterator[dict[str, Any]]:
    """One row per run and point: where it is from, a column per metric, and what was spent by then.

    Accuracies are fractions, regret too; `seconds` are simulated, `wall` holds search and pre-training. What
    is not known is None.
    """
    for view in views:
        comparison = view.comparison
        place = {
            "benchmark": comparison.benchmark,
            "protocol": f"{comparison.protocol.name}@{comparison.protocol.hash}",
            "budget": comparison.budget,
        }
        for method in comparison.methods:
            columns = {
                (point, name): values
                for point in view.points
                for name, values in _columns(view, method, point, metrics).items()
            }
            for row, run in enumerate(method.runs):
                for point in view.points:
                    numbers = {name: columns[point, name][row] for name in (*metrics, *SPENT)}
                    yield {
                        **place, "method": method.label, "seed": run.seed, "key": run.key,
                        "x": view.along, "at": point, **numbers,
                    }  # fmt: skip


def _columns(
    view: View, method: MethodRuns, point: int, metrics: Sequence[str]
) -> dict[str, list[float | None]]:
    """By name one number per run."""
    comparison, axis = view.comparison, view.axis
    found = {name: comparison.values(method, name, point, axis) for name in metrics}
    found |= {name: comparison.column(method, name, point, axis) for name in SPENT}
    return {name: _with_gaps(values) for name, values in found.items()}


def as_json(views: Iterable[View], metrics: Sequence[str] = USUAL) -> str:
    """One JSON list, a line per row."""
    rows = ",\n".join(json.dumps(row) for row in run_rows(views, metrics))
    return f"[\n{rows}\n]"


def as_csv(views: Iterable[View], metrics: Sequence[str] = USUAL) -> str:
    """The rows with a header; unknown is an empty field."""
    text, rows = io.StringIO(), list(run_rows(views, metrics))
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().rstrip("\n")


def _with_gaps(values: Float[np.ndarray, " seeds"]) -> list[float | None]:
    return [None if np.isnan(each) else each for each in values.tolist()]
