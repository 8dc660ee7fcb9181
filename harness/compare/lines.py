"""The lines of a table: what was made with one configuration under one label, seed by seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar


class Seeded(Protocol):
    """A run or a record of quality."""

    @property
    def method(self) -> str:
        """Label of the method."""

    @property
    def seed(self) -> int:
        """What tells it from others of its line."""


Record = TypeVar("Record", bound=Seeded)


def by_line(
    records: Iterable[Record], configuration: Callable[[Record], str]
) -> list[tuple[str, list[Record]]]:
    """Label and records, by seed, of every method and configuration, by label.

    Two configurations under one label (a plugin that changed) are told apart, never averaged.
    """
    lines: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        lines.setdefault((record.method, configuration(record)), []).append(record)
    labels = [label for label, _ in lines]
    return [
        (
            label if labels.count(label) == 1 else f"{label}#{made[:4]}",
            sorted(same, key=lambda record: record.seed),
        )
        for (label, made), same in sorted(lines.items(), key=lambda line: line[0])
    ]


def untrained(facts: Iterable[Mapping[str, float] | None]) -> bool:
    """Whether the facts of pre-trainings, None where there was none, are of weights as they were drawn."""
    return any(each and each.get("epochs_trained") == 0 for each in facts)
