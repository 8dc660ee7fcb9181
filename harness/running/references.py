"""What reports need of the benchmarks, stored beside the runs so that a report never opens a table."""

from __future__ import annotations

import numpy as np

from harness.records.store import RunStore
from harness.running.seeding import noise
from harness.study.spec import RunSpec
from tabular.answers import answers
from tabular.benchmark import Benchmark, Table
from tabular.catalogue import load
from tabular.expectation import expected_best
from tabular.pareto import pareto_front


def write_references(study: list[RunSpec], store: RunStore) -> None:
    """Store what reports need of the benchmarks, so that they never open one."""
    for spec in {(s.benchmark, s.seed): s for s in study}.values():
        benchmark = load(spec.benchmark)
        said = {"note": _note(spec, benchmark), "leaks": spec.protocol.leaks}
        if store.has_reference(spec, said):
            continue
        reference = {
            "benchmark": spec.benchmark,
            "table": spec.table_digest,
            "protocol": spec.protocol.hash,
            "seed": spec.seed,
            "optimum": benchmark.best(*spec.protocol.truth),
            "random_truth": _random_truth(spec, benchmark),
            "fronts": _fronts(spec, benchmark),
            **said,
        }
        store.write_reference(spec, reference)


def _note(spec: RunSpec, benchmark: Benchmark) -> str:
    """What is to be said under every table of these runs."""
    protocol, texts = spec.protocol, [benchmark.passport.get("note", "")]
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
    space, truth = benchmark.space, benchmark.truth(*spec.protocol.truth)
    fronts = {}
    for measure in space.complexity_measures:
        if ":" not in measure:
            complexity = space.complexity(space.all(), measure).astype(float)
            best = pareto_front(complexity, truth)
            fronts[measure] = [complexity[best].tolist(), truth[best].tolist()]
    return fronts


def _random_truth(spec: RunSpec, benchmark: Benchmark) -> list[float] | None:
    """Exact expectation of random search by query; None where it is not known in closed form.

    That is where there is no table, the budget is in seconds, or classes of several rows are drawn once.
    """
    protocol = spec.protocol
    if not isinstance(benchmark, Table) or protocol.unit != "queries":
        return None
    space = benchmark.space
    if protocol.same == "class" and len(np.unique(space.canonical(space.all()))) < space.size:
        return None
    seen, _ = answers(benchmark, protocol, noise(spec.benchmark, spec.seed, protocol.replicate))
    truth = benchmark.truth(*protocol.truth)
    return None if np.isnan(truth).any() else expected_best(seen, truth, spec.budget).tolist()
