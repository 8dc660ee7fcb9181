"""Stored runs grouped into comparisons, and summarised. No table, no plugin, no torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from harness.curves import RunCurve, curve
from harness.statistics import Summary, summarise
from harness.store import RunRecord, RunStore, protocol_of
from tabular.errors import HarnessError
from tabular.protocol import Protocol

DEFAULT_POINTS: tuple[int, ...] = (25, 50, 100, 150)
DEFAULT_SHARES = (1 / 6, 1 / 3, 2 / 3, 1)
"""Of a budget in seconds: the points shown."""
METRICS = ("truth", "seen", "test", "regret")


@dataclass(frozen=True)
class MethodRuns:
    """The runs of one line of a table: same method, same configuration, one per seed."""

    label: str
    records: list[RunRecord]
    curves: list[RunCurve]

    @property
    def seeds(self) -> list[int]:
        """Seeds in order."""
        return [record.seed for record in self.records]


@dataclass(frozen=True)
class Comparison:
    """Runs that may stand in one table: same benchmark table, protocol and budget."""

    benchmark: str
    protocol: Protocol
    table_digest: str
    budget: int
    methods: list[MethodRuns]
    optimum: float | None
    """Best mean over replicates (fraction); None if nobody knows it, or the reference file is gone."""
    random: Float[np.ndarray, " budget"] | None
    """Exact expected truth of random search after 1 .. budget queries, averaged over the seeds' noise; None
    if the benchmark is no table, or the reference files are gone."""
    complete: bool
    """Whether the reference files of all seeds are there."""
    note: str
    """What the benchmark's passport wants said under every table."""
    leaks: str
    """What the search saw that it should not, in words; empty if nothing."""

    @property
    def seeds(self) -> list[int]:
        """All seeds of all methods."""
        return sorted({seed for method in self.methods for seed in method.seeds})

    def points(self, wanted: Sequence[int] | None) -> list[int]:
        """Query counts, or seconds, to show: those wanted (else the usual ones), and the budget's end."""
        usual = DEFAULT_POINTS
        if self.protocol.unit == "seconds":
            usual = tuple(int(self.budget * share) for share in DEFAULT_SHARES)
        shown = [point for point in wanted or usual if point <= self.budget]
        return shown if wanted and shown else sorted({*shown, self.budget})

    def values(self, method: MethodRuns, metric: str, at: int) -> Float[np.ndarray, " seeds"]:
        """One value per run (fraction; regret as a fraction of accuracy); NaN where unknown."""
        if metric == "regret":
            best = np.nan if self.optimum is None else self.optimum
            return np.array([best - run.value("truth", at) for run in method.curves])
        return np.array([run.value(metric, at) for run in method.curves])

    def summary(self, method: MethodRuns, metric: str, at: int) -> Summary:
        """Mean over seeds with interval."""
        return summarise(self.values(method, metric, at))


def compare(records: Iterable[RunRecord], store: RunStore) -> list[Comparison]:
    """Group runs into comparisons; runs of different protocol hash, table or budget never meet."""
    groups: dict[tuple[str, str, str, str, int], list[RunRecord]] = {}
    for record in records:
        identity, protocol = record.identity, protocol_of(record)
        key = (identity["benchmark"], protocol.name, protocol.hash, identity["table"], identity["budget"])
        groups.setdefault(key, []).append(record)
    return [_comparison(groups[key], store) for key in sorted(groups)]


def _comparison(records: list[RunRecord], store: RunStore) -> Comparison:
    lines: dict[tuple[str, str], list[RunRecord]] = {}
    for record in records:
        lines.setdefault((record.method, record.configuration), []).append(record)
    labels = [label for label, _ in lines]
    methods = []
    for (label, configuration), runs in sorted(lines.items()):
        runs.sort(key=lambda record: record.seed)
        # Two configurations under one label (a plugin that changed) are told apart, never averaged.
        shown = label if labels.count(label) == 1 else f"{label}#{configuration[:4]}"
        methods.append(MethodRuns(shown, runs, [curve(record) for record in runs]))
    identity = records[0].identity
    references = [store.read_reference(record) for record in _one_per_seed(records)]
    known = [reference for reference in references if reference is not None]
    complete = len(known) == len(references)
    expected = [reference["random_truth"] for reference in known]
    return Comparison(
        benchmark=identity["benchmark"],
        protocol=protocol_of(records[0]),
        table_digest=identity["table"],
        budget=identity["budget"],
        methods=methods,
        optimum=known[0]["optimum"] if known else None,
        random=np.mean(expected, axis=0) if complete and all(expected) else None,
        complete=complete,
        note=known[0].get("note", "") if known else "",
        leaks=known[0].get("leaks", "") if known else "",
    )


def _one_per_seed(records: list[RunRecord]) -> list[RunRecord]:
    return list({record.seed: record for record in records}.values())


def check_points(comparisons: list[Comparison], wanted: Sequence[int] | None) -> None:
    """Refuse query counts that no comparison reaches."""
    if wanted and comparisons and max(wanted) > max(c.budget for c in comparisons):
        raise HarnessError(f"at={max(wanted)} is beyond the budget of {max(c.budget for c in comparisons)}")
