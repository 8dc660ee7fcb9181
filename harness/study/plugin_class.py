"""The one class of a plugin's module, and what keeps a class from being a plugin."""

from __future__ import annotations

import dataclasses
import inspect
from types import ModuleType
from typing import Literal

from methods.base import Optimizer, Plugin, Representation
from tabular.errors import HarnessError

Role = Literal["representation", "optimizer"]
ROLES: dict[Role, type[Plugin]] = {"representation": Representation, "optimizer": Optimizer}


def plugin_classes(module: ModuleType) -> list[type[Plugin]]:
    """Classes of either role that a module defines and builds nothing else upon."""
    mine = [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Plugin) and value.__module__ == module.__name__
    ]
    bases = {base for each in mine for base in each.__mro__[1:]}
    return [each for each in dict.fromkeys(mine) if each not in bases]


def the_class(module: ModuleType, where: str) -> type[Plugin]:
    """The plugin of a module; `HarnessError` begins with `where` and says why there is none."""
    found = plugin_classes(module)
    if not found:
        raise HarnessError(f"{where} must define a class with base Representation or one with base Optimizer")
    if len(found) > 1:
        names = ", ".join(each.__name__ for each in found)
        raise HarnessError(f"{where} must define one plugin, not {len(found)}: {names}")
    role_of(found[0], where)
    return found[0]


def role_of(plugin: type[Plugin], where: str) -> Role:
    """Role of a class; `HarnessError` says what it lacks to play it."""
    roles = [role for role, base in ROLES.items() if issubclass(plugin, base)]
    name = plugin.__name__
    if len(roles) != 1:
        bases = " and ".join(ROLES[role].__name__ for role in roles) or "neither"
        raise HarnessError(f"{where}: {name} must be a Representation or an Optimizer; it is {bases}")
    lacking = sorted(plugin.__abstractmethods__)
    if lacking:
        raise HarnessError(f"{where}: {name} lacks {' and '.join(lacking)}")
    if not dataclasses.is_dataclass(plugin.Hyper):
        raise HarnessError(f"{where}: {name}.Hyper is no dataclass")
    for field in dataclasses.fields(plugin.Hyper):
        if (
            field.init
            and field.default is dataclasses.MISSING
            and field.default_factory is dataclasses.MISSING
        ):
            raise HarnessError(f"{where}: {name}.Hyper.{field.name} has no default")
    return roles[0]
