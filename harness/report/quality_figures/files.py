"""Figures of quality by name, and as files."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from harness.compare.quality import QualityTable
from harness.report.figures.files import METADATA, Drawn, saved
from harness.report.figures.style import styled
from harness.report.quality_figures import (
    by_labels,
    interpolation,
    maps,
    predictions,
    proposals,
    training,
    walks,
)


@dataclass(frozen=True)
class QualityFigure:
    """A picture of what a part has measured."""

    part: str
    draw: Callable[[QualityTable], Figure | None]
    """Of a table; None where its records have nothing to draw."""
    caption: Callable[[QualityTable], str]


FIGURES = {
    "training": QualityFigure("curves", training.training, training.training_caption),
    "walks": QualityFigure("geometry", walks.walks, walks.walks_caption),
    "interpolation": QualityFigure(
        "geometry", interpolation.interpolation, interpolation.interpolation_caption
    ),
    "by_labels": QualityFigure("prediction", by_labels.by_labels, by_labels.by_labels_caption),
    "map": QualityFigure("maps", maps.latent_map, maps.map_caption),
    "tsne": QualityFigure("maps", maps.tsne, maps.tsne_caption),
    "predictions": QualityFigure("maps", predictions.predictions, predictions.predictions_caption),
    "ascent": QualityFigure("maps", predictions.ascent, predictions.ascent_caption),
    "proposals": QualityFigure("proposals", proposals.proposals, proposals.proposals_caption),
}
"""By name; a new one is an entry."""


def quality_figures(table: QualityTable) -> Iterator[tuple[str, QualityFigure]]:
    """Those that are of the table's part, by name."""
    for name, each in FIGURES.items():
        if each.part == table.spec.part:
            yield name, each


def quality_drawn(table: QualityTable) -> Iterator[Drawn]:
    """All figures that the records of a table can have."""
    for name, each in quality_figures(table):
        with styled():
            figure = each.draw(table)
            if figure is not None:
                yield Drawn(name, each.caption(table), saved(figure))


def kept_figures(table: QualityTable, out: Path, written: Container[str]) -> list[Drawn]:
    """The figures of a table among the files of a written report, to make its page again without drawing."""
    found = []
    for name, each in quality_figures(table):
        names = {form: f"{table.place}/{name}.{form}" for form in METADATA}
        if all(file in written and (out / file).is_file() for file in names.values()):
            content = {form: (out / file).read_bytes() for form, file in names.items()}
            found.append(Drawn(name, each.caption(table), content))
    return found
