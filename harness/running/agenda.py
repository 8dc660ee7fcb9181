"""In which order the runs of a study may start: a model that several share is pre-trained once, first.

Where a longer training goes on from a shorter one, the shorter comes first, and one of them runs at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.running.pretraining import cache_path, growth, is_cached
from harness.study.registry import Registry
from harness.study.spec import Spec


@dataclass(frozen=True)
class Task:
    """One piece of work for one process: a spec, or the pre-training that it and others wait for."""

    spec: Spec
    pretrains: bool = False
    alone: bool = False
    """It took its process with it once, perhaps for want of memory, and must have the machine to itself."""


class Agenda:
    """What is to be done; runs that wait for no model go ahead."""

    def __init__(self, specs: Sequence[Spec], registry: Registry) -> None:
        models: dict[Path, list[Spec]] = {}
        free: list[Spec] = []
        for spec in specs:
            model = spec.model
            if model is None or is_cached(model, registry):
                free.append(spec)
            else:
                models.setdefault(cache_path(model, registry), []).append(spec)
        self._waiting = {group[0].key: group for group in models.values()}
        self._longer: dict[str, list[Spec]] = {}
        self._ready: deque[Task] = deque()
        for first, *longer in _growing([group[0] for group in models.values()], registry):
            self._longer[first.key] = longer
            self._ready.append(Task(first, pretrains=True))
        self._ready.extend(Task(spec) for spec in free)
        self._suspects: deque[Task] = deque()

    def take(self, nothing_runs: bool) -> Task | None:
        """The next task, if one can start; suspects come last, and one by one."""
        if self._ready:
            return self._ready.popleft()
        return self._suspects.popleft() if nothing_runs and self._suspects else None

    def put_back(self, task: Task) -> None:
        """A task that was handed out and not begun."""
        (self._suspects if task.alone else self._ready).appendleft(task)

    def suspect(self, task: Task) -> None:
        """A task whose process died in the middle of it is tried once more, alone."""
        self._suspects.append(replace(task, alone=True))

    def finished(self, task: Task) -> None:
        """A task is done, well or badly: what waited for it can start."""
        if task.pretrains:
            self._ready.extend(Task(spec) for spec in self._waiting.pop(task.spec.key))
            self._grow(task.spec)

    def give_up(self, task: Task) -> list[Spec]:
        """The runs that will never be: of a pre-training, all that waited for it."""
        if not task.pretrains:
            return [task.spec]
        self._grow(task.spec)
        return self._waiting.pop(task.spec.key)

    def _grow(self, trained: Spec) -> None:
        """The next longer training can start, before anything shorter than a training."""
        longer = self._longer.pop(trained.key)
        if longer:
            following, *rest = longer
            self._longer[following.key] = rest
            self._ready.appendleft(Task(following, pretrains=True))


def _growing(specs: Sequence[Spec], registry: Registry) -> list[list[Spec]]:
    """Specs by what their models grow from, the shortest training first."""
    chains: dict[str, list[tuple[float, Spec]]] = {}
    for spec in specs:
        assert spec.model is not None
        name, length = growth(spec.model, registry)
        chains.setdefault(name, []).append((length or 0.0, spec))
    return [[spec for _, spec in sorted(chain, key=lambda each: each[0])] for chain in chains.values()]
