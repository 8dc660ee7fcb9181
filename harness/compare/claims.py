"""What the NGAE paper claims of the architectures its search finds, against what was measured.

Li et al., 2020, section 5.3 and Figure 5: NGAE finds better architectures than D-VAE, with the price of
complexity and without, and the price buys simpler ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.compare.decide import fewest_seeds
from harness.compare.marks import LEVEL
from harness.compare.quality import QualityLine, QualityTable
from harness.compare.units import signed_points
from harness.stats.paired import Paired, compare_paired

HOLDS, FAILS, OPEN = "holds", "does not hold", "not told apart"
CLAIMS = (
    ("top_accuracy", "accuracy", "ngae", ">", "dvae"),
    ("top_accuracy", "accuracy", "ngae-noc", ">", "dvae"),
    ("top_complexity", "complexity", "ngae", "<", "ngae-noc"),
    ("top_accuracy", "accuracy", "ngae", "<=", "ngae-noc"),
)
"""Measure, its name, method, relation, method. The last belongs to the third: simpler, and no better."""


@dataclass(frozen=True)
class Claim:
    """One inequality between two methods, and what the seeds both have say of it."""

    words: str
    """`accuracy: ngae > dvae`."""
    verdict: str
    """Of `HOLDS`, `FAILS`, `OPEN`."""
    difference: Paired
    """First less second, as fractions."""
    towards: int
    """Seeds at which the difference is as claimed."""
    unit: str = "points"
    """Of the difference, as it is shown."""

    @property
    def sentence(self) -> str:
        """The inequality, the verdict and the difference in points."""
        found = self.difference
        interval = f" [{signed_points(found.low)}, {signed_points(found.high)}]" if found.n > 1 else ""
        few = found.n < FEWEST and f"; fewer than {FEWEST} seeds tell nothing apart"
        apart = f"{signed_points(found.difference)}{interval} {self.unit}"
        return (
            f"{self.words}: {self.verdict} ({apart}, as claimed "
            f"at {self.towards} of {found.n} seed{'' if found.n == 1 else 's'}{few or ''})"
        )


FEWEST = fewest_seeds(1, LEVEL)
"""With fewer pairs of seeds all differences may point one way by chance more often than at the level."""


def claims(table: QualityTable) -> list[Claim]:
    """All that can be asked of the lines, variant by variant; where a method has several lines, those with
    the same settings are put against each other."""
    groups: dict[str, dict[str, list[QualityLine]]] = {}
    for line in table.lines:
        base, variant = _without_variant(line.label.partition("[")[0])
        groups.setdefault(variant, {}).setdefault(base, []).append(line)
    return [
        _claim(one, two, measure, (table.quantity.said(name), relation), _unit(table, measure))
        for lines in groups.values()
        for measure, name, first, relation, second in CLAIMS
        if table.is_known(measure)
        for one in lines.get(first, [])
        for two in lines.get(second, [])
        if len(lines[first]) == len(lines[second]) == 1 or _settings(one) == _settings(two)
    ]


def _settings(line: QualityLine) -> list[str]:
    """What is in brackets, without the name of the plugin it is of."""
    settings = line.label.partition("[")[2].removesuffix("]").split(";")
    return [each.partition("=")[0].rpartition(".")[2] + each.partition("=")[2] for each in settings]


def _without_variant(name: str) -> tuple[str, str]:
    """`ngae-noc-published` is `ngae-noc` as `published`."""
    for variant in ("published", "paper", "adapted"):
        if name.endswith(f"-{variant}"):
            return name.removesuffix(f"-{variant}"), variant
    return name, ""


def _unit(table: QualityTable, measure: str) -> str:
    """Complexities are shares, whatever the benchmark records."""
    return table.quantity.points if measure == "top_accuracy" else "points"


def _claim(first: QualityLine, second: QualityLine, measure: str, asked: tuple[str, str], unit: str) -> Claim:
    """`asked` is the name of the measure and the relation."""
    name, relation = asked
    seeds = [seed for seed in first.seeds if seed in second.seeds]
    one, two = (
        np.array([dict(zip(line.seeds, line.values(measure), strict=True))[seed] for seed in seeds])
        for line in (first, second)
    )
    found = compare_paired(one, two)
    apart = one - two
    towards = {">": apart > 0, "<": apart < 0, "<=": apart <= 0}[relation].sum()
    sign = {"<=": "≤"}.get(relation, relation)
    return Claim(
        f"{name}: {first.label} {sign} {second.label}", verdict(found, relation), found, int(towards), unit
    )


def verdict(found: Paired, relation: str) -> str:
    """Whether the interval of the mean difference lies where the relation says, or nowhere else."""
    if found.n < FEWEST:
        return OPEN
    low, high = (-found.high, -found.low) if relation == "<" else (found.low, found.high)
    if relation == "<=":
        return HOLDS if high <= 0 else FAILS if low > 0 else OPEN
    return HOLDS if low > 0 else FAILS if high <= 0 else OPEN
