"""`harness arch BENCHMARK TEXT ...`: architectures in every form that they are written in."""

from __future__ import annotations

import re
import sys

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from harness.report.run import MEASURES
from harness.study.help import print_keys, wants_help
from harness.study.options import Paths, Text, parse
from harness.study.registry import Registry
from tabular import catalogue
from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.space import SearchSpace

EXAMPLE = "harness arch nb201 TEXT"
SUMMARY = "architectures in every form they are written in"
USAGE = (
    "TEXT is an architecture in any form that is unmistakable, or in that of form=; - reads one a line from "
    "stdin.\n  harness arch nb201 without a TEXT: its forms, with an example of each"
)
FROM_STDIN = "-"
KEY = re.compile(r"([a-z_]+)=.*", re.DOTALL)
"""A key with its value; texts of architectures begin otherwise."""


class ArchOptions(BaseModel):
    """Keys of `harness arch`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    form: Text | None = Field(
        None,
        description="form of the texts (harness arch BENCHMARK lists them)",
        examples=["naslib", "index"],
    )
    to: Text | None = Field(
        None, description="print this form alone, one a line", examples=["official", "key"]
    )
    plugins: Paths = Field((), description="files with a benchmark of yours")


def run(words: list[str]) -> int:
    """Print every form of each architecture, and what is free to know of it. No table is opened."""
    if not words or wants_help(words):
        asked = [word for word in words if word.partition("=")[0] in ArchOptions.model_fields]
        print_keys("arch BENCHMARK TEXT ...", ArchOptions, USAGE, asked)
        return 0
    options, _ = parse([word for word in words if KEY.fullmatch(word)], ArchOptions)
    name, *texts = [word for word in words if not KEY.fullmatch(word)] or [""]
    if not name:
        raise HarnessError("a benchmark is needed: harness arch nb201 TEXT")
    Registry(options.plugins)
    space = catalogue.space(name)
    if not texts:
        print(known_forms(space))
        return 0
    cells = space.parse(list(_given(texts)), options.form)
    print("\n".join(space.print(cells, options.to)) if options.to else "\n\n".join(described(space, cells)))
    return 0


def _given(texts: list[str]) -> list[str]:
    """The texts, with the lines of stdin in place of `-`; raises `HarnessError` if there are none."""
    found: list[str] = []
    for text in texts:
        found += [line for line in sys.stdin if line.strip()] if text == FROM_STDIN else [text]
    if not found:
        raise HarnessError("stdin has no architectures: one a line is needed")
    return found


def described(space: SearchSpace, cells: Cells) -> list[str]:
    """Of each architecture every form and complexity, a line each."""
    forms = {form.name: form.write(cells) for form in space.forms}
    measures = {name: space.complexity(cells, name).tolist() for name in space.complexity_measures}
    width = max(map(len, (*forms, *measures)))
    return [
        "\n".join(
            [
                *(f"{name:<{width}}  {texts[row]}" for name, texts in forms.items()),
                *(f"{name:<{width}}  {_amount(name, values[row])}" for name, values in measures.items()),
            ]
        )
        for row in range(len(cells))
    ]


def _amount(measure: str, value: float) -> str:
    return f"{value:.6g}{f' {MEASURES[measure]}' if measure in MEASURES else ''}"


def known_forms(space: SearchSpace) -> str:
    """What each form is, and a drawn architecture in it."""
    cell = space.sample(1, np.random.default_rng(0))
    lines = [f"Forms of {space.name}, for form= and to=; those with * have to be named"]
    for form in space.forms:
        lines += ["", f"  {form.name}{' *' if form.bare else ''}: {form.about}", f"    {form.write(cell)[0]}"]
    return "\n".join(lines)
