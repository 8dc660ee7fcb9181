"""Every run at every point as plain rows: what `rows=runs` prints and `harness.load` returns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from harness.compare.comparison import MethodRuns
from harness.compare.view import View
from harness.report.tables.rows import USUAL, csv_text, known

SPENT = ("architectures", "classes", "seconds", "wall")
"""Columns of curves that say what a run had spent by then, beside the axis."""
SHARES = ("filled_in", "decoder_exact")
"""Columns of a whole run, by which its line is degenerate or not."""


def run_rows(views: Iterable[View], metrics: Sequence[str] = USUAL) -> Iterator[dict[str, Any]]:
    """One row per run and point: where it is from, a column per metric, and what was spent by then.

    Accuracies are fractions, regret too; `seconds` are simulated, `wall` holds search and pre-training. What
    is not known is None. `filled_in` and `decoder_exact` are shares of the run; whether it is `degenerate`
    is said of the whole line, whose runs then come last.
    """
    for view in views:
        comparison, points = view.comparison, view.points
        place = {
            "benchmark": comparison.benchmark,
            "protocol": f"{comparison.protocol.name}@{comparison.protocol.hash}",
            "budget": comparison.budget,
        }
        for method in (*comparison.rankable, *comparison.degenerate):
            columns = {
                (point, name): values
                for point in points
                for name, values in _columns(view, method, point, metrics).items()
            }
            for row, run in enumerate(method.runs):
                shares = dict(zip(SHARES, map(known, (run.filled_in, run.timing.decoder_exact)), strict=True))
                for point in points:
                    numbers = {name: columns[point, name][row] for name in (*metrics, *SPENT)}
                    yield {
                        **place, "method": method.label, "seed": run.seed, "key": run.key,
                        "x": view.along, "at": point, **numbers,
                        **shares, "degenerate": bool(method.flaw),
                    }  # fmt: skip


def _columns(
    view: View, method: MethodRuns, point: int, metrics: Sequence[str]
) -> dict[str, list[float | None]]:
    """By name one number per run."""
    comparison, axis = view.comparison, view.axis
    found = {name: comparison.values(method, name, point, axis) for name in metrics}
    found |= {name: comparison.column(method, name, point, axis) for name in SPENT}
    return {name: list(map(known, values.tolist())) for name, values in found.items()}


def as_json(views: Iterable[View], metrics: Sequence[str] = USUAL) -> str:
    """One JSON list, a line per row."""
    rows = ",\n".join(json.dumps(row) for row in run_rows(views, metrics))
    return f"[\n{rows}\n]"


def as_csv(views: Iterable[View], metrics: Sequence[str] = USUAL) -> str:
    """The rows with a header; unknown is an empty field."""
    rows = list(run_rows(views, metrics))
    return csv_text(rows, list(rows[0]) if rows else [])
