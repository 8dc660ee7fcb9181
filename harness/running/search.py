"""The work of a search: runs, carried out by the runner."""

from __future__ import annotations

from pathlib import Path

from harness.records.run import Run
from harness.records.store import RunStore
from harness.running.provenance import CODE
from harness.running.runner import run
from harness.running.work import Tell, Work
from harness.study.registry import Registry
from harness.study.spec import RunSpec


class Search(Work[RunSpec, Run]):
    """Makes runs."""

    code = CODE

    def store(self, results: Path) -> RunStore:
        return RunStore(results)

    def perform(self, spec: RunSpec, registry: Registry, tell: Tell) -> Run:
        return run(spec, registry, tell)
