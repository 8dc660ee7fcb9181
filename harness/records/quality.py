"""What a part has measured of a representation at one seed, and how that is written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.records.form import Form
from harness.study.quality_spec import QualitySpec, is_quality

Columns = Mapping[str, Mapping[str, Sequence[Any]]]
"""By name of a table its columns, of equal length: numbers, NaN where unknown, or texts."""


@dataclass(frozen=True, eq=False)
class Quality:
    """One part, measured."""

    spec: QualitySpec
    numbers: Mapping[str, float]
    """By measure, as the part calls them; NaN where it could not be measured."""
    columns: Columns
    seconds: Mapping[str, float]
    """Wall seconds by phase: prepare, measure."""
    pretraining: Mapping[str, float] | None
    """`seconds` it took, and measured facts of the outcome; None where nothing is pre-trained."""
    provenance: dict[str, Any] = field(default_factory=dict)
    """As of a run; `model_code` is the digest of the code that the representation is made of."""

    @property
    def method(self) -> str:
        """Label of the method."""
        return self.spec.method

    @property
    def seed(self) -> int:
        """Of pre-training and of all that is drawn while measuring."""
        return self.spec.seed


class QualityForm(Form[QualitySpec, Quality]):
    """How records of quality are written."""

    kind = "quality"
    failed = {"numbers": {}, "columns": {}, "provenance": {}}

    def is_ours(self, folder: str) -> bool:
        return is_quality(folder)

    def spec(self, method: str, identity: dict[str, Any]) -> QualitySpec:
        return QualitySpec.of(method, identity)

    def lines(self, record: Quality) -> dict[str, Any]:
        rest = dict(record.provenance)
        started = {"started": rest.pop("started")} if "started" in rest else {}
        times = {"seconds": dict(record.seconds), "pretraining": record.pretraining}
        return {
            "numbers": {name: _written(value) for name, value in record.numbers.items()},
            "columns": {
                table: {name: [_written(value) for value in values] for name, values in columns.items()}
                for table, columns in record.columns.items()
            },
            "provenance": {**started, **times, **rest},
        }

    def record(self, spec: QualitySpec, content: dict[str, Any], provenance: dict[str, Any]) -> Quality:
        numbers = {
            name: math.nan if value is None else float(value) for name, value in content["numbers"].items()
        }
        columns = {
            table: {name: _read(values) for name, values in columns.items()}
            for table, columns in content["columns"].items()
        }
        if any(len({len(values) for values in each.values()}) > 1 for each in columns.values()):
            raise ValueError("its columns are not whole")
        seconds = {name: float(value) for name, value in provenance.pop("seconds").items()}
        pretraining = provenance.pop("pretraining")
        if not all(map(math.isfinite, [*seconds.values(), *(pretraining or {"seconds": 0.0}).values()])):
            raise ValueError("its provenance is not whole")
        return Quality(spec, numbers, columns, seconds, pretraining, provenance)


QUALITY = QualityForm()


def _written(value: Any) -> Any:
    """NaN as null: JSON has no NaN, and no infinity at all."""
    if not isinstance(value, float) or math.isfinite(value):
        return value
    if math.isinf(value):
        raise ValueError("an infinite number cannot be stored")
    return None


def _read(values: Sequence[Any]) -> list[Any]:
    """A column; null among numbers is NaN."""
    if any(isinstance(value, str) for value in values):
        return list(values)
    return [math.nan if value is None else value for value in values]
