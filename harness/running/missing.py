"""What is stored of a study, whatever its kind, and the rest carried out."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from harness.records.form import R, S
from harness.records.run import FailedRun
from harness.records.store import DAMAGE, FAILED, Store
from harness.running.executor import Event
from harness.running.floors import Floors
from harness.running.local import LocalExecutor
from harness.running.progress import Progress
from harness.running.work import Work
from harness.study.registry import Registry
from harness.study.shard import Shard
from harness.study.spec import Spec
from tabular.errors import HarnessError

T = TypeVar("T")
Existing = Literal["skip", "redo", "redo-stale"]


@dataclass(frozen=True)
class Means:
    """With what a study is carried out, and how much of it: none of it decides a result."""

    workers: int
    timeout: float | None
    """Seconds for each spec, and for each pre-training."""
    shard: Shard | None
    existing: Existing


def carry_out_missing(
    study: Sequence[S],
    work: Work[S, R],
    store: Store[S, R],
    registry: Registry,
    means: Means,
    keep: Callable[[R, Path], T],
) -> tuple[dict[str, T], list[str]]:
    """Carry out what is not stored. By key what `keep` makes of the records that were, and one sentence per
    spec that failed this time."""
    cut = _cut(study, store)
    whole = [spec for spec in study if spec.key not in cut]
    stored = {} if means.existing == "redo" else _kept(whole, store, work, means.existing, keep)
    ours = means.shard.of(study) if means.shard else study
    missing = [spec for spec in ours if spec.key not in stored]
    return stored, _carried_out(ours, missing, work, store, registry, means) if missing else []


def _carried_out(
    ours: Sequence[S],
    missing: Sequence[S],
    work: Work[S, R],
    store: Store[S, R],
    registry: Registry,
    means: Means,
) -> list[str]:
    """One sentence per spec that failed."""
    failures, floors = [], Floors(registry)
    executor = LocalExecutor(work, store.folder, registry.files, means.workers, means.timeout)
    done = {spec.key for spec in ours} - {spec.key for spec in missing}
    with Progress(ours, done) as progress, contextlib.closing(executor.execute(missing)) as events:
        for spec in missing:
            _say_floor(floors, spec, progress)
        for event in events:
            with contextlib.suppress(OSError):  # whoever read stderr may have gone
                progress(event)
            if event.kind == "pretrained":
                _say_floor(floors, event.spec, progress)
            elif event.kind == "failed":
                failures.append(_failure(event, store))
    return failures


def _say_floor(floors: Floors, spec: Spec, progress: Progress) -> None:
    if sentence := floors.sentence(spec):
        with contextlib.suppress(OSError):
            progress.say(f"harness: {sentence}")


def _cut(study: Sequence[S], store: Store[S, R]) -> set[str]:
    """Keys of the specs whose files are not whole, which are named."""
    cut = {spec.key: store.name_of(store.path(spec)) for spec in study if store.is_cut(spec)}
    if cut:
        print(
            f"harness: {len(cut)} stored files in {store.folder} are empty or cut off, and are made again: "
            f"{', '.join(cut.values())}",
            file=sys.stderr,
        )
    return {*cut}


def _kept(
    study: Sequence[S],
    store: Store[S, R],
    work: Work[S, R],
    existing: Existing,
    keep: Callable[[R, Path], T],
) -> dict[str, T]:
    """By key the stored records that are not made again, of specs whose files are not cut; how many are stale
    is said on stderr.

    Read before anything runs: a damaged file is named at once, not after the work.
    """
    paths = {spec.key: path for spec in study if (path := store.path(spec)).is_file()}
    found: dict[str, T] = {}
    damaged, stale = [], 0
    for key, path in paths.items():
        try:
            record = store.read_done(path)
        except HarnessError as problem:
            damaged.append(str(problem))
            continue
        if existing == "redo-stale" and record.provenance.get("code") != work.code:
            stale += 1
        else:
            found[key] = keep(record, path)
    if damaged:
        raise HarnessError("; ".join(damaged))
    if stale:
        print(
            f"harness: {stale} of {len(paths)} stored files are of other code and made again", file=sys.stderr
        )
    return found


def read_back(
    study: Sequence[S], store: Store[S, R], read: Mapping[str, T], keep: Callable[[R, Path], T]
) -> tuple[list[T], list[tuple[FailedRun[S], Path]]]:
    """What is stored of a study now: done, and failed with the file. `read` by key need no other reading."""
    done: list[T] = []
    failed: list[tuple[FailedRun[S], Path]] = []
    for spec in study:
        path = store.path(spec)
        if spec.key in read:
            done.append(read[spec.key])
        elif store.has(spec):
            done.append(keep(store.read_done(path), path))
        elif (failure := path.with_suffix(FAILED)).is_file():
            with contextlib.suppress(*DAMAGE):  # it counts in no number
                record = store.parse(failure)
                assert isinstance(record, FailedRun)
                failed.append((record, failure))
    return done, failed


def _failure(event: Event, store: Store[S, R]) -> str:
    path = store.path(event.spec).with_suffix(FAILED)
    return f"run failed: {event.spec.title}: {event.message} (traceback in {path})"
