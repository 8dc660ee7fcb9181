"""Installed packages of others, found by their entry points."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from tabular.errors import HarnessError
from tabular.outside.code import digest_of, home_of, imported
from tabular.outside.guard import check_name, guarded

_digests: dict[str, str] = {}
"""By module, when it was first loaded: a process keeps the code it has, whatever becomes of the files."""


def described(point: EntryPoint) -> str:
    """An entry point for messages, with the package it comes from."""
    package = f" of {point.dist.name} {point.dist.version}" if point.dist else ""
    return f"entry point {point.name} = {point.value} ({point.group}){package}"


def usable(points: Iterable[EntryPoint], taken: Iterable[str], left_out: list[str]) -> Iterator[EntryPoint]:
    """Those whose name is possible and free; a sentence for each of the others is added to `left_out`."""
    names = set(taken)
    for point in points:
        try:
            check_name(point.name, described(point))
            if point.name in names:
                raise HarnessError(f"{described(point)} carries a name that is taken")
        except HarnessError as problem:
            left_out.append(f"{problem}: it is left out")
        else:
            names.add(point.name)
            yield point


def load_point(point: EntryPoint) -> tuple[Any, str]:
    """What an entry point names, and the digest of its code: of its module and of what that imports from its
    distribution, at any remove. Raises `HarnessError`, one sentence, if it cannot be imported."""
    with guarded(described(point)):
        module = importlib.import_module(point.module)
        found: Any = module
        for name in filter(None, (point.attr or "").split(".")):
            found = getattr(found, name)
    if point.module not in _digests:
        top = point.module.partition(".")[0]
        if not module.__file__:
            raise HarnessError(f"{described(point)} is no module with a file")
        file = Path(module.__file__)
        others = imported(point.module, file, home_of(top, point.dist))
        _digests[point.module] = digest_of(file, others)
    return found, _digests[point.module]
