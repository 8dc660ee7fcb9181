"""One stored run: what it was, every answer it got, and what it found, drawn as text."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from harness.compare.degenerate import flaw
from harness.compare.units import ABSENT, percent, unit_words
from harness.records.run import FailedRun, Run
from harness.records.run_file import RUNS
from harness.report.tables.text import text_table
from harness.study.spec import PluginSpec, RunSpec
from tabular import catalogue
from tabular.cells import PAD
from tabular.errors import HarnessError
from tabular.quantity import ACCURACY, Quantity
from tabular.space import SearchSpace

CELLS_SHOWN = 3
OFFICIAL = "Incumbents as the authors of the space write them"
MEASURES = {"flops": "MFLOPs", "params": "M params"}
LEGEND = (
    "* a new incumbent: the best validation accuracy seen so far at the full schedule. charged: 1 paid, 0 "
    "free; repeat: asked before. wall s: of search, without pre-training."
)


def as_text(run: Run | FailedRun, path: Path, width: int | None = None, quantity: Quantity = ACCURACY) -> str:
    """The whole run, in words of what its benchmark records; no line is longer than `width`, if
    given, but in tracebacks and what is to be copied."""
    if isinstance(run, FailedRun):
        return f"{_head(run, path, width)}\n\nFailed\n\n{(run.traceback or 'no traceback').rstrip()}"
    legend = quantity.said(LEGEND)
    legend = textwrap.fill(legend, width) if width else legend
    parts = [_head(run, path, width), f"Ledger\n\n{_ledger(run, width, quantity.unit)}\n\n{legend}"]
    parts.append(f"Incumbents\n\n{_incumbents(run, width, quantity.unit)}")
    parts += _official(run)
    if len(run.ledger.incumbents):
        parts.append(_cells(run))
    return "\n\n".join(parts)


def as_json(run: Run | FailedRun, path: Path) -> str:
    """The run as it is stored, with its file, the rows of its incumbents and the cell of the last."""
    content: dict[str, Any] = {"file": path.as_posix(), **json.loads(RUNS.text(run))}
    if isinstance(run, Run):
        found, spent = run.ledger.incumbents.tolist(), run.ledger.spent.tolist()
        content["incumbents"] = [{"row": row, "spent": spent[row]} for row in found]
        if found:
            names = [run.joined.architectures[row] for row in found]
            space = catalogue.space(run.spec.benchmark)
            for entry, text in zip(
                content["incumbents"], space.print(space.from_strings(names)), strict=True
            ):
                entry["official"] = text
            content["cell"] = drawn(space, names[-1])
    return json.dumps(content, indent=1)


def _head(run: Run | FailedRun, path: Path, width: int | None) -> str:
    """What the run was."""
    spec = run.spec
    protocol = spec.protocol
    unit = unit_words(protocol.unit)
    status = "done" if isinstance(run, Run) else "failed"
    lines = {
        "run": f"{spec.seed}-{spec.key[:8]} ({status})",
        "file": path.as_posix(),
        "key": spec.key,
        "method": spec.method,
        "benchmark": spec.benchmark,
        "protocol": f"{protocol.name} ({protocol.hash})",
        "table": spec.table_digest,
        "budget": f"{spec.budget} {unit}",
        "seed": str(spec.seed),
        "pre-training": _pretraining(spec),
        "configuration": spec.configuration_hash,
    }
    for role, part in (("representation", spec.representation), ("optimizer", spec.optimizer)):
        if part:
            lines |= of_plugin(role, part)
    if isinstance(run, Run):
        lines["counts"] = ", ".join(f"{name} {count}" for name, count in run.counts.items())
        if words := flaw(run.ledger.filled_in, run.timing.decoder_exact):
            lines["degenerate"] = words
        lines["seconds"] = fact(run.timing.seconds)
        lines["pre-trained"] = fact(run.timing.pretraining)
    lines["provenance"] = ""
    lines |= {f"  {name}": fact(value) for name, value in run.provenance.items()}
    return head(lines, width)


def head(lines: Mapping[str, str], width: int | None) -> str:
    """Names and what they are, in two columns; no line is longer than `width`, if given."""
    margin = max(map(len, lines)) + 2
    texts = [f"{name.ljust(margin)}{value}".rstrip() for name, value in lines.items()]
    if width:
        hanging = " " * min(margin, width // 2)
        texts = [_hanging(text, width, hanging) if " " in text[margin:] else text for text in texts]
    return "\n".join(texts)


def _hanging(text: str, width: int, margin: str) -> str:
    """Lines of at most that width; keys and paths stay whole, to be copied."""
    return textwrap.fill(
        text, width, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False
    )


def _pretraining(spec: RunSpec) -> str:
    if spec.pretraining is None:
        return "none"
    return f"per-seed (seed {spec.pretrain_seed})" if spec.pretraining == "per-seed" else spec.pretraining


def of_plugin(role: str, part: PluginSpec) -> dict[str, str]:
    """Lines of a head."""
    hyper = {f"  {field}": str(value) for field, value in part.hyper.items()}
    return {role: f"{part.name} (version {part.version})", **hyper}


def fact(value: Any) -> str:
    """A number, a text or several of them by name."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {fact(each)}" for name, each in value.items())
    if isinstance(value, float):
        return f"{value:.4g}"
    return ABSENT if value is None else str(value)


