"""The hyper-parameters of a plugin as `harness list` shows them: the values of its variants side by side."""

from __future__ import annotations

import dataclasses
import json
import textwrap
from collections.abc import Iterator
from dataclasses import Field
from typing import Any

from pydantic import TypeAdapter

from harness.study.hyper import VARIANT, adapter, condition
from methods.base import Plugin
from methods.hyper import VARIANTS, read_fields, variants

WIDTH, INDENT = 100, " " * 6


def hyper_parameters(name: str, plugin: type[Plugin]) -> Iterator[str]:
    """A line of values per hyper-parameter; under it its meaning, when it is read, and its source."""
    fields = dataclasses.fields(plugin.Hyper)
    if not fields:
        yield "no hyper-parameters"
        return
    known = variants(plugin.Hyper)
    columns = [["", *(field.name for field in fields)], *_columns(plugin, known)]
    bracketed = any(text.startswith("(") for column in columns[1:] for text in column)
    legend = "; what stands in brackets is not read as things are" if bracketed else ""
    yield f"hyper-parameters, written {name}.<name>=<value>{legend}"
    if len(known) > 1:
        others = "|".join(list(known)[1:])
        yield f"{name}.{VARIANT}={others} takes a column; where it is empty it is as {VARIANTS[0]}"
    widths = [max(map(len, column)) + 2 for column in columns]
    lines = ["  " + "".join(map(str.ljust, row, widths)).rstrip() for row in zip(*columns, strict=True)]
    if len(known) > 1:
        yield lines[0]
    for field, line in zip(fields, lines[1:], strict=True):
        yield line
        yield from textwrap.wrap(
            _explained(plugin, field),
            WIDTH,
            initial_indent=INDENT,
            subsequent_indent=INDENT,
            break_on_hyphens=False,
        )


def _columns(plugin: type[Plugin], known: dict[str, dict[str, Any]]) -> list[list[str]]:
    """By variant its name and values; those of later ones are empty where they are the first one's."""
    columns: list[list[str]] = []
    for variant, values in known.items():
        hyper = adapter(plugin).validate_python(values)
        read = read_fields(hyper)
        shown = {field.name: _written(getattr(hyper, field.name)) for field in dataclasses.fields(hyper)}
        column = [text if name in read else f"({text})" for name, text in shown.items()]
        if columns:
            column = [
                "" if text == usual else text for text, usual in zip(column, columns[0][1:], strict=True)
            ]
        columns.append([variant, *column])
    return columns


def _explained(plugin: type[Plugin], field: Field[Any]) -> str:
    """Meaning, choices, condition and source of a hyper-parameter, as far as they are given."""
    when, source = condition(plugin, field.name), field.metadata.get("source")
    choices = _choices(plugin).get(field.name, ())
    parts = [
        field.metadata.get("meaning", ""),
        f"({', '.join(map(str, choices))})" if choices else "",
        f"- read with {when}" if when else "",
        f"[{source}]" if source else "",
    ]
    return " ".join(part for part in parts if part)


def _choices(plugin: type[Plugin]) -> dict[str, list[Any]]:
    """By hyper-parameter the words it may be, where these are few."""
    properties = TypeAdapter(plugin.Hyper).json_schema().get("properties", {})
    found = {}
    for name, schema in properties.items():
        ways = [schema, *schema.get("anyOf", ())]
        found[name] = [word for way in ways for word in way.get("enum", ())]
    return found


def _written(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str):
        return value or "''"
    return str(value) if isinstance(value, int) else json.dumps(value, default=str)
