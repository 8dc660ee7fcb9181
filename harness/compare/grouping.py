"""Which stored runs may stand in one table: same benchmark table, protocol and budget."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from harness.compare.comparison import Comparison, MethodRuns
from harness.compare.memory import Memory
from harness.records.derived import Stored
from harness.records.reference import Reference
from harness.records.store import RunStore
from harness.records.stored import FailedRun, StoredRun
from tabular.errors import HarnessError
from tabular.protocol import Protocol

Group = tuple[str, str, str, str, int]
"""Benchmark, name and hash of the protocol, table, budget."""
Run = TypeVar("Run", StoredRun, FailedRun)


def compare(stored: Stored, store: RunStore, memory: Memory | None = None) -> list[Comparison]:
    """Group runs into comparisons; runs of different protocol hash, table or budget never meet."""
    groups, failed = _grouped(stored.done), _grouped(stored.failed)
    memory = memory or Memory()
    return [
        replace(
            _comparison(groups[each], failed.get(each, []), stored, store, memory),
            apart=_apart(each, groups.keys()),
        )
        for each in sorted(groups)
    ]


def without_table(stored: Stored) -> list[str]:
    """One sentence per failed run that no table can mention, because no run of its comparison is done."""
    groups = _grouped(stored.done)
    return [
        f"{run.identity['protocol']['name']} on {run.identity['benchmark']}, budget "
        f"{run.identity['budget']}: {run.method} seed {run.seed} failed, and no run of this comparison is "
        f"done: {run.problem}"
        for group, runs in sorted(_grouped(stored.failed).items())
        if group not in groups
        for run in runs
    ]


def _grouped(runs: Iterable[Run]) -> dict[Group, list[Run]]:
    groups: dict[Group, list[Run]] = {}
    hashes: dict[str, str] = {}
    for run in runs:
        identity, rules = run.identity, run.identity["protocol"]
        text = str(rules)
        if text not in hashes:
            hashes[text] = Protocol.from_rules(rules).hash
        group = identity["benchmark"], rules["name"], hashes[text], identity["table"], identity["budget"]
        groups.setdefault(group, []).append(run)
    return groups


def _apart(group: Group, groups: Iterable[Group]) -> str:
    """See `Comparison.apart`."""
    benchmark, name, rules, table, budget = group
    alike = [each for each in groups if (*each[:2], each[4]) == (benchmark, name, budget)]
    return f"-{rules}-{table[:8]}" if len(alike) > 1 else ""


def _comparison(
    runs: list[StoredRun], failed: list[FailedRun], stored: Stored, store: RunStore, memory: Memory
) -> Comparison:
    identity = runs[0].identity
    references = _references(runs, stored, store)
    known = [reference for reference in references if reference is not None]
    complete = len(known) == len(references)
    expected = [reference.random for reference in known if reference.random is not None]
    fronts = known[0].fronts if known else {}
    return Comparison(
        benchmark=identity["benchmark"],
        protocol=Protocol.from_rules(identity["protocol"]),
        table_digest=identity["table"],
        budget=identity["budget"],
        methods=_lines(runs),
        failed=failed,
        optimum=known[0].optimum if known else None,
        random=np.mean(expected, axis=0) if len(expected) == len(references) else None,
        fronts={name: (np.array(front[0]), np.array(front[1])) for name, front in fronts.items()},
        complete=complete,
        note=known[0].note if known else "",
        leaks=known[0].leaks if known else "",
        memory=memory,
    )


def _lines(runs: list[StoredRun]) -> list[MethodRuns]:
    """One per method and configuration, by label."""
    lines: dict[tuple[str, str], list[StoredRun]] = {}
    for run in runs:
        lines.setdefault((run.method, run.configuration), []).append(run)
    labels = [label for label, _ in lines]
    # Two configurations under one label (a plugin that changed) are told apart, never averaged.
    return [
        MethodRuns(
            label if labels.count(label) == 1 else f"{label}#{configuration[:4]}",
            sorted(same, key=lambda run: run.seed),
        )
        for (label, configuration), same in sorted(lines.items(), key=lambda line: line[0])
    ]


def _references(runs: list[StoredRun], stored: Stored, store: RunStore) -> list[Reference | None]:
    """One per seed; None where it is missing."""
    one_per_seed = {run.seed: run for run in runs}
    return [
        stored.references.get(store.name_of(store.reference_of(run.identity)))
        for run in one_per_seed.values()
    ]


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
