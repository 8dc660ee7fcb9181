"""Drawings of found architectures: the best one of each method as a graph of operations."""

from __future__ import annotations

import math
import re
import textwrap
from dataclasses import dataclass
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path

from harness.compare.comparison import MethodRuns
from harness.compare.found import Found, top
from harness.compare.units import percent
from harness.compare.view import View
from harness.report.figures.curves import heading
from harness.report.figures.dag import Drawing, Edge, Point, alive, layout
from harness.report.figures.lines import COLUMNS
from harness.report.figures.pareto import measure_of
from harness.report.figures.style import CONVOLUTION, FAINT, INK, POOLING, look
from tabular.catalogue import space as space_of
from tabular.cells import PAD
from tabular.errors import HarnessError
from tabular.outside.guard import say
from tabular.space import SearchSpace

LAYER, WIDE = 0.38, 0.64
"""Inches between two layers, and between two vertices of one."""
WORDS = (
    (r"^normal_output$", "normal cell"),
    (r"(?<=sep|dil)_conv|-bn-relu$|^nor_|_connect$|_?pool|^reduction_", ""),
    (r"channels_x2", "ch ×2"),
    (r"resolution_/2", "res ÷2"),
    (r"_?k?(\d)x\1", r" \1×\1"),
    (r"^input_?(\d?)$", r"in \1"),
    (r"^output$", "out"),
    (r"_", " "),
)
"""Names of operations as they are written into a drawing: pattern and replacement, in order."""
FILLS = ((r"conv|sep|dil|mb\d|^g|cheb|sage|arma", CONVOLUTION), (r"max|avg", POOLING), (r"", "#FFFFFF"))


@dataclass(frozen=True)
class Graph:
    """One architecture."""

    ops: list[str]
    edges: list[Edge]

    @property
    def dead(self) -> frozenset[int]:
        """Vertices that change nothing: `none`, and what no path from an input to the output passes."""
        none = frozenset(vertex for vertex, op in enumerate(self.ops) if op == "none")
        read = {end for _, end in self.edges}
        inputs = [vertex for vertex, op in enumerate(self.ops) if op.startswith("input")]
        inputs = inputs or [vertex for vertex in range(len(self.ops)) if vertex not in read]
        live = alive(self.edges, inputs, len(self.ops) - 1, none)
        return frozenset(range(len(self.ops))) - live


def cells(view: View) -> Figure | None:
    """A picture per architecture, under the names of all methods whose best it is; best seen first.

    Nothing where no answer from the full schedule was paid for, or the space is not known here (then stderr
    says so: a third party's benchmark that is not installed, a plugin file that is not named).
    """
    try:
        space = space_of(view.comparison.benchmark)
    except HarnessError as problem:
        say(f"the cells of {view.comparison.benchmark} are not drawn: {problem}")
        return None
    found = by_architecture([(method, best) for method in view.listed for best in top(method, 1)])
    if not found:
        return None
    graphs = [graph(space, each[0][1].text) for each in found]
    drawings = [layout(each.edges, len(each.ops)) for each in graphs]
    inches = WIDE * (max(drawing.width for drawing in drawings) + 1.0)
    inches = max(inches, 7.4 / min(COLUMNS, len(found)) if len(found) > 1 else 3.0)
    columns = min(COLUMNS, len(found), max(2, int(7.5 / inches)))
    rows = math.ceil(len(found) / columns)
    deepest = max(drawing.depth for drawing in drawings)
    lines = max(_names(each, inches).count("\n") for each in found)
    height = LAYER * (deepest + 1) + 0.42 + 0.13 * lines
    figure, pictures = plt.subplots(
        rows, columns, figsize=(inches * columns, rows * height + 0.35), squeeze=False
    )
    for picture in pictures.flat:
        picture.set_axis_off()
    for picture, each, mine, drawing in zip(pictures.flat, found, graphs, drawings, strict=False):
        draw_graph(picture, mine, drawing)
        picture.set_xlim(-inches / WIDE / 2, inches / WIDE / 2)
        picture.set_ylim(deepest + 0.5, -0.5)
        _title(picture, view, each, _names(each, inches))
    figure.suptitle(heading(view), x=0.01, ha="left", fontsize=9)
    return figure


Best = list[tuple[MethodRuns, Found]]


