"""`harness data list | fetch NAME | import NAME FILE | doctor [NAME]`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from tabular.catalogue import benchmark_names, examinations, load, sources
from tabular.data.choosing import choose
from tabular.data.fetching import fetch
from tabular.data.importing import import_file
from tabular.data.source import Source, Tell
from tabular.data.tables import has_table, read_table, table_names, table_path
from tabular.errors import HarnessError, MissingData, unknown
from tabular.quantity import ACCURACY
from tabular.table_file import data_folder

EXAMPLE = "harness data list"
SUMMARY = "benchmark files: what is here, what is missing"
USAGE = """\
harness data list                        what exists, where it lies, what is missing and how to get it
harness data fetch NAME [FILE]           download from the official address, verify, import
harness data import NAME FILE            convert an official file (unverified=true: whatever its checksum)
harness data doctor [NAME]               verify digests, published facts and invariants; repairs nothing
"""


def run(words: list[str]) -> int:
    """Exit code: 0 done, 1 the doctor found something wrong."""
    if not words or words[0] in ("-h", "--help", "help"):
        print(USAGE, end="")
        return 0
    verbs: dict[str, Callable[[list[str]], int]] = {
        "list": _list,
        "fetch": _fetch,
        "import": _import,
        "doctor": _doctor,
    }
    if words[0] not in verbs:
        raise unknown("data command", words[0], verbs)
    return verbs[words[0]](words[1:])


def _list(words: list[str]) -> int:
    if words:
        raise HarnessError("harness data list takes no words")
    print(f"Data folder: {data_folder()} ($NAS_HARNESS_DATA names another)\n")
    for family, names in groupby(benchmark_names(), key=lambda name: name.partition(":")[0]):
        states: dict[str, list[str]] = {}
        for name in names:
            states.setdefault(_state(name), []).append(name.partition(":")[2])
        for state, datasets in states.items():
            print(f"{family}:{', '.join(datasets)}\n{state}")
    print("\nWhat they are made from (harness data import NAME FILE)")
    for source in sources():
        print(f"\n  {source.name:<16} {source.pattern}{'/' if source.folder else ''}  {source.size}".rstrip())
        print(f"    {source.about} ({source.licence})")
        print(f"    {source.how}")
    return 0


def _state(name: str) -> str:
    """Where a benchmark's data lie and what is in them, or what is missing."""
    try:
        benchmark = load(name)
    except MissingData as problem:
        return f"  missing. {str(problem).partition('. ')[2] or problem}"
    except HarnessError as problem:
        return f"  cannot be read: {problem}"
    where = str(table_path(name)) if has_table(name) else benchmark.passport["source"]
    verified = benchmark.passport.get("verified", "as installed")
    passport = f"digest {benchmark.digest[:12]}, verified: {verified}"
    lines = [where, ", ".join(benchmark.recorded), passport]
    if benchmark.quantity != ACCURACY:
        lines.insert(2, f"metric: {benchmark.quantity.name}, shown in {benchmark.quantity.scale}")
    if has_table(f"{name}:curves"):
        lines.insert(2, "learning curves")
    measured = [measure for measure in benchmark.space.complexity_measures if ":" in measure]
    if measured:
        lines.insert(2, f"complexity: {', '.join(measured)}")
    return "\n".join(f"  {line}" for line in lines)


def _fetch(words: list[str]) -> int:
    if len(words) not in (1, 2):
        raise HarnessError("harness data fetch NAME [FILE]")
    mine = _named(words[0])
    fitting = [s for s in mine if s.downloads and (len(words) == 1 or words[1] == s.downloads[0].file)]
    if not fitting and len(words) == 2 and any(s.downloads for s in mine):
        raise unknown("file", words[1], [d.file for s in mine for d in s.downloads])
    source = (fitting or list(mine))[0]
    path = fetch(source, _progress(f"fetching {source.pattern}"))
    return _carry_out(source, path, unverified=False)


def _import(words: list[str]) -> int:
    if len(words) not in (2, 3):
        raise HarnessError("harness data import NAME FILE [unverified=true]")
    key, _, unverified = words[2].partition("=") if len(words) == 3 else ("unverified", "=", "false")
    if key != "unverified":
        raise unknown("key", key, ["unverified"])
    if unverified not in ("true", "false"):
        raise HarnessError("harness data import NAME FILE [unverified=true]")
    plain = words[:2]
    path = Path(os.path.expanduser(plain[1]))
    _named(plain[0])
    return _carry_out(choose(sources(), plain[0], path), path, unverified == "true")


def _carry_out(source: Source, path: Path, unverified: bool) -> int:
    start = time.monotonic()
    written = import_file(source, path, unverified, _progress(f"importing {path.name}"))
    for table in written:
        print(f"{table}  {table.stat().st_size / 1e6:.1f} MB")
    print(f"{source.name}: {len(written)} tables in {time.monotonic() - start:.1f} s", file=sys.stderr)
    return 0


def _named(name: str) -> tuple[Source, ...]:
    mine = tuple(source for source in sources() if source.name == name)
    if not mine:
        raise unknown("data", name, {source.name for source in sources()})
    return mine


def _doctor(words: list[str]) -> int:
    if len(words) > 1:
        raise HarnessError("harness data doctor [NAME]")
    benchmarks, imported = benchmark_names(), table_names()
    if words:
        benchmarks = [name for name in benchmarks if words[0] in _called(name)]
        imported = [name for name in imported if words[0] in _called(name)]
        if not benchmarks and not imported:
            raise unknown("benchmark", words[0], {name.partition(":")[0] for name in benchmark_names()})
    healthy = [_verify(name) for name in imported] + [_examine(name) for name in benchmarks]
    return 0 if all(healthy) else 1


def _called(name: str) -> tuple[str, ...]:
    """What a benchmark or a table may be called: in full, by its family, or as its file is (`nb101-run0`)."""
    return name, name.partition(":")[0], name.replace(":", "-")


def _verify(name: str) -> bool:
    """Whether a table file holds what was written; printed."""
    try:
        found = read_table(name)
    except HarnessError as problem:
        print(f"FAIL  {name}: {problem}")
        return False
    if found is None:  # its passport names it otherwise than its file
        print(f"FAIL  {name}: {table_path(name)} is not the file of that name")
        return False
    print(f"ok    {name}: content hashes to its digest {found[1]['digest'][:12]}")
    return True


def _examine(name: str) -> bool:
    """Print every check of a benchmark; False if one fails, or it is here and cannot be read."""
    try:
        checks = list(examinations(name))
    except MissingData as problem:
        print(f"-     {name}: not here ({problem})")
        return True
    except HarnessError as problem:
        print(f"FAIL  {name}: {problem}")
        return False
    for check in checks:
        print(f"{'ok   ' if check.good else 'FAIL '} {name}: {check.what}: {check.found}")
    return all(check.good for check in checks)


def _progress(what: str) -> Tell:
    """A line on stderr: redrawn on a terminal, every ten percent elsewhere."""
    shown = [-1]

    def tell(share: float) -> None:
        percent = int(100 * share)
        terminal = sys.stderr.isatty()
        if percent == shown[0] or (not terminal and percent // 10 == shown[0] // 10):
            return
        shown[0] = percent
        end = "\n" if percent == 100 or not terminal else ""
        print(f"{chr(13) if terminal else ''}{what}: {percent} %", end=end, file=sys.stderr, flush=True)

    return tell
