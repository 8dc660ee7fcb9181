"""Plugins by name. Listing reads file names and docstrings only; a class is imported when it is used."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import inspect
import pkgutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Literal

import methods.optimizers
import methods.representations
from methods.base import Optimizer, Plugin, Representation
from tabular.errors import HarnessError, unknown

Role = Literal["representation", "optimizer"]
ROLES: dict[Role, type[Plugin]] = {"representation": Representation, "optimizer": Optimizer}
BUILT_IN = {"representation": methods.representations, "optimizer": methods.optimizers}


@dataclass(frozen=True)
class Source:
    """Where a plugin lies: a built-in module, an installed entry point or a file."""

    name: str
    module: str = ""
    entry_point: EntryPoint | None = None
    file: Path | None = None

    def load(self) -> ModuleType:
        """Import the module."""
        if self.entry_point:
            return importlib.import_module(self.entry_point.module)
        return _load_file(self.file) if self.file else importlib.import_module(self.module)

    def summary(self) -> str:
        """First line of the docstring, read without importing."""
        if self.entry_point:
            return f"installed: {self.entry_point.value}"
        path = self.file
        if path is None:
            spec = importlib.util.find_spec(self.module)
            path = Path(spec.origin) if spec and spec.origin else None
        if path is None:
            return ""
        tree = ast.parse(path.read_text())
        nodes: list[ast.Module | ast.ClassDef] = [tree]
        nodes += [node for node in tree.body if isinstance(node, ast.ClassDef)]
        texts = [ast.get_docstring(node) for node in nodes]
        return next((text.splitlines()[0] for text in texts if text), "")


class Registry:
    """Built-in plugins, installed third parties, and the files named by `plugins=`."""

    def __init__(self, files: Sequence[Path] = ()) -> None:
        self.files = tuple(dict.fromkeys(file.resolve() for file in files))
        self._sources: dict[Role, dict[str, Source]] = {role: _installed(role) for role in ROLES}
        for file in self.files:
            if file.stem in self.all_names:
                raise HarnessError(f"plugin file {file} would hide the plugin '{file.stem}': rename it")
            self._sources[_role_of_file(file)][file.stem] = Source(file.stem, file=file)

    def names(self, role: Role) -> list[str]:
        """All names of a role, sorted."""
        return sorted(self._sources[role])

    def summary(self, role: Role, name: str) -> str:
        """One line about a plugin, without importing it."""
        return self._sources[role][name].summary()

    def has(self, role: Role, name: str) -> bool:
        """Whether a plugin of that role and name exists."""
        return name in self._sources[role]

    def load(self, role: Role, name: str) -> type[Plugin]:
        """The plugin's class; `HarnessError` if there is none of that name."""
        if not self.has(role, name):
            raise unknown(role, name, self._sources[role])
        source = self._sources[role][name]
        if source.entry_point and source.entry_point.attr:
            plugin = source.entry_point.load()
            if not (inspect.isclass(plugin) and issubclass(plugin, ROLES[role])):
                raise HarnessError(f"entry point {source.entry_point.value} is no {role} class")
            return plugin
        module = source.load()
        found = _classes(module, role)
        if len(found) != 1:
            raise HarnessError(f"{module.__file__} must define one {role} class, not {len(found)}")
        return found[0]

    def default_optimizer(self, representation: str) -> str:
        """The optimizer a representation's own name means, or an empty string."""
        plugin = self.load("representation", representation)
        assert issubclass(plugin, Representation)
        return plugin.default_optimizer

    def version(self, role: Role, name: str) -> str:
        """The class's `version`; for a plugin file also the first hex digits of its sha256."""
        version = str(self.load(role, name).version)
        source = self._sources[role][name]
        if source.file:
            return f"{version}-{hashlib.sha256(source.file.read_bytes()).hexdigest()[:12]}"
        if source.entry_point and source.entry_point.dist:
            return f"{version}-{source.entry_point.dist.name}-{source.entry_point.dist.version}"
        return version

    @property
    def all_names(self) -> list[str]:
        """Names of all plugins of both roles."""
        return sorted({name for role in ROLES for name in self._sources[role]})


def _installed(role: Role) -> dict[str, Source]:
    package = BUILT_IN[role]
    sources = {
        module.name: Source(module.name, module=f"{package.__name__}.{module.name}")
        for module in pkgutil.iter_modules(package.__path__)
        if not module.name.startswith("_")
    }
    for point in entry_points(group=f"harness.{role}s"):
        sources.setdefault(point.name, Source(point.name, entry_point=point))
    return sources


def _role_of_file(file: Path) -> Role:
    """Role of the class a plugin file defines, read from its syntax tree."""
    try:
        tree = ast.parse(file.read_text(), filename=str(file))
    except (OSError, UnicodeDecodeError) as problem:
        raise HarnessError(f"plugin file {file} cannot be read: {problem}") from None
    except SyntaxError as problem:
        raise HarnessError(f"plugin file {file}, line {problem.lineno}: {problem.msg}") from None
    bases = {
        ast.unparse(base).rpartition(".")[2]
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        for base in node.bases
    }
    roles = [role for role, base in ROLES.items() if base.__name__ in bases]
    if len(roles) != 1:
        raise HarnessError(
            f"plugin file {file} must define a class with base Representation or one with base Optimizer"
        )
    return roles[0]


def _load_file(file: Path) -> ModuleType:
    name = f"harness_plugin_{file.stem}"
    loaded = sys.modules.get(name)
    if loaded is not None and loaded.__file__ == str(file):
        return loaded
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as problem:
        del sys.modules[name]
        raise HarnessError(f"plugin file {file} cannot be imported: {problem!r}") from problem
    return module


def _classes(module: ModuleType, role: Role) -> list[type[Plugin]]:
    return [
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, ROLES[role])
        and value.__module__ == module.__name__
        and not inspect.isabstract(value)
    ]