def _ledger(run: Run, width: int | None, scale: str) -> str:
    """One line per answer."""
    ledger, joined, several = run.ledger, run.joined, bool(run.spec.protocol.fidelities)
    answered, marked = run.timing.answered, {*run.ledger.incumbents.tolist()}
    header = ["step", "architecture", "class", *_values(scale), "cost s"]
    header += ["charged", "repeat", "purpose", *(["epochs"] if several else []), *_titles(run), "wall s"]
    body = []
    for row, architecture in enumerate(joined.architectures):
        texts = [f"{row + 1}{'*' if row in marked else ' '}", architecture, str(joined.classes[row])]
        texts += [*_accuracies(run, row), _decimal(ledger.cost[row], 1)]
        texts += [str(int(flags[row])) for flags in (ledger.charged, ledger.repeated)]
        texts += [ledger.purposes[row], *([str(ledger.epochs[row])] if several else [])]
        texts += [_decimal(values[row], 3) for values in joined.complexity.values()]
        body.append([*texts, ABSENT if answered is None else _decimal(answered[row], 2)])
    return text_table(header, body, width)


def _incumbents(run: Run, width: int | None, scale: str) -> str:
    """How the incumbent changed."""
    found, spent, in_seconds = run.ledger.incumbents.tolist(), run.ledger.spent, run.ledger.unit == "seconds"
    if not found:
        return "none: no answer came from the full schedule"
    unit = "simulated s" if in_seconds else "queries"
    header = [unit, "step", "architecture", *_values(scale), *_titles(run)]
    body = []
    for row in found:
        texts = [f"{spent[row]:.1f}" if in_seconds else f"{spent[row]:g}", str(row + 1)]
        texts += [run.joined.architectures[row], *_accuracies(run, row)]
        body.append([*texts, *(_decimal(values[row], 3) for values in run.joined.complexity.values())])
    return text_table(header, body, width)


def _accuracies(run: Run, row: int) -> list[str]:
    """Seen, truth and test of an entry."""
    return [percent(values[row]) for values in (run.ledger.seen, run.joined.truth, run.joined.test)]


def _official(run: Run) -> list[str]:
    """The incumbents as the authors of their space write them, unless that is how they stand above."""
    names = list(dict.fromkeys(run.joined.architectures[row] for row in run.ledger.incumbents.tolist()))
    try:
        space = catalogue.space(run.spec.benchmark)
        texts = space.print(space.from_strings(names))
    except HarnessError:  # said where the cells are drawn
        return []
    if not names or texts == names:
        return []
    lines = "\n".join(f"{name}  {text}" for name, text in zip(names, texts, strict=True))
    return [f"{OFFICIAL}\n\n{lines}"]


def _cells(run: Run) -> str:
    """The cells of the last incumbents, the last first."""
    try:
        space = catalogue.space(run.spec.benchmark)
    except HarnessError as problem:
        return f"Cells are not drawn: {problem}"
    names = run.joined.architectures
    latest = {names[row]: row for row in run.ledger.incumbents.tolist()}
    shown = sorted(latest.values(), reverse=True)[:CELLS_SHOWN]
    return "\n\n".join(
        f"Incumbent of step {row + 1}: {names[row]}\n\n" + "\n".join(drawn(space, names[row]))
        for row in shown
    )


def drawn(space: SearchSpace, architecture: str) -> list[str]:
    """One line per vertex, `3 nor_conv_3x3 <- 0, 1`, in topological order."""
    cells = space.from_strings([architecture])
    ops, adjacency = cells.ops[0], cells.adjacency[0]
    lines = []
    for vertex in np.flatnonzero(ops != PAD).tolist():
        reads = ", ".join(map(str, np.flatnonzero(adjacency[:, vertex]).tolist()))
        lines.append(f"{vertex} {space.op_names[ops[vertex]]}{f' <- {reads}' if reads else ''}")
    return lines


def _values(scale: str) -> list[str]:
    """Titles of what an entry is worth."""
    return [f"{name} {scale}" for name in ("seen", "truth", "test")]


def _titles(run: Run) -> list[str]:
    return [MEASURES.get(measure, measure) for measure in run.joined.complexity]


def _decimal(value: float, digits: int) -> str:
    return ABSENT if math.isnan(value) else f"{value:.{digits}f}"
