"""Benchmarks by name. Listing them opens no table."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from importlib.metadata import entry_points
from types import ModuleType

import tabular.benchmarks
from tabular.benchmark import Benchmark
from tabular.data.doctor import Check
from tabular.data.source import Source
from tabular.errors import HarnessError, unknown
from tabular.protocol import Protocol
from tabular.space import SearchSpace
from tabular.spaces.pool import whole


def benchmark_names() -> list[str]:
    """Full names (`family:dataset`) of all benchmarks, in listing order."""
    return [f"{family}:{dataset}" for family in _families() for dataset in _module(family).DATASETS]


def resolve(name: str, tie_cells: bool = False) -> list[str]:
    """Full names that `name` stands for: `nb201` its first dataset, `nb201:*` all, or itself.

    With `tie_cells` the datasets of a family in which one cell stands for several (`TIED` of its module).
    Raises `HarnessError` with the closest match if there is none, or nothing to tie.
    """
    found = _resolve(name)
    if not tie_cells:
        return found
    family = name.partition(":")[0]
    tied: dict[str, str] = getattr(_module(family), "TIED", {})
    if not tied:
        raise HarnessError(f"tie_cells=true: {family} has no cells to tie; nb301 has")
    datasets = [full.partition(":")[2] for full in found]
    return list(dict.fromkeys(f"{family}:{tied.get(dataset, dataset)}" for dataset in datasets))


def _resolve(name: str) -> list[str]:
    family, colon, dataset = name.partition(":")
    if family not in _families():
        raise unknown("benchmark", name, _families())
    datasets: tuple[str, ...] = _module(family).DATASETS
    if dataset == "*":
        return [f"{family}:{each}" for each in datasets]
    if not colon:
        return [f"{family}:{datasets[0]}"]
    if dataset not in datasets:
        raise unknown("benchmark", name, [f"{family}:{each}" for each in datasets])
    return [name]


@lru_cache(maxsize=8)
def load(name: str) -> Benchmark:
    """The benchmark of that name (a family alone means its first dataset). Cached per process."""
    (full,) = resolve(name)
    family, _, dataset = full.partition(":")
    benchmark: Benchmark = _module(family).load(dataset)
    return benchmark


@lru_cache(maxsize=8)
def space(name: str) -> SearchSpace:
    """The search space of a benchmark; of a pool the whole space that it is taken from.

    Opens no table: enough to read the texts of stored runs. Only a third party's family without
    `space(dataset)` is loaded for it.
    """
    (full,) = resolve(name)
    family, _, dataset = full.partition(":")
    make: Callable[[str], SearchSpace] | None = getattr(_module(family), "space", None)
    return whole(load(full).space) if make is None else make(dataset)


def default_protocol(name: str) -> str:
    """Name of the protocol a benchmark is run under unless the command line says otherwise."""
    protocol: str = _module(name.partition(":")[0]).DEFAULT_PROTOCOL
    return protocol


def protocols() -> dict[str, Protocol]:
    """All protocols by name: `PROTOCOLS` of every benchmark family's module."""
    return {each.name: each for family in _families() for each in getattr(_module(family), "PROTOCOLS", ())}


def sources() -> tuple[Source, ...]:
    """Publishers' files that benchmarks are made from, each once, in listing order."""
    found = [source for family in _families() for source in getattr(_module(family), "SOURCES", ())]
    return tuple(dict.fromkeys(found))


def examinations(name: str) -> Iterator[Check]:
    """What a benchmark must show, looked at now; opens it, and raises `HarnessError` if it is missing."""
    benchmark = load(name)
    examine = getattr(_module(name.partition(":")[0]), "examine", None)
    if examine is not None:
        yield from examine(benchmark)


@cache
def _families() -> dict[str, str]:
    """Module of every benchmark family: built in, or installed under the entry point `harness.benchmarks`."""
    package = tabular.benchmarks
    built_in = {
        module.name.replace("_", "-"): f"{package.__name__}.{module.name}"
        for module in pkgutil.iter_modules(package.__path__)
    }
    installed = {point.name: point.module for point in entry_points(group="harness.benchmarks")}
    return {**installed, **built_in}


def _module(family: str) -> ModuleType:
    try:
        return importlib.import_module(_families()[family])
    except ImportError as problem:
        raise HarnessError(f"benchmark '{family}' cannot be imported: {problem}") from None
