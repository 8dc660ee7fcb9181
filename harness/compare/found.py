"""The architectures a method found: chosen by what it saw, shown with what they are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from harness.compare.comparison import MethodRuns
from harness.records.store import RunRecord, RunStore
from harness.records.stored import StoredRun
from harness.records.tradeoffs import paid_rows

MOST = 3
"""As many are chosen of a method (NGAE's figure 5 shows three)."""


@dataclass(frozen=True)
class Found:
    """An architecture of a method, from the run that saw it at its best."""

    text: str
    """As in run files; its search space reads it."""
    seen: float
    truth: float
    """Fractions; truth is NaN where it is not recorded."""
    complexity: dict[str, float]
    """By measure; empty in runs stored before it was kept."""
    run: StoredRun = field(repr=False)


@dataclass(frozen=True)
class Row:
    """An entry of a ledger: which record of a list, and which row."""

    record: int
    row: int


def top(method: MethodRuns, n: int = MOST) -> list[Found]:
    """The n different architectures with the best validation accuracy seen in any run, best first.

    Reads the runs' files again, once per process. At most `MOST`; fewer where fewer were paid for.
    """
    found = _chosen(tuple((run.path, run.key) for run in method.runs))[:n]
    return [Found(*facts, method.runs[record]) for record, facts in found]


Facts = tuple[str, float, float, dict[str, float]]


@lru_cache(maxsize=1024)
def _chosen(files: tuple[tuple[Path, str], ...]) -> list[tuple[int, Facts]]:
    store = RunStore(files[0][0].parents[3])
    records = [store.read(path) for path, _ in files]
    return [(each.record, _facts(records[each.record], each.row)) for each in best_rows(records, MOST)]


def best_rows(records: Sequence[RunRecord], n: int) -> list[Row]:
    """Where the n different architectures with the best accuracy seen stand; of equals the earlier.

    Only answers from the full schedule that were paid for count.
    """
    best: dict[str, tuple[float, Row]] = {}
    for number, record in enumerate(records):
        for row in paid_rows(record, record.identity["budget"]).tolist():
            text, seen = record.ledger["architecture"][row], record.ledger["seen"][row]
            if text not in best or seen > best[text][0]:
                best[text] = seen, Row(number, row)
    ranked = sorted(best.values(), key=lambda each: (-each[0], each[1].record, each[1].row))
    return [row for _, row in ranked[:n]]


def _facts(record: RunRecord, row: int) -> Facts:
    text, seen, truth = (record.ledger[name][row] for name in ("architecture", "seen", "truth"))
    known = {name: values[row] for name, values in record.complexity.items()}
    complexity = {name: float(value) for name, value in known.items() if value is not None}
    return text, float(seen), float("nan") if truth is None else float(truth), complexity
