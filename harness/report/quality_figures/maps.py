"""The latent space from above: test cells, the predictor's field and what is decoded there; and by t-SNE."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure

from harness.compare.quality import QualityLine, QualityTable
from harness.report.figures.style import FAINT
from harness.report.quality_figures.panels import (
    COLOURS,
    NARROWEST,
    Columns,
    at_first_seed,
    colour_bar,
    entitle,
    floats,
    is_valid,
    name_panel,
    panels,
    say_in,
    scale_of,
    scatter,
    seed_words,
)

REACH = 3.0
"""The plane's, in standard deviations."""
TICKS = (-2, 0, 2)


def map_caption(table: QualityTable) -> str:
    """What stands under `latent_map`."""
    return table.quantity.said(
        "Test cells along the first two principal components of their latent points, in standard deviations, "
        "with their true accuracy; on the plane through the mean along these axes what is predicted; and the "
        "true accuracy of what is decoded there (by the surrogate where a pool has none): blank where that "
        "is no architecture, grey where no accuracy is known. One scale of colours, which begins at the 5th "
        f"percentile. {seed_words(table, 'cells')}"
    ).rstrip()


def latent_map(table: QualityTable) -> Figure | None:
    """A row per method (NGAE Figure 3); nothing where no record has a map."""
    found = at_first_seed(table, "cells")
    if not found:
        return None
    planes = {line.label: columns for line, columns in at_first_seed(table, "plane")}
    scale = scale_of(floats(columns, "accuracy") for _, columns in found)
    predicts = any(not np.isnan(floats(plane, "predicted")).all() for plane in planes.values())
    wide = 3 if predicts else 2
    figure, grid = plt.subplots(
        len(found), wide, figsize=(max(2.4 * wide + 0.6, NARROWEST), 2.15 * len(found) + 0.45), squeeze=False
    )
    for (line, columns), (cells, *field, decoded) in zip(found, grid, strict=True):
        plane = planes.get(line.label)
        _cells(cells, columns, scale)
        name_panel(cells, line.label, "test cells")
        for axes in field:
            _field(axes, line, plane, scale)
        _decoded(decoded, plane, scale)
    entitle(figure, table)
    colour_bar(figure, list(grid.flat), scale, table.quantity)
    return figure


def _cells(axes: Axes, columns: Columns, scale: Normalize | None) -> None:
    x, y = (_in_deviations(floats(columns, name)) for name in ("pca_x", "pca_y"))
    scatter(axes, x, y, floats(columns, "accuracy"), scale)
    reach = max(REACH, float(np.abs([x, y]).max()) * 1.03)
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=TICKS, yticks=TICKS)


def _in_deviations(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    deviation = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return values / (deviation or 1.0)


def _field(axes: Axes, line: QualityLine, plane: Columns | None, scale: Normalize | None) -> None:
    """What is predicted: in the colours of accuracies if that is what it is, else between its own ends."""
    predicted = floats(plane, "predicted") if plane else np.full(1, np.nan)
    if plane is None or np.isnan(predicted).all():
        say_in(axes, "nothing is predicted:\nno label was learnt")
        return
    is_accuracy = scale is not None and predicts_accuracy(line)
    own = None if is_accuracy else Normalize(float(np.nanmin(predicted)), float(np.nanmax(predicted)))
    words = "predicted" if own is None else f"predicted, own scale {own.vmin:.3g} to {own.vmax:.3g}"
    _picture(axes, predicted * (100 if own is None else 1), scale if own is None else own)
    axes.set_title(words, loc="left", fontsize=7.5)


def _decoded(axes: Axes, plane: Columns | None, scale: Normalize | None) -> None:
    if plane is None or "architecture" not in plane:
        say_in(axes, "nothing decodes")
        return
    valid, accuracy = is_valid(plane), 100 * floats(plane, "accuracy")
    _picture(axes, accuracy, scale, grey=valid & np.isnan(accuracy))
    axes.set_title(f"decoded: {100 * valid.mean():.0f} % valid", loc="left", fontsize=7.5)


def _picture(
    axes: Axes,
    values: Float[np.ndarray, " n"],
    scale: Normalize | None,
    grey: Bool[np.ndarray, " n"] | None = None,
) -> None:
    """Values on a square of points, the first row lowest; nothing where they are unknown."""
    side = round(len(values) ** 0.5)
    step = REACH / (side - 1) if side > 1 else REACH
    extent = (-REACH - step, REACH + step, -REACH - step, REACH + step)
    if grey is not None and grey.any():
        shown = np.where(grey, 1.0, np.nan).reshape(side, side)
        axes.imshow(
            shown, extent=extent, origin="lower", cmap=ListedColormap([FAINT]), interpolation="nearest"
        )
    if scale is not None:
        shown = values.reshape(side, side)
        axes.imshow(shown, extent=extent, origin="lower", cmap=COLOURS, norm=scale, interpolation="nearest")
    axes.set(xlim=extent[:2], ylim=extent[2:], aspect="auto", xticks=TICKS, yticks=TICKS)
    axes.grid(visible=False)


def predicts_accuracy(line: QualityLine) -> bool:
    """Whether what it predicts is an accuracy, by what its records say."""
    return any(True in record.columns.get("predicts", {}).get("accuracy", ()) for record in line.records)


def tsne_caption(table: QualityTable) -> str:
    """What stands under `tsne`."""
    return table.quantity.said(
        "Test cells by t-SNE of their latent points, with their true accuracy; distances and axes have no "
        f"unit. One scale of colours, which begins at the 5th percentile. {seed_words(table, 'cells')}"
    ).rstrip()


def tsne(table: QualityTable) -> Figure | None:
    """A panel per method (arch2vec's figure of the latent space)."""
    found = at_first_seed(table, "cells")
    if not found:
        return None
    scale = scale_of(floats(columns, "accuracy") for _, columns in found)
    figure, shown = panels(len(found))
    for axes, (line, columns) in zip(shown, found, strict=True):
        x, y = floats(columns, "tsne_x"), floats(columns, "tsne_y")
        if np.isnan(x).all():
            say_in(axes, "all cells lie at one point")
        else:
            scatter(axes, x, y, floats(columns, "accuracy"), scale)
            axes.set(xticks=[], yticks=[])
        name_panel(axes, line.label)
    entitle(figure, table)
    colour_bar(figure, shown, scale, table.quantity)
    return figure
