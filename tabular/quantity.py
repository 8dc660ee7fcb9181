"""What a benchmark records of a trained architecture: an accuracy, unless it says otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Quantity:
    """A number of which more is better, and how it is named and shown: times 100 in either case."""

    name: str = "accuracy"
    """As it stands in headings, axes and notes."""
    plural: str = "accuracies"
    percent: bool = True
    """Whether it is a share, shown in percent; else what is shown is hundredths, and called so."""

    @property
    def unit(self) -> str:
        """Of what is shown."""
        return "%" if self.percent else "hundredths"

    @property
    def points(self) -> str:
        """Of a difference of two, as it is shown."""
        return "points" if self.percent else "hundredths"

    @property
    def scale(self) -> str:
        """The unit in words, after "in"."""
        return "percent" if self.percent else "hundredths"

    def said(self, text: str) -> str:
        """A text that is written for accuracies, of this quantity: its names, `(%)` and points."""
        if self == ACCURACY:
            return text
        words = {"accuracy": self.name, "accuracies": self.plural}
        words |= {name.capitalize(): f"{word[0].upper()}{word[1:]}" for name, word in words.items()}
        if not self.percent:
            words |= {"(%)": f"({self.unit})", "points": self.points}
        return WORDS.sub(lambda found: words.get(found[0], found[0]), text)

    def content(self) -> dict[str, Any]:
        """Plain JSON; `of` is the inverse. Empty for accuracy, which is not stored."""
        return {} if self == ACCURACY else asdict(self)

    @staticmethod
    def of(content: Mapping[str, Any] | None) -> Quantity:
        """From what `content` gave. Raises `KeyError` or `TypeError` if it is not whole."""
        if not content:
            return ACCURACY
        return Quantity(str(content["name"]), str(content["plural"]), bool(content["percent"]))


WORDS = re.compile(r"\b[Aa]ccurac(?:y|ies)\b|\(%\)|(?<=in )points\b|(?<=\()points(?=\))|(?<=\.\d\d )points\b")
"""What `said` replaces; there are other points than those of a percentage."""
ACCURACY = Quantity()


def common(quantities: Iterable[Quantity]) -> Quantity:
    """The one that all are, or what can be said of all, if they differ; `ACCURACY` of none."""
    found = set(quantities) or {ACCURACY}
    if len(found) == 1:
        return found.pop()
    return Quantity("recorded metric", "recorded metrics", all(each.percent for each in found))
