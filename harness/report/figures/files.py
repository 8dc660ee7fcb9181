"""Figures as files: SVG, PDF and PNG, the same bytes for the same runs."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from harness.report.figures import curves
from harness.report.figures.style import styled
from harness.report.view import View

if TYPE_CHECKING:
    from harness.ranks import Ranks

METADATA: dict[str, dict[str, str | None]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "png": {"Software": None},
}
"""Nothing that differs from day to day or from version to version."""


@dataclass(frozen=True)
class Drawn:
    """A figure in its formats."""

    name: str
    caption: str
    content: dict[str, bytes]
    """By `svg`, `pdf` and `png`."""


Draw = Callable[[View], Figure | None]
FIGURES: dict[str, tuple[str, Draw]] = {
    "curves": ("Accuracy of the best architecture found over what was spent.", curves.curves),
    "regret": ("Regret on logarithmic axes.", curves.regret),
    "axes": ("The same against classes, simulated time and wall time.", curves.axes),
}
"""By name: caption and what draws it; nothing is drawn where a comparison cannot have it."""


def drawn(view: View) -> Iterator[Drawn]:
    """All figures that a comparison can have."""
    for name, (caption, draw) in FIGURES.items():
        with styled():
            figure = draw(view)
            if figure is not None:
                yield Drawn(name, caption, saved(figure))


def drawn_across(ranks: Ranks) -> Drawn:
    """The figure of a ranking across benchmarks."""
    from harness.report.figures.critical_difference import critical_difference

    caption = "Mean ranks over benchmarks; bars join methods that Nemenyi's test does not separate (5 %)."
    with styled():
        return Drawn("critical-difference", caption, saved(critical_difference(ranks)))


def saved(figure: Figure) -> dict[str, bytes]:
    """The figure in every format; it is closed afterwards."""
    content = {}
    for form, metadata in METADATA.items():
        buffer = io.BytesIO()
        figure.savefig(buffer, format=form, metadata=metadata)
        content[form] = buffer.getvalue()
    plt.close(figure)
    return content
