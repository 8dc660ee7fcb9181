"""From the words of a command line to the runs they stand for. All refusals of a bad request are here."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

import tabular
from harness.options import RunOptions, explain
from harness.registry import Registry, Role
from harness.spec import SHARED_PRETRAIN_SEED, PluginSpec, RunSpec
from methods.base import Optimizer, Plugin, Pretrainable
from tabular.benchmark import Benchmark
from tabular.catalogue import default_protocol, protocols, resolve
from tabular.errors import HarnessError, unknown
from tabular.protocol import Protocol, find_protocol

Overrides = dict[str, dict[str, str]]


@dataclasses.dataclass(frozen=True)
class Method:
    """A resolved pair of plugins with its label."""

    label: str
    representation: PluginSpec | None
    optimizer: PluginSpec
    pretrains: bool


def specs(options: RunOptions, overrides: Overrides, registry: Registry) -> list[RunSpec]:
    """All runs of a study, seeds outermost so that every method shows early.

    Raises `HarnessError` for names, pairs, budgets or hyper-parameters that cannot work.
    """
    methods = [_method(name, overrides, registry) for name in options.methods]
    _refuse_unused(overrides, methods)
    runs = []
    for benchmark_name in dict.fromkeys(full for name in options.bench for full in resolve(name)):
        benchmark = tabular.load(benchmark_name)
        protocol = find_protocol(
            options.protocol or default_protocol(benchmark_name), benchmark_name, protocols()
        )
        budget = _budget(options, benchmark, protocol)
        if options.at and max(options.at) > budget:
            raise HarnessError(f"at={max(options.at)} is beyond the budget of {budget} queries")
        for method in methods:
            _check_fit(method, benchmark, protocol, registry)
        runs += [
            RunSpec(
                method=method.label,
                benchmark=benchmark_name,
                table_digest=benchmark.digest,
                protocol=protocol,
                representation=method.representation,
                optimizer=method.optimizer,
                budget=budget,
                seed=seed,
                pretrain_seed=_pretrain_seed(method, seed, options, protocol),
            )
            for seed in options.seeds
            for method in methods
        ]
    return list({run.key: run for run in runs}.values())


def _method(name: str, overrides: Overrides, registry: Registry) -> Method:
    representation_name, optimizer_name = _pair(name, registry)
    optimizer = registry.load("optimizer", optimizer_name)
    assert issubclass(optimizer, Optimizer)
    if representation_name is None:
        if optimizer.needs:
            raise HarnessError(
                f"'{optimizer_name}' needs a representation. {_working_pairs(optimizer_name, registry)}"
            )
        chosen, pretrains = None, False
    else:
        representation = registry.load("representation", representation_name)
        lacking = [role.__name__ for role in optimizer.needs if not issubclass(representation, role)]
        if not optimizer.needs:
            raise HarnessError(f"'{optimizer_name}' uses no representation: write methods={optimizer_name}")
        if lacking:
            raise HarnessError(
                f"'{name}' cannot work: {optimizer_name} needs a {' and a '.join(lacking)}, which "
                f"{representation_name} is not. {_working_pairs(optimizer_name, registry)}"
            )
        chosen = _plugin("representation", representation_name, overrides, registry)
        pretrains = issubclass(representation, Pretrainable)
    picked = _plugin("optimizer", optimizer_name, overrides, registry)
    default = getattr(registry.load("representation", chosen.name), "default_optimizer", "") if chosen else ""
    label = chosen.name if chosen and default == picked.name else name
    changed = [_changes("optimizer", picked, label, registry)]
    if chosen:
        changed.insert(0, _changes("representation", chosen, label, registry))
    suffix = ";".join(each for each in changed if each)
    return Method(f"{label}[{suffix}]" if suffix else label, chosen, picked, pretrains)


def _changes(role: Role, part: PluginSpec, label: str, registry: Registry) -> str:
    """Fields that differ from their defaults, as `plugin.field=value;...`; no prefix for the label's own."""
    prefix = "" if part.name == label.partition("+")[0] else f"{part.name}."
    default = dataclasses.asdict(registry.load(role, part.name).Hyper())
    return ";".join(f"{prefix}{key}={value}" for key, value in part.hyper.items() if value != default[key])


