"""Plugin files: imported by path, with the modules and packages that lie beside them."""

from __future__ import annotations

import importlib.util
import sys
import tokenize
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from tabular.errors import HarnessError
from tabular.outside.code import Home, digest_of, imported
from tabular.outside.guard import guarded

PREFIX = "harness_plugin_"
"""Of the module names of plugin files, so that a plugin may be named like any module."""


class _Loader(SourceFileLoader):
    """Reads the source whenever it loads; byte code could be that of another edit (see `guarded`)."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


class _Beside(MetaPathFinder):
    """Finds modules beside the plugin files in use. It is asked last: nothing of Python's or of an installed
    package is hidden by a file of its name."""

    def __init__(self) -> None:
        self.finders: dict[Path, FileFinder] = {}

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if path is not None:
            return None
        found = (finder.find_spec(fullname) for finder in self.finders.values())
        return next((spec for spec in found if spec and _has_code(spec)), None)


def _has_code(spec: ModuleSpec) -> bool:
    """Whether it is a module, or a folder of some; other folders are results, data and the like."""
    folders = map(Path, spec.submodule_search_locations or ())
    return spec.loader is not None or any(any(folder.glob("*.py")) for folder in folders)


_beside = _Beside()
_digests: dict[str, str] = {}
"""Of the loaded plugin files, by module name."""


def use_files(files: Sequence[Path]) -> None:
    """From now on these plugin files are the ones: modules beside them can be imported, those beside others
    are forgotten."""
    folders = dict.fromkeys(file.parent for file in files)
    for folder in {*_beside.finders} - {*folders}:
        _forget(folder)
    _beside.finders = {folder: FileFinder(str(folder), (_Loader, [".py"])) for folder in folders}
    if _beside not in sys.meta_path:
        sys.meta_path.append(_beside)


def load_file(file: Path) -> tuple[ModuleType, str]:
    """The module of a plugin file in use, and the digest of its code: of the file and of what it imports from
    beside it, at any remove. A file that is loaded already is loaded again if that has changed.

    Raises `HarnessError`, one sentence, if it cannot be a plugin or cannot be imported.
    """
    _check(file)
    name = PREFIX + file.stem
    home = Home(file.parent, others=frozenset({*_beside.finders} - {file.parent}))
    beside = imported(name, file, home)
    digest = digest_of(file, beside)
    loaded = sys.modules.get(name)
    if loaded is not None and loaded.__file__ == str(file) and _digests.get(name) == digest:
        return loaded, digest
    for each in beside:
        sys.modules.pop(each, None)
    spec = importlib.util.spec_from_file_location(name, file, loader=_Loader(name, str(file)))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with guarded(f"plugin file {file}"):
            spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    _digests[name] = digest
    return module, digest


def _check(file: Path) -> None:
    """Raises `HarnessError` for what is no readable Python file."""
    if file.suffix != ".py":
        raise HarnessError(f"plugin file {file}: its name must end in .py")
    try:
        with tokenize.open(file) as stream:  # byte-order marks and coding lines, as Python reads them
            stream.read()
    except (OSError, UnicodeDecodeError, SyntaxError) as problem:
        raise HarnessError(f"plugin file {file} cannot be read: {problem}") from None


def _forget(folder: Path) -> None:
    """Drop the modules that were loaded from a folder: another may hold some of the same names."""
    ours = {
        name
        for name, module in list(sys.modules.items())
        if isinstance(getattr(getattr(module, "__spec__", None), "loader", None), _Loader)
        and Path(str(module.__file__)).is_relative_to(folder)
    }
    for name in list(sys.modules):
        if any(name == each or name.startswith(f"{each}.") for each in ours):
            del sys.modules[name]
