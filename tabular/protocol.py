"""Protocols: the named, versioned, hashed rules of a comparison."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tabular.errors import HarnessError, unknown

ADDED_LATER = (
    "fidelities",
    "unit",
    "crossing",
    "reported_split",
    "reported_epochs",
    "test_split",
    "shorter_seconds",
)
"""Rules that came when runs had been stored already. Where such a rule has its default it is left out of
`Protocol.rules`, so that the hashes of the older protocols, and the keys of their runs, stand."""
WORDS = ("summary", "leaks", "only", "datasets")
"""Fields that are no rules of a run: sentences, and what `Protocol.on` has applied."""


@dataclass(frozen=True)
class Protocol:
    """Everything that decides what the numbers of a comparison mean. Runs of different hashes never meet."""

    name: str
    summary: str
    """One sentence for tables and lists; not part of the hash."""
    benchmark: str
    """Benchmark family the protocol is for, for example `nb201`."""
    version: int = 1
    split: str = "valid"
    """Split whose accuracy a query returns."""
    epochs: int = 200
    """The full schedule: what a query pays for, and the one reported."""
    replicate: str = "one"
    """`one`: one recorded replicate per architecture, drawn from the (benchmark, seed) stream and so the
    same for every method at a seed; `frozen`: the same one at all seeds; `fixed:k`: the k-th recorded,
    counted from 0; `mean`: the mean over replicates, at the cost of all of them."""
    budget: int = 150
    """What a run may spend unless the command line says otherwise, in `unit`."""
    repeats: str = "free"
    """`free`: an architecture asked again is answered from the ledger and counted; `charged`: paid again."""
    same: str = "row"
    """What counts as the same architecture: `row` (equal labelled graph) or `class` (isomorphism class)."""
    initial_design: int = 10
    """Random architectures every method starts from, shared across methods at a seed and charged."""
    patience: int = 10
    """After this many proposals in a row without a new valid architecture, random unseen ones fill in."""
    transductive: bool = True
    """Whether methods may see all unlabelled architectures of the space."""
    fidelities: tuple[int, ...] = ()
    """Shorter schedules (epochs, ascending) that a query may pay for instead, for methods that use them. A
    query at e epochs is charged e/`epochs` of a query. Only the full schedule makes an incumbent."""
    shorter_seconds: str = "recorded"
    """What a shorter schedule takes: the seconds that are `recorded` of it, or `proportional`, where nothing
    is: the full schedule's, times its share of the epochs."""
    unit: str = "queries"
    """Of the budget: `queries`, or `seconds` of recorded training time."""
    crossing: str = "dropped"
    """The query that crosses a budget in seconds is `dropped` (unanswered) or `kept`; the run then ends."""
    reported_split: str = ""
    """Split whose mean over replicates is reported as truth; empty: the one searched."""
    reported_epochs: int = 0
    """Schedule reported as truth and test; 0: the one searched."""
    test_split: str = "test"
    """Split reported as test, joined after the run has closed."""
    leaks: str = ""
    """What the search sees that it should not, in words; printed under every table, not part of the hash."""
    only: tuple[str, ...] = ()
    """Datasets it is for; empty: all of the family. Not part of the hash."""
    datasets: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict, hash=False)
    """Fields that differ on a dataset; `on` applies them. Not part of the hash of what `on` returns."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"fixed:\d+", self.replicate):
            _one_of("replicate", self.replicate, ("one", "mean", "frozen", "fixed:<k>"))
        _one_of("repeats", self.repeats, ("free", "charged"))
        _one_of("same", self.same, ("row", "class"))
        _one_of("shorter_seconds", self.shorter_seconds, ("recorded", "proportional"))
        _one_of("unit", self.unit, ("queries", "seconds"))
        _one_of("crossing", self.crossing, ("dropped", "kept"))
        if self.initial_design < 1:
            raise HarnessError(f"protocol field initial_design={self.initial_design} must be at least 1")
        if list(self.schedules) != sorted({*self.schedules}) or min(self.schedules) < 1:
            raise HarnessError(
                f"protocol field fidelities={self.fidelities} must hold ascending numbers of epochs "
                f"from 1 to below epochs={self.epochs}"
            )

    @property
    def schedules(self) -> tuple[int, ...]:
        """Epochs of all schedules a query may pay for, ascending; the last is the full one."""
        return (*self.fidelities, self.epochs)

    def timed(self, epochs: int) -> tuple[int, float]:
        """Schedule whose seconds a query at `epochs` is charged, and times what."""
        if self.shorter_seconds == "proportional":
            return self.epochs, epochs / self.epochs
        return epochs, 1.0

    @property
    def truth(self) -> tuple[str, int]:
        """Split and epochs whose mean over replicates is reported."""
        return self.reported_split or self.split, self.reported_epochs or self.epochs

    def on(self, dataset: str) -> Protocol:
        """The protocol as it is on a dataset; what it says of other datasets is gone."""
        return dataclasses.replace(self, **{**self.datasets.get(dataset, {}), "datasets": {}})

    def rules(self) -> dict[str, Any]:
        """All fields but words, as stored in runs; see `ADDED_LATER` for what is left out."""
        return {
            field.name: list(value) if isinstance(value, tuple) else value
            for field in dataclasses.fields(self)
            for value in [getattr(self, field.name)]
            if field.name not in WORDS and not (field.name in ADDED_LATER and value == field.default)
        }

    @staticmethod
    def from_rules(rules: Mapping[str, Any]) -> Protocol:
        """Inverse of `rules`, but for the summary."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in rules.items()
        }
        return Protocol(summary="", **values)

    @cached_property
    def hash(self) -> str:
        """First 8 hex digits of the sha256 of the rules."""
        text = json.dumps(self.rules(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]


def _one_of(field: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise HarnessError(f"protocol field {field}={given!r} must be one of {', '.join(allowed)}")


def differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """The rules in which two stored protocols differ, as `field=one|other`; their names are no rule."""
    fields = [name for name in {**first, **second} if name != "name"]
    defaults = {field.name: field.default for field in dataclasses.fields(Protocol)}
    pairs = [
        (name, first.get(name, defaults.get(name)), second.get(name, defaults.get(name))) for name in fields
    ]
    return [f"{name}={one}|{other}" for name, one, other in pairs if one != other]


def find_protocol(name: str, benchmark: str, known: Mapping[str, Protocol]) -> Protocol:
    """The protocol of that name as it is on a benchmark's dataset.

    `HarnessError` if it does not exist or is for another benchmark family.
    """
    if name not in known:
        raise unknown("protocol", name, known)
    protocol = known[name]
    family, _, dataset = benchmark.partition(":")
    if protocol.benchmark != family:
        raise HarnessError(f"protocol '{name}' is for {protocol.benchmark}, not for {family}")
    if protocol.only and dataset not in protocol.only:
        raise HarnessError(f"protocol '{name}' is for {family}:{', '.join(protocol.only)}, not for {dataset}")
    return protocol.on(dataset)