def by_architecture(best: Best) -> list[Best]:
    """Methods with the same architecture together, in the order of what was seen, then of the methods; last
    what only degenerate lines found."""
    groups: dict[str, Best] = {}
    for method, found in best:
        groups.setdefault(found.text, []).append((method, found))
    return sorted(
        groups.values(),
        key=lambda group: (
            all(method.flaw for method, _ in group),
            -max(found.seen for _, found in group),
        ),
    )


def graph(space: SearchSpace, text: str) -> Graph:
    """The architecture of a text of a run file."""
    cell = space.from_strings([text])
    kept = np.flatnonzero(cell.ops[0] != PAD).tolist()
    place = {vertex: at for at, vertex in enumerate(kept)}
    edges = zip(*(each.tolist() for each in np.nonzero(cell.adjacency[0])), strict=True)
    return Graph(
        [space.op_names[cell.ops[0, vertex]] for vertex in kept],
        [(place[start], place[end]) for start, end in edges if start in place and end in place],
    )


def short(op: str) -> str:
    """An operation's name as it fits into a drawing."""
    for pattern, replacement in WORDS:
        op = re.sub(pattern, replacement, op)
    return op.strip()


def draw_graph(axes: Axes, shown: Graph, drawing: Drawing) -> None:
    """Boxes with the names of operations, edges that bend around what is not theirs; the dead faint."""
    dead = shown.dead
    joints = {vertex for vertex in drawing.places if vertex >= drawing.joints}
    for (start, end), points in sorted(drawing.edges.items()):
        faint = start in dead or end in dead
        axes.add_patch(
            FancyArrowPatch(
                path=_curve(points, start in joints, end in joints),
                arrowstyle="-" if end in joints else "-|>,head_length=2.2,head_width=1.3",
                color=FAINT if faint else INK,
                linewidth=0.5 if faint else 0.8,
                linestyle=":" if faint else "-",
                zorder=1 if faint else 2,
                capstyle="butt",
            )
        )
    for vertex, (x, y) in sorted(drawing.places.items()):
        if vertex in joints:
            axes.plot(x, y, "o", color=INK, markersize=2.6)
        else:
            _box(axes, shown.ops[vertex], x, y, vertex in dead)


def _box(axes: Axes, op: str, x: float, y: float, faint: bool) -> None:
    words = short(op)
    fill = next(colour for pattern, colour in FILLS if re.search(pattern, words))
    edge = FAINT if faint else INK
    box = {"boxstyle": "round,pad=0.28", "facecolor": "white" if faint else fill, "edgecolor": edge}
    axes.text(
        x,
        y,
        words,
        ha="center",
        va="center",
        fontsize=6,
        color=FAINT if faint else INK,
        bbox={**box, "linewidth": 0.6, "linestyle": ":" if faint else "-"},
        zorder=3,
    )


def _curve(points: list[Point], from_joint: bool, into_joint: bool) -> Path:
    """A smooth line through the points that leaves and enters its ends downwards."""
    (x0, y0), *between, (x1, y1) = points
    ends = [(x0, y0 + (0.0 if from_joint else 0.24)), *between, (x1, y1 - (0.0 if into_joint else 0.26))]
    vertices, codes = [ends[0]], [Path.MOVETO]
    for (x0, y0), (x1, y1) in pairwise(ends):
        half = (y1 - y0) / 2
        vertices += [(x0, y0 + half), (x1, y1 - half), (x1, y1)]
        codes += [Path.CURVE4] * 3
    return Path(vertices, codes)


def _names(best: Best, inches: float) -> str:
    """All methods of an architecture, as many in a line as fit."""
    return textwrap.fill(
        ", ".join(method.name for method, _ in best),
        int(15 * inches),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _title(axes: Axes, view: View, best: Best, names: str) -> None:
    """Who found it, what it is worth, and how good it looked at its best."""
    found = max((found for _, found in best), key=lambda each: each.seen)
    colour = look(best[0][0].label).ink if len(best) == 1 else INK
    axes.set_title(names, color=colour, fontsize=7, pad=11, linespacing=1.1)
    sign = " %" if view.comparison.quantity.percent else ""  # there is no room for more
    worth = [f"{percent(found.truth)}{sign}"] if not math.isnan(found.truth) else []
    measure = measure_of(view.comparison)
    if measure in found.complexity:
        unit = {"flops": "M FLOPs", "params": "M parameters"}.get(measure, measure)
        worth.append(f"{found.complexity[measure]:.4g} {unit}")
    words = [*worth, f"seen {percent(found.seen)}{sign}"]
    axes.text(0.5, 1.0, ", ".join(words), transform=axes.transAxes, ha="center", va="bottom", fontsize=6.5)
