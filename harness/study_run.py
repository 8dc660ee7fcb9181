"""Carry out a study: what is stored is skipped, the rest is executed, and all of it is read back."""

from __future__ import annotations

import contextlib
import sys

from harness.executor import Event, execute
from harness.method import Overrides, crossed
from harness.options import RunOptions
from harness.progress import Progress
from harness.reference_writing import write_references
from harness.registry import Registry
from harness.store import RunRecord, RunStore
from harness.study import specs


def carry_out(options: RunOptions, overrides: Overrides) -> tuple[list[RunRecord], list[str]]:
    """Records of all runs of the study that are done, and one sentence per run that failed."""
    registry = Registry(options.plugins)
    for sentence in crossed(options.methods, options.optimizers, registry)[1]:
        print(f"harness: {sentence}", file=sys.stderr)
    study = specs(options, overrides, registry)
    store = RunStore(options.results)
    store.check_writable()
    write_references(study, store)
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
