"""What reports need of the benchmarks, stored beside the runs so that a report never opens a table."""

from __future__ import annotations

import numpy as np

from harness.records.reference import ANY_SEED, Curve, Place, Reference, place_of
from harness.records.store import RunStore
from harness.running.seeding import noise
from harness.study.candidates import searched
from harness.study.spec import RunSpec
from tabular.answers import answers
from tabular.benchmark import Benchmark, Table
from tabular.catalogue import load
from tabular.expectation import expected_best
from tabular.pareto import pareto_front
from tabular.space import EnumerableSpace


def write_references(study: list[RunSpec], store: RunStore) -> None:
    """Store what reports need of the benchmarks, so that they never open one."""
    groups: dict[Place, list[RunSpec]] = {}
    for spec in study:
        groups.setdefault(place_of(spec), []).append(spec)
    for place, specs in groups.items():
        first, benchmark = specs[0], load(place.benchmark)
        said = (_note(first, benchmark), first.protocol.leaks, benchmark.quantity)
        there = store.reference(first)
        if there and (not there.complete or said != (there.note, there.leaks, there.quantity)):
            there = None
        lacking = {each.seed: each for each in specs if not (there and there.knows(each.seed, each.budget))}
        if not lacking:
            continue
        store.add_reference(first, reference_of(list(lacking.values()), benchmark))


def reference_of(specs: list[RunSpec], benchmark: Benchmark) -> Reference:
    """What reports need of a benchmark for specs that differ in methods, budgets and seeds alone."""
    first = specs[0]
    return Reference(
        place=place_of(first),
        optimum=_optimum(first, benchmark),
        random=_random_truths(specs, benchmark),
        fronts=_fronts(first, benchmark),
        note=_note(first, benchmark),
        leaks=first.protocol.leaks,
        complete=True,
        quantity=benchmark.quantity,
    )


def _rows(spec: RunSpec, benchmark: Benchmark) -> slice | np.ndarray:
    """Of a table those that may be asked for."""
    space = searched(benchmark, spec.candidates)
    if space is benchmark.space:
        return slice(None)
    assert isinstance(space, EnumerableSpace)
    return benchmark.space.keys(space.all())


def _optimum(spec: RunSpec, benchmark: Benchmark) -> float | None:
    """Best mean over replicates of all that may be asked for; None where nobody knows it."""
    if not spec.candidates:
        return benchmark.best(*spec.protocol.truth)
    if not isinstance(benchmark, Table):
        return None
    truth = benchmark.truth(*spec.protocol.truth)[_rows(spec, benchmark)]
    return None if np.isnan(truth).all() else float(np.nanmax(truth))


def _note(spec: RunSpec, benchmark: Benchmark) -> str:
    """What is to be said under every table of these runs."""
    protocol, texts = spec.protocol, [benchmark.passport.get("note", "")]
    if spec.candidates:
        size = searched(benchmark, spec.candidates).size
        texts.append(
            f"All lines search among {size:,} of {benchmark.space.size:,} architectures, which a file names "
            f"(candidates=, {spec.candidates[:12]}); optimum and random search are of these."
        )
    mean_alone = isinstance(benchmark, Table) and benchmark.knows_mean_alone(protocol.split, protocol.epochs)
    if mean_alone and protocol.replicate != "mean":
        texts.append(
            f"{protocol.split}@{protocol.epochs} is known as a mean over trainings alone: its answers have "
            f"no replicate noise, whatever replicate={protocol.replicate} says."
        )
    return " ".join(text for text in texts if text)


def _fronts(spec: RunSpec, benchmark: Benchmark) -> dict[str, list[list[float]]]:
    """By computed measure: complexities and truths (rising) of the table's Pareto-optimal architectures."""
    if not isinstance(benchmark, Table):
        return {}
    rows = _rows(spec, benchmark)
    space, truth = benchmark.space, benchmark.truth(*spec.protocol.truth)[rows]
    fronts = {}
    for measure in space.complexity_measures:
        if ":" not in measure:
            complexity = space.complexity(space.all()[rows], measure).astype(float)
            best = pareto_front(complexity, truth)
            fronts[measure] = [complexity[best].tolist(), truth[best].tolist()]
    return fronts


def _random_truths(specs: list[RunSpec], benchmark: Benchmark) -> dict[str, Curve | None]:
    """Exact expectation of random search by seed; None where it is not known in closed form.

    That is where there is no table, the budget is in seconds, or classes of several rows are drawn once.
    """
    protocol = specs[0].protocol
    if not isinstance(benchmark, Table) or protocol.unit != "queries":
        return {ANY_SEED: None}
    rows = _rows(specs[0], benchmark)
    truth, cells = benchmark.truth(*protocol.truth)[rows], benchmark.space.all()[rows]
    by_class = protocol.same == "class" and len(np.unique(benchmark.space.canonical(cells))) < len(cells)
    if by_class or np.isnan(truth).any():
        return {ANY_SEED: None}
    budget = max(spec.budget for spec in specs)
    found: dict[str, Curve | None] = {}
    for spec in specs:
        one_for_all = protocol.replicate != "one"
        seen, _ = answers(benchmark, protocol, noise(spec.benchmark, spec.seed, protocol.replicate))
        found[ANY_SEED if one_for_all else str(spec.seed)] = expected_best(seen[rows], truth, budget)
        if one_for_all:
            break
    return found
