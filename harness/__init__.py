"""The command line, the runner, the run store, the reports. `harness.load("results")` reads stored runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load"]


def load(results: str | Path = "results", **keys: Any) -> pd.DataFrame:
    """Stored runs as a table: one row per run and point, at every query unless `at=` says otherwise.

    Columns: `benchmark`, `protocol` (name and hash), `budget`, `method`, `seed`, `key`; `x` (the axis) and
    `at`; the metrics (`truth`, `seen`, `test`, `regret` as fractions, or the `metric=` asked for); what was
    spent by then: `architectures`, `classes`, `seconds` (simulated), `wall`. Unknown is NaN. `keys` are those
    of `harness report`: `load("results", bench="nb201", methods=["ngae", "random"], at=[50, 150])`.

    Raises `HarnessError` where the folder holds no such runs.
    """
    from harness.report.frame import frame  # pandas and the reports are imported here

    return frame(results, **keys)
