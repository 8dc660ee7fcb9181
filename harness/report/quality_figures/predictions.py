"""What a predictor learnt with the representation says: beside the truth, and along ascents."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool
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
    return " ".join(filter(None, sentences))


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
    name_below(shown, "true accuracy (%)")
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
    return (
        "Ascents of the objective from draws of the prior, one line each. Above: what is predicted at every "
        "step, on the method's own scale; a cross where what is decoded there is for the first time no "
        "architecture, and faint wherever it is none. Below: true accuracy of what is decoded. "
        f"{seed_words(table, 'ascents')}"
    ).rstrip()


def ascent(table: QualityTable) -> Figure | None:
    """Two panels per method, one below the other (NGAE Figure 4); nothing where nothing ascends."""
    found = at_first_seed(table, "ascents")
    if not found:
        return None
    judged = any(not np.isnan(floats(columns, "accuracy")).all() for _, columns in found)
    figure, grid = plt.subplots(
        2,
        len(found),
        figsize=(max(2.3 * len(found), NARROWEST), 4.2),
        squeeze=False,
        sharex="col",
        sharey="row",
    )
    for (line, columns), (above, below) in zip(found, grid.T, strict=True):
        lost = _ascents(above, below, line, columns)
        number = len(set(columns["ascent"]))
        name_panel(above, line.label, f"{number - lost} of {number} stay valid")
    grid[0, 0].set_ylabel("predicted objective")
    grid[1, 0].set_ylabel("true accuracy (%)")
    name_below(grid[1], "step")
    entitle(figure, table)
    return figure


def _ascents(above: Axes, below: Axes, line: QualityLine, columns: Columns) -> int:
    """All lines; gives how many become invalid."""
    colour, lost = look(line.label).colour, 0
    which, steps, valid = floats(columns, "ascent"), floats(columns, "step"), is_valid(columns)
    objective, accuracy = floats(columns, "objective"), 100 * floats(columns, "accuracy")
    for ascent in np.unique(which):
        rows = np.flatnonzero(which == ascent)
        x, y = steps[rows], objective[rows]
        above.plot(x, y, color=colour, linewidth=0.8, alpha=0.3)
        above.plot(x, np.where(valid[rows], y, np.nan), color=colour, linewidth=1.1)
        below.plot(x, accuracy[rows], color=colour, linewidth=1.0, alpha=0.75)
        gone = np.flatnonzero(~valid[rows])
        if len(gone):
            lost += 1
            above.plot(x[gone[0]], y[gone[0]], "x", color=INK, markersize=5)
    return lost
