"""Stored records: one readable JSON file each, written once, whole or not at all.

`<results>/<benchmark>/<protocol>/<method>/<seed>-<key8>.json`; records of quality have `quality-<part>` in
place of the protocol. A failed one is kept as `.failed.json` beside it and never counts as present. What
reports need of a benchmark lies in `_reference`, one file per protocol.
"""

from __future__ import annotations

import contextlib
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Generic, final

from harness.records.form import Form, R, S
from harness.records.reference import Place, Reference, place_of
from harness.records.run import FailedRun, Run
from harness.records.run_file import RUNS
from harness.study.spec import RunSpec, Spec, canonical_hash
from tabular.errors import HarnessError
from tabular.table_file import why_not_writable, write_atomically

REFERENCE = "_reference"
FAILED = ".failed.json"
LONGEST_NAME = 120
TAIL = 64
"""Bytes of a file in which its end must stand."""
DAMAGE = (
    OSError, ValueError, TypeError, KeyError, AttributeError, IndexError, ArithmeticError, RecursionError,
    AssertionError, HarnessError,
)  # fmt: skip
"""What reading a file can raise that holds something else than a record."""


def reason(problem: BaseException) -> str:
    """Why a file cannot be read, in words."""
    if isinstance(problem, OSError):
        return problem.strerror or str(problem)
    if isinstance(problem, UnicodeDecodeError | json.JSONDecodeError):
        return "no JSON"
    return f"no {problem} in it" if isinstance(problem, KeyError) else str(problem) or type(problem).__name__


class Store(ABC, Generic[S, R]):
    """A folder of records of one kind; those of another may lie there too."""

    @final
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    @abstractmethod
    def form(self) -> Form[S, R]:
        """How its records are written."""

    @final
    def path(self, spec: Spec) -> Path:
        """Where the record of a spec lies, present or not."""
        method = _folder_name(spec.method)
        return self.beside(spec) / method / f"{spec.seed}-{spec.key[:8]}.json"

    @final
    def beside(self, spec: Spec) -> Path:
        """The folder of the methods that lie beside a spec's."""
        return self.folder / spec.benchmark.replace(":", "-") / spec.folder

    @final
    def has(self, spec: Spec) -> bool:
        """Whether the record is stored as done; a file that is empty or cut off is none."""
        return self.path(spec).is_file() and not self.is_cut(spec)

    @final
    def is_cut(self, spec: Spec) -> bool:
        """Whether the file is there but its end is not: the disk was full, or the power failed."""
        path = self.path(spec)
        if not path.is_file():
            return False
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - TAIL, 0))
            return not file.read().rstrip().endswith(b"}")

    @final
    def write(self, record: R | FailedRun[S]) -> Path:
        """Store a record; one that is done replaces its earlier failure."""
        path = self.path(record.spec)
        failed = path.with_suffix(FAILED)
        target = failed if isinstance(record, FailedRun) else path
        write_atomically(target, self.form.text(record).encode())
        if target is path:
            failed.unlink(missing_ok=True)
        return target

    @final
    def check_writable(self) -> None:
        """Raises `HarnessError` if nothing can be stored here."""
        problem = why_not_writable(self.folder)
        if problem:
            raise HarnessError(f"results folder {self.folder} cannot be written: {problem}")

    @final
    def check_exists(self) -> None:
        """Raises `HarnessError` if there is no such folder."""
        if not self.folder.is_dir():
            raise HarnessError(f"results folder {self.folder} does not exist: `harness run` makes it")

    @final
    def read(self, path: Path) -> R | FailedRun[S]:
        """One stored record; `HarnessError` naming the file if it is damaged."""
        try:
            return self.parse(path)
        except DAMAGE as problem:
            raise HarnessError(
                f"stored file {path} is damaged ({reason(problem)}); delete it and run again"
            ) from None

    @final
    def parse(self, path: Path) -> R | FailedRun[S]:
        """One stored record; raises one of `DAMAGE` if it is none, or its name is not its own."""
        record = self.form.read(path.read_bytes())
        _check_name(record.spec, isinstance(record, FailedRun), path)
        return record

    @final
    def read_done(self, path: Path) -> R:
        """A record that is done."""
        record = self.read(path)
        assert not isinstance(record, FailedRun)  # by the name of the file, which was checked
        return record

    @final
    def name_of(self, path: Path) -> str:
        """A file by its path inside the folder."""
        return path.relative_to(self.folder).as_posix()


class RunStore(Store[RunSpec, Run]):
    """A folder of runs."""

    @property
    def form(self) -> Form[RunSpec, Run]:
        return RUNS

    def runs(self) -> Iterator[Run]:
        """All stored runs that are done, in path order."""
        for path in sorted(self.folder.glob("*/*/*/*.json")):
            ours = self.form.is_ours(path.parents[1].name) and path.parent.name != REFERENCE
            if ours and not path.name.endswith(FAILED):
                yield self.read_done(path)

    def reference(self, spec: RunSpec) -> Reference | None:
        """What is stored of the benchmark and protocol of a run, in whatever files; None if nothing is."""
        found = None
        for path in sorted(self._reference(spec).parent.glob(f"*{_reference_name(place_of(spec))}*.json")):
            read = self.read_reference(path)
            if read is not None and read.place == place_of(spec):
                found = read if found is None else found.merged(read)
        return found

    def read_reference(self, path: Path) -> Reference | None:
        """A reference file's content; None if it is missing or not whole."""
        try:
            return self.parse_reference(path)
        except DAMAGE:
            return None

    def parse_reference(self, path: Path) -> Reference:
        """A reference file's content; raises one of `DAMAGE` if it is none."""
        return Reference.of(dict(json.loads(path.read_bytes())))

    def add_reference(self, spec: RunSpec, reference: Reference) -> None:
        """Store what reports need of the spec's benchmark and protocol, beside what is there already."""
        path = self._reference(spec)
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path.parent):  # another study may add other seeds at the same time
            there = self.read_reference(path)
            whole = reference if there is None else there.merged(reference)
            write_atomically(path, (json.dumps(whole.content()) + "\n").encode())

    def _reference(self, spec: RunSpec) -> Path:
        return self.beside(spec) / REFERENCE / f"{_reference_name(place_of(spec))}.json"


def _reference_name(place: Place) -> str:
    return f"{place.table[:8]}-{place.protocol}"


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a lock on a folder, where the system has such locks."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _check_name(spec: Spec, failed: bool, path: Path) -> None:
    """Raises `ValueError` if a record does not lie under its own name."""
    own = f"{spec.seed}-{spec.key[:8]}{FAILED if failed else '.json'}"
    if path.name == own:
        return
    if path.with_name(own).exists():
        raise ValueError(f"a copy of {own}")
    if failed != path.name.endswith(FAILED):
        raise ValueError(f"its name does not fit its status '{'failed' if failed else 'done'}'")
    raise ValueError(f"its name does not fit its key: it would be {own}")


def _folder_name(method: str) -> str:
    """The label, shortened with a hash where a file system would refuse it."""
    name = method.replace("/", "-")
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}-{canonical_hash(name)[:8]}"
