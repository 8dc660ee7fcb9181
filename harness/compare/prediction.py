"""Whether the quality of a representation predicts the regret of searches with it: both, joined by identity.

A search with the same representation has its name, version and all hyper-parameters. One optimizer at a time:
what another makes of the same latent space is another question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from harness.compare.comparison import Comparison, MethodRuns
from harness.compare.quality import QualityLine, QualityTable
from harness.stats.association import FEWEST, Association, associate
from harness.stats.summary import point
from harness.study.quality_spec import QualitySpec
from harness.study.spec import PluginSpec, canonical_hash

LEVEL = 0.05
Lines = dict[tuple[str, str], QualityLine]
"""By part and measure the line of a representation that has it."""


@dataclass(frozen=True)
class Sought:
    """A measure of quality that might say something of regret."""

    part: str
    measure: str
    heading: str
    words: str
    sign: int
    """1 where larger is better, -1 where smaller is."""


@dataclass(frozen=True)
class Point:
    """One representation on one benchmark."""

    label: str
    """Of the representation, as tables of quality have it."""
    quality: Lines
    search: MethodRuns
    regret: float
    """Mean over seeds at the end of the budget (fraction); NaN where no optimum is known."""

    def value(self, sought: Sought) -> float:
        """Mean of a measure over seeds; NaN where it is not known."""
        line = self.quality.get((sought.part, sought.measure))
        return point(line.values(sought.measure), "mean") if line else np.nan


@dataclass(frozen=True)
class Prediction:
    """All searches with one optimizer whose representation has been measured."""

    optimizer: str
    comparisons: tuple[Comparison, ...]
    """One per benchmark."""
    points: Mapping[tuple[str, str], Point]
    """By benchmark and representation."""
    left_out: tuple[str, ...]
    """What is stored and does not count, in sentences."""

    @cached_property
    def labels(self) -> list[str]:
        """Representations, in order."""
        return sorted({label for _, label in self.points})

    @property
    def benchmarks(self) -> list[str]:
        """In order."""
        return [each.benchmark for each in self.comparisons]

    def associations(self, asked: Sequence[Sought]) -> list[Association]:
        """Of every measure with regret: above 0, what is better goes with less regret."""
        regret = self._matrix({key: each.regret for key, each in self.points.items()})
        found = []
        for sought in asked:
            values = self._matrix({key: each.value(sought) for key, each in self.points.items()})
            found.append(associate(sought.sign * values, -regret))
        return found

    def _matrix(self, values: Mapping[tuple[str, str], float]) -> Float[np.ndarray, "b n"]:
        return np.array(
            [[values.get((name, label), np.nan) for label in self.labels] for name in self.benchmarks]
        )


def predictions(comparisons: Sequence[Comparison], tables: Sequence[QualityTable]) -> list[Prediction]:
    """One per optimizer with enough representations on any benchmark, by name."""
    measured, labels, left_out = _measured(tables)
    searched: dict[str, dict[int, dict[str, MethodRuns]]] = {}
    optimizers: dict[str, PluginSpec] = {}
    unfit: dict[str, list[str]] = {}
    for place, comparison in enumerate(comparisons):
        for line in comparison.methods:
            spec = line.runs[0].spec
            if spec.representation is None:
                continue
            same = _identity(spec.representation)
            if same not in measured.get(comparison.benchmark, {}):
                continue
            optimizer = _identity(spec.optimizer)
            optimizers[optimizer] = spec.optimizer
            if line.flaw:
                unfit.setdefault(optimizer, []).append(
                    f"{line.label} on {comparison.benchmark} is degenerate: {line.flaw}"
                )
                continue
            lines = searched.setdefault(optimizer, {}).setdefault(place, {})
            if same not in lines or len(line.runs) > len(lines[same].runs):
                lines[same] = line
    enough = {each for each, lines in searched.items() if max(map(len, lines.values())) >= FEWEST}
    names = _names({each: optimizers[each] for each in sorted(enough)})
    found = [
        _prediction(name, comparisons, searched[each], measured, labels, (*left_out, *unfit.get(each, [])))
        for each, name in names.items()
    ]
    return sorted((each for each in found if each.comparisons), key=lambda each: each.optimizer)


def _prediction(
    optimizer: str,
    comparisons: Sequence[Comparison],
    lines: Mapping[int, Mapping[str, MethodRuns]],
    measured: Mapping[str, Mapping[str, Lines]],
    labels: Mapping[str, str],
    left_out: tuple[str, ...],
) -> Prediction:
    """Of every benchmark the comparison with most representations, the first of equals."""
    chosen: dict[str, int] = {}
    for place, its in lines.items():
        name = comparisons[place].benchmark
        if name not in chosen or len(its) > len(lines[chosen[name]]):
            chosen[name] = place
    sentences = list(left_out)
    for place in lines:
        other = comparisons[place]
        if chosen[other.benchmark] != place:
            sentences.append(f"{other.place}: another comparison of {other.benchmark} has more, or was first")
    kept = []
    for name, place in sorted(chosen.items()):
        if len(lines[place]) < FEWEST or comparisons[place].optimum is None:
            why = "no optimum is known" if comparisons[place].optimum is None else f"fewer than {FEWEST}"
            sentences.append(f"{name}: {len(lines[place])} representations with {optimizer}, {why}")
        else:
            kept.append(place)
    points = {}
    for place in kept:
        comparison = comparisons[place]
        for same, line in lines[place].items():
            label, quality = labels[same], measured[comparison.benchmark][same]
            regret = point(comparison.values(line, "regret", comparison.budget), "mean")
            points[comparison.benchmark, label] = Point(label, quality, line, regret)
    return Prediction(optimizer, tuple(comparisons[place] for place in kept), points, tuple(sentences))


def _measured(
    tables: Sequence[QualityTable],
) -> tuple[dict[str, dict[str, Lines]], dict[str, str], list[str]]:
    """By benchmark and representation its lines; labels of representations; and what does not count.

    A search pays for its labels, so what has learnt from free ones is no part of it. Of one part measured in
    several ways that with most representations counts, the first of equals.
    """
    chosen: dict[tuple[str, str], QualityTable] = {}
    left_out = []
    for table in sorted(tables, key=lambda table: (-len(table.lines), table.place)):
        spec: QualitySpec = table.spec
        if spec.labels != "none":
            left_out.append(f"{table.place}: it has learnt from free labels, which no search has")
        elif chosen.setdefault((spec.benchmark, spec.part), table) is not table:
            left_out.append(f"{table.place}: another way to measure has more representations, or was first")
    found: dict[str, dict[str, Lines]] = {}
    labels: dict[str, str] = {}
    for (benchmark, part), table in sorted(chosen.items()):
        for line in table.lines:
            same = _identity(line.records[0].spec.representation)
            labels[same] = line.records[0].method
            for measure in table.measures:
                found.setdefault(benchmark, {}).setdefault(same, {}).setdefault((part, measure), line)
    return found, _told_apart(labels), left_out


def _identity(plugin: PluginSpec) -> str:
    return canonical_hash(plugin.identity())


def _names(optimizers: Mapping[str, PluginSpec]) -> dict[str, str]:
    """By identity what tells optimizers apart: the name, and where that is not enough what differs."""
    names = {}
    for same, plugin in optimizers.items():
        alike = [each.hyper for each in optimizers.values() if each.name == plugin.name]
        fields = sorted({field for hyper in alike for field in hyper})
        differing = [
            field for field in fields if len({repr(hyper.get(field)) for hyper in alike}) > 1
        ]  # fmt: skip
        words = [f"{field}={plugin.hyper[field]}" for field in differing if field in plugin.hyper]
        names[same] = f"{plugin.name}[{';'.join(words)}]" if words else plugin.name
    return _told_apart(names)


def _told_apart(names: Mapping[str, str]) -> dict[str, str]:
    count = list(names.values())
    return {same: name if count.count(name) == 1 else f"{name}#{same[:4]}" for same, name in names.items()}
