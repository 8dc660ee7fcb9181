"""Figures as files: SVG, PDF and PNG, the same bytes for the same runs."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from harness.compare.view import View
from harness.report.figures import axes, cells, curves, ecdf, final, pareto, ranks, time
from harness.report.figures.style import styled
from harness.report.figures.svg import compact

if TYPE_CHECKING:
    from harness.compare.prediction import Prediction
    from harness.stats.ranks import Ranks

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
    "ecdf": (
        "Runs over targets: share of all pairs of a run and a target whose target is reached; targets are 51 "
        "regrets from 10 to 0.01 points, evenly spaced in their logarithm.",
        ecdf.ecdf,
    ),
    "ranks": (
        "Rank among all methods within each seed that all have, ties averaged: mean with 95 % band.",
        ranks.ranks,
    ),
    "final": (
        "Accuracy of the best architecture found at the end: a dot per seed, at the same height for the same "
        "seed, an arrow for a run beyond the left edge; the mean with its 95 % interval.",
        final.final,
    ),
    "pareto": (
        "Accuracy against complexity: the table's front (thin), the front of all that the runs of a method "
        "chose by the accuracy seen, and the three architectures with the best accuracy seen (1 to 3).",
        pareto.pareto,
    ),
    "cells": (
        "The architecture of each method with the best accuracy seen in any run, with its truth, its "
        "complexity and that accuracy. Faint: what no path from input to output passes.",
        cells.cells,
    ),
    "time": (
        "Wall time of a run: how it divides, and its total; and the simulated training it paid for. Means "
        "over seeds; a pre-trained model that seeds share counts in every run.",
        time.time,
    ),
    "axes": (
        "The same against classes, simulated time and wall time, up to where the first run ends.",
        axes.axes,
    ),
}
"""By name: caption and what draws it; nothing is drawn where a comparison cannot have it."""


def drawn(view: View) -> Iterator[Drawn]:
    """All figures that a comparison can have."""
    for name, (caption, draw) in FIGURES.items():
        with styled():
            figure = draw(view)
            if figure is not None:
                yield Drawn(name, view.comparison.quantity.said(caption), saved(figure))


def drawn_across(ranks: Ranks, outside: Sequence[str] = ()) -> Drawn:
    """The figure of a ranking across benchmarks; `outside` are names of degenerate methods."""
    from harness.report.figures.critical_difference import critical_difference

    caption = "Mean ranks over benchmarks; bars join methods that Nemenyi's test does not separate (5 %)."
    with styled():
        return Drawn("critical-difference", caption, saved(critical_difference(ranks, outside)))


def drawn_prediction(found: Prediction) -> Drawn:
    """The figure of quality against regret, of one optimizer."""
    from harness.report.figures.prediction import prediction

    caption = (
        "Measures of quality against mean regret at the end, a point per representation and benchmark; rho "
        "with its 95 % interval over n representations."
    )
    with styled():
        return Drawn("prediction", caption, saved(prediction(found)))


def saved(figure: Figure) -> dict[str, bytes]:
    """The figure in every format; it is closed afterwards."""
    content = {}
    for form, metadata in METADATA.items():
        buffer = io.BytesIO()
        figure.savefig(buffer, format=form, metadata=metadata)
        content[form] = SMALLER.get(form, bytes)(buffer.getvalue())
    plt.close(figure)
    return content


def _with_palette(png: bytes) -> bytes:
    """The picture in 256 colours, which no eye tells from all of them: a third of the size."""
    picture, buffer = Image.open(io.BytesIO(png)).convert("RGB"), io.BytesIO()
    dpi = Image.open(io.BytesIO(png)).info["dpi"]
    reduced = picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    reduced.save(buffer, "png", optimize=True, dpi=dpi)
    return buffer.getvalue()


SMALLER: dict[str, Callable[[bytes], bytes]] = {"svg": compact, "png": _with_palette}
