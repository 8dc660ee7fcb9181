"""What pictures of quality share: whose columns they show, panels side by side, one scale of colours."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Float
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure

from harness.compare.quality import QualityLine, QualityTable
from harness.report.figures.lines import COLUMNS, hide_rest
from harness.report.figures.style import FAINT, INK, look
from tabular.quantity import Quantity

Columns = Mapping[str, Sequence[Any]]
COLOURS = ListedColormap(colormaps["viridis"](np.linspace(0.14, 0.95, 256)))
"""Of accuracies: grows in lightness, and is read alike with any colour vision; its ends stand out from dark
and from white paper."""
CLIPPED = 5.0
"""Percentile of the accuracies at which the scale of colours begins: a few are far below all others."""
NARROWEST = 6.4
"""Inches of a figure: pages would enlarge narrower ones until their letters are larger than the page's."""
BAR = 0.12
"""Inches across a bar of colours."""
LETTERS = 32
"""Of a name in a line over a panel."""


def with_columns(line: QualityLine, name: str) -> list[tuple[int, Columns]]:
    """Seed and columns of every record that has the table, and any row in it."""
    return [
        (record.seed, record.columns[name])
        for record in line.records
        if any(len(values) for values in record.columns.get(name, {}).values())
    ]


def at_first_seed(table: QualityTable, name: str) -> list[tuple[QualityLine, Columns]]:
    """Every line that has the table, with the columns of its first seed."""
    found = [(line, with_columns(line, name)) for line in table.lines]
    return [(line, mine[0][1]) for line, mine in found if mine]


def seed_words(table: QualityTable, name: str) -> str:
    """Which of the seeds is drawn."""
    found = [[seed for seed, _ in with_columns(line, name)] for line in table.lines]
    first = {seeds[0] for seeds in found if seeds}
    if len(first) == 1:
        return f"Seed {first.pop()} of {max(map(len, found))}." if max(map(len, found)) > 1 else ""
    return "Each at its first seed."


def heading(table: QualityTable) -> str:
    """What a figure says of itself."""
    numbers = sorted({len(line.records) for line in table.lines})
    n = "..".join(str(each) for each in dict.fromkeys((numbers[0], numbers[-1])))
    labels = {"none": "no labels", "training": "labels of the training part free"}[table.spec.labels]
    return f"{table.spec.benchmark}, {table.spec.part}, {labels}, n = {n}"


def floats(columns: Columns, name: str) -> Float[np.ndarray, " n"]:
    """A column of numbers; NaN where it is not known, and throughout where there is no such column."""
    if name not in columns:
        return np.full(len(next(iter(columns.values()))), np.nan)
    return np.array(columns[name], dtype=float)


def is_valid(columns: Columns) -> Bool[np.ndarray, " n"]:
    """Where there is an architecture."""
    return np.array([text != "" for text in columns["architecture"]], dtype=bool)


def panels(
    number: int, width: float = 2.3, height: float = 2.0, most: int = COLUMNS, shared: bool = False
) -> tuple[Figure, list[Axes]]:
    """So many panels, in rows of equal length; sizes in inches."""
    columns = min(most, number)
    rows = math.ceil(number / columns)
    wide = max(width * columns, NARROWEST)
    figure, grid = plt.subplots(
        rows, columns, figsize=(wide, height * rows + 0.45), squeeze=False, sharex=shared, sharey=shared
    )
    hide_rest(grid, number)
    return figure, list(grid.flat)[:number]


def entitle(figure: Figure, table: QualityTable) -> None:
    """The heading, at the left."""
    figure.suptitle(heading(table), x=0.01, ha="left", fontsize=9)


def name_panel(axes: Axes, label: str, more: str = "", letters: int = LETTERS) -> None:
    """The name of a method in its colour, broken after so many letters; below it what else is said."""
    lines = textwrap.wrap(label.replace(";", "; "), letters, break_on_hyphens=False, break_long_words=False)
    words = "\n".join([*lines, *([more] if more else [])])
    axes.set_title(words, loc="left", fontsize=7.5, color=look(label).ink)


def name_below(shown: Sequence[Axes], words: str) -> None:
    """What the axis below means, under the panels of the last row alone."""
    for axes in shown:
        place = axes.get_subplotspec()
        if place is not None and place.is_last_row():
            axes.set_xlabel(words)


def say_in(axes: Axes, words: str) -> None:
    """Words in the middle of a panel that has nothing to show."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", fontsize=7.5, color=INK)


def scale_of(accuracies: Iterable[Float[np.ndarray, " n"]]) -> Normalize | None:
    """The scale of colours (percent) of all accuracies together; None where none is known."""
    known = np.concatenate([np.empty(0), *accuracies])
    known = 100 * known[~np.isnan(known)]
    if not len(known):
        return None
    low, high = float(np.percentile(known, CLIPPED)), float(known.max())
    return Normalize(low, high if high > low else low + 1.0, clip=True)


def colour_bar(figure: Figure, axes: list[Axes], scale: Normalize | None, quantity: Quantity) -> None:
    """What the colours mean, beside the panels; nothing without a scale."""
    if scale is None:
        return
    shown = ScalarMappable(scale, COLOURS)
    slender = figure.get_figheight() / BAR
    words = quantity.said("accuracy (%)")
    bar = figure.colorbar(shown, ax=axes, label=words, extend="min", aspect=slender, pad=0.02, fraction=0.05)
    assert bar.solids is not None
    bar.solids.set_rasterized(True)
    bar.outline.set_visible(False)


def scatter(
    axes: Axes, x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], accuracy: Float[np.ndarray, " n"],
    scale: Normalize | None,
) -> None:  # fmt: skip
    """Cells as dots in the colours of their accuracy, the best on top; grey where it is not known."""
    unknown = np.isnan(accuracy) if scale else np.full(len(x), True)
    axes.scatter(x[unknown], y[unknown], s=4, color=FAINT, linewidths=0, rasterized=True)
    order = np.flatnonzero(~unknown)
    order = order[np.argsort(accuracy[order], kind="stable")]
    axes.scatter(
        x[order], y[order], s=5, c=100 * accuracy[order], cmap=COLOURS, norm=scale, linewidths=0,
        rasterized=True,
    )  # fmt: skip
