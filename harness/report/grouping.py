"""Which stored runs may stand in one table: same benchmark table, protocol and budget."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from harness.derived import Stored
from harness.memory import Memory
from harness.reference import Reference
from harness.report.comparison import Comparison, MethodRuns
from harness.store import RunStore
from harness.stored import FailedRun, StoredRun
from tabular.errors import HarnessError
from tabular.protocol import Protocol


def compare(stored: Stored, store: RunStore, memory: Memory | None = None) -> list[Comparison]:
    """Group runs into comparisons; runs of different protocol hash, table or budget never meet."""
    groups: dict[tuple[str, str, str, str, int], list[StoredRun]] = {}
    failed: dict[tuple[str, str, str, str, int], list[FailedRun]] = {}
    hashes: dict[str, str] = {}

    def key(run: StoredRun | FailedRun) -> tuple[str, str, str, str, int]:
        identity, rules = run.identity, run.identity["protocol"]
        text = str(rules)
        if text not in hashes:
            hashes[text] = Protocol.from_rules(rules).hash
        return identity["benchmark"], rules["name"], hashes[text], identity["table"], identity["budget"]

    for run in stored.done:
        groups.setdefault(key(run), []).append(run)
    for each in stored.failed:
        failed.setdefault(key(each), []).append(each)
    memory = memory or Memory()
    return [_comparison(groups[each], failed.get(each, []), stored, store, memory) for each in sorted(groups)]


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
