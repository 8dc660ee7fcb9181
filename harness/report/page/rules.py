"""A protocol in words, rule by rule."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.compare.units import shorter_price
from tabular.protocol import Protocol
from tabular.quantity import ACCURACY, Quantity


@dataclass(frozen=True)
class Rule:
    """One rule."""

    name: str
    value: str
    sentence: str


def spelled_out(protocol: Protocol, budget: int, quantity: Quantity = ACCURACY) -> list[Rule]:
    """All rules with what they mean; `budget` and `quantity` are those of the comparison."""
    split, epochs = protocol.truth
    by_seconds = protocol.unit == "seconds"
    found = [
        Rule("version", str(protocol.version), "A rule that changes makes a new version and a new hash."),
        Rule("budget", f"{budget} {'s' if by_seconds else 'queries'}", _budget(protocol)),
        *([Rule("crossing", protocol.crossing, CROSSING[protocol.crossing])] if by_seconds else []),
        Rule(
            "split",
            protocol.split,
            f"A query returns the accuracy on the {protocol.split} split; it is all a method learns.",
        ),
        Rule("epochs", str(protocol.epochs), f"A query pays for training over {protocol.epochs} epochs."),
        Rule("fidelities", ", ".join(map(str, protocol.fidelities)) or "none", _fidelities(protocol)),
        Rule("replicate", protocol.replicate, _replicate(protocol.replicate)),
        Rule(
            "truth",
            f"{split}, {epochs} epochs",
            f"Methods are judged by the mean over replicates on the {split} split after {epochs} epochs, "
            "of the architecture with the best accuracy they saw.",
        ),
        Rule("test", protocol.test_split, "Joined after a run has closed; no method sees it."),
        Rule("repeats", protocol.repeats, REPEATS[protocol.repeats]),
        Rule("same", protocol.same, SAME[protocol.same]),
        Rule(
            "initial design",
            str(protocol.initial_design),
            "Random architectures that every method starts from, the same for all at a seed; they are paid.",
        ),
        Rule(
            "patience",
            str(protocol.patience),
            f"After {protocol.patience} proposals in a row without a new valid architecture, random unseen "
            "ones fill in, and are counted.",
        ),
        Rule("transductive", "yes" if protocol.transductive else "no", TRANSDUCTIVE[protocol.transductive]),
    ]
    return [replace(rule, sentence=quantity.said(rule.sentence)) for rule in found]


CROSSING = {
    "dropped": "The query that would cross the budget is not answered, and the run ends.",
    "kept": "The query that crosses the budget is answered, and the run ends.",
}
REPEATS = {
    "free": "An architecture asked again is answered from the ledger at no cost, and counted.",
    "charged": "An architecture asked again is paid for again.",
}
SAME = {
    "row": "Two architectures are the same if their labelled graphs are equal.",
    "class": "Two architectures are the same if their graphs are isomorphic.",
}
TRANSDUCTIVE = {
    True: "Methods may see all architectures of the space without their accuracies.",
    False: "Methods see no architecture they have not asked for.",
}
REPLICATES = {
    "one": "A query is answered by one recorded training, drawn by benchmark and seed: the same for every "
    "method at a seed.",
    "frozen": "A query is answered by one recorded training, the same at all seeds.",
    "mean": "A query is answered by the mean of all recorded trainings, at the cost of all of them.",
}


def _replicate(rule: str) -> str:
    kind, _, number = rule.partition(":")
    fixed = f"A query is answered by recorded training {number} (counted from 0) at all seeds."
    return fixed if kind == "fixed" else REPLICATES[kind]


def _budget(protocol: Protocol) -> str:
    if protocol.unit == "seconds":
        return "What a run may spend, in recorded training time."
    return "What a run may spend: every new architecture costs one query."


def _fidelities(protocol: Protocol) -> str:
    if not protocol.fidelities:
        return "Every query pays for the full schedule."
    return (
        f"Shorter schedules (epochs) a query may pay for: one at e epochs costs {shorter_price(protocol)}, "
        "and only the full schedule makes the best architecture."
    )
