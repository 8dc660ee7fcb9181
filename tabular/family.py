"""What a benchmark family offers: the contract of a module of `tabular.benchmarks`, or of a third party's."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from tabular.benchmark import Benchmark
from tabular.data.doctor import Check
from tabular.data.source import Source
from tabular.errors import HarnessError
from tabular.protocol import Protocol
from tabular.space import SearchSpace

REQUIRED = ("DATASETS", "DEFAULT_PROTOCOL", "PROTOCOLS", "load")


@dataclass(frozen=True)
class Family:
    """Benchmarks of one search space. A module states each field under the name in brackets."""

    name: str
    """`nb201`: the module's file, or its entry point."""
    datasets: tuple[str, ...]
    """[DATASETS] Names after the colon (`nb201:cifar10`); the first is meant where none is given."""
    default_protocol: str
    """[DEFAULT_PROTOCOL] Name of the protocol a run is made under unless the command line says otherwise."""
    protocols: tuple[Protocol, ...]
    """[PROTOCOLS] Rules it can be searched under, each with the family's name as its `benchmark`."""
    load: Callable[[str], Benchmark]
    """[load] The benchmark of a dataset, named `family:dataset`. May read files; `HarnessError` says what is
    missing."""
    space: Callable[[str], SearchSpace] | None = None
    """[space, optional] The search space of a dataset, without opening data; of a pool the whole space."""
    sources: tuple[Source, ...] = ()
    """[SOURCES, optional] Publishers' files that `harness data` fetches and imports."""
    tied: Mapping[str, str] | None = None
    """[TIED, optional] By dataset the one in which a single cell stands for several (`tie_cells=true`)."""
    judge: str | None = None
    """[JUDGE, optional] Of a pool the family that answers for all architectures of the whole space, on the
    same datasets: a surrogate fitted to the pool."""
    examine: Callable[[Any], Iterator[Check]] | None = None
    """[examine, optional] What every copy of a benchmark must show (`harness data doctor`)."""
    code: str = ""
    """Digest of a third party's code; empty for what is built in."""

    @staticmethod
    def of(name: str, module: ModuleType, where: str, code: str = "") -> Family:
        """From a module; `HarnessError` begins with `where` and says what it lacks or has wrong."""
        lacking = [each for each in REQUIRED if not hasattr(module, each)]
        if lacking:
            raise HarnessError(f"{where}: benchmark '{name}' lacks {' and '.join(lacking)}")
        parts: dict[str, Any] = {
            "datasets": module.DATASETS,
            "default_protocol": module.DEFAULT_PROTOCOL,
            "protocols": module.PROTOCOLS,
            "load": module.load,
            "space": getattr(module, "space", None),
            "sources": getattr(module, "SOURCES", ()),
            "tied": getattr(module, "TIED", None),
            "judge": getattr(module, "JUDGE", None),
            "examine": getattr(module, "examine", None),
        }
        problem = _problem(name, parts)
        if problem:
            raise HarnessError(f"{where}: benchmark '{name}': {problem}")
        return Family(name=name, code=code, **parts)


def _problem(name: str, parts: Mapping[str, Any]) -> str:
    """What is not as the fields of `Family` say, under the names of a module; empty if nothing."""
    for field, kind in (("datasets", str), ("protocols", Protocol), ("sources", Source)):
        values = parts[field]
        if not isinstance(values, tuple) or not all(isinstance(each, kind) for each in values):
            return f"{field.upper()} must be a tuple of {kind.__name__}, not {values!r:.60}"
    if not parts["datasets"]:
        return "DATASETS is empty"
    mine = [protocol.name for protocol in parts["protocols"] if protocol.benchmark == name]
    if parts["default_protocol"] not in mine:
        known = ", ".join(mine) or f"none has benchmark='{name}'"
        return f"DEFAULT_PROTOCOL is {parts['default_protocol']!r}, none of its PROTOCOLS ({known})"
    for field in ("load", "space", "examine"):
        if parts[field] is not None and not callable(parts[field]):
            return f"{field} must be a function, not {parts[field]!r:.60}"
    kinds: dict[str, tuple[type, str]] = {
        "tied": (Mapping, "a dictionary of datasets"),
        "judge": (str, "the name of a family"),
    }
    for field, (type_, words) in kinds.items():
        if not isinstance(parts[field], type_ | None):
            return f"{field.upper()} must be {words}, not {parts[field]!r:.60}"
    return ""


def checked(benchmark: object, name: str) -> Benchmark:
    """What `load` gave; `HarnessError` if it is no benchmark of that full name."""
    if not isinstance(benchmark, Benchmark):
        raise HarnessError(f"load of {name} gives {type(benchmark).__name__}, not a Benchmark")
    if benchmark.name != name:
        raise HarnessError(f"load of {name} gives a benchmark with the name '{benchmark.name}'")
    return benchmark


def with_code(benchmark: Benchmark, code: str) -> Benchmark:
    """A third party's benchmark with its code in its digest: runs on answers of other code never meet."""
    if not code:
        return benchmark
    both = copy.copy(benchmark)
    digest = hashlib.sha256(f"{benchmark.digest} {code}".encode()).hexdigest()
    object.__setattr__(both, "digest", digest)  # benchmarks are frozen
    return both
