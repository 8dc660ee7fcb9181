"""Means over runs of different code: new and old numbers in one line of a table."""

from __future__ import annotations

from collections.abc import Iterable

from harness.compare.comparison import Comparison, MethodRuns
from harness.records.stored import StoredRun
from harness.study.seeds import ranges

Parts = tuple[tuple[str, tuple[int, ...]], ...]
"""Codes in words, each with its seeds."""


def mixed_code(comparisons: Iterable[Comparison]) -> list[str]:
    """One sentence per comparison and division of seeds, naming the methods; none where every line is of one
    code."""
    lines = []
    for comparison in comparisons:
        alike: dict[Parts, list[str]] = {}
        for method in comparison.methods:
            parts = _parts(method)
            if len(parts) > 1:
                alike.setdefault(parts, []).append(method.label)
        for parts, labels in alike.items():
            codes = "; ".join(f"{code}: seeds {ranges(list(seeds))}" for code, seeds in parts)
            lines.append(
                f"DIFFERENT CODE in one mean on {comparison.benchmark} ({comparison.protocol.name}), "
                f"{', '.join(labels)}: {codes}. The same command with existing=redo-stale makes them by one "
                "code."
            )
    return lines


def _parts(method: MethodRuns) -> Parts:
    seeds: dict[tuple[str, ...], list[int]] = {}
    words: dict[tuple[str, ...], str] = {}
    for run in method.runs:
        code = _code(run)
        seeds.setdefault(code, []).append(run.seed)
        words.setdefault(code, _words(run))
    return tuple((words[code], tuple(found)) for code, found in seeds.items())


def _code(run: StoredRun) -> tuple[str, ...]:
    """What tells codes apart: the digest; the commit of a run that was stored before there was one."""
    made = run.provenance
    return (made["code"],) if made.get("code") else (str(made.get("commit")), str(made.get("dirty")))


def _words(run: StoredRun) -> str:
    made = run.provenance
    commit = f"commit {str(made.get('commit'))[:8]}{' with changes' if made.get('dirty') else ''}"
    return f"{made['code'][:8]} ({commit})" if made.get("code") else commit
