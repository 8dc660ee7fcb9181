"""Where every run of a comparison comes from."""

from __future__ import annotations

from dataclasses import dataclass

from harness.compare.comparison import Comparison
from harness.compare.view import View
from harness.report.page.links import Links


@dataclass(frozen=True)
class Row:
    """One run."""

    place: int
    """In the list of its section; -1 for a run that failed."""
    method: str
    seed: int
    key: str
    address: str
    commit: str
    seconds: str
    started: str
    problem: str = ""


@dataclass(frozen=True)
class MethodList:
    """The runs of one method."""

    label: str
    runs: list[Row]


def listed(view: View, links: Links) -> list[MethodList]:
    """All runs that are done, by method."""
    found, place = [], 0
    for method in view.comparison.methods:
        rows = []
        for run in method.runs:
            made, seconds = run.provenance, sum(run.timing.seconds.values())
            commit = str(made.get("commit") or "unknown")[:8] + ("+" if made.get("dirty") else "")
            started = str(made.get("started", "unknown"))
            facts = (run.seed, run.key[:8], links.run(run), commit, f"{seconds:.1f}", started)
            rows.append(Row(place, method.label, *facts))
            place += 1
        found.append(MethodList(method.name, rows))
    return found


def failed_rows(comparison: Comparison, links: Links) -> list[Row]:
    """Runs that raised, with the last line of their traceback."""
    return [
        Row(-1, run.spec.method, run.seed, "", links.run(run), "", "", "", problem=run.problem)
        for run in comparison.failed
    ]
