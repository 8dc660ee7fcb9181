"""Carry out a study, or a share: what is stored is skipped, the rest is executed, and all is read back."""

from __future__ import annotations

import contextlib
import sys

from harness.records.derived import Stored
from harness.records.reference import place_of
from harness.records.run import FailedRun
from harness.records.store import DAMAGE, FAILED, RunStore
from harness.records.stored import StoredRun, stored_failure, stored_run
from harness.running.executor import Event
from harness.running.local import LocalExecutor
from harness.running.progress import Progress
from harness.running.references import write_references
from harness.study.code import running_code
from harness.study.method import Overrides, crossed
from harness.study.options import RunOptions
from harness.study.registry import Registry
from harness.study.spec import RunSpec
from harness.study.study import specs
from tabular.errors import HarnessError


def carry_out(options: RunOptions, overrides: Overrides) -> tuple[Stored, list[str]]:
    """All that is stored of the study now, and one sentence per run that failed this time."""
    registry = Registry(options.plugins)
    registry.say_left_out()
    for sentence in crossed(options.methods, options.optimizers, registry)[1]:
        print(f"harness: {sentence}", file=sys.stderr)
    study = specs(options, overrides, registry)
    store = RunStore(options.results)
    store.check_writable()
    write_references(study, store)
    cut = {spec.key: store.name_of(store.path(spec)) for spec in study if store.is_cut(spec)}
    if cut:
        print(
            f"harness: {len(cut)} run files in {store.folder} are empty or cut off, and are made again: "
            f"{', '.join(cut.values())}",
            file=sys.stderr,
        )
    stored = _kept([spec for spec in study if spec.key not in cut], store, options.existing)
    ours = options.shard.of(study) if options.shard else study
    missing = [spec for spec in ours if spec.key not in stored]
    failures: list[str] = []
    if missing:
        executor = LocalExecutor(store, registry.files, options.workers, options.timeout)
        with Progress(ours, set(stored)) as progress, contextlib.closing(executor.execute(missing)) as events:
            for event in events:
                with contextlib.suppress(OSError):  # whoever read stderr may have gone
                    progress(event)
                if event.kind == "failed":
                    failures.append(_failure(event, store))
    return _stored(study, store, stored), failures


def _kept(study: list[RunSpec], store: RunStore, existing: str) -> dict[str, StoredRun]:
    """By key the stored runs that are not made again, of specs whose files are not cut; how many are stale is
    said on stderr.

    Read before anything runs: a damaged file is named at once, not after the work.
    """
    if existing == "redo":
        return {}
    paths = {spec.key: path for spec in study if (path := store.path(spec)).is_file()}
    found, damaged = {}, []
    for key, path in paths.items():
        try:
            found[key] = stored_run(store.read_done(path), path)
        except HarnessError as problem:
            damaged.append(str(problem))
    if damaged:
        raise HarnessError("; ".join(damaged))
    if existing == "skip":
        return found
    fresh = {key: run for key, run in found.items() if run.provenance.get("code") == running_code()}
    stale = len(found) - len(fresh)
    if stale:
        print(
            f"harness: {stale} of {len(found)} stored runs are of other code and made again", file=sys.stderr
        )
    return fresh


def _stored(study: list[RunSpec], store: RunStore, read: dict[str, StoredRun]) -> Stored:
    """The runs of a study, done or failed, with their references. `read` by key need no other reading."""
    found = Stored()
    for spec in study:
        path = store.path(spec)
        if spec.key in read:
            found.done.append(read[spec.key])
        elif store.has(spec):
            found.done.append(stored_run(store.read_done(path), path))
        elif (failed := path.with_suffix(FAILED)).is_file():
            with contextlib.suppress(*DAMAGE):  # it counts in no number
                failure = store.parse(failed)
                assert isinstance(failure, FailedRun)
                found.failed.append(stored_failure(failure, failed))
    for spec in {place_of(spec): spec for spec in study}.values():
        if reference := store.reference(spec):
            found.refer(reference)
    return found


def _failure(event: Event, store: RunStore) -> str:
    path = store.path(event.spec).with_suffix(FAILED)
    return f"run failed: {event.spec.method} seed {event.spec.seed}: {event.message} (traceback in {path})"
