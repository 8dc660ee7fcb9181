"""What stored runs say they were answered, against the benchmarks' own tables, where these are at hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
from jaxtyping import Float

from harness.records.derived import Stored
from harness.records.reference import place_of
from harness.records.run import Run
from harness.records.store import REFERENCE, RunStore
from harness.records.stored import StoredRun
from harness.running.references import reference_of
from harness.running.seeding import noise
from harness.study.candidates import digest_of, searched
from harness.study.spec import RunSpec
from tabular.answers import Answers, answers_by_schedule
from tabular.benchmark import Benchmark, Table
from tabular.catalogue import load
from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.protocol import Protocol

EXACT, COMPUTED = 1e-9, 1e-5
"""How far (fraction) an accuracy may be from the table's, and from what a surrogate computes: its last digits
depend on the processor."""


@dataclass
class LookedUp:
    """What came of it."""

    runs: int = 0
    """Whose accuracies were all looked up."""
    problems: list[str] = field(default_factory=list)
    """A sentence per run that is not what its table says."""
    unknown: list[str] = field(default_factory=list)
    """A sentence per benchmark that could not be looked up."""


def look_up(store: RunStore, stored: Stored) -> LookedUp:
    """Compare seen, truth and test of every answer of every run with the table the run names, and what is
    stored of the table itself."""
    found = LookedUp()
    for (name, digest), group in groupby(sorted(stored.done, key=_order), key=lambda run: _order(run)[:2]):
        mine = list(group)
        candidates = mine[0].spec.candidates
        try:
            benchmark = load(name)
            searched(benchmark, candidates)
        except HarnessError as problem:
            found.unknown.append(f"{name}: {len(mine)} runs were not looked up in its table: {problem}")
            continue
        if digest_of(benchmark, candidates) != digest:
            found.unknown.append(
                f"{name}: {len(mine)} runs were not looked up: they name table {digest[:12]}, and here is "
                f"{digest_of(benchmark, candidates)[:12]}"
            )
            continue
        for _, alike in groupby(mine, key=_order):
            _look_up_alike(store, benchmark, list(alike), found)
        for _, under in groupby(mine, key=lambda run: _order(run)[2]):
            _look_up_reference(stored, benchmark, [run.spec for run in under], found)
    return found


def _order(run: StoredRun) -> tuple[str, str, str, int]:
    """Runs with the same labels stand together: benchmark, table, protocol, seed."""
    return run.spec.benchmark, run.spec.table_digest, run.spec.protocol.hash, run.seed


def _look_up_alike(store: RunStore, benchmark: Benchmark, runs: list[StoredRun], found: LookedUp) -> None:
    """Runs that saw the same labels, which are drawn once."""
    protocol = runs[0].spec.protocol
    labels = noise(benchmark.name, runs[0].seed, protocol.replicate)
    by_schedule = answers_by_schedule(benchmark, protocol, labels)
    for run in runs:
        problem = _problem(store.read_done(run.path), benchmark, by_schedule)
        if problem:
            found.problems.append(f"{run.path} is not what the table of {benchmark.name} says: {problem}")
        else:
            found.runs += 1


def _look_up_reference(stored: Stored, benchmark: Benchmark, specs: list[RunSpec], found: LookedUp) -> None:
    """What is stored of a table under a protocol."""
    told = stored.references.get(place_of(specs[0]))
    if told is None:
        return
    by_seed = {spec.seed: spec for spec in sorted(specs, key=lambda spec: spec.budget)}  # the longest of each
    true = reference_of(list(by_seed.values()), benchmark)
    pairs: list[tuple[str, Any, Any]] = [("optimum", told.optimum, true.optimum)]
    pairs += [
        (f"expectation of random search, seed {spec.seed}", told.expected(*asked), true.expected(*asked))
        for spec in by_seed.values()
        if told.knows(*(asked := (spec.seed, spec.budget)))
    ]
    if told.complete:
        fronts = sorted(told.fronts.keys() | true.fronts.keys())
        pairs += [(f"front of {name}", told.fronts.get(name), true.fronts.get(name)) for name in fronts]
    wrong = list(dict.fromkeys(name for name, one, other in pairs if not _equal(one, other)))
    if wrong:
        stored_as = f"{REFERENCE} of {specs[0].protocol.name}"
        found.problems.append(
            f"{stored_as} is not what the table of {benchmark.name} says: {', '.join(wrong)}"
        )


def _equal(one: Any, other: Any) -> bool:
    """Whether two stored numbers or arrays are the same, or both unknown."""
    if one is None or other is None:
        return one is other
    mine, yours = (np.array(each, dtype=float) for each in (one, other))
    return mine.shape == yours.shape and np.allclose(mine, yours, rtol=0, atol=EXACT, equal_nan=True)


def _problem(run: Run, benchmark: Benchmark, by_schedule: dict[int, Answers]) -> str:
    """The first accuracy that the table does not have; empty if there is none."""
    protocol, epochs = run.spec.protocol, run.ledger.epochs
    try:
        cells = benchmark.space.from_strings(run.joined.architectures)
    except (HarnessError, ValueError) as problem:
        return str(problem)
    if not searched(benchmark, run.spec.candidates).contains(cells).all():
        return "it asked for architectures that are not there"
    if not np.isin(epochs, list(by_schedule)).all():
        return "it has schedules that its protocol has not"
    told = {"seen": run.ledger.seen, "truth": run.joined.truth, "test": run.joined.test}
    true = {name: np.full(len(epochs), np.nan) for name in told}
    splits = {"truth": protocol.reported_split or protocol.split, "test": protocol.test_split}
    for schedule, answers in by_schedule.items():
        rows, reported = np.flatnonzero(epochs == schedule), protocol.reported_epochs or schedule
        true["seen"][rows] = _seen(benchmark, protocol, answers, cells[rows])
        for name, split in splits.items():
            if benchmark.has(split, reported):
                true[name][rows] = benchmark.mean(cells[rows], split, reported)
    exact = EXACT if isinstance(benchmark, Table) else COMPUTED
    wrong = [fault for name in told for fault in _faults(name, told[name], true[name], exact)]
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return wrong[0] + more if wrong else ""


def _seen(
    benchmark: Benchmark, protocol: Protocol, answers: Answers, cells: Cells
) -> Float[np.ndarray, " n"]:
    """What the oracle answers in this order: a repeat's label is the one of its first row."""
    keys = benchmark.space.keys(cells)
    identity = benchmark.space.canonical(cells) if protocol.same == "class" else keys
    _, first, place = np.unique(identity, return_index=True, return_inverse=True)
    return answers.of(cells, keys)[0][first[place]]


def _faults(
    name: str, told: Float[np.ndarray, " n"], true: Float[np.ndarray, " n"], exact: float
) -> Iterator[str]:
    for step in np.flatnonzero(~np.isclose(told, true, rtol=0, atol=exact, equal_nan=True)).tolist():
        yield f"{name} of step {step + 1} is {told[step]:.9g}, there it is {true[step]:.9g}"
