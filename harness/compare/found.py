"""The architectures a method found: chosen by what it saw, shown with what they are worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from harness.compare.comparison import MethodRuns
from harness.records.run import Run
from harness.records.store import RunStore
from harness.records.stored import StoredRun

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
    """An entry of a ledger: which run of a list, and which row."""

    run: int
    row: int


def top(method: MethodRuns, n: int = MOST) -> list[Found]:
    """The n different architectures with the best validation accuracy seen in any run, best first.

    Reads the runs' files again, once per process. At most `MOST`; fewer where fewer were paid for.
    """
    found = _chosen(tuple((run.path, run.key) for run in method.runs))[:n]
    return [Found(*facts, method.runs[run]) for run, facts in found]


Facts = tuple[str, float, float, dict[str, float]]


@lru_cache(maxsize=1024)
def _chosen(files: tuple[tuple[Path, str], ...]) -> list[tuple[int, Facts]]:
    store = RunStore(files[0][0].parents[3])
    runs = [store.read_done(path) for path, _ in files]
    return [(each.run, _facts(runs[each.run], each.row)) for each in best_rows(runs, MOST)]


def best_rows(runs: Sequence[Run], n: int) -> list[Row]:
    """Where the n different architectures with the best accuracy seen stand; of equals the earlier.

    Only answers from the full schedule that were paid for count.
    """
    best: dict[str, tuple[float, Row]] = {}
    for number, run in enumerate(runs):
        for row in run.ledger.paid(run.spec.budget).tolist():
            text, seen = run.joined.architectures[row], float(run.ledger.seen[row])
            if text not in best or seen > best[text][0]:
                best[text] = seen, Row(number, row)
    ranked = sorted(best.values(), key=lambda each: (-each[0], each[1].run, each[1].row))
    return [row for _, row in ranked[:n]]


def _facts(run: Run, row: int) -> Facts:
    joined = run.joined
    known = {name: float(values[row]) for name, values in joined.complexity.items()}
    complexity = {name: value for name, value in known.items() if not math.isnan(value)}
    return joined.architectures[row], float(run.ledger.seen[row]), float(joined.truth[row]), complexity
