"""Latent distance against mutations, along random walks."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from harness.compare.quality import QualityLine, QualityTable
from harness.compare.units import percent
from harness.report.figures.lines import name_references
from harness.report.figures.style import INK, look
from harness.report.quality_figures.panels import (
    entitle,
    floats,
    name_below,
    name_panel,
    panels,
    with_columns,
)


def walks_caption(table: QualityTable) -> str:
    """What stands under `walks`."""
    return (
        "Latent distance between two cells of a random walk by the mutations between them, over the mean "
        "distance of random pairs (dotted): median, middle half and 90 % of all pairs at the first seed, and "
        "the means of every seed (thin). In order: share of pairs of places of which the later one is "
        "further from the start, half by chance."
    )


def walks(table: QualityTable) -> Figure | None:
    """A panel per method, on the same axes; nothing where no record has walks."""
    lines = [line for line in table.lines if with_columns(line, "walks")]
    if not lines:
        return None
    figure, shown = panels(len(lines), shared=True)
    for axes, line in zip(shown, lines, strict=True):
        _walks(axes, line)
        name_panel(axes, line.label, f"in order {_order(line)}")
    name_below(shown, "mutations between")
    figure.supylabel("latent distance", fontsize=8.5)
    shown[0].set_ylim(bottom=0)
    entitle(figure, table)
    name_references(figure, shown[0])
    return figure


def _walks(axes: Axes, line: QualityLine) -> None:
    colour, found = look(line.label).colour, with_columns(line, "walks")
    first = found[0][1]
    steps = floats(first, "steps")
    for low, high, alpha in (("distance_q5", "distance_q95", 0.15), ("distance_q25", "distance_q75", 0.3)):
        axes.fill_between(
            steps, floats(first, low), floats(first, high), color=colour, alpha=alpha, linewidth=0
        )
    axes.plot(steps, floats(first, "distance_q50"), color=colour, marker="o", markersize=3)
    for _, columns in found:
        axes.plot(floats(columns, "steps"), floats(columns, "distance"), color=INK, linewidth=0.6)
    axes.axhline(1.0, color=INK, linewidth=0.9, linestyle=(0, (1, 2)), label="mean of random pairs")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _order(line: QualityLine) -> str:
    found = line.summary("walk_in_order")
    interval = f" [{percent(found.low)}, {percent(found.high)}]" if found.n > 1 else ""
    return f"{percent(found.mean)} %{interval}"
