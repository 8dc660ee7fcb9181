"""The role of a kind of work: how its specs are carried out, and where the records of that are stored."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, final

from harness.records.form import R, S
from harness.records.store import Store
from harness.study.registry import Registry

Tell = Callable[[int, float], None]
"""Called with what was spent of a budget and the best accuracy seen so far."""


class Work(ABC, Generic[S, R]):
    """A kind of work, without state: worker processes make their own from its class.

    What a spec needs before it can be carried out is its `model`, which the executor sees to.
    """

    code: str
    """Digest of the code that decides its results, as it was when this process read it."""

    @abstractmethod
    def store(self, results: Path) -> Store[S, R]:
        """Its records in a folder."""

    @abstractmethod
    def perform(self, spec: S, registry: Registry, tell: Tell) -> R:
        """Carry out one spec. Raises whatever a plugin raises; nothing is stored here."""

    @final
    @property
    def address(self) -> str:
        """Where a worker finds it: module and class."""
        return f"{type(self).__module__}:{type(self).__qualname__}"


def work_at(address: str) -> Work[Any, Any]:
    """Inverse of `Work.address`."""
    module, _, name = address.partition(":")
    work = getattr(importlib.import_module(module), name)()
    assert isinstance(work, Work)
    return work
