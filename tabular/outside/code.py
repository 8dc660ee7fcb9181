"""A digest of somebody's code: a module, and every module of the same home that it imports.

Which these are is read from the sources, not from what happens to be loaded: the same files give the same
digest in every process. Imports anywhere in a file count, also in functions; `import_module("name")` counts
where the name is written out. Data files do not count.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import Distribution
from pathlib import Path

from tabular.errors import HarnessError

OURS = frozenset({"tabular", "methods", "harness"})
LIBRARIES = ("site-packages", "dist-packages")
HEX_DIGITS = 12


@dataclass(frozen=True)
class Home:
    """Where a module's own code lies: the modules and packages directly in a folder, but for ours."""

    folder: Path | None
    """None where the folder is a library of many distributions."""
    tops: frozenset[str] = frozenset()
    """Top-level names that belong to it wherever they lie."""
    others: frozenset[Path] = frozenset()
    """Folders of other plugin files, whose modules must not pass for this one's."""

    def owns(self, top: str, spec: ModuleSpec) -> bool:
        """Whether a top-level module belongs here; `HarnessError` if another folder's stands in for it."""
        if top in self.tops:
            return True
        place = place_of(spec)
        if self.folder is None or top in OURS or place is None:
            return False
        if place in self.others and any((self.folder / f"{top}{end}").exists() for end in (".py", "")):
            raise HarnessError(
                f"plugin files in {self.folder} and {place} both have a module '{top}' beside them, of which "
                "Python can load one: rename one, or run the plugins apart"
            )
        return place == self.folder


def home_of(top: str, distribution: Distribution | None) -> Home:
    """Home of an installed top-level module: what its distribution names as its own, and what lies beside it
    where that is no library (an editable installation lies in its own folder)."""
    tops = {top}
    if distribution is not None:
        tops |= set((distribution.read_text("top_level.txt") or "").split())
        tops |= {Path(str(file)).parts[0].removesuffix(".py") for file in distribution.files or ()}
    spec = _find(top)
    place = place_of(spec) if spec else None
    library = place is not None and (place.name in LIBRARIES or place in _standard())
    return Home(None if library else place, frozenset(tops) - OURS)


def place_of(spec: ModuleSpec) -> Path | None:
    """Folder that a top-level module or package lies in; None for what has no file."""
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))).resolve().parent
    return Path(spec.origin).resolve().parent if spec.origin and spec.has_location else None


@cache
def _standard() -> frozenset[Path]:
    return frozenset(Path(path).resolve() for path in sysconfig.get_paths().values())


def digest_of(file: Path, others: Mapping[str, Path]) -> str:
    """First hex digits of the sha256 over a module's file and, by name, those of other modules."""
    sha = hashlib.sha256(_content(file))
    for name, path in sorted(others.items()):
        content = _content(path)
        sha.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return sha.hexdigest()[:HEX_DIGITS]


def imported(name: str, file: Path, home: Home) -> dict[str, Path]:
    """Modules of its home that a module imports at any remove, with their files; itself is not among them."""
    found: dict[str, Path] = {}
    pending = [(name, file)]
    while pending:
        module, path = pending.pop()
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        for wanted in (module, *_names(path, package)):  # a module's packages are loaded before it
            for spec in _on_the_way(wanted, home):
                if spec.name not in found and spec.name != name and spec.origin and spec.has_location:
                    found[spec.name] = Path(spec.origin)
                    pending.append((spec.name, found[spec.name]))
    return found


def _on_the_way(name: str, home: Home) -> Iterator[ModuleSpec]:
    """What `import name` loads of the home: its packages from the outermost, and itself. Imports nothing."""
    top, *rest = name.split(".")
    spec = _find(top)
    if spec is None or not home.owns(top, spec):
        return
    yield spec
    for part in rest:
        if not spec.submodule_search_locations:
            return
        spec = PathFinder.find_spec(f"{spec.name}.{part}", spec.submodule_search_locations)
        if spec is None:
            return
        yield spec


def _find(top: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(top)
    except (ImportError, ValueError):  # ValueError: a module that was made by hand
        return None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise HarnessError(f"{path} cannot be read: {problem.strerror}") from None


def _names(path: Path, package: str) -> set[str]:
    """Absolute names that a source file may import; none of a file that is no Python (its import says so)."""
    if path.suffix != ".py":
        return set()
    try:
        tree = ast.parse(_content(path))
    except (SyntaxError, ValueError, RecursionError):
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _absolute("." * node.level + (node.module or ""), package)
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called, given = ast.unparse(node.func).rpartition(".")[2], node.args[0].value
            if called in ("import_module", "__import__") and isinstance(given, str):
                found.add(_absolute(given, package))
    return {name for name in found if name and not name.startswith(".")}


def _absolute(name: str, package: str) -> str:
    """A name with leading dots as seen from a package; empty if there is no such place."""
    try:
        return importlib.util.resolve_name(name, package) if name.startswith(".") else name
    except ImportError:
        return ""
