"""Stored runs as a pandas DataFrame, for notebooks and scripts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.compare.select import select
from harness.compare.view import View
from harness.records.store import RunStore
from harness.report.output import metrics_of, views
from harness.report.tables.run_rows import SHARES, SPENT, run_rows
from harness.study.options import ReportOptions, parse
from tabular.errors import HarnessError

if TYPE_CHECKING:
    import pandas as pd

PARTS = 100
"""Points of a budget in seconds."""


def frame(results: str | Path, **keys: Any) -> pd.DataFrame:
    """See `harness.load`."""
    try:
        import pandas as pd
    except ImportError:
        raise HarnessError("harness.load needs pandas: pip install 'nas-harness[parquet]'") from None
    for name in ("format", "out", "rows", "across", "kind", "parts"):
        if name in keys:
            raise HarnessError(f"{name}= is not for harness.load, which gives every run at every point")
    words = [f"{name}={_word(value)}" for name, value in {"results": results, **keys}.items()]
    options, _ = parse(words, ReportOptions)
    store = RunStore(options.results)
    store.check_exists()
    seen = [_everywhere(view) for view in views(options, select(store, options))]
    metrics = metrics_of(options)
    table = pd.DataFrame(run_rows(seen, metrics))
    return table.astype(
        dict.fromkeys((*metrics, *SPENT, *SHARES), float)
    )  # what no run knows is NaN, not None


def _everywhere(view: View) -> View:
    """The view at every query, or at hundredths of another axis, unless points were asked for."""
    if view.at is not None:
        return view
    end = view.last
    points = range(1, end + 1) if view.along == "queries" else (end * (i + 1) // PARTS for i in range(PARTS))
    return replace(view, at=sorted({point for point in points if point > 0}))


def _word(value: Any) -> str:
    """As on the command line."""
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
