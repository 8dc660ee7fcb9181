"""One stored record of quality: what was measured of what, drawn as text."""

from __future__ import annotations

import json
from pathlib import Path

from harness.compare.units import percent, plain
from harness.quality.parts import PARTS
from harness.quality.subject import Measure
from harness.records.quality import QUALITY, Quality
from harness.records.run import FailedRun
from harness.report.run import fact, head, of_plugin
from harness.report.tables.text import text_table
from harness.study.quality_spec import QualitySpec
from tabular.quantity import Quantity

Record = Quality | FailedRun[QualitySpec]


def as_text(record: Record, path: Path, width: int | None = None) -> str:
    """The whole record, but for its columns; but for a traceback no line is longer than `width`, if given."""
    if isinstance(record, FailedRun):
        return f"{_head(record, path, width)}\n\nFailed\n\n{(record.traceback or 'no traceback').rstrip()}"
    parts = [_head(record, path, width)]
    if record.numbers:
        parts.append(f"Measures\n\n{_measures(record, width)}")
    if record.columns:
        parts.append(f"Columns (format=json prints them)\n\n{_columns(record, width)}")
    return "\n\n".join(parts)


def as_json(record: Record, path: Path) -> str:
    """The record as it is stored, with its file."""
    return json.dumps({"file": path.as_posix(), **json.loads(QUALITY.text(record))}, indent=1)


def _head(record: Record, path: Path, width: int | None) -> str:
    """What was measured."""
    spec = record.spec
    lines = {
        "record": f"{spec.seed}-{spec.key[:8]} ({'failed' if isinstance(record, FailedRun) else 'done'})",
        "file": path.as_posix(),
        "key": spec.key,
        "part": spec.part,
        "method": spec.method,
        "benchmark": spec.benchmark,
        "protocol": f"{spec.protocol.name} ({spec.protocol.hash}), for what {_quantity(record).name} is",
        "table": spec.table_digest,
        "split": f"of {spec.split} sampled cells" if spec.split else "of all cells",
        "labels": spec.labels,
        "sizes": fact(spec.sizes),
        "seed": str(spec.seed),
        "configuration": spec.configuration_hash,
        **of_plugin("representation", spec.representation),
        **(of_plugin("optimizer", spec.optimizer) if spec.optimizer else {}),
    }
    if isinstance(record, Quality):
        lines |= {"seconds": fact(record.seconds), "pre-trained": fact(record.pretraining)}
    lines["provenance"] = ""
    lines |= {f"  {name}": fact(value) for name, value in record.provenance.items()}
    return head(lines, width)


def _quantity(record: Record) -> Quantity:
    return Quantity.of(record.provenance.get("quantity"))


def _measures(record: Quality, width: int | None) -> str:
    part = PARTS.get(record.spec.part)
    measures = part.measures if part else ()
    known = {measure.name: measure.worded(_quantity(record)) for measure in measures}
    rows = [[name, _number(value, known.get(name))] for name, value in record.numbers.items()]
    return text_table(["measure", "value"], rows, width)


def _number(value: float, measure: Measure | None) -> str:
    if measure and measure.unit:
        return f"{percent(value)} {measure.unit}"
    return plain(value)[0]


def _columns(record: Quality, width: int | None) -> str:
    """One line per table."""
    rows = [
        [table, str(len(next(iter(columns.values()), []))), ", ".join(columns)]
        for table, columns in record.columns.items()
    ]
    return text_table(["table", "rows", "columns"], rows, width)
