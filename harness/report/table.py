"""The table "best accuracy versus queries" for people: aligned text or markdown."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import numpy as np

from harness.report.comparison import Comparison, MethodRuns
from harness.statistics import Summary
from harness.store import RunRecord

ABSENT = "-"
WIDTH = 100


def render(comparison: Comparison, at: Sequence[int] | None, markdown: bool) -> str:
    """One comparison: accuracy by query count, the facts at the end, and what the numbers mean."""
    points, unit = comparison.points(at), _unit(comparison)
    blocks = [
        (f"{comparison.benchmark}: best accuracy (%) versus {unit}", _curve_table(comparison, points)),
        (f"After {points[-1]} {unit}", _end_table(comparison, points[-1])),
        ("What it took, per run", _effort_table(comparison, points[-1])),
    ]
    notes = _notes(comparison, points[-1])
    if markdown:
        tables = [f"**{title}**\n\n{_markdown(*table)}" for title, table in blocks]
        return "\n\n".join([*tables, "\n".join(f"- {note}" for note in notes)])
    tables = [f"{title}\n\n{text_table(*table)}" for title, table in blocks]
    wrapped = [textwrap.fill(note, WIDTH, subsequent_indent="  ") for note in notes]
    return "\n\n".join([*tables, "\n".join(wrapped)])


Table = tuple[list[str], list[list[str]]]


def _curve_table(comparison: Comparison, points: list[int]) -> Table:
    letter = "s" if comparison.protocol.unit == "seconds" else "q"
    header = [f"truth after {letter} {_unit(comparison)}", *map(str, points)]
    body = []
    if comparison.optimum is not None:
        body.append(["optimum of the table", *[_percent(comparison.optimum)] * len(points)])
    for method in _ranked(comparison, points[-1]):
        summaries = [comparison.summary(method, "truth", point) for point in points]
        body.append([method.label, *map(_accuracy, summaries)])
    if comparison.random is not None:
        expected = [_percent(comparison.random[point - 1]) for point in points]
        body.append(["random search, exact", *expected])
    return header, body


def _end_table(comparison: Comparison, at: int) -> Table:
    metrics = tuple(m for m in ("regret", "seen", "test") if _is_known(comparison, m, at))
    return ["", *metrics], [
        [method.label, *(_accuracy(comparison.summary(method, metric, at)) for metric in metrics)]
        for method in _ranked(comparison, at)
    ]


def _is_pool(comparison: Comparison) -> bool:
    """Whether what the methods proposed may have been matched to a pool."""
    return any("matched" in record.counts for each in comparison.methods for record in each.records)


def _is_known(comparison: Comparison, metric: str, at: int) -> bool:
    """Whether any run has a value: a surrogate knows no optimum, most have no test accuracy."""
    return any(not np.isnan(comparison.values(each, metric, at)).all() for each in comparison.methods)


def _effort_table(comparison: Comparison, at: int) -> Table:
    """Means over seeds; shares are of all proposals of all seeds."""
    header = ["", "architectures", "classes", "GPU h", "search s"]
    waste = ["proposed", "invalid %", "repeated %", "filled in"]
    if _is_pool(comparison):
        waste.append("matched")
    return [*header, *waste], [
        [
            method.label,
            _mean(method, "architectures", at),
            _mean(method, "classes", at),
            _mean(method, "seconds", at, 3600),
            f"{np.mean([_search_seconds(record) for record in method.records]):.1f}",
            *_waste(method),
        ]
        for method in _ranked(comparison, at)
    ]


def _unit(comparison: Comparison) -> str:
    """Of the budget, in words."""
    return "simulated seconds" if comparison.protocol.unit == "seconds" else "queries"


def _mean(method: MethodRuns, name: str, at: int, scale: float = 1) -> str:
    """Mean over seeds of a column of the curves."""
    mean = np.mean([run.value(name, at) for run in method.curves]) / scale
    return ABSENT if np.isnan(mean) else f"{mean:.1f}"


def _waste(method: MethodRuns) -> list[str]:
    """Proposals, the invalid and the repeated among them, and random queries filled in."""
    first = method.records[0].counts
    count = {
        name: float(np.mean([record.counts[name] for record in method.records]))
        for name in ("proposed", "invalid", "repeated", "fallback")
    }
    matched = [f"{np.mean([r.counts['matched'] for r in method.records]):.1f}"] if "matched" in first else []
    share = {name: 100 * count[name] / max(count["proposed"], 1) for name in ("invalid", "repeated")}
    return [
        f"{count['proposed']:.0f}",
        f"{share['invalid']:.1f}",
        f"{share['repeated']:.1f}",
        f"{count['fallback']:.1f}",
        *matched,
    ]


def _ranked(comparison: Comparison, at: int) -> list[MethodRuns]:
    """Best mean truth first; ties by name, so that the order never depends on the store's."""
    means = {method.label: comparison.summary(method, "truth", at).mean for method in comparison.methods}
    return sorted(comparison.methods, key=lambda m: (-np.nan_to_num(means[m.label], nan=-1.0), m.label))


def _search_seconds(record: RunRecord) -> float:
    """Wall seconds of the search itself: fitting, proposing and querying, without pre-training."""
    seconds = record.provenance["seconds"]
    return float(sum(seconds[phase] for phase in ("fit", "propose", "query")))


