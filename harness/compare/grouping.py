"""Which stored runs may stand in one table: same benchmark table, protocol and budget."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from harness.compare.comparison import Comparison, MethodRuns
from harness.compare.lines import by_line
from harness.records.derived import Stored
from harness.records.digits import rounded
from harness.records.reference import place_of
from harness.records.stored import StoredFailure, StoredRun
from tabular.errors import HarnessError
from tabular.quantity import ACCURACY

Group = tuple[str, str, str, str, int]
"""Benchmark, name and hash of the protocol, table, budget."""
Run = TypeVar("Run", StoredRun, StoredFailure)


def compare(stored: Stored) -> list[Comparison]:
    """Group runs into comparisons; runs of different protocol hash, table or budget never meet."""
    groups, failed = _grouped(stored.done), _grouped(stored.failed)
    return [
        replace(
            _comparison(groups[each], failed.get(each, []), stored),
            apart=_apart(each, groups.keys()),
        )
        for each in sorted(groups)
    ]


def without_table(stored: Stored) -> list[str]:
    """One sentence per failed run that no table can mention, because no run of its comparison is done."""
    groups = _grouped(stored.done)
    return [
        f"{run.spec.protocol.name} on {run.spec.benchmark}, budget {run.spec.budget}: {run.method} seed "
        f"{run.seed} failed, and no run of this comparison is done: {run.problem}"
        for group, runs in sorted(_grouped(stored.failed).items())
        if group not in groups
        for run in runs
    ]


def _grouped(runs: Iterable[Run]) -> dict[Group, list[Run]]:
    groups: dict[Group, list[Run]] = {}
    for run in runs:
        spec = run.spec
        group = spec.benchmark, spec.protocol.name, spec.protocol.hash, spec.table_digest, spec.budget
        groups.setdefault(group, []).append(run)
    return groups


def _apart(group: Group, groups: Iterable[Group]) -> str:
    """See `Comparison.apart`."""
    benchmark, name, rules, table, budget = group
    alike = [each for each in groups if (*each[:2], each[4]) == (benchmark, name, budget)]
    return f"-{rules}-{table[:8]}" if len(alike) > 1 else ""


def _comparison(runs: list[StoredRun], failed: list[StoredFailure], stored: Stored) -> Comparison:
    spec = runs[0].spec
    reference = stored.references.get(place_of(spec))
    seeds = list(dict.fromkeys(run.seed for run in runs))
    complete = reference is not None and all(reference.knows(seed, spec.budget) for seed in seeds)
    curves = [reference.expected(seed, spec.budget) for seed in seeds] if reference else []
    expected = [each for each in curves if each is not None]
    fronts = reference.fronts if reference else {}
    return Comparison(
        benchmark=spec.benchmark,
        protocol=spec.protocol,
        table_digest=spec.table_digest,
        budget=spec.budget,
        methods=[MethodRuns(*line) for line in by_line(runs, lambda run: run.configuration)],
        failed=failed,
        optimum=None if reference is None or reference.optimum is None else float(rounded(reference.optimum)),
        random=np.mean(expected, axis=0) if len(expected) == len(seeds) else None,
        fronts={name: (np.array(front[0]), rounded(front[1])) for name, front in fronts.items()},
        complete=complete,
        note=reference.note if reference else "",
        leaks=reference.leaks if reference else "",
        quantity=reference.quantity if reference else ACCURACY,
    )


def check_points(
    comparisons: Iterable[Comparison], wanted: Sequence[int] | None, axis: str | None = None
) -> None:
    """Refuse points that no comparison reaches."""
    ends = [
        each.budget if axis in (None, each.protocol.unit) else each.end(str(axis)) for each in comparisons
    ]
    if wanted and ends and max(wanted) > max(ends):
        what = "the budget" if axis is None else f"what all runs reach by {axis},"
        raise HarnessError(f"at={max(wanted)} is beyond {what} of {max(ends)}")
