"""What a report keeps of a stored run: its curve and its facts, not its ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.records.curves import RunCurve, curve
from harness.records.run import FailedRun, Run, Timing
from harness.records.tradeoffs import run_fronts
from harness.study.spec import RunSpec


@dataclass(frozen=True)
class StoredRun:
    """A run that is done. `path` leads to its file, for what is not kept here."""

    path: Path
    key: str
    spec: RunSpec
    configuration: str
    """Hash of all that decides the results but the seeds."""
    counts: dict[str, int]
    filled_in: float
    """Share of what the search paid for that the runner filled in (see `Ledger.filled_in`)."""
    timing: Timing
    """Without the times of the single answers, which are in the curve."""
    provenance: dict[str, Any]
    fronts: dict[str, list[list[float]]]
    """By measure: complexities and truths of what looked Pareto-optimal at the end (see `tradeoffs`)."""
    curve: RunCurve

    @property
    def method(self) -> str:
        """Label of the method."""
        return self.spec.method

    @property
    def seed(self) -> int:
        """Search seed."""
        return self.spec.seed


@dataclass(frozen=True)
class StoredFailure:
    """A run that raised; it counts in no number."""

    path: Path
    spec: RunSpec
    problem: str
    """Last line of the traceback."""

    @property
    def method(self) -> str:
        """Label of the method."""
        return self.spec.method

    @property
    def seed(self) -> int:
        """Search seed."""
        return self.spec.seed


def stored_run(run: Run, path: Path) -> StoredRun:
    """The light form of a run that is done."""
    return StoredRun(
        path=path,
        key=run.spec.key,
        spec=run.spec,
        configuration=run.spec.configuration_hash,
        counts=run.counts,
        filled_in=run.ledger.filled_in,
        timing=replace(run.timing, answered=None),
        provenance=run.provenance,
        fronts=run_fronts(run, run.spec.budget),
        curve=curve(run),
    )


def stored_failure(run: FailedRun, path: Path) -> StoredFailure:
    """The light form of a run that failed."""
    return StoredFailure(path, run.spec, run.problem)
