"""What a report knows of a benchmark without opening it: a file beside the runs, one per seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Reference:
    """Of a table, protocol, budget and seed."""

    optimum: float | None
    """Best mean over replicates (fraction); None if nobody knows it."""
    random: Float[np.ndarray, " budget"] | None
    """Exact expected truth of random search after 1 .. budget queries under the seed's noise; None if
    it is not known in closed form."""
    fronts: dict[str, list[list[float]]]
    """By measure: complexities and truths (rising) of the table's Pareto-optimal architectures."""
    note: str
    """What the benchmark's passport wants said under every table."""
    leaks: str
    """What the search saw that it should not, in words; empty if nothing."""
    complete: bool
    """Whether the file is one of today's: older ones know no fronts."""

    @staticmethod
    def of(content: dict[str, Any]) -> Reference:
        """From the content of a file; raises `KeyError`, `TypeError` or `ValueError` if it is not whole."""
        random = content["random_truth"]
        return Reference(
            optimum=None if content["optimum"] is None else float(content["optimum"]),
            random=np.array(random, dtype=float) if random else None,
            fronts=dict(content.get("fronts", {})),
            note=str(content.get("note", "")),
            leaks=str(content.get("leaks", "")),
            complete="fronts" in content,
        )

    def packed(self) -> tuple[dict[str, Any], Float[np.ndarray, " m"]]:
        """Plain facts and numbers; `unpacked` is the inverse."""
        facts = {name: getattr(self, name) for name in ("optimum", "fronts", "note", "leaks", "complete")}
        return facts, np.empty(0) if self.random is None else self.random

    @staticmethod
    def unpacked(facts: dict[str, Any], numbers: Float[np.ndarray, " m"]) -> Reference:
        """Inverse of `packed`."""
        return Reference(random=numbers if len(numbers) else None, **facts)
