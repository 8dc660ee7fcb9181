"""From a method's name and overridden hyper-parameters to the representation it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.study.from_file import nameless, with_file
from harness.study.hyper import changes
from harness.study.method import Overrides, learns_first, plugin_spec
from harness.study.name import bare, with_own_settings
from harness.study.registry import Registry
from harness.study.spec import PluginSpec
from methods.systems import SYSTEMS
from tabular.errors import HarnessError, unknown


@dataclass(frozen=True)
class Represented:
    """A resolved representation with its label."""

    label: str
    representation: PluginSpec
    pretrains: bool


def resolve_representation(name: str, overrides: Overrides, registry: Registry) -> Represented:
    """The representation with every hyper-parameter; `HarnessError` for a name that stands for none.

    A system's name (`ngae-published`) stands for its representation with its settings, a pair for its first.
    A file that it is read from is among the hyper-parameters here, and has no part in the label.
    """
    name, overrides = with_file(name, overrides, registry)
    representation, optimizer, settings = _meaning(name, registry)
    overrides = with_own_settings(
        name, (("representation", representation), ("optimizer", optimizer)), overrides, registry
    )
    chosen = plugin_spec("representation", representation, settings, overrides, registry)
    return Represented(_label(nameless(chosen, registry), registry), chosen, learns_first(chosen, registry))


def _meaning(name: str, registry: Registry) -> tuple[str, str | None, Mapping[str, Mapping[str, Any]]]:
    """Representation, optimizer if any and settings a method's name stands for."""
    name = bare(name)
    if name in SYSTEMS:
        system = SYSTEMS[name]
        if system.representation is None:
            raise HarnessError(f"'{name}' has no representation, whose quality could be measured")
        return system.representation, system.optimizer, system.settings
    representation, _, optimizer = name.partition("+")
    if registry.has("representation", representation):
        return representation, optimizer or registry.default_optimizer(representation) or None, {}
    if registry.has("optimizer", name):
        raise HarnessError(f"'{name}' is an optimizer; quality is of representations")
    raise unknown("representation", name, {*registry.names("representation"), *_systems()})


def _systems() -> list[str]:
    """Names of systems with a representation."""
    return [name for name, system in SYSTEMS.items() if system.representation]


def _label(representation: PluginSpec, registry: Registry) -> str:
    """The name that needs the fewest changed hyper-parameters, its own before others; then those changes.

    One representation with one set of hyper-parameters has one label, however it was written.
    """
    own = representation.name
    plugin = registry.load("representation", own)
    names: dict[str, Mapping[str, Any]] = {own: {}}
    for name in _systems():
        if SYSTEMS[name].representation == own:
            names.setdefault(name, SYSTEMS[name].settings.get(own, {}))
    changed = {name: changes(plugin, representation.hyper, settings) for name, settings in names.items()}
    label = min(changed, key=lambda name: len(changed[name]))
    prefix = "" if label == own else f"{own}."
    words = [f"{prefix}{field}={value}" for field, value in changed[label].items()]
    return f"{label}[{';'.join(words)}]" if words else label
