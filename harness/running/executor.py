"""The role of an executor: runs go in as specs, what happens to them comes out as events."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.study.spec import Spec

Kind = Literal["pretraining", "trained", "pretrained", "started", "queried", "done", "failed"]


@dataclass(frozen=True)
class Training:
    """How far the pre-training of a model is."""

    done: int
    """Passes over the cells."""
    most: int
    """Passes there will be at most."""
    loss: float = float("nan")
    """Of the last pass."""


@dataclass(frozen=True)
class Event:
    """What happened to a run (or other work), or to the model it was the first to need."""

    kind: Kind
    spec: Spec
    spent: int = 0
    """Of the budget, so far."""
    best: float = float("nan")
    """Accuracy seen so far; NaN before there is one."""
    message: str = ""
    """Of a run that failed: what it died of, in one line."""
    training: Training | None = None
    """Of `trained`, which is told after a pass."""


class Executor(ABC):
    """Carries out runs, or other work, somewhere: in processes of this machine, or on a cluster.

    Each run is written to the store by the process that made it (`worker.perform`), so that an event is news
    and not a result. In which order runs may start is the business of `agenda.Agenda`.
    """

    @abstractmethod
    def execute(self, specs: Sequence[Spec]) -> Generator[Event, None, None]:
        """Carry out specs; every one of them ends in one event `done` or `failed`, and is then stored.

        A run that raises, dies or takes too long fails alone: the others go on. Closing the generator ends
        what is in flight, of which nothing is stored. Raises `HarnessError` if nothing can be started.
        """
