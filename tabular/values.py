"""What people write for an architecture as plain values: texts, numbers, lists and dictionaries of them.

Nothing that is written is evaluated: of Python's grammar only literals are read, and calls such as
`Genotype(normal=...)` or `array([0, 1], dtype=int8)` for what stands between their brackets.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

Value = str | int | list[Any] | dict[str, Any] | None
LONGEST = 100_000
"""Characters of a text that is looked into."""
NESTED = re.compile(r"[\[({]|[A-Za-z_][\w.]*\(|[^,]*,")
"""How a text begins that is more than a name."""
WRAPPERS = re.compile(r"(as)?array|matrix|tensor|list|tuple|str_|u?int\d*_?|bool_?")
"""Calls that stand for their first argument."""
MOST_IN_RANGE = 64


class Foreign(Exception):
    """What is no plain value."""


def value_of(given: Any) -> Value:
    """The plain value of a text, a number, an array, or lists, tuples and dictionaries of them.

    A text that is a Python or JSON literal becomes what it says; any other stays as it is, without spaces
    around it. A number by itself becomes its digits. None for everything else.
    """
    if isinstance(given, str):
        return _of_text(given.strip("\ufeff \t\r\n"))
    try:
        plain = _plain(given)
    except (Foreign, RecursionError):
        return None
    if isinstance(given, bool | np.bool_):
        return None
    return str(plain) if isinstance(plain, int) else plain


def _of_text(text: str) -> Value:
    if len(text) > LONGEST or not NESTED.match(text):
        return text
    try:
        plain = _of_node(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError, Foreign):
        return text
    return str(plain) if isinstance(plain, int) else plain


def _plain(given: Any) -> Value:
    if isinstance(given, str):
        return str(given)
    if isinstance(given, bool | np.bool_ | Integral):
        return int(given)
    if isinstance(given, Real) and float(given).is_integer():
        return int(float(given))
    if isinstance(given, np.ndarray):
        return _plain(given.tolist())
    if isinstance(given, list | tuple | range):
        return [_plain(each) for each in given]
    if isinstance(given, Mapping):
        return {str(name): _plain(each) for name, each in given.items()}
    raise Foreign


def _of_node(node: ast.expr) -> Value:
    match node:
        case ast.Constant(value=value):
            return _plain(value)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=value)):
            return _plain(-value) if isinstance(value, Real) else _foreign()
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return [_of_node(each) for each in elements]
        case ast.Dict(keys=names, values=values):
            if not all(isinstance(name, ast.Constant) and isinstance(name.value, str) for name in names):
                raise Foreign
            pairs = zip(names, values, strict=True)
            return {str(name.value): _of_node(each) for name, each in pairs if isinstance(name, ast.Constant)}
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(value=ast.Name(), attr=name)):
            return _of_call(name, node)
    raise Foreign


def _of_call(name: str, call: ast.Call) -> Value:
    """The first argument of a wrapper, the numbers of a range; else all arguments, by name or in order."""
    given = [_of_node(each) for each in call.args]
    if WRAPPERS.fullmatch(name) and given:
        return given[0]
    if name == "range" and given and all(isinstance(each, int) for each in given):
        numbers = range(*given)  # type: ignore[arg-type]
        return list(numbers) if len(numbers) <= MOST_IN_RANGE else _foreign()
    named = {each.arg: _of_node(each.value) for each in call.keywords if each.arg is not None}
    if len(named) != len(call.keywords) or bool(given) == bool(named):
        raise Foreign
    return given or {str(word): each for word, each in named.items()}


def _foreign() -> Value:
    raise Foreign
