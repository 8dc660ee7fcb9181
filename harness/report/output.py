"""From stored runs to what is printed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from harness.memory import Memory
from harness.report.comparison import check_points, compare
from harness.report.rows import METRICS, as_csv, as_json, warnings
from harness.report.view import View
from harness.store import RunStore

if TYPE_CHECKING:
    from harness.derived import Stored
    from harness.options import Shared


def emit(options: Shared, stored: Stored, remarks: Mapping[str, str] | None = None) -> None:
    """Print the tables of the runs in the format asked for; `remarks` by benchmark stand under them."""
    memory = Memory.kept()
    seen = views(options, stored, memory, remarks)
    if options.format in ("json", "csv"):
        for sentence in warnings(view.comparison for view in seen):
            print(f"harness: {sentence}", file=sys.stderr)
        for view in seen:
            if view.remark:
                print(f"harness: {view.comparison.benchmark}: {view.remark}", file=sys.stderr)
    print(rendered(options, seen))
    memory.save()


def views(
    options: Shared, stored: Stored, memory: Memory, remarks: Mapping[str, str] | None = None
) -> list[View]:
    """Every comparison among the runs, seen as the options ask."""
    comparisons = compare(stored, RunStore(options.results), memory)
    check_points(comparisons, options.at, options.x)
    metric, statistic = options.metric or "truth", options.statistic
    remarks = remarks or {}
    return [
        View(each, options.at, options.x, metric, statistic, remarks.get(each.benchmark, ""))
        for each in comparisons
    ]


def rendered(options: Shared, seen: Sequence[View]) -> str:
    """The tables as one text."""
    metrics = METRICS if options.metric is None else (options.metric,)
    if options.format == "json":
        return as_json(seen, metrics)
    if options.format == "csv":
        return as_csv(seen, metrics)
    return "\n\n".join(map(_renderer(options.format), seen))


def _renderer(form: str) -> Callable[[View], str]:
    if form == "markdown":
        from harness.report.markdown import as_markdown

        return as_markdown
    if form == "latex":
        from harness.report.latex import as_latex

        return as_latex
    from harness.report.text import as_text

    return as_text
