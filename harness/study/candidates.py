"""Which architectures a search may ask for, where a file names them: those of a line, or of all lines.

`candidates=FILE`, with settings in brackets as a representation that is read from a file has them.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields
from functools import lru_cache

from harness.study.name import BETWEEN, CLOSE, OPEN
from tabular.benchmark import Benchmark
from tabular.errors import HarnessError, unknown
from tabular.outside.guard import say
from tabular.points.files import found, read_sheet, state
from tabular.points.kept import keep, kept
from tabular.points.reading import Points, Reading, points_of
from tabular.space import SearchSpace
from tabular.spaces.pool import among, bottom


def named_candidates(text: str, benchmark: Benchmark) -> str:
    """Digest of the architectures that `candidates=` names, which are kept under it.

    How many there are is said on stderr. Raises `HarnessError` with what is wrong with the file.
    """
    file, reading = _asked(text)
    try:
        points = _read(file, reading, bottom(benchmark.space), state(file))
    except HarnessError as problem:
        raise HarnessError(f"candidates={file}: {problem}") from None
    counted = f"{searched(benchmark, points.digest).size:,} of {benchmark.space.size:,} architectures"
    say("; ".join([f"candidates={file}: {counted} of {benchmark.name}", *points.remarks]))
    return points.digest


@lru_cache(maxsize=8)
def _read(file: str, reading: Reading, space: SearchSpace, written: tuple[str, int, int]) -> Points:
    """The architectures in a file; `written` is its state, with which it is read anew."""
    points = points_of(read_sheet(found(file)), space, reading, bare=True)
    keep(points)
    return points


def searched(benchmark: Benchmark, candidates: str) -> SearchSpace:
    """What all methods may ask for: the benchmark's space, or of that the candidates of a digest."""
    return among(benchmark.space, kept(candidates).cells) if candidates else benchmark.space


def digest_of(benchmark: Benchmark, candidates: str) -> str:
    """Identity of the answers there are: the benchmark's, or of its candidates."""
    if not candidates:
        return benchmark.digest
    return hashlib.sha256(f"{benchmark.digest} among {candidates}".encode()).hexdigest()


def _asked(text: str) -> tuple[str, Reading]:
    """The file, and how it is to be read."""
    file, bracket, rest = text.partition(OPEN)
    settings = {field.name: "" for field in fields(Reading) if field.name != "columns"}
    for word in rest.removesuffix(CLOSE).split(BETWEEN) if bracket else []:
        name, equals, value = word.partition("=")
        if not equals:
            raise HarnessError(
                f"candidates={text}: settings are written FILE[field=value{BETWEEN}field=value]"
            )
        if name not in settings:
            raise unknown("setting of candidates", name, settings)
        settings[name] = value
    return file, Reading(**settings)
