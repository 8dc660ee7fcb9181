"""Plugins by name. Of what is built in, listing reads file names and docstrings only."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from harness.study.places import InFile, Installed, Place, built_in
from harness.study.plugin_class import ROLES, Role, plugin_classes, role_of, the_class
from methods.base import Plugin, Representation
from methods.systems import SYSTEMS
from tabular.catalogue import use_files as use_benchmarks
from tabular.errors import HarnessError, unknown
from tabular.family import REQUIRED, Family
from tabular.outside.files import load_file, use_files
from tabular.outside.guard import check_name, say
from tabular.outside.installed import usable

__all__ = ["ROLES", "Registry", "Role"]


class Registry:
    """Built-in plugins, installed third parties, and the files named by `plugins=`.

    Benchmarks among the files go to `tabular.catalogue`, for the whole process: the newest registry counts.
    """

    def __init__(self, files: Sequence[Path] = ()) -> None:
        self.files = tuple(dict.fromkeys(file.resolve() for file in files))
        self._places: dict[Role, dict[str, Place]] = {role: built_in(role) for role in ROLES}
        self._left_out: list[str] = []
        for role, places in self._places.items():
            taken = (*self._places["representation"], *self._places["optimizer"], *SYSTEMS)
            points = usable(entry_points(group=f"harness.{role}s"), taken, self._left_out)
            places.update({point.name: Installed(point, role) for point in points})
        self._check_names()
        use_files(self.files)
        families = [family for file in self.files if (family := self._add(file))]
        use_benchmarks({family.name: family for family in families})

    def _check_names(self) -> None:
        """Raises `HarnessError` for a file that cannot be told from another plugin; imports none."""
        names = {*self.all_names, *SYSTEMS}
        for file in self.files:
            check_name(file.stem, f"plugin file {file}")
            if file.stem in names:
                raise HarnessError(f"plugin file {file} would hide the plugin '{file.stem}': rename it")
            names.add(file.stem)

    def _add(self, file: Path) -> Family | None:
        """Import a file and keep its class; its family if it is a benchmark's."""
        module, digest = load_file(file)
        where = f"plugin file {file}"
        if not plugin_classes(module) and any(hasattr(module, name) for name in REQUIRED):
            return Family.of(file.stem, module, where, digest)
        plugin = the_class(module, where)
        self._places[role_of(plugin, where)][file.stem] = InFile(plugin, digest, module.__doc__ or "")
        return None

    def names(self, role: Role) -> list[str]:
        """All names of a role, sorted."""
        return sorted(self._places[role])

    def working(self, role: Role) -> list[str]:
        """All names of a role without the installed ones that are broken, which stderr names. Imports these,
        and nothing of ours."""
        self.say_left_out()
        found = []
        for name in self.names(role):
            try:
                if isinstance(self._places[role][name], Installed):
                    self.load(role, name)
            except HarnessError as problem:
                say(f"{problem}: it is left out")
            else:
                found.append(name)
        return found

    def say_left_out(self) -> None:
        """Name on stderr the entry points that cannot be used under their names."""
        for sentence in self._left_out:
            say(sentence)

    def summary(self, role: Role, name: str) -> str:
        """One line about a plugin; what is built in is not imported for it."""
        return self._places[role][name].summary()

    def has(self, role: Role, name: str) -> bool:
        """Whether a plugin of that role and name exists."""
        return name in self._places[role]

    def load(self, role: Role, name: str) -> type[Plugin]:
        """The plugin's class; `HarnessError` if there is none of that name, or it is broken."""
        return self._loaded(role, name)[0]

    def default_optimizer(self, representation: str) -> str:
        """The optimizer a representation's own name means, or an empty string."""
        plugin = self.load("representation", representation)
        assert issubclass(plugin, Representation)
        return plugin.default_optimizer

    def version(self, role: Role, name: str) -> str:
        """The class's `version`; for a third party's also the digest of its code (see `tabular.outside`)."""
        plugin, digest = self._loaded(role, name)
        return f"{plugin.version}-{digest}" if digest else str(plugin.version)

    def _loaded(self, role: Role, name: str) -> tuple[type[Plugin], str]:
        if not self.has(role, name):
            raise unknown(role, name, self._places[role])
        return self._places[role][name].load()

    @property
    def all_names(self) -> list[str]:
        """Names of all plugins of both roles."""
        return sorted({name for role in ROLES for name in self._places[role]})
