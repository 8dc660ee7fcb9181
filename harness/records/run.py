"""What happened in a run: the stored truth that every number of a report comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic

import numpy as np
from jaxtyping import Float
from typing_extensions import TypeVar

from harness.study.spec import RunSpec, Spec
from tabular.ledger import Ledger

if TYPE_CHECKING:
    from tabular.benchmark import Benchmark
    from tabular.oracle import Observations
    from tabular.protocol import Protocol

S = TypeVar("S", bound=Spec, default=RunSpec)


@dataclass(frozen=True, eq=False)
class Joined:
    """What is known of every entry of a ledger once the run has closed. No method sees it."""

    architectures: list[str]
    """As the search space writes them."""
    classes: list[int]
    """Isomorphism classes."""
    truth: Float[np.ndarray, " n"]
    """Mean over replicates (fraction); NaN where it is not recorded."""
    test: Float[np.ndarray, " n"]
    complexity: dict[str, Float[np.ndarray, " n"]]
    """By measure; NaN where it was not measured. Empty in runs stored before it was kept."""

    @staticmethod
    def to(observed: Observations, spec: RunSpec, benchmark: Benchmark) -> Joined:
        """What a benchmark knows of the answers of a closed run: truth and test are looked up here alone."""
        protocol, space = spec.protocol, benchmark.space
        parts = (spec.representation, spec.optimizer)
        priced = {measure for part in parts if part for measure in part.complexity}
        return Joined(
            architectures=space.to_strings(observed.cells),
            classes=space.canonical(observed.cells).tolist(),
            truth=_reported(benchmark, protocol.reported_split or protocol.split, observed, protocol),
            test=_reported(benchmark, protocol.test_split, observed, protocol),
            # what is computed (FLOPs, parameters), and what the method was told to learn or price
            complexity={
                measure: space.complexity(observed.cells, measure).astype(float)
                for measure in space.complexity_measures
                if ":" not in measure or measure in priced
            },
        )


def _reported(
    benchmark: Benchmark, split: str, observed: Observations, protocol: Protocol
) -> Float[np.ndarray, " n"]:
    """Mean over replicates of every answer, at the schedule the protocol reports or else its own; NaN where
    there is nothing of it."""
    assert observed.epochs is not None
    values = np.full(len(observed), np.nan)
    for epochs in protocol.schedules:
        rows, reported = np.flatnonzero(observed.epochs == epochs), protocol.reported_epochs or epochs
        if benchmark.has(split, reported):
            values[rows] = benchmark.mean(observed.cells[rows], split, reported)
    return values


@dataclass(frozen=True, eq=False)
class Timing:
    """Wall seconds: what the axes `wall` and `total` are made of."""

    seconds: dict[str, float]
    """By phase: prepare, fit, propose, query. The last three are the search, the runner's work too."""
    answered: Float[np.ndarray, " n"] | None
    """Of the search, before every answer; None in runs stored before it was kept."""
    pretraining: dict[str, float] | None
    """`seconds` it took, and measured facts of the outcome; None where nothing is pre-trained."""

    @property
    def search(self) -> float:
        """Fitting, proposing and querying, without pre-training."""
        return float(sum(self.seconds[phase] for phase in ("fit", "propose", "query")))

    @property
    def pretrained(self) -> float:
        """Seconds of the pre-training that the run needed, however it was shared."""
        return self.pretraining["seconds"] if self.pretraining else 0.0

    @property
    def decoder_exact(self) -> float:
        """Share of architectures that the decoder the run used gives back exactly; NaN where none was used,
        and in runs stored before it was kept."""
        return (self.pretraining or {}).get("decoder_exact_percent", math.nan) / 100


@dataclass(frozen=True, eq=False)
class Run:
    """A run that is done."""

    spec: RunSpec
    ledger: Ledger
    joined: Joined
    counts: dict[str, int]
    """Proposed, invalid, repeated and fallback architectures; `matched` where the benchmark is a pool."""
    timing: Timing
    provenance: dict[str, Any] = field(default_factory=dict)
    """Where and when, by which code on which machine. With `timing` the only part that differs when a run is
    repeated."""


@dataclass(frozen=True)
class FailedRun(Generic[S]):
    """A run, or other work, that raised; it counts in no number."""

    spec: S
    traceback: str
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def problem(self) -> str:
        """Last line of the traceback."""
        lines = self.traceback.strip().splitlines()
        return lines[-1] if lines else "no traceback"
