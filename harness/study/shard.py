"""A share of a study, for machines that know nothing of each other."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from harness.study.spec import RunSpec


@dataclass(frozen=True)
class Shard:
    """Share `number` of `count`, counted from 1."""

    number: int
    count: int

    def of(self, study: list[RunSpec]) -> list[RunSpec]:
        """This share, in the study's order: disjoint from the others, with which it is complete.

        It hangs on the study alone, not on what is stored. The runs of each method on each benchmark are
        dealt out in turn, each method beginning at another share: methods differ most in how long they take.
        """
        dealt: dict[tuple[str, str], list[RunSpec]] = defaultdict(list)
        for spec in study:
            dealt[spec.benchmark, spec.method].append(spec)
        ours = {
            spec.key
            for offset, group in enumerate(dealt.values())
            for turn, spec in enumerate(group)
            if (offset + turn) % self.count == self.number - 1
        }
        return [spec for spec in study if spec.key in ours]
