"""The closed run's ledger as plain columns. Truth and test are joined only here, after the search is over."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.study.spec import RunSpec
from tabular.benchmark import Benchmark
from tabular.oracle import Observations, Oracle
from tabular.protocol import Protocol


def ledger(benchmark: Benchmark, spec: RunSpec, oracle: Oracle) -> dict[str, list[Any]]:
    """The closed run's ledger by column. Truth and test are joined only here, after the search is over."""
    observed, protocol = oracle.observed, spec.protocol
    assert observed.epochs is not None
    columns = {
        "architecture": benchmark.space.to_strings(observed.cells),
        "class": benchmark.space.canonical(observed.cells).tolist(),
        "seen": observed.accuracy.tolist(),
        "truth": _reported(benchmark, protocol.reported_split or protocol.split, observed, protocol),
        "test": _reported(benchmark, protocol.test_split, observed, protocol),
        "cost": _with_gaps(observed.cost),
        "repeated": observed.repeated.astype(int).tolist(),
        "charged": oracle.charged.astype(int).tolist(),
        "purpose": oracle.purposes,
    }
    if protocol.fidelities:  # elsewhere every row has the protocol's epochs
        columns["epochs"] = observed.epochs.tolist()
    return columns


def complexity(benchmark: Benchmark, spec: RunSpec, oracle: Oracle) -> dict[str, list[float | None]]:
    """What the space says without training of every entry of the ledger, by measure.

    Those that are computed (FLOPs, parameters), and what the method was told to learn or price.
    """
    space, parts = benchmark.space, (spec.representation, spec.optimizer)
    priced = {str(part.hyper["complexity"]) for part in parts if part and "complexity" in part.hyper}
    return {
        measure: _with_gaps(space.complexity(oracle.observed.cells, measure).astype(float))
        for measure in space.complexity_measures
        if ":" not in measure or measure in priced
    }


def _reported(
    benchmark: Benchmark, split: str, observed: Observations, protocol: Protocol
) -> list[float | None]:
    """Mean over replicates of every row, at the schedule the protocol reports or else its own.

    None where the benchmark has none.
    """
    assert observed.epochs is not None
    values = np.empty(len(observed))
    for epochs in protocol.schedules:
        rows = np.flatnonzero(observed.epochs == epochs)
        reported = protocol.reported_epochs or epochs
        values[rows] = benchmark.mean(observed.cells[rows], split, reported)
    return _with_gaps(values)


def _with_gaps(values: np.ndarray) -> list[float | None]:
    """NaN as null: JSON has no NaN."""
    return [None if np.isnan(value) else value for value in values.tolist()]
