"""`harness protocols [list | show NAME | effect bench=... methods=...]`."""

from __future__ import annotations

import textwrap

from tabular.catalogue import benchmark_names, protocols
from tabular.errors import HarnessError, unknown
from tabular.protocol import Protocol

EXAMPLE = "harness protocols list"
SUMMARY = "the rules numbers stand on, and what they leak"
USAGE = """\
harness protocols list                   every protocol: what it stands for, its hash, what it leaks
harness protocols show NAME              all its rules, by dataset where they differ
harness protocols effect bench=nb201 methods=random,regularized_evolution,one_hot+gp_bo [protocols=...]
                                         run the same methods under each; print how numbers and ranks move
"""
WIDTH = 100


def run(words: list[str]) -> int:
    """Exit code: 0 done, 1 runs failed."""
    if words and words[0] in ("-h", "--help", "help"):
        print(USAGE, end="")
        return 0
    verb, rest = (words[0], words[1:]) if words else ("list", [])
    if verb == "effect":
        from harness.commands._effect import effect

        return effect(rest)
    if verb == "list" and not rest:
        print("\n".join(_line(protocol) for protocol in protocols().values()))
    elif verb == "show" and len(rest) == 1:
        print(_rules(_find(rest[0])))
    elif verb in ("list", "show"):
        raise HarnessError(f"harness protocols {verb}{' NAME' if verb == 'show' else ' takes no words'}")
    else:
        raise unknown("protocols command", verb, ("list", "show", "effect"))
    return 0


def _find(name: str) -> Protocol:
    if name not in protocols():
        raise unknown("protocol", name, protocols())
    return protocols()[name]


def _datasets(protocol: Protocol) -> list[str]:
    """Datasets on which a protocol differs from itself elsewhere; one empty name if on none."""
    family = f"{protocol.benchmark}:"
    names = [name.removeprefix(family) for name in benchmark_names() if name.startswith(family)]
    return names if protocol.datasets else [""]


def _line(protocol: Protocol) -> str:
    on = {dataset: protocol.on(dataset) for dataset in _datasets(protocol)}
    hashes = ", ".join(f"{each.hash} on {dataset}" if dataset else each.hash for dataset, each in on.items())
    text = f"{protocol.name} ({hashes}): {protocol.summary}."
    leaks = {each.leaks: dataset for dataset, each in on.items() if each.leaks}
    for sentence in leaks:
        where = [dataset for dataset, each in on.items() if each.leaks == sentence and dataset]
        text += f" LEAKS{' on ' + ', '.join(where) if where else ''}: {sentence}."
    return textwrap.fill(text, WIDTH, subsequent_indent="    ")


def _rules(protocol: Protocol) -> str:
    lines = [textwrap.fill(protocol.summary, WIDTH)]
    for dataset in _datasets(protocol):
        there = protocol.on(dataset)
        lines.append(f"\n{protocol.name}{' on ' + dataset if dataset else ''} (hash {there.hash})")
        lines += [f"  {rule:<16} {value}" for rule, value in _all_rules(there).items()]
        if there.leaks:
            lines.append(f"  LEAKS            {there.leaks}")
    return "\n".join(lines)


def _all_rules(protocol: Protocol) -> dict[str, object]:
    """The rules spelled out, with those that are at their default."""
    split, epochs = protocol.truth
    shorter = protocol.fidelities or "none"
    spelled = {"unit": protocol.unit, "crossing": protocol.crossing, "fidelities": shorter}
    reported = {"reported_split": split, "reported_epochs": epochs, "test_split": protocol.test_split}
    return {**protocol.rules(), **spelled, **reported}
