"""What a predictor learnt with the representation says: beside the truth, and along ascents."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.compare.quality import QualityLine, QualityTable
from harness.compare.units import percent
from harness.quality.predictor import rmse
from harness.report.figures.lines import name_references
from harness.report.figures.style import FAINT, INK, look
from harness.report.quality_figures.maps import predicts_accuracy
from harness.report.quality_figures.panels import (
    NARROWEST,
    Columns,
    at_first_seed,
    entitle,
    floats,
    is_valid,
    name_below,
    name_panel,
    panels,
    seed_words,
)

ITEMS = 100
"""Of either part that are drawn (NGAE Figure 4)."""


def predictions_caption(table: QualityTable) -> str:
    """What stands under `predictions`, with the errors of all cells that were measured."""
    found = at_first_seed(table, "predictions")
    errors = [f"{line.label}: {_errors(columns)}" for line, columns in found if predicts_accuracy(line)]
    own = [line.label for line, _ in found if not predicts_accuracy(line)]
    sentences = [
        f"Predicted against true accuracy of at most {ITEMS} test and {ITEMS} training cells.",
        f"RMSE in points over all measured cells, and of saying the training cells' mean of each: "
        f"{'; '.join(errors)}." if errors else "",
        f"{', '.join(own)}: on a scale of its own, which has no error." if own else "",
        seed_words(table, "predictions"),
    ]  # fmt: skip
    return table.quantity.said(" ".join(filter(None, sentences)))


def _errors(columns: Columns) -> str:
    """Of both parts, and what costs nothing."""
    truth, guess = floats(columns, "accuracy"), floats(columns, "predicted")
    of = {part: _of(columns, part) for part in ("test", "training")}
    mean = np.full(len(truth), float(np.nanmean(truth[of["training"]])))
    words = (percent(rmse(*pair)) for pair in (
        (guess[of["test"]], truth[of["test"]]),
        (mean[of["test"]], truth[of["test"]]),
        (guess[of["training"]], truth[of["training"]]),
    ))  # fmt: skip
    return "test {} (the mean {}), training {}".format(*words)


def _of(columns: Columns, part: str) -> Bool[np.ndarray, " n"]:
    return np.array([each == part for each in columns["part"]], dtype=bool)


def predictions(table: QualityTable) -> Figure | None:
    """A panel per method; nothing where no label was learnt."""
    found = at_first_seed(table, "predictions")
    if not found:
        return None
    figure, shown = panels(len(found), height=2.4, most=3)
    for axes, (line, columns) in zip(shown, found, strict=True):
        _predicted(axes, line, columns)
        name_panel(axes, line.label, "" if predicts_accuracy(line) else "on its own scale")
    name_below(shown, table.quantity.said("true accuracy (%)"))
    figure.supylabel("predicted", fontsize=8.5)
    entitle(figure, table)
    name_references(figure, shown[0])
    return figure


def _predicted(axes: Axes, line: QualityLine, columns: Columns) -> None:
    is_accuracy = predicts_accuracy(line)
    truth, guess = (
        100 * floats(columns, "accuracy"),
        floats(columns, "predicted") * (100 if is_accuracy else 1),
    )
    drawn = []
    for part, marker, colour in (("training", "x", INK), ("test", "o", look(line.label).colour)):
        rows = np.flatnonzero(_of(columns, part) & ~np.isnan(truth + guess))[:ITEMS]
        drawn.append(rows)
        fill = {"linewidths": 0.7} if marker == "x" else {"linewidths": 0}
        axes.scatter(
            truth[rows], guess[rows], s=11, marker=marker, color=colour, alpha=0.65, label=part, **fill
        )
    rows = np.concatenate(drawn)
    if is_accuracy and len(rows):
        both = float(truth[rows].min()), float(truth[rows].max())
        axes.plot(both, both, color=FAINT, linewidth=1.2, zorder=0, label="equal")


def ascent_caption(table: QualityTable) -> str:
    """What stands under `ascent`."""
    return table.quantity.said(
        "Ascents of the objective from draws of the prior, one line each. Above: what is predicted at every "
        "step, on the method's own scale; a cross where what is decoded there is for the first time no "
        "architecture, and faint wherever it is none. Below, where it is known: true accuracy of what is "
        f"decoded. {seed_words(table, 'ascents')}"
    ).rstrip()


def ascent(table: QualityTable) -> Figure | None:
    """A column of panels per method (NGAE Figure 4), without the lower where no accuracy is known; nothing
    where nothing ascends."""
    found = at_first_seed(table, "ascents")
    if not found:
        return None
    judged = any(not np.isnan(floats(columns, "accuracy")).all() for _, columns in found)
    rows, wide = (2 if judged else 1), max(2.3 * len(found), NARROWEST)
    figure, grid = plt.subplots(
        rows, len(found), figsize=(wide, 1.8 * rows + 0.6), squeeze=False, sharex="col", sharey="row"
    )
    for (line, columns), (above, *below) in zip(found, grid.T, strict=True):
        lost = _objectives(above, line, columns)
        number = len(set(columns["ascent"]))
        name_panel(above, line.label, f"{number - lost} of {number} stay valid")
        for axes in below:
            _accuracies(axes, line, columns)
    for axes, words in zip(grid[:, 0], ("predicted objective", "true accuracy (%)"), strict=False):
        axes.set_ylabel(table.quantity.said(words))
    name_below(grid[-1], "step")
    entitle(figure, table)
    return figure


def _each(columns: Columns) -> list[Int[np.ndarray, " steps"]]:
    """The rows of every ascent."""
    which = floats(columns, "ascent")
    return [np.flatnonzero(which == ascent) for ascent in np.unique(which)]


def _objectives(axes: Axes, line: QualityLine, columns: Columns) -> int:
    """All ascents; gives how many become invalid."""
    colour, lost = look(line.label).colour, 0
    steps, objective, valid = floats(columns, "step"), floats(columns, "objective"), is_valid(columns)
    for rows in _each(columns):
        x, y = steps[rows], objective[rows]
        axes.plot(x, y, color=colour, linewidth=0.8, alpha=0.3)
        axes.plot(x, np.where(valid[rows], y, np.nan), color=colour, linewidth=1.1)
        gone = np.flatnonzero(~valid[rows])
        if len(gone):
            lost += 1
            axes.plot(x[gone[0]], y[gone[0]], "x", color=INK, markersize=5)
    return lost


def _accuracies(axes: Axes, line: QualityLine, columns: Columns) -> None:
    steps, accuracy = floats(columns, "step"), 100 * floats(columns, "accuracy")
    for rows in _each(columns):
        axes.plot(steps[rows], accuracy[rows], color=look(line.label).colour, linewidth=1.0, alpha=0.75)
