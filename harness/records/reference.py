"""What a report knows of a benchmark without opening it: a file beside the runs, one per protocol."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from harness.study.spec import RunSpec, canonical_hash
from tabular.quantity import ACCURACY, Quantity

ANY_SEED = "any"
"""Stands for all seeds where the protocol's answers do not depend on the seed."""
Curve = Float[np.ndarray, " budget"]


class Place(NamedTuple):
    """What a reference is about."""

    benchmark: str
    protocol: str
    """Its hash."""
    table: str
    """Digest."""


def place_of(spec: RunSpec) -> Place:
    """What the reference of a run is about."""
    return Place(spec.benchmark, spec.protocol.hash, spec.table_digest)


@dataclass(frozen=True)
class Reference:
    """Of a table under a protocol."""

    place: Place
    optimum: float | None
    """Best mean over replicates (fraction); None if nobody knows it."""
    random: dict[str, Curve | None] = field(repr=False)
    """By seed (as text, or `ANY_SEED`): exact expected truth of random search after 1, 2, ... queries under
    the seed's noise; None if it is not known in closed form."""
    fronts: dict[str, list[list[float]]] = field(repr=False)
    """By measure: complexities and truths (rising) of the table's Pareto-optimal architectures."""
    note: str
    """What the benchmark's passport wants said under every table."""
    leaks: str
    """What the search saw that it should not, in words; empty if nothing."""
    complete: bool
    """Whether the file knows fronts: the first ones did not."""
    quantity: Quantity = ACCURACY
    """What its numbers are."""
    single: bool = False
    """Whether it is of the time when each seed had a file: what a newer file says of the benchmark counts."""

    def knows(self, seed: int, budget: int) -> bool:
        """Whether it has the expectation at a seed up to a budget, or knows that there is none."""
        curve = self._curve(seed)
        return curve is not ABSENT and (curve is None or len(curve) >= budget)

    def expected(self, seed: int, budget: int) -> Curve | None:
        """Exact expected truth of random search after 1 .. budget queries; None if it is not known."""
        curve = self._curve(seed)
        return None if curve is ABSENT or curve is None else curve[:budget]

    def _curve(self, seed: int) -> Curve | None:
        return self.random.get(ANY_SEED, self.random.get(str(seed), ABSENT))

    def merged(self, newer: Reference) -> Reference:
        """The newer one (a file of one seed is older) with the seeds that it lacks, and the longer curves."""
        random = dict(self.random)
        for seed, curve in newer.random.items():
            before = random.get(seed)
            if before is None or (curve is not None and len(curve) >= len(before)):
                random[seed] = curve
        return replace(self if newer.single and not self.single else newer, random=random)

    def content(self) -> dict[str, Any]:
        """Plain JSON; `of` is the inverse."""
        content: dict[str, Any] = {
            **self.place._asdict(),
            "optimum": self.optimum,
            "random_truth": {
                seed: None if curve is None else curve.tolist()
                for seed, curve in sorted(self.random.items(), key=lambda each: (len(each[0]), each[0]))
            },
            **({"fronts": self.fronts} if self.complete else {}),
            "note": self.note,
            "leaks": self.leaks,
            **({"quantity": said} if (said := self.quantity.content()) else {}),
        }
        return {**content, "digest": canonical_hash(content)}

    @staticmethod
    def of(content: dict[str, Any]) -> Reference:
        """From the content of a file, also of one that holds a single seed, as files once did.

        Raises `KeyError`, `TypeError` or `ValueError` if it is not whole.
        """
        said = {name: value for name, value in content.items() if name != "digest"}
        if "digest" in content and content["digest"] != canonical_hash(said):
            raise ValueError("edited: its digest does not fit its content")
        random = content["random_truth"]
        by_seed = random if isinstance(random, dict) else {str(int(content["seed"])): random}
        return Reference(
            place=Place(*(str(content[name]) for name in Place._fields)),
            optimum=None if content["optimum"] is None else float(content["optimum"]),
            random={seed: np.array(each, dtype=float) if each else None for seed, each in by_seed.items()},
            fronts=dict(content.get("fronts", {})),
            note=str(content.get("note", "")),
            leaks=str(content.get("leaks", "")),
            complete="fronts" in content,
            quantity=Quantity.of(content.get("quantity")),
            single=not isinstance(random, dict),
        )


ABSENT: Curve = np.empty(0)
"""Stands for a seed that is not there."""
