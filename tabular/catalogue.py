"""Benchmarks by name. Listing them opens no table."""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.metadata import EntryPoint, entry_points

import tabular.benchmarks
from tabular.benchmark import Benchmark, Unlabelled
from tabular.data.doctor import Check
from tabular.data.source import Source
from tabular.data.tables import staged
from tabular.errors import HarnessError, MissingData, unknown
from tabular.family import Family, checked, with_code
from tabular.outside.guard import say
from tabular.outside.installed import described, load_point, usable
from tabular.protocol import Protocol
from tabular.space import SearchSpace
from tabular.spaces.pool import whole
from tabular.table_file import Columns


def benchmark_names() -> list[str]:
    """Full names (`family:dataset`) of all benchmarks, in listing order."""
    return [f"{family.name}:{dataset}" for family in families() for dataset in family.datasets]


def families() -> list[Family]:
    """All benchmark families, in listing order. One of a third party that is broken, or takes a protocol's
    name, is left out with a sentence on stderr."""
    _, left_out = _found()
    found: list[Family] = []
    names: set[str] = set()
    for name in _names():
        try:
            each = family(name)
            twice = names & {protocol.name for protocol in each.protocols}
            if twice:
                raise HarnessError(f"benchmark '{name}': there is a protocol '{twice.pop()}' already")
        except HarnessError as problem:
            say(f"{problem}: it is left out")
        else:
            found.append(each)
            names |= {protocol.name for protocol in each.protocols}
    for sentence in left_out:
        say(sentence)
    return found


def family(given: str) -> Family:
    """What a family offers, by its name or a benchmark's; `HarnessError` if there is none or it is broken."""
    name = given.partition(":")[0]
    if name in _files:
        return _files[name]
    found = _found()[0]
    if name not in found:
        raise unknown("benchmark", given, _names())
    return _opened(name, found[name])


def use_files(files: Mapping[str, Family]) -> None:
    """From now on these families of plugin files exist too, and no others of files. Raises `HarnessError` for
    the name of another family."""
    for name in files:
        if name in _found()[0]:
            raise HarnessError(f"plugin file {name}.py would hide the benchmark '{name}': rename it")
    if files != _files:
        _files.clear()
        _files.update(files)
        load.cache_clear()
        space.cache_clear()
        _bare.cache_clear()


def resolve(name: str, tie_cells: bool = False) -> list[str]:
    """Full names that `name` stands for: `nb201` its first dataset, `nb201:*` all, or itself.

    With `tie_cells` the datasets of a family in which one cell stands for several (its `tied`).
    Raises `HarnessError` with the closest match if there is none, or nothing to tie.
    """
    found = _resolve(name)
    if not tie_cells:
        return found
    mine = family(name)
    if not mine.tied:
        raise HarnessError(f"tie_cells=true: {mine.name} has no cells to tie; nb301 has")
    tied = mine.tied
    datasets = [full.partition(":")[2] for full in found]
    return list(dict.fromkeys(f"{mine.name}:{tied.get(dataset, dataset)}" for dataset in datasets))


def _resolve(name: str) -> list[str]:
    first, colon, dataset = name.partition(":")
    datasets = family(name).datasets
    if dataset == "*":
        return [f"{first}:{each}" for each in datasets]
    if not colon:
        return [f"{first}:{datasets[0]}"]
    if dataset not in datasets:
        raise unknown("benchmark", name, [f"{first}:{each}" for each in datasets])
    return [name]


@lru_cache(maxsize=8)
def load(name: str) -> Benchmark:
    """The benchmark of that name (a family alone means its first dataset). Cached per process."""
    (full,) = resolve(name)
    mine = family(full)
    return with_code(checked(mine.load(full.partition(":")[2]), full), mine.code)


def load_unlabelled(name: str) -> Benchmark:
    """As `load`, or the bare search space where the benchmark's data are not here."""
    try:
        return load(name)
    except MissingData:
        (full,) = resolve(name)
        if family(full).space is None:
            raise
        return _bare(full)


@lru_cache(maxsize=8)
def _bare(full: str) -> Unlabelled:
    return Unlabelled(full, space(full))


@lru_cache(maxsize=8)
def space(name: str) -> SearchSpace:
    """The search space of a benchmark; of a pool the whole space that it is taken from.

    Opens no table: enough to read the texts of stored runs. Only a third party's family without
    `space(dataset)` is loaded for it.
    """
    (full,) = resolve(name)
    make = family(full).space
    return whole(load(full).space) if make is None else make(full.partition(":")[2])


def judge(name: str) -> Benchmark | None:
    """What answers for all architectures of the space that a benchmark is a pool of; None where nothing does,
    or it is not here."""
    mine = family(name)
    if mine.judge is None:
        return None
    with contextlib.suppress(HarnessError):
        return load(f"{mine.judge}:{name.partition(':')[2]}")
    return None


def default_protocol(name: str) -> str:
    """Name of the protocol a benchmark is run under unless the command line says otherwise."""
    return family(name).default_protocol


def protocols() -> dict[str, Protocol]:
    """All protocols by name."""
    return {protocol.name: protocol for each in families() for protocol in each.protocols}


def sources() -> tuple[Source, ...]:
    """Publishers' files that benchmarks are made from, each once, in listing order."""
    return tuple(dict.fromkeys(source for each in families() for source in each.sources))


def examinations(name: str) -> Iterator[Check]:
    """What a benchmark must show, looked at now; opens it, and raises `HarnessError` if it is missing."""
    benchmark = load(name)
    examine = family(name).examine
    if examine is not None:
        yield from examine(benchmark)


def examinations_before(
    tables: Mapping[str, tuple[Columns, Mapping[str, str]]],
) -> Iterator[tuple[str, Check]]:
    """What the benchmarks made of these tables must show, before they are written; with each one's name.

    One that needs more than these tables, and has not got it yet, is left out.
    """
    known = set(_names())
    for name in dict.fromkeys(table.partition(":")[0] for table in tables):
        if name not in known:
            continue
        mine = family(name)
        for dataset in mine.datasets:
            full = f"{name}:{dataset}"
            if mine.examine is None or not {name, full} & set(tables):
                continue
            found: list[Check] = []
            with staged(tables), contextlib.suppress(MissingData):
                found += mine.examine(checked(mine.load(dataset), full))
            yield from ((full, check) for check in found)


_files: dict[str, Family] = {}


def _names() -> list[str]:
    return [*_found()[0], *_files]


@cache
def _found() -> tuple[dict[str, str | EntryPoint], list[str]]:
    """Where every family is: a module of ours, or an entry point `harness.benchmarks`; and a sentence for
    each of the latter that cannot be one. Nothing is imported."""
    package = tabular.benchmarks
    found: dict[str, str | EntryPoint] = {
        module.name.replace("_", "-"): f"{package.__name__}.{module.name}"
        for module in pkgutil.iter_modules(package.__path__)
        if not module.name.startswith("_")
    }
    left_out: list[str] = []
    installed = usable(entry_points(group="harness.benchmarks"), tuple(found), left_out)
    return {**found, **{point.name: point for point in installed}}, left_out


def _opened(name: str, place: str | EntryPoint) -> Family:
    if isinstance(place, str):
        return Family.of(name, importlib.import_module(place), place)
    module, code = load_point(place)
    return Family.of(name, module, described(place), code)
