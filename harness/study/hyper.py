"""From words to the hyper-parameters of a plugin: variant, then settings, then what the command line says."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from harness.study.options import explain
from methods.base import Plugin
from methods.hyper import VARIANTS, read_fields, variants
from tabular.errors import HarnessError, unknown

VARIANT = "variant"
"""What is written like a hyper-parameter and stands for the values of many."""


def resolved(
    name: str, plugin: type[Plugin], settings: Mapping[str, Any], given: Mapping[str, str]
) -> dict[str, Any]:
    """The hyper-parameters that decide anything, typed and checked.

    `given` is from the command line and wins over `settings`. Raises `HarnessError` for a name, a value or a
    variant that does not exist, and for a given one that would not be read.
    """
    hyper = _instance(name, plugin, settings, given)
    read = read_fields(hyper)
    for field in given:
        if field not in {*read, VARIANT}:
            raise HarnessError(
                f"{name}.{field} is read only with {condition(plugin, field)}: {_now(hyper, field)}"
            )
    return {field: value for field, value in dataclasses.asdict(hyper).items() if field in read}


def _instance(name: str, plugin: type[Plugin], settings: Mapping[str, Any], given: Mapping[str, str]) -> Any:
    """The `Hyper` of a variant and what is written beside it, read or not."""
    values = {**settings, **given}
    chosen = values.pop(VARIANT, VARIANTS[0])
    known, fields = variants(plugin.Hyper), field_names(plugin)
    for field in values:
        if field not in fields:
            raise unknown(f"field of {name}", field, {*fields, VARIANT})
    if chosen not in known:
        raise unknown(f"variant of {name}", chosen, known)
    try:
        return adapter(plugin).validate_python({**known[chosen], **values})
    except ValidationError as problem:
        raise HarnessError(f"{name}.{explain(problem, dict(given))}") from None


def field_names(plugin: type[Plugin]) -> set[str]:
    """Names of a plugin's hyper-parameters."""
    return {field.name for field in dataclasses.fields(plugin.Hyper)}


def rebuilt(plugin: type[Plugin], hyper: Mapping[str, Any]) -> Any:
    """The plugin's `Hyper` from the plain values of a spec."""
    return adapter(plugin).validate_python(dict(hyper))


@cache
def adapter(plugin: type[Plugin]) -> TypeAdapter[Any]:
    """What makes a plugin's `Hyper` from plain values."""
    return TypeAdapter(plugin.Hyper)


def changes(plugin: type[Plugin], hyper: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The fewest settings that lead from `settings` to `hyper`, a variant among them."""
    found = []
    for variant in variants(plugin.Hyper):
        usual = settings.get(VARIANT, VARIANTS[0])
        implied = dataclasses.asdict(_instance("", plugin, {**settings, VARIANT: variant}, {}))
        differing = {field: value for field, value in hyper.items() if value != implied[field]}
        found.append({**({VARIANT: variant} if variant != usual else {}), **differing})
    return min(found, key=len)


def condition(plugin: type[Plugin], field: str) -> str:
    """With which other values a hyper-parameter is read, as they are written; empty where it always is."""
    (when,) = (
        each.metadata.get("when", {}) for each in dataclasses.fields(plugin.Hyper) if each.name == field
    )
    return " and ".join(
        f"{other}={'|'.join(map(str, value)) if isinstance(value, tuple) else value}"
        for other, value in when.items()
    )


def _now(hyper: Any, field: str) -> str:
    (when,) = (each.metadata["when"] for each in dataclasses.fields(hyper) if each.name == field)
    return ", ".join(f"{other}={getattr(hyper, other)}" for other in when)
