"""Help: the keys of a command, or all about some of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tabular.errors import unknown

HELP = ("-h", "--help", "help")


def wants_help(words: list[str]) -> bool:
    """Whether a command is asked for its keys instead of being carried out."""
    return any(word in HELP for word in words)


def print_keys(
    command: str,
    model: type[BaseModel],
    more: str = "",
    words: Sequence[str] = (),
    choices: Mapping[str, Iterable[str]] | None = None,
) -> None:
    """The keys of a command with their meaning and default, on stdout; of the keys among its words, all there
    is to know. `choices` are values of keys that other rooms know. Raises `HarnessError`, with the closest
    key, for a word that is none."""
    known = {name: list(values) for name, values in (choices or {}).items()}
    asked = [word.partition("=")[0] for word in words if word not in HELP]
    for name in asked:
        if name not in model.model_fields:
            raise unknown("key", name, model.model_fields)
    if asked:
        print("\n\n".join(_whole(name, model, known.get(name, [])) for name in dict.fromkeys(asked)))
        return
    print(f"harness {command} key=value ...\n")
    for name, field in model.model_fields.items():
        default, values = _default(field), ", ".join(known.get(name, []))
        told = f"{field.description}{f': {values}' if values else ''}"
        print(f"  {name + '=':<15} {told}{f' (default {default})' if default else ''}")
    if more:
        print(f"\n  {more}")
    print(f"\n  harness {command} --help KEY: all about one")


def _whole(name: str, model: type[BaseModel], known: list[str]) -> str:
    """A key with its meaning, values and default, a line each."""
    field = model.model_fields[name]
    lines = [f"{name}=", f"  {field.description}"]
    if values := known or _values(field.annotation):
        lines.append(f"  one of: {', '.join(values)}")
    if field.is_required():
        lines.append("  must be given")
    elif default := _default(field):
        lines.append(f"  default: {default}")
    if field.examples:
        lines.append(f"  for example: {'  '.join(f'{name}={example}' for example in field.examples)}")
    return "\n".join(lines)


def _values(annotation: Any) -> list[str]:
    """What a key can be, where that is a choice."""
    if annotation is bool:
        return ["true", "false"]
    choices = [each for each in (annotation, *get_args(annotation)) if get_origin(each) is Literal]
    return [str(value) for choice in choices for value in get_args(choice)]


def _default(field: FieldInfo) -> str:
    """As it would be written; empty if there is none."""
    value = field.default
    if field.is_required() or value in (None, ()):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return str(len(value)) if len(value) > 1 else str(value[0])
    return str(value)
