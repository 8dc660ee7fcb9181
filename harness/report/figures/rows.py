"""Pictures with a row per method: named and coloured at the left, the best on top."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from harness.report.figures.style import look

HEIGHT = 0.27
"""Inches of a row."""


def name_rows(axes: Axes, labels: Sequence[str]) -> None:
    """Row i is at height i, the first on top; no line across but faint ones between the rows."""
    axes.set_yticks(range(len(labels)), labels)
    for tick, label in zip(axes.get_yticklabels(), labels, strict=True):
        tick.set_color(look(label).ink)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)


def in_order(axes: Axes, texts: Sequence[str]) -> None:
    """A text per row, right of the picture."""
    for row, text in enumerate(texts):
        axes.annotate(
            text,
            xy=(1.02, row),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=7.5,
            annotation_clip=False,
        )
