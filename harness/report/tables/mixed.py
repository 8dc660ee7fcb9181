"""Means over runs of different code: new and old numbers in one line of a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from harness.compare.comparison import Comparison
from harness.study.seeds import ranges

Parts = tuple[tuple[str, tuple[int, ...]], ...]
"""Codes in words, each with its seeds."""


def mixed_code(comparisons: Iterable[Comparison]) -> list[str]:
    """One sentence per comparison and division of seeds, naming the methods; none where every line is of one
    code."""
    return [
        sentence
        for each in comparisons
        for sentence in mixed_lines(
            f"{each.benchmark} ({each.protocol.name})", {method.label: method.runs for method in each.methods}
        )
    ]


class Made(Protocol):
    """What some code has made at a seed."""

    @property
    def seed(self) -> int:
        """Its seed."""

    @property
    def provenance(self) -> dict[str, Any]:
        """With the code among it."""


def mixed_lines(where: str, lines: Mapping[str, Sequence[Made]]) -> list[str]:
    """The same for what stands in the lines of a table, by label."""
    alike: dict[Parts, list[str]] = {}
    for label, made in lines.items():
        parts = _parts(made)
        if len(parts) > 1:
            alike.setdefault(parts, []).append(label)
    sentences = []
    for parts, labels in alike.items():
        codes = "; ".join(f"{code}: seeds {ranges(list(seeds))}" for code, seeds in parts)
        sentences.append(
            f"DIFFERENT CODE in one mean on {where}, {', '.join(labels)}: {codes}. The same command with "
            "existing=redo-stale makes them by one code."
        )
    return sentences


def _parts(made: Sequence[Made]) -> Parts:
    seeds: dict[tuple[str, ...], list[int]] = {}
    words: dict[tuple[str, ...], str] = {}
    for run in made:
        code = _code(run)
        seeds.setdefault(code, []).append(run.seed)
        words.setdefault(code, _words(run))
    return tuple((words[code], tuple(found)) for code, found in seeds.items())


def _code(run: Made) -> tuple[str, ...]:
    """What tells codes apart: the digest; the commit of a run that was stored before there was one."""
    made = run.provenance
    return (made["code"],) if made.get("code") else (str(made.get("commit")), str(made.get("dirty")))


def _words(run: Made) -> str:
    made = run.provenance
    commit = f"commit {str(made.get('commit'))[:8]}{' with changes' if made.get('dirty') else ''}"
    return f"{made['code'][:8]} ({commit})" if made.get("code") else commit
