"""From a method's name and overridden hyper-parameters to the pair of plugins it stands for."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness.study.from_file import apart_from_file, nameless, with_file
from harness.study.hyper import VARIANT, changes, field_names, rebuilt, resolved
from harness.study.name import bare, with_optimizer, with_own_settings
from harness.study.registry import ROLES, Registry, Role
from harness.study.spec import PluginSpec
from methods.base import Optimizer, Plugin, Pretrainable
from methods.systems import SYSTEMS
from tabular.errors import HarnessError, unknown

Overrides = dict[str, dict[str, str]]


@dataclasses.dataclass(frozen=True)
class Method:
    """A resolved pair of plugins with its label."""

    label: str
    representation: PluginSpec | None
    optimizer: PluginSpec
    pretrains: bool


def resolve_method(name: str, overrides: Overrides, registry: Registry, listable: bool = True) -> Method:
    """The pair of plugins with every hyper-parameter; `HarnessError` where the pair cannot work.

    Where the space is not `listable` and nothing else is given, a plugin that would list it by default
    gets the setting that does not; the label says so. Settings in the name win over `overrides`. A file that
    the representation is read from is among its hyper-parameters here, and has no part in the label.
    """
    name, overrides = with_file(name, overrides, registry)
    representation, optimizer, settings = _meaning(name, registry)
    pair = tuple(zip(ROLES, (representation, optimizer), strict=True))
    overrides = with_own_settings(name, pair, overrides, registry)
    if not listable:
        settings = _without_listing(settings, (representation, optimizer), overrides, registry)
    problem = misfit(representation, optimizer, registry)
    if problem:
        raise HarnessError(f"'{name}' cannot work: {problem}")
    picked = plugin_spec("optimizer", optimizer, settings, overrides, registry)
    chosen, pretrains = None, False
    if representation is not None:
        chosen = plugin_spec("representation", representation, settings, overrides, registry)
        pretrains = learns_first(chosen, registry)
    shown = chosen and nameless(chosen, registry)
    return Method(_label(shown, picked, registry), chosen, picked, pretrains)


def learns_first(representation: PluginSpec, registry: Registry) -> bool:
    """Whether there is something to learn before any label is paid for."""
    plugin = registry.load("representation", representation.name)
    return issubclass(plugin, Pretrainable) and plugin.pretrains(rebuilt(plugin, representation.hyper))


def with_complexity(
    overrides: Overrides, names: Sequence[str], measure: str, registry: Registry
) -> Overrides:
    """Overrides in which every plugin of the methods that has a field `complexity` uses this measure.

    What is given for a plugin by name stands. Raises `HarnessError` if no plugin has such a field.
    """
    found = dict(overrides)
    learners = {
        plugin
        for name in names
        for role, plugin in zip(ROLES, _pair(name, registry), strict=True)
        if plugin and "complexity" in field_names(registry.load(role, plugin))
    }
    if not learners:
        raise HarnessError(f"complexity={measure}: none of {', '.join(names)} learns or prices complexity")
    for plugin in learners:
        found[plugin] = {"complexity": measure, **overrides.get(plugin, {})}
    return found


def plugins_of(name: str, registry: Registry) -> set[str]:
    """Names of the plugins of a method."""
    return {plugin for plugin in _pair(name, registry) if plugin}


def misfit(representation: str | None, optimizer: str, registry: Registry) -> str | None:
    """Why the pair cannot work, or None."""
    needs = _needs(optimizer, registry)
    if representation is None:
        return f"it needs a representation. {_working_pairs(optimizer, registry)}" if needs else None
    plugin = registry.load("representation", representation)
    if not needs:
        return f"{optimizer} uses no representation: write methods={optimizer}"
    lacking = [role.__name__ for role in needs if not issubclass(plugin, role)]
    if not lacking:
        return None
    wanted = " and a ".join(lacking)
    return (
        f"{optimizer} needs a {wanted}, which {representation} is not. {_working_pairs(optimizer, registry)}"
    )


def crossed(
    methods: tuple[str, ...], optimizers: tuple[str, ...], registry: Registry
) -> tuple[list[str], list[str]]:
    """Every representation among `methods` with every optimizer; and a sentence per pair that cannot work.

    A name that is also a system's (`nao`) stays that where the optimizer is the system's. Other names
    (pairs, systems, optimizers that need no representation) stay as they are. Raises `HarnessError` if
    nothing is left, or nothing could be crossed.
    """
    names: list[str] = []
    left_out: list[str] = []
    plain = {name: bare(apart_from_file(name, registry)[0]) for name in methods}
    if optimizers and not any(registry.has("representation", known) for known in plain.values()):
        raise HarnessError("optimizers= crosses representations, but methods= names none")
    for name, known in plain.items():
        if not optimizers or not registry.has("representation", known):
            names.append(name)
            continue
        for optimizer in optimizers:
            problem = misfit(known, optimizer, registry)
            if problem:
                left_out.append(f"{known}+{optimizer} is left out: {problem}")
            elif known in SYSTEMS and SYSTEMS[known].optimizer == optimizer:
                names.append(name)
            else:
                names.append(with_optimizer(name, optimizer))
    if not names:
        raise HarnessError(left_out[0])
    return names, left_out


def build(role: Role, plugin: PluginSpec, registry: Registry, rng: np.random.Generator) -> Plugin:
    """An instance of a spec's plugin, its `Hyper` rebuilt from the spec's plain values.

    Raises `HarnessError` where the plugin is not the one that the spec is for.
    """
    cls = registry.load(role, plugin.name)
    if registry.version(role, plugin.name) != plugin.version:
        raise HarnessError(
            f"{plugin.name}: its code changed while the study ran; the same command runs it anew"
        )
    return cls(rebuilt(cls, plugin.hyper), rng)


def _pair(name: str, registry: Registry) -> tuple[str | None, str]:
    """Representation and optimizer of a method."""
    return _meaning(apart_from_file(name, registry)[0], registry)[:2]


def _meaning(name: str, registry: Registry) -> tuple[str | None, str, Mapping[str, Mapping[str, Any]]]:
    """Representation, optimizer and settings that a name without a file stands for, apart from settings in
    brackets."""
    name = bare(name)
    if name in SYSTEMS:
        system = SYSTEMS[name]
        return system.representation, system.optimizer, system.settings
    representation, plus, optimizer = name.partition("+")
    if plus:
        return representation, optimizer, {}
    if registry.has("representation", name):
        default = registry.default_optimizer(name)
        if not default:
            raise HarnessError(f"representation '{name}' has no default optimizer: write {name}+<optimizer>")
        return name, default, {}
    if registry.has("optimizer", name):
        return None, name, {}
    raise unknown("method", name, {*registry.all_names, *SYSTEMS})


def _without_listing(
    settings: Mapping[str, Mapping[str, Any]],
    pair: tuple[str | None, str],
    overrides: Overrides,
    registry: Registry,
) -> Mapping[str, Mapping[str, Any]]:
    """Settings in which no plugin of the pair lists the space."""
    changed = dict(settings)
    for role, name in zip(ROLES, pair, strict=True):
        if name is None:
            continue
        plugin, mine = registry.load(role, name), settings.get(name, {})
        if plugin.lists_space_when:
            field, listing, instead = plugin.lists_space_when
            variant = {key: value for key, value in overrides.get(name, {}).items() if key == VARIANT}
            if resolved(name, plugin, mine, variant).get(field) == listing:
                changed[name] = {**mine, field: instead}
    return changed


def _needs(optimizer: str, registry: Registry) -> tuple[type, ...]:
    plugin = registry.load("optimizer", optimizer)
    assert issubclass(plugin, Optimizer)
    return plugin.needs


def working_pairs(optimizer: str, registry: Registry) -> list[str]:
    """The pairs with this optimizer that work."""
    needs = _needs(optimizer, registry)
    return [
        f"{name}+{optimizer}"
        for name in registry.working("representation")
        if all(issubclass(registry.load("representation", name), role) for role in needs)
    ]


def _working_pairs(optimizer: str, registry: Registry) -> str:
    return f"Pairs that work: {', '.join(working_pairs(optimizer, registry)) or 'none'}"


def plugin_spec(
    role: Role,
    name: str,
    settings: Mapping[str, Mapping[str, Any]],
    overrides: Overrides,
    registry: Registry,
) -> PluginSpec:
    """A plugin with all its hyper-parameters: its own, those of `settings`, and what is given."""
    given = overrides.get(name, {})
    hyper = resolved(name, registry.load(role, name), settings.get(name, {}), given)
    return PluginSpec(name, registry.version(role, name), hyper)


def _label(representation: PluginSpec | None, optimizer: PluginSpec, registry: Registry) -> str:
    """The name that needs the fewest changed hyper-parameters, then those changes.

    One pair of plugins with one set of hyper-parameters has one label, however it was written.
    """
    labels = [
        (label, _changes(label, representation, optimizer, settings, registry))
        for label, settings in _names_of(representation, optimizer, registry)
    ]
    label, changes = min(labels, key=lambda pair: len(pair[1]))  # the first of equals
    return f"{label}[{';'.join(changes)}]" if changes else label


def _names_of(
    representation: PluginSpec | None, optimizer: PluginSpec, registry: Registry
) -> Iterator[tuple[str, Mapping[str, Mapping[str, Any]]]]:
    """Names a pair can go by, with the settings each name implies."""
    first = representation.name if representation else None
    if first is None:
        yield optimizer.name, {}
    elif registry.default_optimizer(first) == optimizer.name:
        yield first, {}
    for name, system in SYSTEMS.items():
        if (system.representation, system.optimizer) == (first, optimizer.name):
            yield name, system.settings
    if first:
        yield f"{first}+{optimizer.name}", {}


def _changes(
    label: str,
    representation: PluginSpec | None,
    optimizer: PluginSpec,
    settings: Mapping[str, Mapping[str, Any]],
    registry: Registry,
) -> list[str]:
    """Fields that differ from what the label implies, as `plugin.field=value`; its own without prefix."""
    roles: list[tuple[Role, PluginSpec | None]] = [
        ("representation", representation),
        ("optimizer", optimizer),
    ]
    words = []
    for role, part in roles:
        if part is None:
            continue
        prefix = "" if part.name == label.partition("+")[0] else f"{part.name}."
        changed = changes(registry.load(role, part.name), part.hyper, settings.get(part.name, {}))
        words += [f"{prefix}{key}={value}" for key, value in changed.items()]
    return words
