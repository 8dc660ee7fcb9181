"""What lies between two cells: the straight line from one latent point to the other, decoded."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.quality.graphs import edits, texts
from harness.quality.points import decoded, decodes, full, some
from harness.quality.subject import Measure, Sizes, Subject

MEASURES = (
    Measure(
        "path_valid",
        "share of decodings along straight lines between random test cells that are architectures",
        "valid between",
    ),
    Measure(
        "path_different",
        "different graphs among the decodings of such a line, ends included: 2 would be a jump",
        "different between",
        unit="",
        better="",
    ),
    Measure(
        "path_small_steps",
        "share of steps along such a line that change one operation or one edge at most",
        "small steps",
        shown=False,
    ),
)


def interpolated(
    subject: Subject, sizes: Sizes, rng: np.random.Generator
) -> tuple[dict[str, float], dict[str, list[Any]]]:
    """Numbers by name, and the decoded lines; NaN and no lines where nothing decodes."""
    if not decodes(subject.representation) or len(subject.test) < 2:
        return {measure.name: np.nan for measure in MEASURES}, {}
    ends = some(subject.test, 2 * sizes.walks, rng)
    n = len(ends) // 2
    points = full(subject.representation, ends)
    along = np.linspace(0, 1, sizes.steps)[:, None]
    lines = points[:n, None] * (1 - along) + points[n : 2 * n, None] * along
    cells = decoded(subject.representation, lines.reshape(n * sizes.steps, -1))
    rows = np.arange(len(cells)).reshape(n, sizes.steps)
    graphs = np.concatenate([cells.ops, cells.adjacency.reshape(len(cells), -1)], axis=1)
    changes = edits(cells[rows[:, :-1].ravel()], cells[rows[:, 1:].ravel()])
    numbers = {
        "path_valid": float(subject.space.contains(cells).mean()),
        "path_different": float(np.mean([len(np.unique(graphs[path], axis=0)) for path in rows])),
        "path_small_steps": float((changes <= 1).mean()),
    }
    return numbers, {
        "path": np.repeat(np.arange(n), sizes.steps).tolist(),
        "step": np.tile(np.arange(sizes.steps), n).tolist(),
        "architecture": texts(subject.space, cells),
    }
