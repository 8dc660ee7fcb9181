"""Protocols: the named, versioned, hashed rules of a comparison."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tabular.errors import HarnessError, unknown

ADDED_LATER = ("fidelities",)
"""Rules that came when runs had been stored already. Where such a rule has its default it is left out of
`Protocol.rules`, so that the hashes of the older protocols, and the keys of their runs, stand."""


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
    same for every method at a seed; `mean`: the mean over replicates, at the cost of all of them."""
    budget: int = 150
    """Charged queries of a run unless the command line says otherwise."""
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

    def __post_init__(self) -> None:
        _one_of("replicate", self.replicate, ("one", "mean"))
        _one_of("repeats", self.repeats, ("free", "charged"))
        _one_of("same", self.same, ("row", "class"))
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

    def rules(self) -> dict[str, Any]:
        """All fields but the summary, as stored in runs; see `ADDED_LATER` for what is left out."""
        return {
            field.name: list(value) if isinstance(value, tuple) else value
            for field in dataclasses.fields(self)
            for value in [getattr(self, field.name)]
            if field.name != "summary" and not (field.name in ADDED_LATER and value == field.default)
        }

    @staticmethod
    def from_rules(rules: Mapping[str, Any]) -> Protocol:
        """Inverse of `rules`, but for the summary."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in rules.items()
        }
        return Protocol(summary="", **values)

    @property
    def hash(self) -> str:
        """First 8 hex digits of the sha256 of the rules."""
        text = json.dumps(self.rules(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]


def _one_of(field: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise HarnessError(f"protocol field {field}={given!r} must be one of {', '.join(allowed)}")


_NB201 = Protocol(
    name="nb201-200ep",
    benchmark="nb201",
    summary="200-epoch x-valid, one replicate per cell and seed; repeats free; truth = mean of replicates",
)

PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        _NB201,
        dataclasses.replace(
            _NB201,
            name="nb201-200ep-mean",
            replicate="mean",
            summary="as nb201-200ep, but a query returns the mean over replicates and costs all of them",
        ),
    )
}


def find_protocol(name: str, benchmark: str, known: dict[str, Protocol] = PROTOCOLS) -> Protocol:
    """The protocol of that name; `HarnessError` if it does not exist or is for another benchmark family."""
    if name not in known:
        raise unknown("protocol", name, known)
    protocol = known[name]
    family = benchmark.partition(":")[0]
    if protocol.benchmark != family:
        raise HarnessError(f"protocol '{name}' is for {protocol.benchmark}, not for {family}")
    return protocol
