"""The isomorphism classes of a space that can be listed: which key stands for which, and drawing one."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int


@dataclass(frozen=True, eq=False)
class Classes:
    """A partition of the keys 0 .. size-1 of an enumerable space.

    `of[key]` is the smallest key of its class. `members` are all keys sorted by class; at a class's own
    key `first` says where its members begin and `count` how many there are (elsewhere meaningless).
    """

    of: Int[np.ndarray, " size"]
    members: Int[np.ndarray, " size"]
    first: Int[np.ndarray, " size"]
    count: Int[np.ndarray, " size"]

    @staticmethod
    def by_label(labels: Iterable[Hashable]) -> Classes:
        """Classes of equal labels; one label per key, in key order."""
        smallest: dict[Hashable, int] = {}
        of = np.array([smallest.setdefault(label, key) for key, label in enumerate(labels)], dtype=np.int64)
        count = np.bincount(of, minlength=len(of))
        return Classes(of, np.argsort(of, kind="stable"), np.cumsum(count) - count, count)

    def draw(self, keys: Int[np.ndarray, " n"], rng: np.random.Generator) -> Int[np.ndarray, " n"]:
        """For each key one of its class, uniformly, possibly itself."""
        classes = self.of[keys]
        chosen = self.first[classes] + np.floor(rng.random(len(keys)) * self.count[classes]).astype(int)
        return self.members[chosen]
