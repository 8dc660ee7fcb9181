"""What is joined to a ledger once its run has closed: truth and test are seen here for the first time."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from harness.records.run import Joined
from harness.study.spec import RunSpec
from tabular.benchmark import Benchmark
from tabular.oracle import Observations, Oracle
from tabular.protocol import Protocol


def joined(benchmark: Benchmark, spec: RunSpec, oracle: Oracle) -> Joined:
    """Names, classes, truth, test and complexity of every entry of a closed run."""
    observed, protocol, space = oracle.observed, spec.protocol, benchmark.space
    parts = (spec.representation, spec.optimizer)
    priced = {str(part.hyper["complexity"]) for part in parts if part and "complexity" in part.hyper}
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
    """Mean over replicates of every row, at the schedule the protocol reports or else its own."""
    assert observed.epochs is not None
    values = np.empty(len(observed))
    for epochs in protocol.schedules:
        rows = np.flatnonzero(observed.epochs == epochs)
        values[rows] = benchmark.mean(observed.cells[rows], split, protocol.reported_epochs or epochs)
    return values
