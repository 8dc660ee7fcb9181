"""The table "best accuracy versus queries" for people: aligned text or markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from harness.report.comparison import Comparison, MethodRuns
from harness.statistics import Summary
from harness.store import RunRecord

ABSENT = "-"


def render(comparison: Comparison, at: Sequence[int] | None, markdown: bool) -> str:
    """One comparison: heading, table, and beneath it what the numbers mean."""
    points = comparison.points(at)
    header, body = _cells(comparison, points)
    title = f"{comparison.benchmark}: best accuracy versus queries"
    table = _markdown(header, body) if markdown else _text(header, body)
    notes = _notes(comparison, points[-1])
    if markdown:
        return "\n\n".join([f"**{title}**", table, "\n".join(f"- {note}" for note in notes)])
    return "\n".join([title, "", table, "", *notes])


def _cells(comparison: Comparison, points: list[int]) -> tuple[list[str], list[list[str]]]:
    last = points[-1]
    header = ["method", *(f"@{point}" for point in points)]
    header += [f"seen@{last}", f"test@{last}", f"regret@{last}", "archs", "classes", "GPU h", "search s"]
    body = [_reference(comparison, points, len(header))] if comparison.optimum is not None else []
    body += [_line(comparison, method, points) for method in _ranked(comparison, last)]
    if comparison.random is not None:
        expected = [_percent(comparison.random[point - 1]) for point in points]
        row = ["random search, exact expectation", *expected, "", "", ""]
        if comparison.optimum is not None:
            row[-1] = f"{100 * (comparison.optimum - comparison.random[last - 1]):.2f}"
        body.append(row + [""] * (len(header) - len(row)))
    return header, body


def _reference(comparison: Comparison, points: list[int], width: int) -> list[str]:
    assert comparison.optimum is not None
    row = ["optimum of the table", *[_percent(comparison.optimum)] * len(points), "", "", "0.00"]
    return row + [""] * (width - len(row))


def _ranked(comparison: Comparison, at: int) -> list[MethodRuns]:
    """Best mean truth first; ties by name, so that the order never depends on the store's."""
    return sorted(
        comparison.methods, key=lambda m: (-comparison.summary(m, "truth", at).mean, m.label)
    )


def _line(comparison: Comparison, method: MethodRuns, points: list[int]) -> list[str]:
    last = points[-1]
    return [
        method.label,
        *(_accuracy(comparison.summary(method, "truth", point)) for point in points),
        _accuracy(comparison.summary(method, "seen", last), interval=False),
        _accuracy(comparison.summary(method, "test", last), interval=False),
        _accuracy(comparison.summary(method, "regret", last), interval=False),
        f"{np.mean([run.architectures[last - 1] for run in method.curves]):.1f}",
        f"{np.mean([run.classes[last - 1] for run in method.curves]):.1f}",
        f"{np.mean([run.seconds[last - 1] for run in method.curves]) / 3600:.1f}",
        f"{np.mean([_search_seconds(record) for record in method.records]):.1f}",
    ]


def _search_seconds(record: RunRecord) -> float:
    """Wall seconds of the search itself: fitting, proposing and querying, without pre-training."""
    seconds = record.provenance["seconds"]
    return float(sum(seconds[phase] for phase in ("fit", "propose", "query")))


def _accuracy(summary: Summary, interval: bool = True) -> str:
    if summary.n == 0:
        return ABSENT
    mean = _percent(summary.mean)
    if math.isnan(summary.std):
        return mean
    spread = f"{mean} ±{100 * summary.std:.2f}"
    return f"{spread} [{_percent(summary.low)}, {_percent(summary.high)}]" if interval else spread


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.2f}"


def _notes(comparison: Comparison, last: int) -> list[str]:
    protocol = comparison.protocol
    lines = [
        "Columns @q: accuracy in % after q charged queries of the architecture with the best validation "
        f"accuracy seen, as truth (mean over replicates of {protocol.epochs}-epoch {protocol.split}): mean "
        "over seeds ±sd [95 % bootstrap interval of the mean].",
        "seen: the validation accuracy the method saw. regret: optimum - truth, in points. archs, classes: "
        "different architectures and isomorphism classes queried. GPU h: simulated training. "
        "search s: wall seconds without pre-training.",
        f"protocol {protocol.name} ({protocol.hash}): {_rules(comparison)}",
        f"table {comparison.table_digest[:12]}, seeds {_ranges(comparison.seeds)} (n = {len(comparison.seeds)}), "
        f"budget {comparison.budget} queries.",
    ]
    if all(np.isnan(comparison.values(m, "test", last)).all() for m in comparison.methods):
        lines.append("test: not in this table.")
    for method in comparison.methods:
        if method.seeds != comparison.seeds:
            lines.append(f"{method.label}: only seeds {_ranges(method.seeds)} (n = {len(method.seeds)}).")
        lines += _proposals(method) + _pretraining(method)
    return lines


def _rules(comparison: Comparison) -> str:
    rules = comparison.protocol.rules()
    skipped = ("name", "benchmark", "budget")
    return ", ".join(f"{key}={value}" for key, value in rules.items() if key not in skipped)


def _proposals(method: MethodRuns) -> list[str]:
    """Shares of wasted proposals, where there were any."""
    total = {
        name: sum(record.counts[name] for record in method.records)
        for name in ("proposed", "invalid", "repeated", "fallback")
    }
    if not any(total[name] for name in ("invalid", "repeated", "fallback")):
        return []
    share = {name: 100 * total[name] / max(total["proposed"], 1) for name in ("invalid", "repeated")}
    return [
        f"{method.label}: {total['proposed']} proposals, {share['invalid']:.1f} % invalid, "
        f"{share['repeated']:.1f} % repeated; {total['fallback']} random queries filled in."
    ]


def _pretraining(method: MethodRuns) -> list[str]:
    """What pre-training cost and reached, and whether all seeds share one model."""
    facts = [record.provenance["pretraining"] for record in method.records]
    known = [each for each in facts if each]
    if not known:
        return []
    names = [name for name in known[0] if name != "seconds"]
    outcome = ", ".join(
        f"{name.replace('_', ' ')} {np.mean([each[name] for each in known]):.1f} %" for name in names
    )
    shared = method.records[0].identity["pretrain_seed"] == -1
    rule = (
        "one model shared by all seeds, so intervals leave its variance out" if shared else "a model per seed"
    )
    seconds = np.mean([each["seconds"] for each in known])
    return [f"{method.label}: pre-trained without labels in {seconds:.0f} s ({rule}); {outcome}."]


def _ranges(seeds: list[int]) -> str:
    """0..9, or 0..3,5 where seeds are missing."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and seed == parts[-1][-1] + 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return ",".join(f"{part[0]}..{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)


def _text(header: list[str], body: list[list[str]]) -> str:
    widths = [max(len(row[i]) for row in [header, *body]) for i in range(len(header))]
    lines = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [header, *body]
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def _markdown(header: list[str], body: list[list[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *body])
