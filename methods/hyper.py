"""Hyper-parameters: one frozen dataclass per plugin, whose fields say what they mean and in which variant.

A variant is a set of values, not a branch: `name.variant=published` on the command line stands for all of
them, and what is given beside it wins. Where code differs between variants, a field of its own decides.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

VARIANTS = ("adapted", "paper", "published")
"""What a plugin follows: our own version, the paper's text, or the authors' code with its defects."""
UNCHANGED: Any = object()


def describe(
    default: Any,
    meaning: str,
    source: str,
    *,
    paper: Any = UNCHANGED,
    published: Any = UNCHANGED,
    when: Mapping[str, Any] | None = None,
) -> Any:
    """A hyper-parameter: its default (`adapted`), a sentence, and where the default comes from.

    `paper` and `published` are its values in those variants where they differ. With `when`, {other field:
    value or tuple of values}, it is read only where the others have such values: elsewhere it is refused on
    the command line and is no part of a run's identity.
    """
    values = {"paper": paper, "published": published}
    variants = {name: value for name, value in values.items() if value is not UNCHANGED}
    metadata = {"meaning": meaning, "source": source, "when": when or {}, "variants": variants}
    return dataclasses.field(default=default, metadata=metadata)


def variants(hyper: type[Any]) -> dict[str, dict[str, Any]]:
    """By variant what differs from the defaults; variants in which nothing does are left out."""
    fields = dataclasses.fields(hyper)
    found: dict[str, dict[str, Any]] = {}
    for name in VARIANTS:
        values = {each.name: each.metadata.get("variants", {}) for each in fields}
        found[name] = {field: by_variant[name] for field, by_variant in values.items() if name in by_variant}
    return {name: values for name, values in found.items() if values or name == VARIANTS[0]}


def read_fields(hyper: Any) -> dict[str, Any]:
    """The hyper-parameters of an instance that decide anything, by name: all whose `when` holds."""
    return {
        field.name: getattr(hyper, field.name)
        for field in dataclasses.fields(hyper)
        if all(
            getattr(hyper, other) in (value if isinstance(value, tuple) else (value,))
            for other, value in field.metadata.get("when", {}).items()
        )
    }
