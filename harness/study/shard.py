"""A share of a study, for machines that know nothing of each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from harness.study.spec import Spec

S = TypeVar("S", bound=Spec)


@dataclass(frozen=True)
class Shard:
    """Share `number` of `count`, counted from 1."""

    number: int
    count: int

    def of(self, study: Sequence[S]) -> list[S]:
        """This share, in the study's order: disjoint from the others, with which it is complete.

        It hangs on the study alone, not on what is stored. The seeds of each method on each benchmark are
        dealt out in turn, each method beginning at another share: methods differ most in how long they take,
        and what has a seed in common shares a model.
        """
        dealt: dict[tuple[str, str], dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        for spec in study:
            dealt[spec.benchmark, spec.method][spec.seed].append(spec.key)
        ours = {
            key
            for offset, seeds in enumerate(dealt.values())
            for turn, keys in enumerate(seeds.values())
            if (offset + turn) % self.count == self.number - 1
            for key in keys
        }
        return [spec for spec in study if spec.key in ours]
