"""Reading a whole results folder fast: what reports need of every file is kept in a derived cache.

The cache lies in the data folder, one subfolder per results folder: `index.json` and one array file. It
is safe to delete at any time. A file of the results folder that is new or changed (size, time or inode)
is read again, the others are not; another version of this code reads all of them again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from harness.records.curves import COLUMNS, RunCurve
from harness.records.reference import Place, Reference
from harness.records.run import FailedRun, Timing
from harness.records.store import DAMAGE, FAILED, REFERENCE, RunStore, reason
from harness.records.stored import StoredFailure, StoredRun, stored_run
from harness.records.walk import LeftOut, Stamp, files
from harness.study.code import code_digest
from harness.study.spec import RunSpec
from tabular.table_file import data_folder, write_atomically

Kind = Literal["run", "failed", "reference"]


@dataclass(frozen=True)
class Entry:
    """What the cache holds of one file."""

    stamp: Stamp
    kind: Kind
    facts: dict[str, Any]
    numbers: Float[np.ndarray, " m"]


@dataclass(frozen=True)
class Stored:
    """All of a results folder."""

    done: list[StoredRun] = field(default_factory=list)
    failed: list[StoredFailure] = field(default_factory=list)
    references: dict[Place, Reference] = field(default_factory=dict)
    left_out: LeftOut = field(default_factory=LeftOut)

    def refer(self, reference: Reference) -> None:
        """Take in what is known of a benchmark under a protocol."""
        before = self.references.get(reference.place)
        self.references[reference.place] = before.merged(reference) if before else reference


def load(store: RunStore) -> Stored:
    """Everything stored, in path order; what cannot be read is left out and named.

    Raises `HarnessError` if the folder itself cannot be read.
    """
    folder = data_folder() / "reports" / _short(str(store.folder.resolve()).encode())
    known, left_out = _read_cache(folder), LeftOut()
    entries, fresh = {}, 0
    for name, stamp in sorted(
        files(store.folder, left_out, store.form.is_ours), key=lambda file: file[0].split("/")
    ):
        entry = known.get(name)
        if entry is None or entry.stamp != stamp:
            entry = _read(store, name, stamp, left_out)
            fresh += entry is not None
        if entry is not None:
            entries[name] = entry
    if fresh or len(entries) != len(known):
        with contextlib.suppress(OSError):  # a report needs no cache
            _write_cache(folder, entries)
    stored = _unpacked(store, entries)
    return replace(stored, done=_once(store, stored.done, left_out), left_out=left_out)


def _once(store: RunStore, runs: list[StoredRun], left_out: LeftOut) -> list[StoredRun]:
    """Each run once, from where it belongs if it lies there: twice it would make intervals from nothing."""
    found: dict[str, StoredRun] = {}
    for run in runs:
        other = found.setdefault(run.key, run)
        if other is not run:
            kept = run if run.path == store.path(run.spec) else other
            found[run.key] = kept
            copy = other if kept is run else run
            left_out.add("copies of runs that lie elsewhere too", store.name_of(copy.path))
    return list(found.values())


def _read(store: RunStore, name: str, stamp: Stamp, left_out: LeftOut) -> Entry | None:
    path = store.folder / name
    try:
        if path.parent.name == REFERENCE:
            reference = store.parse_reference(path)
            return Entry(stamp, "reference", reference.content(), np.empty(0))
        run = store.parse(path)
        identity = {"method": run.spec.method, "identity": run.spec.identity()}
        if isinstance(run, FailedRun):
            return Entry(stamp, "failed", {**identity, "problem": run.problem}, np.empty(0))
        stored = stored_run(run, path)
    except FileNotFoundError:  # gone since it was listed
        return None
    except DAMAGE as problem:
        left_out.add(reason(problem), name)
        return None
    facts = {name: getattr(stored, name) for name in RUN_FACTS}
    times = {"seconds": stored.timing.seconds, "pretraining": stored.timing.pretraining}
    numbers = np.concatenate([getattr(stored.curve, column) for column in COLUMNS])
    return Entry(stamp, "run", {**identity, **facts, **times, "unit": stored.curve.unit}, numbers)


RUN_FACTS = ("key", "configuration", "counts", "filled_in", "provenance", "fronts")


def _unpacked(store: RunStore, entries: dict[str, Entry]) -> Stored:
    stored, specs = Stored(), Specs()
    for name, entry in entries.items():
        facts, path = entry.facts, store.folder / name
        if entry.kind == "reference":
            stored.refer(Reference.of(facts))
        elif entry.kind == "failed" and name.removesuffix(FAILED) + ".json" in entries:
            continue  # done before: the run that counts stands, whatever its repetition did
        elif entry.kind == "failed":
            stored.failed.append(StoredFailure(path, specs.of(facts), facts["problem"]))
        else:
            columns = dict(zip(COLUMNS, entry.numbers.reshape(len(COLUMNS), -1), strict=True))
            stored.done.append(
                StoredRun(
                    path=path,
                    spec=specs.of(facts),
                    timing=Timing(facts["seconds"], None, facts["pretraining"]),
                    curve=RunCurve(**columns, unit=facts["unit"]),
                    **{fact: facts[fact] for fact in RUN_FACTS},
                )
            )
    return stored


class Specs:
    """Typed specs of many identities, most of which differ in their seeds alone."""

    def __init__(self) -> None:
        self._like: dict[tuple[str, int], tuple[dict[str, Any], RunSpec]] = {}

    def of(self, facts: dict[str, Any]) -> RunSpec:
        """The spec of a run's facts; `seeds`, if they are there, stand apart from `identity`."""
        seeds = facts.get("seeds")
        if seeds is None:
            return RunSpec.of(facts["method"], facts["identity"])
        shared = facts["identity"]
        asked = facts["method"], id(shared)  # one object for all that share it
        if asked not in self._like:
            self._like[asked] = shared, RunSpec.of(facts["method"], {**shared, **seeds})
        return replace(self._like[asked][1], **seeds)


