"""What a benchmark records of a trained architecture: an accuracy, unless it says otherwise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """A number of which more is better, and how it is named and shown: times 100 in either case."""

    name: str = "accuracy"
    """As it stands in headings, axes and notes."""
    percent: bool = True
    """Whether it is a share, shown in percent; else it is shown times 100, and that is said."""

    @property
    def unit(self) -> str:
        """What is shown is in this: `%` or `x 100`."""
        return "%" if self.percent else "x 100"

    @property
    def points(self) -> str:
        """What a difference of two is in."""
        return "points" if self.percent else "x 100"


ACCURACY = Quantity()