def _pair(name: str, registry: Registry) -> tuple[str | None, str]:
    """Representation and optimizer a method's name stands for."""
    representation, plus, optimizer = name.partition("+")
    if plus:
        return representation, optimizer
    if registry.has("representation", name):
        default: str = getattr(registry.load("representation", name), "default_optimizer", "")
        if not default:
            raise HarnessError(f"representation '{name}' has no default optimizer: write {name}+<optimizer>")
        return name, default
    if registry.has("optimizer", name):
        return None, name
    raise unknown("method", name, registry.all_names)


def _working_pairs(optimizer_name: str, registry: Registry) -> str:
    """The pairs with this optimizer that would work, as a sentence."""
    needs = getattr(registry.load("optimizer", optimizer_name), "needs", ())
    fitting = [
        f"{name}+{optimizer_name}"
        for name in registry.names("representation")
        if all(issubclass(registry.load("representation", name), role) for role in needs)
    ]
    return f"Pairs that work: {', '.join(fitting) or 'none'}"


def _plugin(role: Role, name: str, overrides: Overrides, registry: Registry) -> PluginSpec:
    plugin = registry.load(role, name)
    hyper = _hyper(name, plugin, overrides.get(name, {}))
    return PluginSpec(name, registry.version(role, name), hyper)


def _hyper(name: str, plugin: type[Plugin], given: dict[str, str]) -> dict[str, Any]:
    if not dataclasses.is_dataclass(plugin.Hyper):
        raise HarnessError(f"the Hyper of plugin '{name}' is no dataclass")
    fields = {field.name for field in dataclasses.fields(plugin.Hyper)}
    for field in given:
        if field not in fields:
            raise unknown(f"field of {name}", field, fields)
    try:
        validated = _adapter(plugin).validate_python(given)
    except ValidationError as problem:
        raise HarnessError(f"{name}.{explain(problem, given)}") from None
    return dataclasses.asdict(validated)


def build(role: Role, plugin: PluginSpec, registry: Registry, rng: np.random.Generator) -> Plugin:
    """An instance of a spec's plugin, its `Hyper` rebuilt from the spec's plain values."""
    cls = registry.load(role, plugin.name)
    return cls(_adapter(cls).validate_python(plugin.hyper), rng)


@cache
def _adapter(plugin: type[Plugin]) -> TypeAdapter[Any]:
    return TypeAdapter(plugin.Hyper)


def _refuse_unused(overrides: Overrides, methods: list[Method]) -> None:
    used = {m.optimizer.name for m in methods} | {m.representation.name for m in methods if m.representation}
    for name in overrides:
        if name not in used:
            raise unknown("plugin of this study", name, used)


def _budget(options: RunOptions, benchmark: Benchmark, protocol: Protocol) -> int:
    budget = options.budget or protocol.budget
    space = benchmark.space
    most = space.size
    if protocol.same == "class":
        most = len(set(space.canonical(space.all()).tolist()))
    if budget < protocol.initial_design:
        raise HarnessError(
            f"budget={budget} is below the initial design of {protocol.initial_design} ({protocol.name})"
        )
    if budget > most:
        raise HarnessError(f"budget={budget} is above the {most} architectures of {benchmark.name}")
    return budget


def _check_fit(method: Method, benchmark: Benchmark, protocol: Protocol, registry: Registry) -> None:
    optimizer = registry.load("optimizer", method.optimizer.name)
    assert issubclass(optimizer, Optimizer)
    if not isinstance(benchmark.space, optimizer.needs_space):
        raise HarnessError(f"'{method.label}' needs a space that can be listed; {benchmark.name} cannot")
    parts: list[type[Plugin]] = [optimizer]
    if method.representation:
        parts.append(registry.load("representation", method.representation.name))
    if not protocol.transductive and any(part.transductive for part in parts):
        raise HarnessError(f"'{method.label}' sees all unlabelled architectures; {protocol.name} forbids it")


def _pretrain_seed(method: Method, seed: int, options: RunOptions, protocol: Protocol) -> int | None:
    """None where nothing is pre-trained: no such stage, or a protocol that hides the unlabelled space."""
    if not method.pretrains or not protocol.transductive:
        return None
    return SHARED_PRETRAIN_SEED if options.pretrain_seed == "shared" else seed
