"""Templates filled in, with style and scripts inside: a page asks for no other file."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tabular.quantity import ACCURACY, Quantity

SCRIPTS = ("core.js", "theme.js", "tables.js", "dialog.js", "matrix.js", "scales.js", "curves.js", "chart.js")
"""In the order in which they need each other; all run in one scope."""


def render(template: str, quantity: Quantity = ACCURACY, **values: Any) -> str:
    """A page, its scripts with the units of `quantity`. All in `values` is escaped unless it is `Markup`."""
    script = Markup("\n").join(map(_asset, SCRIPTS))
    script = script.replace("@points", quantity.points).replace("@unit", quantity.unit)
    return _environment().get_template(template).render(style=_asset("page.css"), script=script, **values)


def as_data(value: Any) -> Markup:
    """JSON that can stand in a script element."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))


def _asset(name: str) -> Markup:
    return Markup((files(__package__) / "assets" / name).read_text("utf-8").rstrip())


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = _breakable
    return environment


def _breakable(name: str) -> Markup:
    """A name that may be broken after a sign, where there is little room."""
    return Markup(re.sub(r"([_+=;\[-])", r"\1<wbr>", str(escape(name))))
