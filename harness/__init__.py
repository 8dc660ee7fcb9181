"""The command line, the runner, the run store, the reports. `harness.load("results")` reads stored runs."""

from __future__ import annotations

TYPE_CHECKING = False  # nothing is imported here: `python -m harness` has yet to leave the current folder
if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

__all__ = ["load"]


def load(results: str | Path = "results", **keys: object) -> pd.DataFrame:
    """Stored runs as a table: one row per run and point, at every query unless `at=` says otherwise.

    Columns: `benchmark`, `protocol` (name and hash), `budget`, `method`, `seed`, `key`; `x` (the axis) and
    `at`; the metrics (`truth`, `seen`, `test`, `regret` as fractions, or the `metric=` asked for); what was
    spent by then: `architectures`, `classes`, `seconds` (simulated), `wall`; of the whole run `filled_in`,
    the share of its queries that were random fill-in, and `decoder_exact`, that of architectures its decoder
    gives back; and whether its line is `degenerate`, in no ranking. Unknown is NaN. `keys` are those of
    `harness report`: `load("results", bench="nb201", methods=["ngae", "random"], at=[50, 150])`.

    Raises `HarnessError` where the folder holds no such runs.
    """
    from harness.report.frame import frame  # pandas and the reports are imported here

    return frame(results, **keys)
