"""Which records of quality may stand in one table, and their numbers over seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
from jaxtyping import Float

from harness.compare.lines import by_line, untrained
from harness.records.quality import Quality
from harness.records.quality_store import StoredQuality
from harness.records.run import FailedRun
from harness.stats.summary import Summary, summarise
from harness.study.quality_spec import QualitySpec
from harness.study.spec import canonical_hash
from tabular.quantity import Quantity

Group = tuple[str, str, str]
"""Benchmark, part, and a hash of all else that must agree."""
Record = TypeVar("Record", Quality, FailedRun[QualitySpec])


@dataclass(frozen=True)
class QualityLine:
    """One line of a table: same representation, same configuration, a record per seed."""

    label: str
    records: list[Quality]

    @cached_property
    def seeds(self) -> list[int]:
        """Seeds in order."""
        return [record.seed for record in self.records]

    @property
    def is_untrained(self) -> bool:
        """Whether its weights are as they were drawn."""
        return untrained([record.pretraining for record in self.records])

    def values(self, measure: str) -> Float[np.ndarray, " seeds"]:
        """One number per record; NaN where it has none."""
        return np.array([record.numbers.get(measure, math.nan) for record in self.records])

    def summary(self, measure: str, statistic: str = "mean") -> Summary:
        """The statistic over seeds with its interval."""
        return summarise(self.values(measure), statistic)


@dataclass(frozen=True)
class QualityTable:
    """Records that may stand in one table: same part, benchmark, table, split, labels and sizes."""

    spec: QualitySpec
    """Of any of them: what they have in common is the table's."""
    lines: list[QualityLine]
    failed: list[FailedRun[QualitySpec]]
    """Of this table what raised, and was not done since."""
    apart: str = ""
    """What tells it from another table of the same benchmark and part; empty if there is none."""
    resized: str = ""
    """The same from one that differs in nothing but sizes."""

    @property
    def place(self) -> str:
        """What tells it from every other table of the same report, as a path."""
        return f"{self.spec.benchmark.replace(':', '-')}/{self.spec.folder}{self.apart}"

    @property
    def fullest(self) -> QualityLine:
        """The line with most seeds, the first of equals: of what is the same for all lines."""
        return max(self.lines, key=lambda line: len(line.records))

    @property
    def quantity(self) -> Quantity:
        """What the benchmark records, which is called accuracy in the records."""
        return Quantity.of(self.lines[0].records[0].provenance.get("quantity"))

    @property
    def made_like(self) -> str:
        """The same for all tables of a benchmark, of whatever part, that were made alike. Parts have sizes of
        their own, which count where a part is there in several."""
        return _circumstances(self.spec) + self.resized

    @cached_property
    def seeds(self) -> list[int]:
        """All seeds of all lines."""
        return sorted({seed for line in self.lines for seed in line.seeds})

    @cached_property
    def measures(self) -> list[str]:
        """Names of all numbers that any record has."""
        return list(
            dict.fromkeys(name for line in self.lines for each in line.records for name in each.numbers)
        )

    def is_known(self, measure: str) -> bool:
        """Whether any record has a value."""
        return any(not np.isnan(line.values(measure)).all() for line in self.lines)


def compare_quality(stored: StoredQuality) -> list[QualityTable]:
    """Group records into tables, by benchmark and part; what differs in more than representation and seed
    never meets."""
    groups, failed = _grouped(stored.done), _grouped(stored.failed)
    tables = {
        group: QualityTable(records[0].spec, _lines(records), failed.get(group, []))
        for group, records in sorted(groups.items())
    }
    places = [group[:2] for group in tables]
    alike = [(*group[:2], _circumstances(table.spec)) for group, table in tables.items()]
    return [
        replace(
            table,
            apart=f"-{group[2][:8]}" if places.count(group[:2]) > 1 else "",
            resized=group[2] if alike.count(same) > 1 else "",
        )
        for (group, table), same in zip(tables.items(), alike, strict=True)
    ]


def failed_alone(stored: StoredQuality) -> list[str]:
    """One sentence per failure that no table can mention, because nothing of its table is done."""
    groups = _grouped(stored.done)
    return [
        f"{failure.spec.benchmark}: {failure.spec.title} failed: {failure.problem}"
        for group, failures in sorted(_grouped(stored.failed).items())
        if group not in groups
        for failure in failures
    ]


def _grouped(records: Iterable[Record]) -> dict[Group, list[Record]]:
    groups: dict[Group, list[Record]] = {}
    for record in records:
        spec = record.spec
        rest = canonical_hash([_circumstances(spec), dict(spec.sizes)])
        groups.setdefault((spec.benchmark, spec.part, rest), []).append(record)
    return groups


def _circumstances(spec: QualitySpec) -> str:
    """A hash of all that must agree beside benchmark, part and sizes."""
    return canonical_hash([spec.table_digest, spec.protocol.hash, spec.split, spec.labels])


def _lines(records: list[Quality]) -> list[QualityLine]:
    """One per method and configuration."""
    return [QualityLine(*line) for line in by_line(records, lambda record: record.spec.configuration_hash)]
