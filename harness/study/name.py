"""A method's name as it is written: one of the known ones, and in brackets settings of its own.

Every label that tables print can be typed: `ngae[latent=8]`, `ngae-noc[ngae.latent=8;ngae.epochs=5]`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.study.hyper import VARIANT, field_names
from harness.study.registry import Registry, Role
from tabular.errors import HarnessError, unknown

OPEN, CLOSE, BETWEEN = "[", "]", ";"
Pair = Sequence[tuple[Role, str | None]]
"""The plugins of a method, with their roles."""


def bare(name: str) -> str:
    """The name without its settings."""
    return name.partition(OPEN)[0]


def with_optimizer(name: str, optimizer: str) -> str:
    """The pair of a representation, whose settings stay its own, with an optimizer."""
    known, bracket, rest = name.partition(OPEN)
    return f"{known}+{optimizer}{bracket}{rest}"


def with_own_settings(
    name: str, pair: Pair, overrides: Mapping[str, Mapping[str, str]], registry: Registry
) -> dict[str, dict[str, str]]:
    """Overrides by plugin in which the settings of the name win.

    One without a plugin is of the plugin that the name begins with, else of the only one that has it. Raises
    `HarnessError` for what is no setting, is given twice, or could be of either plugin.
    """
    found = {plugin: dict(given) for plugin, given in overrides.items()}
    own: dict[tuple[str, str], str] = {}
    for word in _words(name):
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise HarnessError(f"'{name}': '{word}' is not field=value")
        plugin, dot, field = key.rpartition(".")
        place = (plugin if dot else _owner(name, field, pair, registry), field)
        if place[0] not in _plugins(pair):
            raise unknown(f"plugin of {bare(name)}", place[0], _plugins(pair))
        if place in own:
            raise HarnessError(f"'{name}': {field} is given twice")
        own[place] = value
    for (plugin, field), value in own.items():
        found.setdefault(plugin, {})[field] = value
    return found


def _words(name: str) -> list[str]:
    """What stands in the brackets. Raises `HarnessError` where they are not whole."""
    _, bracket, rest = name.partition(OPEN)
    if not bracket:
        return []
    if not rest.endswith(CLOSE) or len(rest) == 1 or OPEN in rest or CLOSE in rest[:-1]:
        raise HarnessError(f"'{name}': settings are written name[field=value{BETWEEN}plugin.field=value]")
    return rest.removesuffix(CLOSE).split(BETWEEN)


def _plugins(pair: Pair) -> list[str]:
    return [plugin for _, plugin in pair if plugin]


def _owner(name: str, field: str, pair: Pair, registry: Registry) -> str:
    """The plugin of a setting that names none."""
    first = bare(name).partition("+")[0]
    if first in _plugins(pair):
        return first
    having = [
        plugin for role, plugin in pair
        if plugin and field in {VARIANT, *field_names(registry.load(role, plugin))}
    ]  # fmt: skip
    if len(having) > 1:
        spelt = " or ".join(f"{plugin}.{field}" for plugin in having)
        raise HarnessError(f"'{name}': {field} could be of either plugin: write {spelt}")
    return having[0] if having else _plugins(pair)[0]
