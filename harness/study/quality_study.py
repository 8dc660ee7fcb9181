"""From the words of a command line to what is measured of which representation, with all refusals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.study.from_file import bound
from harness.study.method import Method, Overrides, resolve_method
from harness.study.quality_options import QualityOptions
from harness.study.quality_spec import QualitySpec
from harness.study.registry import Registry
from harness.study.represented import Represented, resolve_representation
from harness.study.spec import PluginSpec
from harness.study.study import (
    measured,
    refuse_unfit_space,
    refuse_unknown_complexity,
    refuse_unrecorded,
    refuse_unused,
)
from methods.base import MultiFidelity, Optimizer, Representation
from tabular.benchmark import Benchmark, Unlabelled
from tabular.catalogue import default_protocol, judge, load_unlabelled, protocols, resolve
from tabular.errors import HarnessError, unknown
from tabular.protocol import find_protocol
from tabular.space import EnumerableSpace
from tabular.spaces.pool import whole


@dataclass(frozen=True)
class Demands:
    """What a part asks for."""

    sizes: tuple[str, ...] = ()
    """How much is measured: the names of what it reads."""
    needs: tuple[type, ...] = ()
    """Roles of the representation without which there is nothing to measure."""
    searches: bool = False
    """Whether it looks at the search of a method, with the labels of the training part."""
    judged: bool = False
    """Whether what the benchmark does not know is asked of its surrogate."""
    asked: bool = False
    """Whether it is measured only where it is named."""
    labels: bool = False
    """Whether it brings labels of its own, and so wants none to have been learnt."""


@dataclass(frozen=True)
class Line:
    """A line of the tables: a representation, or a method whose search is looked at, with its parts."""

    label: str
    representation: PluginSpec
    pretrains: bool
    optimizer: PluginSpec | None
    parts: Sequence[str]

    @property
    def plugins(self) -> list[PluginSpec]:
        """What decides its numbers."""
        return [self.representation, *([self.optimizer] if self.optimizer else [])]


Parts = Mapping[str, Demands]


def quality_specs(
    options: QualityOptions,
    overrides: Overrides,
    registry: Registry,
    parts: Parts,
    sizes: Mapping[str, Any],
) -> tuple[list[QualitySpec], list[str]]:
    """All parts of a study, seeds outermost so that every method shows early; and sentences on what is left
    out.

    Raises `HarnessError` for names and hyper-parameters that cannot work, and if nothing is left.
    """
    for part in options.parts or ():
        if part not in parts:
            raise unknown("part", part, parts)
    unasked = [name for name, part in parts.items() if not part.asked]
    wanted = {name: parts[name] for name in options.parts or unasked}
    looks = {name: part for name, part in wanted.items() if not part.searches}
    searches = {name: part for name, part in wanted.items() if part.searches}
    left_out = []
    if searches and options.labels == "none":
        left_out.append(f"{', '.join(searches)} left out: a search is looked at with labels=training alone")
        searches = {}
    if options.labels == "training" and (own := [name for name, part in looks.items() if part.labels]):
        left_out.append(f"{', '.join(own)} left out: it brings labels of its own, so labels=none alone")
        looks = {name: part for name, part in looks.items() if not part.labels}
    still, sentences = _still(options, overrides, registry, looks)
    searching, more = _searching(options, overrides, registry, searches)
    left_out += [*sentences, *more]
    refuse_unused(overrides, {plugin.name for line in (*still, *searching) for plugin in line.plugins})
    study: list[QualitySpec] = []
    for name in dict.fromkeys(full for asked in options.bench for full in resolve(asked)):
        benchmark = load_unlabelled(name)
        if isinstance(benchmark, Unlabelled):
            left_out.append(f"{name}: its data are not here, and numbers that need accuracies are missing")
        lines = list(still)
        if searching:
            fitting, more = _on_space(options, overrides, registry, searches, benchmark)
            lines += fitting
            left_out += more
        study += _on(benchmark, lines, parts, options, sizes, registry)
    left_out = list(dict.fromkeys(left_out))
    if not study:
        raise HarnessError("; ".join(left_out))
    return study, left_out


def _still(
    options: QualityOptions, overrides: Overrides, registry: Registry, parts: Parts
) -> tuple[list[Line], list[str]]:
    """Representations with what is measured of them apart from any search."""
    lines, left_out = {}, []
    for name in options.methods:
        method = resolve_representation(name, overrides, registry)
        fitting, sentences = _fitting(method, parts, options.labels == "training", registry)
        lines[method.label] = Line(method.label, method.representation, method.pretrains, None, fitting)
        left_out += sentences
    return list(lines.values()), left_out


def _searching(
    options: QualityOptions, overrides: Overrides, registry: Registry, parts: Parts, listable: bool = True
) -> tuple[list[Line], list[str]]:
    """Methods whose search is looked at; the names that are none are left out."""
    lines, left_out = {}, []
    for name in options.methods if parts else ():
        try:
            method = resolve_method(name, overrides, registry, listable)
        except HarnessError as problem:
            left_out.append(f"{name}: {', '.join(parts)} left out: {problem}")
            continue
        assert method.representation is not None  # others are refused as representations
        fitting, sentences = _fitting(method, parts, True, registry)
        lines[method.label] = Line(
            method.label, method.representation, method.pretrains, method.optimizer, fitting
        )
        left_out += sentences
    return list(lines.values()), left_out


def _on_space(
    options: QualityOptions, overrides: Overrides, registry: Registry, parts: Parts, benchmark: Benchmark
) -> tuple[list[Line], list[str]]:
    """The methods whose search works on the whole space of a benchmark, and why others do not."""
    space = whole(benchmark.space)
    lines, left_out = _searching(options, overrides, registry, parts, isinstance(space, EnumerableSpace))
    fitting = []
    for line in lines:
        assert line.optimizer is not None
        plugin = registry.load("optimizer", line.optimizer.name)
        assert issubclass(plugin, Optimizer)
        if issubclass(plugin, MultiFidelity) or not isinstance(space, plugin.needs_space):
            why = (
                "it asks for shorter schedules" if issubclass(plugin, MultiFidelity) else "it lists the space"
            )
            left_out.append(f"{line.label} on {benchmark.name}: {', '.join(line.parts)} left out: {why}")
        else:
            fitting.append(line)
    return fitting, left_out


def _on(
    benchmark: Benchmark,
    lines: Sequence[Line],
    parts: Parts,
    options: QualityOptions,
    sizes: Mapping[str, Any],
    registry: Registry,
) -> Iterator[QualitySpec]:
    """What is measured on one benchmark."""
    lines = [_read(line, benchmark, registry) for line in lines]
    protocol = find_protocol(default_protocol(benchmark.name), benchmark.name, protocols())
    if options.labels == "training":
        refuse_unrecorded(benchmark, protocol)
    for line in lines:
        refuse_unfit_space(line.label, line.representation, benchmark, registry)
        for plugin in line.plugins:
            refuse_unknown_complexity(plugin, benchmark)
    other = judge(benchmark.name)
    for seed in options.seeds:
        for line in lines:
            for part in line.parts:
                yield QualitySpec(
                    method=line.label,
                    benchmark=benchmark.name,
                    table_digest=benchmark.digest,
                    protocol=protocol,
                    seed=seed,
                    representation=line.representation,
                    part=part,
                    split=0 if isinstance(benchmark.space, EnumerableSpace) else options.cells,
                    labels=options.labels,
                    sizes={size: sizes[size] for size in parts[part].sizes},
                    pretrains=line.pretrains,
                    measured=measured(line.plugins, benchmark),
                    optimizer=line.optimizer,
                    judge=other.digest if other and parts[part].judged else "",
                )


def _read(line: Line, benchmark: Benchmark, registry: Registry) -> Line:
    """The line, as its file has it where its representation is read from one."""
    found = bound(line.label, line.representation, benchmark, registry)
    return replace(line, label=found.label, representation=found.representation) if found else line


def _fitting(
    method: Represented | Method, parts: Parts, labelled: bool, registry: Registry
) -> tuple[list[str], list[str]]:
    """The parts that can be measured of a representation, and why others cannot."""
    assert method.representation is not None
    plugin = registry.load("representation", method.representation.name)
    assert issubclass(plugin, Representation)
    if not (labelled or method.pretrains or plugin.static):
        own = {name: part for name, part in parts.items() if part.labels}
        if not own:
            return [], [f"{method.label} is left out: it learns from labels alone, and labels=none"]
        parts = own
    fitting: list[str] = []
    lacking: dict[str, list[str]] = {}
    for name, part in parts.items():
        missing = " and no ".join(role.__name__ for role in part.needs if not issubclass(plugin, role))
        if missing:
            lacking.setdefault(missing, []).append(name)
        else:
            fitting.append(name)
    return fitting, [
        f"{method.label}: {', '.join(left)} left out: it is no {roles}" for roles, left in lacking.items()
    ]
