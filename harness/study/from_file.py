"""Representations that are read from a file: `table:FILE`, `table:FILE+optimizer`, with settings in brackets.

A name becomes a plugin with its hyper-parameter `file`; for a benchmark the file is read, and what was found
in it stands for the file: no run depends on where that lies or what it is called.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.study.hyper import rebuilt
from harness.study.name import BETWEEN, CLOSE, OPEN
from harness.study.registry import Registry
from harness.study.spec import PluginSpec
from methods.base import OfFile, Opened
from tabular.benchmark import Benchmark
from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.outside.guard import say
from tabular.points.files import state
from tabular.spaces.pool import bottom

FILE, MARK = "file", ":"


@dataclass(frozen=True)
class Bound:
    """A representation of a file, for one benchmark."""

    representation: PluginSpec
    label: str
    known: Cells
    """The architectures it has points of."""


def is_of_file(plugin: str, registry: Registry) -> bool:
    """Whether a representation of that name is read from a file."""
    return registry.has("representation", plugin) and issubclass(
        registry.load("representation", plugin), OfFile
    )


def apart_from_file(name: str, registry: Registry) -> tuple[str, str]:
    """A method's name without the file in it, and the file: `table:a.csv+gp_bo[rows=x:y]` is `table+gp_bo`
    with these brackets, and `a.csv`. Other methods have none (empty). `HarnessError` where one is lacking.
    """
    known, bracket, rest = name.partition(OPEN)
    plugin, _, tail = known.partition(MARK)
    if not is_of_file(plugin.partition("+")[0], registry):
        return name, ""
    if not tail:
        plugin = plugin.partition("+")[0]
        raise HarnessError(f"'{name}': {plugin} is read from a file: write {plugin}{MARK}FILE")
    file, plus, optimizer = tail.rpartition("+")
    if not plus or (not registry.has("optimizer", optimizer) and Path(tail).exists()):
        file, plus, optimizer = tail, "", ""
    return f"{plugin}{plus}{optimizer}{bracket}{rest}", file


def with_file(
    name: str, overrides: Mapping[str, Mapping[str, str]], registry: Registry
) -> tuple[str, dict[str, dict[str, str]]]:
    """The name without its file, and overrides with it."""
    found = {plugin: dict(given) for plugin, given in overrides.items()}
    plain, file = apart_from_file(name, registry)
    plugin = re.split(r"[+\[]", plain)[0]
    if file:
        if FILE in found.get(plugin, {}):
            raise HarnessError(f"{plugin}.{FILE} is written {plugin}{MARK}FILE")
        found.setdefault(plugin, {})[FILE] = file
    return plain, found


def nameless(representation: PluginSpec, registry: Registry) -> PluginSpec:
    """The representation without what only says how to read a file: it has no part in a label made of
    hyper-parameters."""
    plugin = registry.load("representation", representation.name)
    if not issubclass(plugin, OfFile):
        return representation
    hyper = {field: value for field, value in representation.hyper.items() if field not in plugin.reading}
    return PluginSpec(representation.name, representation.version, hyper)


def bound(label: str, representation: PluginSpec, benchmark: Benchmark, registry: Registry) -> Bound | None:
    """The representation as it is found in its file; None where it has none.

    `label` begins with the plugin's name. What there is in the file, and what of it is left out, is said on
    stderr, once. Raises `HarnessError` with what is wrong with it.
    """
    plugin = registry.load("representation", representation.name)
    if not issubclass(plugin, OfFile):
        return None
    hyper = representation.hyper
    reading = {field: hyper[field] for field in plugin.reading}
    found = _opened(plugin, reading, benchmark)
    say(f"{reading[FILE]}: {'; '.join(found.remarks)}")
    kept = {field: value for field, value in hyper.items() if field not in reading}
    given = [field for field in found.hyper if kept.get(field)]
    if given:
        raise HarnessError(f"{representation.name}.{given[0]} is what its file says; it cannot be given")
    spec = PluginSpec(representation.name, representation.version, {**kept, **found.hyper})
    needed = [f"{field}={value}" for field, value in _needed(plugin, reading, benchmark, found).items()]
    return Bound(spec, _named(label, representation.name, reading[FILE], needed), found.cells)


def _named(label: str, plugin: str, file: str, settings: list[str]) -> str:
    """The label with the file's name beside the plugin's, and the settings before others."""
    head, _, rest = label.removeprefix(plugin).partition(OPEN)
    words = [*settings, *filter(None, rest.removesuffix(CLOSE).split(BETWEEN))]
    brackets = f"{OPEN}{BETWEEN.join(words)}{CLOSE}" if words else ""
    return f"{plugin}{MARK}{re.sub(r'[^A-Za-z0-9_.-]', '_', Path(file).stem)}{head}{brackets}"


def _needed(
    plugin: type[OfFile], reading: Mapping[str, Any], benchmark: Benchmark, found: Opened
) -> dict[str, Any]:
    """The settings without which there would be something else in the file, or nothing."""
    needed = dict(reading)
    for field in reading:
        if field != FILE and needed[field]:
            with contextlib.suppress(HarnessError):
                without = {**needed, field: ""}
                needed = without if _opened(plugin, without, benchmark).hyper == found.hyper else needed
    return {field: value for field, value in needed.items() if field != FILE and value}


def _opened(plugin: type[OfFile], reading: Mapping[str, Any], benchmark: Benchmark) -> Opened:
    file = str(reading[FILE])
    try:
        return _read(plugin, tuple(reading.items()), benchmark, state(file) if file else None)
    except HarnessError as problem:
        raise HarnessError(f"{plugin.__module__.rpartition('.')[2]}: {problem}") from None


@lru_cache(maxsize=32)
def _read(
    plugin: type[OfFile],
    reading: tuple[tuple[str, Any], ...],
    benchmark: Benchmark,
    written: tuple[str, int, int] | None,
) -> Opened:
    """What is in the file; `written` is its state, with which it is read anew."""
    hyper = rebuilt(plugin, dict(reading))  # type: ignore[arg-type]
    return plugin.opened(hyper, bottom(benchmark.space), benchmark.name.partition(MARK)[2])
