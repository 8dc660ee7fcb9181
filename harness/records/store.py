"""Stored runs: one readable JSON file each, written once, whole or not at all.

`<results>/<benchmark>/<protocol>/<method>/<seed>-<key8>.json`. One line per top-level key; all lines
but `provenance` are the same bytes whenever and however the run is repeated. A failed run is kept as
`.failed.json` beside it and never counts as present.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.records.reference import Reference
from harness.study.spec import RunSpec, canonical_hash
from tabular.errors import HarnessError
from tabular.protocol import Protocol
from tabular.table_file import why_not_writable, write_atomically

FORMAT = 1
REFERENCE = "_reference"
FAILED = ".failed.json"
LEDGER = ("architecture", "class", "seen", "truth", "test", "cost", "repeated", "charged", "purpose")
LONGEST_NAME = 120


@dataclass(frozen=True)
class RunRecord:
    """What happened in a run, as plain data."""

    key: str
    method: str
    identity: dict[str, Any]
    configuration: str
    """Hash of all that decides the results but the seeds."""
    status: str
    """`done` or `failed`."""
    ledger: dict[str, list[Any]]
    """Columns over queries: architecture, class, seen, truth, test, cost, repeated, charged, purpose; and
    epochs, where the protocol has more than one schedule."""
    counts: dict[str, int]
    """Proposed, invalid, repeated and fallback architectures."""
    provenance: dict[str, Any]
    """Where, when, how long; the only part that differs when a run is repeated. `answered` holds the wall
    seconds of search before every answer (not in runs stored before it was)."""
    complexity: dict[str, list[float | None]] = field(default_factory=dict)
    """By measure, one value per entry of the ledger; empty in runs stored before it was kept."""
    traceback: str | None = None

    @property
    def seed(self) -> int:
        """Search seed."""
        return int(self.identity["seed"])

    @property
    def full_schedule(self) -> int:
        """Epochs of the protocol's full schedule."""
        return int(self.identity["protocol"]["epochs"])

    @property
    def epochs(self) -> list[int]:
        """Schedule of every query."""
        one: list[int] = [self.full_schedule] * len(self.ledger["seen"])
        return self.ledger.get("epochs", one)

    @property
    def unit(self) -> str:
        """What the budget counts: `queries` or `seconds`."""
        return str(self.identity["protocol"].get("unit", "queries"))

    @property
    def queries(self) -> int:
        """Charged queries at the full schedule, a started one counted as one.

        In a run on a budget of queries that is done this is the budget: what it leaves does not cover what
        was asked for next.
        """
        rows = zip(self.epochs, self.ledger["charged"], strict=True)
        paid = sum(epochs for epochs, charged in rows if charged)
        return -(-paid // self.full_schedule)


def record_of(spec: RunSpec, **parts: Any) -> RunRecord:
    """The record of a spec with its identity filled in."""
    return RunRecord(
        key=spec.key,
        method=spec.method,
        identity=spec.identity(),
        configuration=canonical_hash(spec.configuration()),
        **parts,
    )


class RunStore:
    """A folder of runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, spec: RunSpec) -> Path:
        """Where the run of a spec lies, present or not."""
        return (
            self._comparison(spec.benchmark, spec.protocol)
            / _folder_name(spec.method)
            / f"{spec.seed}-{spec.key[:8]}.json"
        )

    def has(self, spec: RunSpec) -> bool:
        """Whether the run is stored as done."""
        return self.path(spec).is_file()

    def write(self, spec: RunSpec, record: RunRecord) -> Path:
        """Store a run; a run that succeeds replaces its earlier failure."""
        path = self.path(spec)
        failed = path.with_suffix(FAILED)
        target = path if record.status == "done" else failed
        write_atomically(target, _to_text(record).encode())
        if record.status == "done":
            failed.unlink(missing_ok=True)
        return target

    def check_writable(self) -> None:
        """Raises `HarnessError` if runs cannot be stored here."""
        problem = why_not_writable(self.folder)
        if problem:
            raise HarnessError(f"results folder {self.folder} cannot be written: {problem}")

    def check_exists(self) -> None:
        """Raises `HarnessError` if there is no such folder."""
        if not self.folder.is_dir():
            raise HarnessError(f"results folder {self.folder} does not exist: `harness run` makes it")

    def read(self, path: Path) -> RunRecord:
        """One stored run; `HarnessError` naming the file if it is damaged."""
        try:
            content = dict(json.loads(path.read_text()))
            if content.pop("format") != FORMAT:
                raise ValueError("another format version")
            record = RunRecord(**content)
            _check(record, path)
            return record
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as problem:
            raise HarnessError(f"run file {path} is damaged ({problem}); delete it and run again") from None

    def runs(self) -> Iterator[RunRecord]:
        """All stored runs that are done, in path order."""
        for path in sorted(self.folder.glob("*/*/*/*.json")):
            if path.parent.name != REFERENCE and not path.name.endswith(FAILED):
                yield self.read(path)

    def has_reference(self, spec: RunSpec, said: dict[str, str]) -> bool:
        """Whether what reports need of the benchmark is stored for the spec's seed, with these sentences."""
        found = self.reference(self._reference_of(spec))
        return found is not None and found.complete and said == {"note": found.note, "leaks": found.leaks}

    def write_reference(self, spec: RunSpec, reference: dict[str, Any]) -> None:
        """Store what reports need of the table for one seed: optimum and random-search expectation."""
        write_atomically(self._reference_of(spec), (json.dumps(reference) + "\n").encode())

    def reference(self, path: Path) -> Reference | None:
        """A reference file's content; None if it is missing or not whole."""
        try:
            return Reference.of(dict(json.loads(path.read_text())))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def name_of(self, path: Path) -> str:
        """A file by its path inside the folder."""
        return path.relative_to(self.folder).as_posix()

    def reference_of(self, identity: dict[str, Any]) -> Path:
        """Where the reference of a run's table, protocol, budget and seed lies, present or not."""
        return self._reference_path(
            identity["benchmark"],
            Protocol.from_rules(identity["protocol"]),
            identity["table"],
            int(identity["seed"]),
            identity["budget"],
        )

    def _reference_of(self, spec: RunSpec) -> Path:
        return self._reference_path(spec.benchmark, spec.protocol, spec.table_digest, spec.seed, spec.budget)

    def _reference_path(
        self, benchmark: str, protocol: Protocol, digest: str, seed: int, budget: int
    ) -> Path:
        """Path of a reference file; its name holds all it depends on."""
        name = f"{seed}-{digest[:8]}-{protocol.hash}-{budget}.json"
        return self._comparison(benchmark, protocol) / REFERENCE / name

    def _comparison(self, benchmark: str, protocol: Protocol) -> Path:
        return self.folder / benchmark.replace(":", "-") / protocol.name


def _check(record: RunRecord, path: Path) -> None:
    """Raises `ValueError` if a record is not whole, or not what its key or its file's name says."""
    if record.key != canonical_hash(record.identity):
        raise ValueError("its key does not fit its identity")
    if path.name.split(".")[0] != f"{record.seed}-{record.key[:8]}":
        raise ValueError("its name does not fit its key")
    if record.status != ("failed" if path.name.endswith(FAILED) else "done"):
        raise ValueError(f"its name does not fit its status '{record.status}'")
    protocol_of(record)
    if record.status != "done":
        return
    lengths = {len(record.ledger[name]) for name in LEDGER} | {len(record.epochs)}
    lengths |= {len(values) for values in record.complexity.values()}
    lengths |= {len(record.provenance[name]) for name in ("answered",) if name in record.provenance}
    if len(lengths) != 1 or (record.unit == "queries" and record.queries != record.identity["budget"]):
        raise ValueError("its ledger is not whole")
    if not {"seconds", "pretraining"} <= record.provenance.keys():
        raise ValueError("its provenance is not whole")
    if not {"fit", "propose", "query"} <= record.provenance["seconds"].keys():
        raise ValueError("its provenance is not whole")


def _folder_name(method: str) -> str:
    """The label, shortened with a hash where a file system would refuse it."""
    name = method.replace("/", "-")
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}-{canonical_hash(name)[:8]}"


def protocol_of(record: RunRecord) -> Protocol:
    """The protocol a run was made under, rebuilt from its stored rules."""
    return Protocol.from_rules(record.identity["protocol"])


def _to_text(record: RunRecord) -> str:
    lines = {"format": FORMAT, **vars(record)}
    body = ",\n".join(f'"{key}": {json.dumps(value, separators=(",", ":"))}' for key, value in lines.items())
    return f"{{\n{body}\n}}\n"
