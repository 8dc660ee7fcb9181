"""A run as the text of its file, and back. `docs/runs.md` says what the fields mean.

One line per top-level key; all lines but `provenance` are the same bytes whenever and however the run is
repeated, and `digest` is of them. That line also holds the timing, which is apart only in memory.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sized
from typing import Any

import numpy as np
from jaxtyping import Float

from harness.records.run import FailedRun, Joined, Run, Timing
from harness.study.spec import RunSpec, canonical_hash
from tabular.ledger import Ledger

FORMAT = 1
TIMING = ("seconds", "answered", "pretraining")
"""What of a file's provenance is timing."""


def to_text(run: Run | FailedRun) -> str:
    """What is stored."""
    spec = run.spec
    head = {"format": FORMAT, "key": spec.key, "method": spec.method, "identity": spec.identity()}
    lines: dict[str, Any] = {**head, "configuration": spec.configuration_hash}
    if isinstance(run, Run):
        complexity = {name: _with_gaps(values) for name, values in run.joined.complexity.items()}
        lines |= {"status": "done", "ledger": columns(run), "counts": run.counts}
        lines |= {"provenance": _provenance(run), "complexity": complexity, "traceback": None}
    else:
        lines |= {"status": "failed", "ledger": {}, "counts": {}, "provenance": run.provenance}
        lines |= {"complexity": {}, "traceback": run.traceback}
    lines = {"format": FORMAT, "digest": digest_of(lines), **lines}
    body = ",\n".join(f'"{key}": {json.dumps(value, separators=(",", ":"))}' for key, value in lines.items())
    return f"{{\n{body}\n}}\n"


def from_text(text: str | bytes) -> Run | FailedRun:
    """Inverse of `to_text`; raises `ValueError`, `TypeError` or `KeyError` if it is not whole."""
    if not text.strip():
        raise ValueError("empty")
    if text.rstrip()[-1:] not in ("}", b"}"):
        raise ValueError("not whole")
    content = dict(json.loads(text))
    if content["format"] != FORMAT:
        raise ValueError("another format version")
    if "digest" in content and content["digest"] != digest_of(content):
        raise ValueError("edited: its digest does not fit its content")
    spec = RunSpec.of(str(content["method"]), dict(content["identity"]))
    if content["key"] != spec.key:
        raise ValueError("its key does not fit its identity")
    if content["configuration"] != spec.configuration_hash:
        raise ValueError("its configuration does not fit its identity")
    provenance = dict(content["provenance"])
    if not all(isinstance(provenance.get(name), str | None) for name in ("code", "commit", "started")):
        raise ValueError("its provenance is not whole")
    if content["status"] == "failed":
        return FailedRun(spec, content["traceback"] or "", provenance)
    if content["status"] != "done":
        raise ValueError(f"its status is '{content['status']}'")
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


def digest_of(content: dict[str, Any]) -> str:
    """sha256 (hex) of all that is the same whenever a run is repeated; the first files are without it."""
    apart = ("provenance", "digest")
    return canonical_hash({name: value for name, value in content.items() if name not in apart})


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
