"""How architectures are written: a space's table of forms, and which of them a text may be of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tabular.cells import Cells
from tabular.errors import HarnessError, unknown
from tabular.values import Value, value_of

if TYPE_CHECKING:
    from tabular.space import EnumerableSpace, SearchSpace

OFFICIAL = "official"
"""In every space a name of the form that its authors use."""
QUOTED = 100
"""Characters of a text that an error repeats."""


@dataclass(frozen=True)
class Form:
    """One way to write the architectures of a space."""

    name: str
    about: str
    """What it is, in a few words."""
    write: Callable[[Cells], list[str]]
    read: Callable[[list[Value]], list[Any]]
    """For each value what `make` needs of an architecture; None where it is not of this form."""
    make: Callable[[list[Any]], Cells]
    official: bool = False
    """Whether the authors of the space write it so."""
    bare: bool = False
    """Whether others write other architectures alike, as a number or a row of digits: such a text is read
    where its form is asked for, and never recognised."""


def named(space: SearchSpace, name: str) -> Form:
    """The form of that name; raises `HarnessError` with the closest if the space has none."""
    table = {form.name: form for form in space.forms}
    found = table.get(name, official(space) if name == OFFICIAL else None)
    if found is None:
        raise unknown(f"form of {space.name}", name, table)
    return found


def official(space: SearchSpace) -> Form:
    """The form that the authors of the space use; the run files' own where it has none."""
    return next((form for form in space.forms if form.official), space.forms[0])


def parsed(space: SearchSpace, given: Any, form: str | None, own_first: bool = False) -> Cells:
    """Architectures of texts or values of a form, or of forms that are unmistakable.

    `own_first`: what is of the run files' own form is read as that, whatever else it may be.
    """
    forms = space.forms if form is None else (named(space, form),)
    clear = {each.name for each in forms if form or not each.bare} | ({forms[0].name} if own_first else set())
    given = given.tolist() if isinstance(given, np.ndarray) else given  # one of no dimensions is one
    single = isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable)
    items = [given] if single else list(given)
    readings = _readings(items, forms, own_first)
    if not all(clear & found.keys() for found in readings):  # a single one may be given without a batch
        whole = _readings([given], forms, own_first)
        items, readings = ([given], whole) if whole[0] else (items, readings)
    for item, found in zip(items, readings, strict=True):
        if not found:
            raise _no_architecture(space, item, form)
    cells, alike = _made(space, forms, readings)
    for item, found, same in zip(items, readings, alike, strict=True):
        if not same or not clear & found.keys():
            raise _unclear(space, item, found)
    return cells


def _readings(items: list[Any], forms: Sequence[Form], own_first: bool = False) -> list[dict[str, Any]]:
    """For each, by the name of every form that it may be of, what that form reads."""
    values = list(map(value_of, items))
    own = [{forms[0].name: row} if row is not None else {} for row in forms[0].read(values)]
    if len(forms) == 1 or (own_first and all(own)):
        return own
    found = {form.name: form.read(values) for form in forms}
    any_form = [
        {name: rows[place] for name, rows in found.items() if rows[place] is not None}
        for place in range(len(items))
    ]
    return [mine or other for mine, other in zip(own, any_form, strict=True)] if own_first else any_form


def _made(
    space: SearchSpace, forms: Sequence[Form], readings: list[dict[str, Any]]
) -> tuple[Cells, list[bool]]:
    """What each item is by the first form it may be of, and whether it is that by all of them."""
    batches, owners = [], []
    for form in forms:
        mine = [number for number, found in enumerate(readings) if form.name in found]
        if mine or not readings:
            batches.append(form.make([readings[number][form.name] for number in mine]))
            owners += mine
    cells, owner = Cells.concatenate(batches), np.array(owners, dtype=np.int64)
    numbers, first = np.unique(owner, return_index=True)
    alike = np.ones(len(numbers), dtype=bool)
    if len(owner) > len(numbers):
        keys = space.keys(cells)
        alike[owner[keys != keys[first][owner]]] = False
    return cells[first], alike.tolist()


def _no_architecture(space: SearchSpace, item: Any, form: str | None) -> HarnessError:
    """What was given, and what would have been read."""
    if form is None:
        known = "; ".join(f"{each.name}: {each.about}" for each in space.forms)
        return HarnessError(f"{_quoted(item)} is no architecture of {space.name}. Forms are {known}")
    wanted = named(space, form)
    others = list(_readings([item], space.forms)[0])
    instead = f" It can be read as {' or '.join(others)}." if others else ""
    return HarnessError(
        f"{_quoted(item)} is no architecture of {space.name} in the form {wanted.name}: {wanted.about}."
        f"{instead}"
    )


def _unclear(space: SearchSpace, item: Any, found: Mapping[str, Any]) -> HarnessError:
    """What each form would make of it."""
    mine = [form for form in space.forms if form.name in found]
    meant = [f"as {form.name} {official(space).write(form.make([found[form.name]]))[0]}" for form in mine]
    choice = " or ".join(f"form={form.name}" for form in mine)
    return HarnessError(
        f"{_quoted(item)} does not say which architecture of {space.name} it is: {', '.join(meant)}. "
        f"Say {choice}"
    )


def _quoted(item: Any) -> str:
    text = " ".join(str(item).split())
    return f"'{text}'" if len(text) <= QUOTED else f"'{text[: QUOTED - 1]}…'"


def one_by_one(read: Callable[[Value], Any]) -> Callable[[list[Value]], list[Any]]:
    """A form's `read`, of one that reads a single value."""
    return lambda values: list(map(read, values))


def row_form(space: EnumerableSpace) -> Form:
    """The position of an architecture in `all()`."""
    return Form(
        "row",
        f"its place in the listed space, 0 .. {space.size - 1}",
        write=lambda cells: list(map(str, space.keys(cells).tolist())),
        read=one_by_one(lambda value: whole_number(value, space.size)),
        make=lambda rows: space.all()[np.array(rows, dtype=np.int64)],
        bare=True,
    )


def whole_number(value: Value, below: int) -> int | None:
    """A number 0 .. `below` - 1 of its digits, without zeros before it."""
    if not isinstance(value, str) or not (value.isascii() and value.isdigit()):
        return None
    if len(value) > len(str(below)) or (value[0] == "0" and value != "0"):
        return None
    return int(value) if int(value) < below else None


def digits(value: Value, count: int, choices: Iterable[int]) -> list[int] | None:
    """That many numbers, each one of `choices`: a text of digits, or a list."""
    found = list(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    if not isinstance(found, list) or len(found) != count:
        return None
    known = {str(choice): choice for choice in choices}
    numbers = [known.get(str(each)) for each in found]
    return None if None in numbers else numbers  # type: ignore[return-value]
