"""What a report keeps of a stored run: its curve and its facts, not its ledger."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.records.curves import RunCurve, curve
from harness.records.store import RunRecord
from harness.records.tradeoffs import run_fronts


@dataclass(frozen=True)
class StoredRun:
    """A run that is done. `path` leads to its file, for what is not kept here."""

    path: Path
    key: str
    method: str
    identity: dict[str, Any]
    configuration: str
    """Hash of all that decides the results but the seeds."""
    counts: dict[str, int]
    provenance: dict[str, Any]
    """Without the times of the single answers, which are in the curve."""
    fronts: dict[str, list[list[float]]]
    """By measure: complexities and truths of what looked Pareto-optimal at the end (see `tradeoffs`)."""
    curve: RunCurve

    @property
    def seed(self) -> int:
        """Search seed."""
        return int(self.identity["seed"])

    @property
    def search_seconds(self) -> float:
        """Wall seconds of the search itself: fitting, proposing and querying, without pre-training."""
        seconds = self.provenance["seconds"]
        return float(sum(seconds[phase] for phase in ("fit", "propose", "query")))


@dataclass(frozen=True)
class FailedRun:
    """A run that raised; it counts in no number."""

    path: Path
    method: str
    identity: dict[str, Any]
    problem: str
    """Last line of the traceback."""

    @property
    def seed(self) -> int:
        """Search seed."""
        return int(self.identity["seed"])


def stored_run(record: RunRecord, path: Path) -> StoredRun:
    """The light form of a record that is done."""
    return StoredRun(
        path=path,
        key=record.key,
        method=record.method,
        identity=record.identity,
        configuration=record.configuration,
        counts=record.counts,
        provenance={name: value for name, value in record.provenance.items() if name != "answered"},
        fronts=run_fronts(record, record.identity["budget"]),
        curve=curve(record),
    )


def failed_run(record: RunRecord, path: Path) -> FailedRun:
    """The light form of a record that failed."""
    lines = (record.traceback or "").strip().splitlines()
    return FailedRun(path, record.method, record.identity, lines[-1] if lines else "no traceback")
