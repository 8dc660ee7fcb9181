"""What a run takes: wall time by phase, its total, and the training it would have cost."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from harness.compare.comparison import MethodRuns
from harness.compare.view import View
from harness.report.figures.curves import heading
from harness.report.figures.lines import plain
from harness.report.figures.rows import HEIGHT, in_order, name_rows
from harness.report.figures.style import INK, look

PHASES = {
    "pretraining": ("pre-training", "#08306B"),
    "fit": ("fit", "#2F7EBC"),
    "propose": ("propose", "#8ABFDD"),
    "query": ("query", "#F2C879"),
    "prepare": ("prepare", "#E4E4E4"),
}
"""Words and colours by phase, from dark to light so that they are told apart in grey."""


def time(view: View) -> Figure | None:
    """A row per method in the order of the tables; nothing where no wall time was stored.

    Milliseconds and minutes meet: the left picture shows shares, the next totals on a logarithmic axis.
    """
    methods = view.listed
    seconds = np.array([by_phase(method) for method in methods])
    totals = seconds.sum(axis=1)
    if not (totals > 0).any():
        return None
    hours = [_gpu_hours(view, method) for method in methods]
    panels = 3 if not np.isnan(hours).all() else 2
    figure, pictures = plt.subplots(
        1,
        panels,
        figsize=(7.4 if panels > 2 else 5.6, 1.25 + HEIGHT * len(methods)),
        width_ratios=(2, 1.3, 1)[:panels],
        sharey=True,
    )
    labels = [method.name for method in methods]
    _shares(pictures[0], seconds, totals)
    _totals(pictures[1], labels, totals)
    if panels > 2:
        _hours(pictures[2], labels, hours)
    name_rows(pictures[0], labels)
    for picture in pictures[1:]:
        picture.tick_params(axis="y", length=0)
        picture.grid(visible=False, axis="y")
    handles, words = pictures[0].get_legend_handles_labels()
    figure.legend(
        handles,
        words,
        loc="outside lower left",
        ncols=5,
        frameon=False,
        fontsize=7.5,
        handlelength=1,
        columnspacing=1.2,
    )
    figure.suptitle(heading(view), x=0.01, ha="left", fontsize=9)
    return figure


def by_phase(method: MethodRuns) -> list[float]:
    """Mean wall seconds of a run in the order of `PHASES`; what was not stored is 0."""
    rows = []
    for run in method.runs:
        spent = {**run.timing.seconds, "pretraining": run.timing.pretrained}
        rows.append([float(spent.get(phase, 0.0)) for phase in PHASES])
    return np.mean(rows, axis=0).tolist()


def _gpu_hours(view: View, method: MethodRuns) -> float:
    return float(view.comparison.column(method, "seconds", view.last, view.axis).mean()) / 3600


def _shares(axes: Axes, seconds: Float[np.ndarray, "m p"], totals: Float[np.ndarray, " m"]) -> None:
    shares = 100 * seconds / np.where(totals > 0, totals, 1)[:, None]
    start = np.zeros(len(shares))
    for (words, colour), share in zip(PHASES.values(), shares.T, strict=True):
        axes.barh(
            range(len(share)), share, left=start, height=0.66, color=colour, edgecolor=INK, linewidth=0.3,
            label=words,
        )  # fmt: skip
        start = start + share
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of wall time (%)")


def _totals(axes: Axes, labels: Sequence[str], totals: Float[np.ndarray, " m"]) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(numticks=6))
    plain(axes.xaxis)
    shown = totals > 0
    for row in np.flatnonzero(shown).tolist():
        mine = look(labels[row])
        axes.plot(totals[row], row, mine.marker, color=mine.colour, markersize=5)
    axes.set_xlim(totals[shown].min() / 2, totals[shown].max() * 2)
    axes.set_xlabel("wall seconds per run")
    in_order(axes, [duration(total) for total in totals.tolist()])


def _hours(axes: Axes, labels: Sequence[str], hours: list[float]) -> None:
    colours = [look(label).colour for label in labels]
    axes.barh(range(len(hours)), np.nan_to_num(hours), height=0.5, color=colours, alpha=0.75)
    axes.set_xlim(0, 1.02 * float(np.nanmax(hours)))
    axes.set_xlabel("simulated GPU hours")
    in_order(axes, ["-" if np.isnan(each) else f"{each:.0f}" for each in hours])


def duration(seconds: float) -> str:
    """Two digits, in the unit that fits."""
    if seconds <= 0:
        return "-"
    if seconds < 1:
        return f"{1000 * seconds:.2g} ms" if seconds < 0.0995 else f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
