"""From the words of a command line to the runs they stand for. All refusals of a bad request are here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

import tabular
from harness.study.candidates import digest_of, named_candidates, searched
from harness.study.from_file import apart_from_file, bound
from harness.study.hyper import rebuilt
from harness.study.method import Method, Overrides, crossed, plugins_of, resolve_method, with_complexity
from harness.study.options import RunOptions
from harness.study.quality_spec import PREFIX, is_quality
from harness.study.registry import Registry
from harness.study.spec import SHARED_PRETRAIN_SEED, PluginSpec, RunSpec
from methods.base import Limited, MultiFidelity, Optimizer, Plugin
from tabular.answers import refuse_gaps
from tabular.benchmark import Benchmark, Table
from tabular.catalogue import default_protocol, protocols, resolve
from tabular.errors import HarnessError, unknown
from tabular.protocol import Protocol, find_protocol
from tabular.space import EnumerableSpace, SearchSpace
from tabular.spaces.pool import among


def specs(options: RunOptions, overrides: Overrides, registry: Registry) -> list[RunSpec]:
    """All runs of a study, seeds outermost so that every method shows early.

    Raises `HarnessError` for names, pairs, budgets or hyper-parameters that cannot work.
    """
    names, _ = crossed(options.methods, options.optimizers, registry)
    if options.complexity:
        overrides = with_complexity(overrides, names, options.complexity, registry)
    refuse_unused(overrides, {plugin for name in names for plugin in plugins_of(name, registry)})
    runs = []
    for benchmark_name in dict.fromkeys(
        full for name in options.bench for full in resolve(name, options.tie_cells)
    ):
        benchmark = tabular.load(benchmark_name)
        protocol = find_protocol(
            options.protocol or default_protocol(benchmark_name), benchmark_name, protocols()
        )
        if is_quality(protocol.name):
            raise HarnessError(f"protocol '{protocol.name}': names with {PREFIX} are for records of quality")
        refuse_unrecorded(benchmark, protocol)
        candidates = named_candidates(options.candidates, benchmark) if options.candidates else ""
        space = searched(benchmark, candidates)
        budget = _budget(options, benchmark, space, protocol)
        if options.at and max(options.at) > budget:
            raise HarnessError(f"at={max(options.at)} is beyond the budget of {budget} {protocol.unit}")
        methods = []
        for name in names:
            listed = isinstance(space, EnumerableSpace) or bool(apart_from_file(name, registry)[1])
            method = resolve_method(name, overrides, registry, listed and protocol.transductive)
            methods.append(_fitting(method, space, benchmark, protocol, budget, registry))
        runs += [
            RunSpec(
                method=method.label,
                benchmark=benchmark_name,
                table_digest=digest_of(benchmark, candidates),
                protocol=protocol,
                representation=method.representation,
                optimizer=method.optimizer,
                budget=budget,
                seed=seed,
                pretrain_seed=_pretrain_seed(method, seed, options, protocol),
                measured=measured(_parts(method), benchmark),
                candidates=candidates,
            )
            for seed in options.seeds
            for method in methods
        ]
    return list({run.key: run for run in runs}.values())


def refuse_unused(overrides: Overrides, used: set[str]) -> None:
    """Raises `HarnessError` for hyper-parameters of a plugin that the study does not use."""
    for name in overrides:
        if name not in used:
            raise unknown("plugin of this study", name, used)


def _fitting(
    method: Method,
    space: SearchSpace,
    benchmark: Benchmark,
    protocol: Protocol,
    budget: int,
    registry: Registry,
) -> Method:
    """The method as its file has it, if it is read from one; `HarnessError` where it cannot search there."""
    method, own = _within(method, space, benchmark, registry)
    if own is not space and protocol.unit == "queries":  # of the whole the budget was checked
        refuse_too_many(budget, own, protocol, f"{method.label} on {benchmark.name}")
    _check_fit(method, own, benchmark, protocol, registry)
    return method


def _within(
    method: Method, space: SearchSpace, benchmark: Benchmark, registry: Registry
) -> tuple[Method, SearchSpace]:
    """The method, as its file has it where it is read from one, and what of the space it may ask for."""
    if method.representation is None:
        return method, space
    found = bound(method.label, method.representation, benchmark, registry)
    if found is None:
        return method, space
    method = replace(method, label=found.label, representation=found.representation)
    return method, among(space, found.known, closed=True)


def _parts(method: Method) -> list[PluginSpec]:
    """The plugins of a method."""
    return [part for part in (method.representation, method.optimizer) if part]


def refuse_unrecorded(benchmark: Benchmark, protocol: Protocol) -> None:
    """What answers cannot do without: the split searched, the one reported, and times where they are paid."""
    needed = [(protocol.split, epochs) for epochs in protocol.schedules] + [protocol.truth]
    if protocol.unit == "seconds":
        needed += [("seconds", protocol.timed(epochs)[0]) for epochs in protocol.schedules]
    for column, epochs in needed:
        if not benchmark.has(column, epochs):
            raise HarnessError(f"{protocol.name} needs {column}@{epochs}, and {_recorded(benchmark)}")
    if isinstance(benchmark, Table):
        for epochs in protocol.schedules:
            refuse_gaps(benchmark, protocol, epochs)


def _recorded(benchmark: Benchmark) -> str:
    return f"{benchmark.name} records {', '.join(benchmark.recorded)}"


def _budget(options: RunOptions, benchmark: Benchmark, space: SearchSpace, protocol: Protocol) -> int:
    budget = options.budget or protocol.budget
    if protocol.unit == "seconds":
        _refuse_too_little(budget, benchmark, space, protocol)
        return budget
    if budget < protocol.initial_design:
        raise HarnessError(
            f"budget={budget} is below the initial design of {protocol.initial_design} ({protocol.name})"
        )
    refuse_too_many(budget, space, protocol, benchmark.name)
    return budget


def refuse_too_many(budget: int, space: SearchSpace, protocol: Protocol, whose: str) -> None:
    """Raises `HarnessError` where there are fewer architectures than queries."""
    most = space.size
    if protocol.same == "class" and isinstance(space, EnumerableSpace):
        most = len(set(space.canonical(space.all()).tolist()))
    if budget > most:
        raise HarnessError(f"budget={budget} is above the {most} architectures of {whose}")


def _refuse_too_little(budget: int, benchmark: Benchmark, space: SearchSpace, protocol: Protocol) -> None:
    """Raises `HarnessError` where not even the cheapest initial design is paid for."""
    cells = space.sample(1000, np.random.default_rng(0))
    cheapest = protocol.initial_design * float(np.nanmin(benchmark.seconds(cells, protocol.epochs)))
    if budget < cheapest:
        raise HarnessError(
            f"budget={budget} seconds do not pay for the initial design of {protocol.initial_design} "
            f"({protocol.name}), which takes {cheapest:.0f} at the least"
        )


def _check_fit(
    method: Method, space: SearchSpace, benchmark: Benchmark, protocol: Protocol, registry: Registry
) -> None:
    optimizer = registry.load("optimizer", method.optimizer.name)
    assert issubclass(optimizer, Optimizer)
    if not isinstance(space, optimizer.needs_space):
        raise HarnessError(f"'{method.label}' needs a space that can be listed; {benchmark.name} cannot")
    if issubclass(optimizer, MultiFidelity) and not protocol.fidelities:
        raise HarnessError(
            f"'{method.label}' needs a protocol with more than one schedule; {protocol.name} has "
            f"{protocol.epochs} epochs only, and {_recorded(benchmark)}"
        )
    parts: list[tuple[type[Plugin], PluginSpec]] = [(optimizer, method.optimizer)]
    if method.representation:
        refuse_unfit_space(method.label, method.representation, benchmark, registry)
        parts.append((registry.load("representation", method.representation.name), method.representation))
    for plugin, part in parts:
        refuse_unknown_complexity(part, benchmark)
        lists = plugin.lists_space_when is not None and _has(part, *plugin.lists_space_when[:2])
        hint = f" ({part.name}.{plugin.lists_space_when[0]} decides)" if plugin.lists_space_when else ""
        if lists and not isinstance(space, EnumerableSpace):
            raise HarnessError(
                f"'{method.label}' lists all of {benchmark.name}, which cannot be listed{hint}"
            )
        if (lists or plugin.transductive) and not protocol.transductive:
            raise HarnessError(
                f"'{method.label}' sees all unlabelled architectures; {protocol.name} forbids it{hint}"
            )


def refuse_unfit_space(
    label: str, representation: PluginSpec, benchmark: Benchmark, registry: Registry
) -> None:
    """Raises `HarnessError` with the reason where the representation cannot work on the space."""
    plugin = registry.load("representation", representation.name)
    if not issubclass(plugin, Limited):
        return
    problem = plugin.refusal(benchmark.space, rebuilt(plugin, representation.hyper))
    if problem:
        raise HarnessError(f"'{label}' cannot work on {benchmark.name}: {problem}")


def refuse_unknown_complexity(part: PluginSpec, benchmark: Benchmark) -> None:
    """Raises `HarnessError` where a plugin is told of a measure that the space has no numbers of."""
    known = benchmark.space.complexity_measures
    for measure in part.complexity:
        if measure not in known:
            raise unknown(f"complexity measure of {benchmark.name}", measure, known)


def _has(part: PluginSpec, field: str, value: object) -> bool:
    return bool(part.hyper.get(field) == value)


def measured(parts: Iterable[PluginSpec], benchmark: Benchmark) -> str:
    """Identity of the complexity that plugins learn or price, where it was measured on devices."""
    on_devices = any(":" in measure for part in parts for measure in part.complexity)
    return benchmark.space.complexity_digest if on_devices else ""


def _pretrain_seed(method: Method, seed: int, options: RunOptions, protocol: Protocol) -> int | None:
    """None where nothing is pre-trained: no such stage, or a protocol that hides the unlabelled space."""
    if not method.pretrains or not protocol.transductive:
        return None
    return SHARED_PRETRAIN_SEED if options.pretrain_seed == "shared" else seed
