"""Carry out a study: what is stored is skipped, the rest is executed, and all of it is read back."""

from __future__ import annotations

import contextlib
import sys

import numpy as np

from harness.executor import Event, execute
from harness.method import Overrides, crossed
from harness.options import RunOptions
from harness.progress import Progress
from harness.registry import Registry
from harness.seeding import noise
from harness.spec import RunSpec
from harness.store import RunRecord, RunStore
from harness.study import specs
from tabular.answers import answers
from tabular.benchmark import Benchmark, Table
from tabular.catalogue import load
from tabular.expectation import expected_best


def carry_out(options: RunOptions, overrides: Overrides) -> tuple[list[RunRecord], list[str]]:
    """Records of all runs of the study that are done, and one sentence per run that failed."""
    registry = Registry(options.plugins)
    for sentence in crossed(options.methods, options.optimizers, registry)[1]:
        print(f"harness: {sentence}", file=sys.stderr)
    study = specs(options, overrides, registry)
    store = RunStore(options.results)
    store.check_writable()
    _write_references(study, store)
    skip = options.existing == "skip"
    # Read before anything runs: a damaged file is named at once, not after the work.
    stored = {spec.key: store.read(store.path(spec)) for spec in study if skip and store.has(spec)}
    missing = [spec for spec in study if spec.key not in stored]
    failures: list[str] = []
    if missing:
        with Progress(study, set(stored)) as progress:

            def listen(event: Event) -> None:
                with contextlib.suppress(OSError):  # whoever read stderr may have gone
                    progress(event)
                if event.kind == "failed":
                    failures.append(_failure(event, store))

            execute(missing, registry.files, store, options.workers, listen)
    made = {spec.key: store.read(store.path(spec)) for spec in missing if store.has(spec)}
    known = {**stored, **made}
    return [known[spec.key] for spec in study if spec.key in known], failures


def _failure(event: Event, store: RunStore) -> str:
    path = store.path(event.spec).with_suffix(".failed.json")
    return f"run failed: {event.spec.method} seed {event.spec.seed}: {event.message} (traceback in {path})"


def _write_references(study: list[RunSpec], store: RunStore) -> None:
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
