"""Protocols: the named, versioned, hashed rules of a comparison."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass

from tabular.errors import HarnessError, unknown


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
    """Schedule a query pays for, and the one reported."""
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

    def __post_init__(self) -> None:
        _one_of("replicate", self.replicate, ("one", "mean"))
        _one_of("repeats", self.repeats, ("free", "charged"))
        _one_of("same", self.same, ("row", "class"))

    def rules(self) -> dict[str, str | int | bool]:
        """All fields but the summary, as stored in runs."""
        fields = dataclasses.asdict(self)
        del fields["summary"]
        return fields

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
