"""What lies between two cells: the decodings along a line in the latent space, as drawn cells."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from harness.compare.quality import QualityLine, QualityTable
from harness.report.figures.cells import LAYER, WIDE, Graph, draw_graph, graph
from harness.report.figures.dag import Drawing, layout
from harness.report.figures.lines import COLUMNS
from harness.report.figures.style import FAINT, INK
from harness.report.quality_figures.panels import (
    NARROWEST,
    Columns,
    at_first_seed,
    entitle,
    floats,
    name_panel,
    seed_words,
)
from tabular.catalogue import space as space_of
from tabular.errors import HarnessError
from tabular.outside.guard import say
from tabular.space import SearchSpace

TIGHT = 0.82
"""Of the distances in drawings of single cells."""


@dataclass(frozen=True)
class Stretch:
    """Steps of a line, one after the other, that decode to the same."""

    first: int
    last: int
    text: str
    """Empty for what is no architecture."""

    @property
    def words(self) -> str:
        """Which steps."""
        return f"step {self.first}" if self.first == self.last else f"steps {self.first} to {self.last}"


def interpolation_caption(table: QualityTable) -> str:
    """What stands under `interpolation`."""
    return (
        "The straight line from the latent point of one random test cell (step 0) to that of another (the "
        "last step), decoded; the first line that was drawn, not a chosen one. Steps that decode to the same "
        "cell are one drawing; an empty frame is no architecture of the space, a faint vertex changes "
        "nothing. "
        f"{seed_words(table, 'interpolations')}"
    ).rstrip()


def interpolation(table: QualityTable) -> Figure | None:
    """A line of drawings per method; nothing where nothing decodes or the space is not known here."""
    found = at_first_seed(table, "interpolations")
    if not found:
        return None
    try:
        space = space_of(table.spec.benchmark)
    except HarnessError as problem:
        say(f"interpolations on {table.spec.benchmark} are not drawn: {problem}")
        return None
    paths = [(line, stretches(columns)) for line, columns in found]
    drawings = {
        text: _laid_out(space, text) for _, path in paths for text in {each.text for each in path} if text
    }
    return _drawn(table, paths, drawings)


def stretches(columns: Columns) -> list[Stretch]:
    """Of the first line."""
    path = floats(columns, "path")
    rows = [row for row in range(len(path)) if path[row] == path[0]]
    steps = [(int(columns["step"][row]), str(columns["architecture"][row])) for row in rows]
    return [
        Stretch(same[0][0], same[-1][0], text)
        for text, group in groupby(steps, key=lambda step: step[1])
        for same in [list(group)]
    ]


def _laid_out(space: SearchSpace, text: str) -> tuple[Graph, Drawing]:
    shown = graph(space, text)
    return shown, layout(shown.edges, len(shown.ops))


def _drawn(
    table: QualityTable,
    paths: list[tuple[QualityLine, list[Stretch]]],
    drawings: dict[str, tuple[Graph, Drawing]],
) -> Figure:
    """Every line from left to right, gone on with below where it is long."""
    wide = max((drawing.width for _, drawing in drawings.values()), default=1.0) + 1.0
    deep = max((drawing.depth for _, drawing in drawings.values()), default=2.0)
    columns = min(COLUMNS if wide <= COLUMNS else 3, max(len(path) for _, path in paths))
    rows = [(line, path[at : at + columns]) for line, path in paths for at in range(0, len(path), columns)]
    size = (
        max(TIGHT * WIDE * wide * columns, NARROWEST),
        len(rows) * (TIGHT * LAYER * (deep + 1) + 0.36) + 0.35,
    )
    figure, grid = plt.subplots(len(rows), columns, figsize=size, squeeze=False)
    named = set()
    for (line, path), shown in zip(rows, grid, strict=True):
        for axes in shown:
            axes.set_axis_off()
        for axes, each in zip(shown, path, strict=False):
            axes.set(xlim=(-wide / 2, wide / 2), ylim=(deep + 0.5, -0.5))
            _step(axes, each, drawings)
            axes.set_title(each.words, fontsize=7, loc="left")
        if line.label not in named:
            name_panel(shown[0], line.label, path[0].words, letters=90)
            named.add(line.label)
    entitle(figure, table)
    return figure


def _step(axes: Axes, stretch: Stretch, drawings: dict[str, tuple[Graph, Drawing]]) -> None:
    if stretch.text:
        draw_graph(axes, *drawings[stretch.text])
        return
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    middle = math.fsum((bottom, top)) / 2
    axes.add_patch(
        Rectangle(
            (left * 0.6, middle - 0.7), (right - left) * 0.6, 1.4, fill=False, edgecolor=FAINT, linestyle="--"
        )
    )  # fmt: skip
    axes.text(0, middle, "no architecture", ha="center", va="center", fontsize=7, color=INK)
