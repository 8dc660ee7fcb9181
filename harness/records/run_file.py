"""A run as the text of its file, and back. The line of provenance also holds the timing, which is apart only
in memory.
"""

from __future__ import annotations

import math
from collections.abc import Sized
from typing import Any

import numpy as np
from jaxtyping import Float

from harness.records.form import Form
from harness.records.run import Joined, Run, Timing
from harness.study.quality_spec import is_quality
from harness.study.spec import RunSpec
from tabular.ledger import Ledger

TIMING = ("seconds", "answered", "pretraining")
"""What of a file's provenance is timing."""


class RunForm(Form[RunSpec, Run]):
    """How runs are written."""

    kind = ""
    failed = {"ledger": {}, "counts": {}, "provenance": {}, "complexity": {}}

    def is_ours(self, folder: str) -> bool:
        return not is_quality(folder)

    def spec(self, method: str, identity: dict[str, Any]) -> RunSpec:
        return RunSpec.of(method, identity)

    def lines(self, record: Run) -> dict[str, Any]:
        complexity = {name: _with_gaps(values) for name, values in record.joined.complexity.items()}
        return {
            "ledger": columns(record),
            "counts": record.counts,
            "provenance": _provenance(record),
            "complexity": complexity,
        }

    def record(self, spec: RunSpec, content: dict[str, Any], provenance: dict[str, Any]) -> Run:
        run = Run(
            spec=spec,
            ledger=ledger_of(spec, content["ledger"]),
            joined=joined_of(content["ledger"], content.get("complexity", {})),
            counts=dict(content["counts"]),
            timing=_read_timing(provenance),
            provenance={name: value for name, value in provenance.items() if name not in TIMING},
        )
        _check(run)
        return run


RUNS = RunForm()


def columns(run: Run) -> dict[str, list[Any]]:
    """Columns over answers; epochs only where the protocol has more than one schedule."""
    ledger, joined = run.ledger, run.joined
    columns = {
        "architecture": joined.architectures,
        "class": joined.classes,
        "seen": ledger.seen.tolist(),
        "truth": _with_gaps(joined.truth),
        "test": _with_gaps(joined.test),
        "cost": _with_gaps(ledger.cost),
        "repeated": ledger.repeated.astype(int).tolist(),
        "charged": ledger.charged.astype(int).tolist(),
        "purpose": ledger.purposes,
    }
    return {**columns, "epochs": ledger.epochs.tolist()} if run.spec.protocol.fidelities else columns


def ledger_of(spec: RunSpec, columns: dict[str, Any]) -> Ledger:
    """The ledger among the columns of a file."""
    rules = spec.protocol
    return Ledger(
        rules.epochs,
        rules.unit,
        spec.budget,
        seen=columns["seen"],
        cost=columns["cost"],
        repeated=columns["repeated"],
        charged=columns["charged"],
        epochs=columns.get("epochs", [rules.epochs] * len(columns["seen"])),
        purposes=columns["purpose"],
    )


def joined_of(columns: dict[str, Any], complexity: dict[str, Any]) -> Joined:
    """What was joined, among the columns of a file; null is NaN."""
    return Joined(
        architectures=columns["architecture"],
        classes=columns["class"],
        truth=np.array(columns["truth"], dtype=float),
        test=np.array(columns["test"], dtype=float),
        complexity={name: np.array(values, dtype=float) for name, values in complexity.items()},
    )


def _provenance(run: Run) -> dict[str, Any]:
    """Timing and provenance in the order of files that are stored already."""
    timing, rest = run.timing, dict(run.provenance)
    answered = {} if timing.answered is None else {"answered": timing.answered.tolist()}
    started = {"started": rest.pop("started")} if "started" in rest else {}
    return {**started, "seconds": timing.seconds, **answered, "pretraining": timing.pretraining, **rest}


def _read_timing(provenance: dict[str, Any]) -> Timing:
    if not {"seconds", "pretraining"} <= provenance.keys():
        raise ValueError("its provenance is not whole")
    seconds = {name: float(value) for name, value in provenance["seconds"].items()}
    if not {"fit", "propose", "query"} <= seconds.keys() or not all(map(math.isfinite, seconds.values())):
        raise ValueError("its provenance is not whole")
    answered = provenance.get("answered")
    times = None if answered is None else np.array(answered, dtype=float)
    return Timing(seconds, times, provenance["pretraining"])


def _check(run: Run) -> None:
    """Raises `ValueError` if columns differ in length, answers are missing, or queries are left."""
    ledger, joined = run.ledger, run.joined
    columns: list[Sized] = [ledger.seen, joined.architectures, joined.classes, joined.truth, joined.test]
    columns += joined.complexity.values()
    if run.timing.answered is not None:
        columns.append(run.timing.answered)
    alike = len({len(column) for column in columns}) == 1 and not np.isnan(ledger.seen).any()
    if not len(ledger) or not alike or (ledger.unit == "queries" and ledger.queries != run.spec.budget):
        raise ValueError("its ledger is not whole")


def _with_gaps(values: Float[np.ndarray, " n"]) -> list[float | None]:
    """NaN as null: JSON has no NaN."""
    return [None if math.isnan(value) else value for value in values.tolist()]
