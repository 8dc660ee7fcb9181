"""Where a plugin lies: a module of ours, an installed package, or a file named by `plugins=`."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import final

import methods.optimizers
import methods.representations
from harness.study.plugin_class import ROLES, Role, role_of, the_class
from methods.base import Plugin
from tabular.errors import HarnessError
from tabular.outside.installed import described, load_point

PACKAGES: dict[Role, ModuleType] = {
    "representation": methods.representations,
    "optimizer": methods.optimizers,
}


class Place(ABC):
    """Of one plugin."""

    @abstractmethod
    def load(self) -> tuple[type[Plugin], str]:
        """The class, and the digest of its code (empty for what is built in).

        Raises `HarnessError`, one sentence, if there is none or it is not complete.
        """

    def summary(self) -> str:
        """First line of the docstring of its module, or else of its class."""
        plugin = self.load()[0]
        module = importlib.import_module(plugin.__module__)
        return first_line(module.__doc__, plugin.__dict__.get("__doc__"))


@dataclass(frozen=True)
class BuiltIn(Place):
    """A module of `methods`, imported when it is used."""

    module: str

    def load(self) -> tuple[type[Plugin], str]:
        return the_class(importlib.import_module(self.module), self.module), ""

    def summary(self) -> str:
        """Read without importing."""
        spec = importlib.util.find_spec(self.module)
        assert spec is not None and spec.origin is not None
        tree = ast.parse(Path(spec.origin).read_bytes())
        classes: list[ast.Module | ast.ClassDef] = [n for n in tree.body if isinstance(n, ast.ClassDef)]
        return first_line(*(ast.get_docstring(node) for node in [tree, *classes]))


@dataclass(frozen=True)
class Installed(Place):
    """An entry point, imported when it is used."""

    point: EntryPoint
    role: Role

    def load(self) -> tuple[type[Plugin], str]:
        found, digest = load_point(self.point)
        where = described(self.point)
        if isinstance(found, ModuleType):
            found = the_class(found, where)
        if not (inspect.isclass(found) and issubclass(found, ROLES[self.role])):
            raise HarnessError(f"{where} is no {self.role} class")
        role_of(found, where)
        return found, digest


@final
@dataclass(frozen=True)
class InFile(Place):
    """The class of a plugin file, as it was when the file was read."""

    plugin: type[Plugin]
    digest: str
    doc: str = field(default="", repr=False)

    def load(self) -> tuple[type[Plugin], str]:
        return self.plugin, self.digest

    def summary(self) -> str:
        """First line of the docstring of the file, or else of its class."""
        return first_line(self.doc, self.plugin.__dict__.get("__doc__"))


def built_in(role: Role) -> dict[str, Place]:
    """By name the modules of ours; those whose name begins with `_` are no plugins."""
    package = PACKAGES[role]
    return {
        module.name: BuiltIn(f"{package.__name__}.{module.name}")
        for module in pkgutil.iter_modules(package.__path__)
        if not module.name.startswith("_")
    }


def first_line(*texts: str | None) -> str:
    """First line of the first text that is one."""
    lines: Iterable[str] = (text.strip().splitlines()[0] for text in texts if text and text.strip())
    return next(iter(lines), "")
