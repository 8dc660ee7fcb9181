"""One stored run: what it was, every answer it got, and what it found, drawn as text."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from harness.records.store import RunRecord, protocol_of
from harness.report.tables.text import text_table
from tabular import catalogue
from tabular.cells import PAD
from tabular.errors import HarnessError
from tabular.space import SearchSpace

ABSENT = "-"
CELLS_SHOWN = 3
MEASURES = {"flops": "MFLOPs", "params": "M params"}
LEGEND = (
    "* a new incumbent: the best validation accuracy seen so far at the full schedule. charged: 1 paid, 0 "
    "free; repeat: asked before. wall s: of search, without pre-training."
)


@dataclass(frozen=True)
class Incumbent:
    """The best architecture seen, from one answer on."""

    row: int
    """In the ledger."""
    spent: float
    """Charged queries, or simulated seconds, until then."""


def incumbents(record: RunRecord) -> list[Incumbent]:
    """The incumbents in order; answers from shorter schedules make none (as in `curves`)."""
    found, best, spent = [], -math.inf, _spent(record)
    for row, (seen, epochs) in enumerate(zip(record.ledger["seen"], record.epochs, strict=True)):
        if epochs == record.full_schedule and seen > best:
            best = seen
            found.append(Incumbent(row, spent[row]))
    return found


def _spent(record: RunRecord) -> list[float]:
    """Of the budget, after every answer."""
    if record.unit == "seconds":
        return list(accumulate(float(cost) for cost in record.ledger["cost"]))
    rows = zip(record.epochs, record.ledger["charged"], strict=True)
    return [paid / record.full_schedule for paid in accumulate(epochs * charged for epochs, charged in rows)]


def as_text(record: RunRecord, path: Path) -> str:
    """The whole run for a terminal."""
    parts = [_head(record, path)]
    if record.status != "done":
        parts.append(f"Failed\n\n{(record.traceback or 'no traceback').rstrip()}")
        return "\n\n".join(parts)
    found = incumbents(record)
    parts.append(f"Ledger\n\n{_ledger(record, {each.row for each in found})}\n\n{LEGEND}")
    parts.append(f"Incumbents\n\n{_incumbents(record, found)}")
    if found:
        parts.append(_cells(record, found))
    return "\n\n".join(parts)


def as_json(record: RunRecord, path: Path) -> str:
    """The record as it is stored, with its file, the rows of its incumbents and the cell of the last."""
    content: dict[str, Any] = {"file": path.as_posix(), **vars(record)}
    if record.status == "done":
        found = incumbents(record)
        content["incumbents"] = [{"row": each.row, "spent": each.spent} for each in found]
        if found:
            name = record.ledger["architecture"][found[-1].row]
            content["cell"] = drawn(catalogue.space(record.identity["benchmark"]), name)
    return json.dumps(content, indent=1)


def _head(record: RunRecord, path: Path) -> str:
    """What the run was."""
    identity, protocol = record.identity, protocol_of(record)
    unit = "simulated seconds" if record.unit == "seconds" else "queries"
    lines = {
        "run": f"{record.seed}-{record.key[:8]} ({record.status})",
        "file": path.as_posix(),
        "key": record.key,
        "method": record.method,
        "benchmark": identity["benchmark"],
        "protocol": f"{protocol.name} ({protocol.hash})",
        "table": identity["table"],
        "budget": f"{identity['budget']} {unit}",
        "seed": str(record.seed),
        "pre-training": _pretraining(identity),
        "configuration": record.configuration,
    }
    for role in ("representation", "optimizer"):
        if part := identity[role]:
            lines[role] = f"{part['name']} (version {part['version']})"
            lines |= {f"  {field}": str(value) for field, value in part["hyper"].items()}
    lines["counts"] = ", ".join(f"{name} {count}" for name, count in record.counts.items()) or ABSENT
    lines["provenance"] = ""
    lines |= {f"  {name}": _fact(value) for name, value in record.provenance.items() if name != "answered"}
    width = max(map(len, lines))
    return "\n".join(f"{name.ljust(width)}  {value}".rstrip() for name, value in lines.items())


def _pretraining(identity: dict[str, Any]) -> str:
    rule, seed = identity["pretraining"], identity["pretrain_seed"]
    return "none" if rule is None else f"{rule} (seed {seed})" if rule == "per-seed" else str(rule)


def _fact(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_fact(each)}" for name, each in value.items())
    if isinstance(value, float):
        return f"{value:.4g}"
    return ABSENT if value is None else str(value)


def _ledger(record: RunRecord, marked: set[int]) -> str:
    """One line per answer."""
    ledger, several = record.ledger, "epochs" in record.ledger
    answered = record.provenance.get("answered")
    header = ["step", "architecture", "class", "seen %", "truth %", "test %", "cost s"]
    header += ["charged", "repeat", "purpose", *(["epochs"] if several else []), *_titles(record), "wall s"]
    body = []
    for row in range(len(ledger["seen"])):
        texts = [f"{row + 1}{'*' if row in marked else ' '}", ledger["architecture"][row]]
        texts += [str(ledger["class"][row])]
        texts += [_percent(ledger[name][row]) for name in ("seen", "truth", "test")]
        texts += [_decimal(ledger["cost"][row], 1)]
        texts += [str(ledger[name][row]) for name in ("charged", "repeated", "purpose")]
        texts += [str(ledger["epochs"][row])] if several else []
        texts += [_decimal(values[row], 3) for values in record.complexity.values()]
        body.append([*texts, _decimal(answered[row] if answered else None, 2)])
    return text_table(header, body)


def _incumbents(record: RunRecord, found: list[Incumbent]) -> str:
    """How the incumbent changed."""
    if not found:
        return "none: no answer came from the full schedule"
    unit = "simulated s" if record.unit == "seconds" else "queries"
    header = [unit, "step", "architecture", "seen %", "truth %", "test %", *_titles(record)]
    body = []
    for each in found:
        texts = [f"{each.spent:.1f}" if record.unit == "seconds" else f"{each.spent:g}", str(each.row + 1)]
        texts.append(record.ledger["architecture"][each.row])
        texts += [_percent(record.ledger[name][each.row]) for name in ("seen", "truth", "test")]
        texts += [_decimal(values[each.row], 3) for values in record.complexity.values()]
        body.append(texts)
    return text_table(header, body)


def _cells(record: RunRecord, found: list[Incumbent]) -> str:
    """The cells of the last incumbents, the last first."""
    try:
        space = catalogue.space(record.identity["benchmark"])
    except HarnessError as problem:
        return f"Cells are not drawn: {problem}"
    latest = {record.ledger["architecture"][each.row]: each for each in found}
    shown = sorted(latest.values(), key=lambda each: -each.row)[:CELLS_SHOWN]
    parts = []
    for each in shown:
        name = record.ledger["architecture"][each.row]
        parts.append(f"Incumbent of step {each.row + 1}: {name}\n\n" + "\n".join(drawn(space, name)))
    return "\n\n".join(parts)


def drawn(space: SearchSpace, architecture: str) -> list[str]:
    """One line per vertex, `3 nor_conv_3x3 <- 0, 1`, in topological order."""
    cells = space.from_strings([architecture])
    ops, adjacency = cells.ops[0], cells.adjacency[0]
    lines = []
    for vertex in np.flatnonzero(ops != PAD).tolist():
        reads = ", ".join(map(str, np.flatnonzero(adjacency[:, vertex]).tolist()))
        lines.append(f"{vertex} {space.op_names[ops[vertex]]}{f' <- {reads}' if reads else ''}")
    return lines


def _titles(record: RunRecord) -> list[str]:
    return [MEASURES.get(measure, measure) for measure in record.complexity]


def _percent(fraction: float | None) -> str:
    return ABSENT if fraction is None else f"{100 * fraction:.2f}"


def _decimal(value: float | None, digits: int) -> str:
    return ABSENT if value is None else f"{value:.{digits}f}"
