"""Figures of quality by name, and as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from matplotlib.figure import Figure

from harness.compare.quality import QualityTable
from harness.report.figures.files import Drawn, saved
from harness.report.figures.style import styled
from harness.report.quality_figures import interpolation, maps, predictions, proposals, training, walks


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
    "interpolation": QualityFigure("geometry", interpolation.interpolation, interpolation.interpolation_caption),
    "map": QualityFigure("maps", maps.latent_map, maps.map_caption),
    "tsne": QualityFigure("maps", maps.tsne, maps.tsne_caption),
    "predictions": QualityFigure("maps", predictions.predictions, predictions.predictions_caption),
    "ascent": QualityFigure("maps", predictions.ascent, predictions.ascent_caption),
    "proposals": QualityFigure("proposals", proposals.proposals, proposals.proposals_caption),
}
"""By name; a new one is an entry."""


def quality_drawn(table: QualityTable) -> Iterator[Drawn]:
    """All figures that the records of a table can have."""
    for name, each in FIGURES.items():
        if each.part == table.spec.part:
            with styled():
                figure = each.draw(table)
                if figure is not None:
                    yield Drawn(name, each.caption(table), saved(figure))
