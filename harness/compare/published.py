"""What papers have published of representations, beside what is measured here: `published.csv`.

Each number says which of our measures it corresponds to and in whose definition. None is recalled: what could
not be read in its source is not there (D-VAE's own table is not).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness.compare.quality import QualityTable

FILE = Path(__file__).with_name("published.csv")
NAMED = "published: "
"""Before the name of a row."""
BESIDE_ALL = ("prediction",)
"""Parts whose published numbers stand beside those of any representation."""


@dataclass(frozen=True)
class Published:
    """One number of a paper."""

    representation: str
    setting: str
    """In words, where the paper has several."""
    benchmark: str
    """A family, for which labels are the same, or a full name."""
    labels: str
    """Which labels were free; empty where none were read."""
    part: str
    measure: str
    value: float
    """Fraction."""
    definition: str
    source: str

    @property
    def name(self) -> str:
        """Of its row."""
        return f"{NAMED}{self.representation}{f', {self.setting}' if self.setting else ''}"

    def belongs(self, table: QualityTable) -> bool:
        """Whether a table measures the same representation on the same space from the same labels."""
        spec = table.spec
        return (
            self.part == spec.part
            and self.benchmark in (spec.benchmark, spec.benchmark.partition(":")[0])
            and self.labels in ("", spec.labels)
            and (
                self.part in BESIDE_ALL
                or any(
                    line.records[0].spec.representation.name == self.representation and not line.is_untrained
                    for line in table.lines
                )
            )
        )


@cache
def published() -> tuple[Published, ...]:
    """All of the file, in its order."""
    with FILE.open(newline="", encoding="utf-8") as file:
        return tuple(Published(value=float(row.pop("percent")) / 100, **row) for row in csv.DictReader(file))


def published_of(table: QualityTable) -> dict[str, dict[str, Published]]:
    """By row and measure what papers say of the representations of a table."""
    found: dict[str, dict[str, Published]] = {}
    for each in published():
        if each.belongs(table):
            found.setdefault(each.name, {})[each.measure] = each
    return found