def _read_cache(folder: Path) -> dict[str, Entry]:
    """Entries by file; none where the cache is missing, damaged, or of another version."""
    try:
        index = json.loads((folder / "index.json").read_bytes())
        if index["version"] != version():
            return {}
        numbers = np.load(folder / index["numbers"], mmap_mode="r").view(np.ndarray)  # whose slices are fast
        shared, entries = index["shared"], {}
        for name, stamp, kind, facts, parts, start, stop in index["entries"]:
            whole = {**facts, **{part: shared[row] for part, row in parts.items()}}
            entries[name] = Entry(tuple(stamp), kind, whole, numbers[start:stop])
        return entries
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return {}


def _write_cache(folder: Path, entries: dict[str, Entry]) -> None:
    """Long facts that many files have in common are written once."""
    shared: dict[str, int] = {}
    rows, start = [], 0
    for name, entry in entries.items():
        facts, parts = dict(entry.facts), {}
        if "identity" in facts and "seeds" not in facts:
            identity = dict(facts["identity"])
            facts["seeds"] = {seed: identity.pop(seed) for seed in ("seed", "pretrain_seed")}
            facts["identity"] = identity
        for part in ("identity", "random_truth", "fronts") if entry.kind == "reference" else ("identity",):
            if part in facts:
                parts[part] = shared.setdefault(json.dumps(facts.pop(part)), len(shared))
        stop = start + len(entry.numbers)
        rows.append((name, entry.stamp, entry.kind, facts, parts, start, stop))
        start = stop
    numbers = np.concatenate([np.empty(0), *(entry.numbers for entry in entries.values())])
    file = f"{_short(numbers.tobytes())}.npy"
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{file}.{os.getpid()}.npy"
    np.save(temporary, numbers)
    temporary.replace(folder / file)
    texts = f"[{','.join(shared)}]"
    head = json.dumps({"version": version(), "numbers": file, "entries": rows})
    write_atomically(folder / "index.json", f'{head[:-1]}, "shared": {texts}}}'.encode(), durable=False)
    for old in folder.glob("*.npy"):
        if old.name != file:
            old.unlink(missing_ok=True)


def version() -> str:
    """Changes with the code that decides what the cache holds."""
    return code_digest("tabular", "harness")


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
