"""Carry out a study of quality, or a share: what is stored is skipped, the rest measured, all read back."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from harness.quality.parts import PARTS
from harness.quality.subject import Sizes
from harness.quality.work import Measuring
from harness.records.quality import Quality
from harness.records.quality_store import QualityStore, StoredQuality
from harness.running.missing import Means, carry_out_missing, read_back
from harness.study.method import Overrides
from harness.study.options import explain
from harness.study.quality_options import QualityOptions
from harness.study.quality_study import Demands, quality_specs
from harness.study.registry import Registry
from tabular.errors import HarnessError, unknown

SIZES = "sizes"
"""What is written like hyper-parameters of a plugin, and says how much is measured: `sizes.draws=1000`."""


def carry_out_quality(options: QualityOptions, overrides: Overrides) -> tuple[StoredQuality, list[str]]:
    """All that is stored of the study now, and one sentence per part that failed this time."""
    registry = Registry(options.plugins)
    registry.say_left_out()
    sizes = sizes_of(overrides.get(SIZES, {}))
    of_plugins = {name: fields for name, fields in overrides.items() if name != SIZES}
    demands = {
        name: Demands(part.sizes, part.needs, part.searches, part.judged, part.asked, part.labels)
        for name, part in PARTS.items()
    }
    study, left_out = quality_specs(options, of_plugins, registry, demands, sizes)
    unread = overrides.get(SIZES, {}).keys() - {size for spec in study for size in spec.sizes}
    if unread:
        parts = ", ".join(dict.fromkeys(spec.part for spec in study))
        raise HarnessError(f"{SIZES}.{min(unread)} is read by none of the parts measured here: {parts}")
    for sentence in left_out:
        print(f"harness: {sentence}", file=sys.stderr)
    store = QualityStore(options.results)
    store.check_writable()
    means = Means(options.workers, options.timeout, options.shard, options.existing)
    kept, failures = carry_out_missing(study, Measuring(), store, registry, means, _itself)
    done, failed = read_back(study, store, kept, _itself)
    return StoredQuality(done, [failure for failure, _ in failed]), failures


def sizes_of(given: Mapping[str, str]) -> dict[str, Any]:
    """How much is measured, as plain numbers. Raises `HarnessError` for a name or a value that is none."""
    known = {field.name for field in dataclasses.fields(Sizes)}
    for name in given:
        if name not in known:
            raise unknown("size", name, known)
    try:
        sizes = TypeAdapter(Sizes).validate_python(dict(given))
    except ValidationError as problem:
        raise HarnessError(f"{SIZES}.{explain(problem, dict(given))}") from None
    default = dataclasses.asdict(Sizes())
    few = [
        name for name, value in dataclasses.asdict(sizes).items() if value <= 0 < default[name] or value < 0
    ]
    if few:
        raise HarnessError(f"{SIZES}.{few[0]}={given[few[0]]}: must be above 0")
    return dataclasses.asdict(sizes)


def _itself(record: Quality, _: Path) -> Quality:
    return record