def _accuracy(summary: Summary) -> str:
    """Mean ±sd and, on a line of its own, the interval."""
    if summary.n == 0:
        return ABSENT
    mean = _percent(summary.mean)
    if math.isnan(summary.std):
        return mean
    return f"{mean} ±{_percent(summary.std)}\n[{_percent(summary.low)}, {_percent(summary.high)}]"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.2f}"


def _notes(comparison: Comparison, last: int) -> list[str]:
    protocol = comparison.protocol
    split, epochs = protocol.truth
    lines = [
        "Mean over seeds ±sd, and [95 % bootstrap interval of the mean]. truth: mean over replicates "
        f"({epochs}-epoch {split}) of the architecture with the best validation accuracy "
        "seen. seen: that validation accuracy. regret: optimum - truth, in points. architectures, classes: "
        "different ones queried. GPU h: simulated training. search s: wall seconds without pre-training. "
        "proposed, invalid, repeated: what the optimizer listed; only what is valid and new is paid for. "
        "filled in: random queries after barren proposals.",
        f"protocol {protocol.name} ({protocol.hash}): {_rules(comparison)}",
        f"table {comparison.table_digest[:12]}, seeds {_ranges(comparison.seeds)} "
        f"(n = {len(comparison.seeds)}), "
        f"budget {comparison.budget} {_unit(comparison)}.",
    ]
    if comparison.leaks:
        lines.append(f"LEAKS: {comparison.leaks}. Not comparable with an honest protocol.")
    if comparison.note:
        lines.append(comparison.note)
    if protocol.fidelities:
        price = f"e/{protocol.epochs} of a query" if protocol.unit == "queries" else "its own seconds"
        lines.append(
            f"A query at e epochs is charged {price}; only answers from the full schedule "
            f"({protocol.epochs} epochs) make the best architecture."
        )
    if all(np.isnan(comparison.values(m, "test", last)).all() for m in comparison.methods):
        lines.append("test: not in this benchmark.")
    if _is_pool(comparison):
        lines.append("matched: proposals outside the pool that were asked as their nearest member.")
    if not comparison.complete:
        lines.append("optimum or random expectation: reference files are missing; `harness run` writes them.")
    lines += _code(comparison)
    for method in comparison.methods:
        if method.seeds != comparison.seeds:
            lines.append(f"{method.label}: only seeds {_ranges(method.seeds)} (n = {len(method.seeds)}).")
        lines += _pretraining(method)
    return lines


def _code(comparison: Comparison) -> list[str]:
    """Which code made the runs, where that is not one clean commit."""
    made_by = {
        (str(record.provenance.get("commit"))[:8], bool(record.provenance.get("dirty")))
        for method in comparison.methods
        for record in method.records
    }
    if len(made_by) == 1 and not next(iter(made_by))[1]:
        return []
    names = sorted(f"{commit}{' with changes' if dirty else ''}" for commit, dirty in made_by)
    return [f"runs made by code {', '.join(names)}."]


def _rules(comparison: Comparison) -> str:
    rules = comparison.protocol.rules()
    skipped = ("name", "benchmark", "budget")
    return ", ".join(f"{key}={value}" for key, value in rules.items() if key not in skipped)


def _pretraining(method: MethodRuns) -> list[str]:
    """What pre-training cost and reached, and whether all seeds share one model."""
    facts = [record.provenance["pretraining"] for record in method.records]
    known = [each for each in facts if each]
    if not known:
        return []
    names = [name for name in known[0] if name != "seconds"]
    outcome = ", ".join(_fact(name, float(np.mean([each[name] for each in known]))) for name in names)
    shared = method.records[0].identity["pretrain_seed"] == -1
    rule = (
        "one model shared by all seeds, so intervals leave its variance out" if shared else "a model per seed"
    )
    seconds = np.mean([each["seconds"] for each in known])
    return [f"{method.label}: pre-trained without labels in {seconds:.0f} s ({rule}); {outcome}."]


def _fact(name: str, mean: float) -> str:
    """A measured fact in words; names that end in `_percent` are percentages."""
    words = name.removesuffix("_percent").replace("_", " ")
    return f"{words} {mean:.1f} %" if name.endswith("_percent") else f"{words} {mean:.4g}"


def _ranges(seeds: list[int]) -> str:
    """0..9, or 0..3,5 where seeds are missing."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and seed == parts[-1][-1] + 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return ",".join(f"{part[0]}..{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)


def text_table(header: list[str], body: list[list[str]]) -> str:
    """Aligned columns under a rule; a cell's second line stands on a line of its own."""
    rows = [header, *(line for row in body for line in _split(row))]
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    lines = [
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def _split(row: list[str]) -> list[list[str]]:
    """A row whose cells have a second line, as two rows."""
    parts = [cell.partition("\n") for cell in row]
    first, second = [part[0] for part in parts], [part[2] for part in parts]
    return [first, second] if any(second) else [first]


def _markdown(header: list[str], body: list[list[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(header) - 1)
    rows = [[cell.replace("\n", " ") for cell in row] for row in body]
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *rows])
