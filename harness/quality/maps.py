"""Pictures of the latent space, as columns: two maps, a plane, predictions and ascents. No number ranks.

`cells`: test cells by their encodings' first two principal components, and by t-SNE, which arch2vec's authors
use for such pictures. UMAP would show the same at the price of a compiler among the dependencies; what t-SNE
needs comes with gpytorch anyway. `plane`: points along the first two principal components of the points that
decode, within three deviations of their mean (NGAE Figure 3). `predictions`: predicted beside true accuracy.
`predicts`: whether what is predicted is an accuracy, or on a scale of its own. `ascents`: the objective along
ascents from draws of the prior (NGAE Figure 4).

An `architecture` is empty where a graph is none; what is predicted is NaN, and the last three tables are left
out, where no label was learnt.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from harness.quality.graphs import texts
from harness.quality.points import decoded, decodes, encoded, full, numbers, some, tensor
from harness.quality.projections import Plane, by_tsne
from harness.quality.subject import Outcome, Part, Sizes, Subject
from methods.base import Decoder, Predictor
from tabular.cells import Cells

DEVIATIONS = 3.0
Columns = dict[str, list[Any]]


def measure(subject: Subject, sizes: Sizes, rng: np.random.Generator) -> Outcome:
    """All tables that the representation allows."""
    test = some(subject.test, sizes.cells, rng)
    z = encoded(subject.representation, test)
    tables = {
        "cells": {
            **_places("pca", Plane.of(z, rng).places(z)),
            **_places("tsne", by_tsne(z, rng)),
            **known(subject, test),
            "predicted": predicted(subject, z),
        },
        "plane": plane(subject, sizes, test, z.shape[1], rng),
    }
    if subject.labelled and isinstance(subject.representation, Predictor):
        training = some(subject.training.all(), sizes.cells, rng)
        tables["predictions"] = predictions(subject, {"test": test, "training": training})
        tables["predicts"] = {"accuracy": [subject.representation.predicts_accuracy]}
        if isinstance(subject.representation, Decoder):
            tables["ascents"] = ascents(subject, sizes)
    return Outcome({}, tables)


def plane(subject: Subject, sizes: Sizes, cells: Cells, width: int, rng: np.random.Generator) -> Columns:
    """A square of points, in deviations from the mean, with what is predicted there and what they decode to.

    Predictors read encodings, of that `width`; points that decode may be others.
    """
    points = full(subject.representation, cells)
    side = np.linspace(-DEVIATIONS, DEVIATIONS, sizes.grid)
    places = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    grid = Plane.of(points, rng).points(places)
    nothing = [float("nan")] * len(grid)
    columns = {
        **_places("pca", places),
        "predicted": predicted(subject, grid) if grid.shape[1] == width else nothing,
    }
    if decodes(subject.representation):
        columns |= known(subject, decoded(subject.representation, grid))
    return columns


def predictions(subject: Subject, parts: dict[str, Cells]) -> Columns:
    """Of all cells of some parts, one part after the other."""
    cells = Cells.concatenate(list(parts.values()))
    return {
        "part": [part for part, its in parts.items() for _ in range(len(its))],
        **known(subject, cells),
        "predicted": predicted(subject, encoded(subject.representation, cells)),
    }


def ascents(subject: Subject, sizes: Sizes) -> Columns:
    """What the objective is at every step, and what the method decodes there."""
    import torch

    from methods.optimizers.gradient_ascent import climb

    representation = subject.representation
    assert isinstance(representation, Predictor) and isinstance(representation, Decoder)
    path = torch.cat(climb(representation, representation.prior(sizes.ascents), sizes.climb, sizes.step_size))
    with torch.no_grad():
        objective = numbers(representation.objective(path))
    return {
        "ascent": np.tile(np.arange(sizes.ascents), sizes.climb + 1).tolist(),
        "step": np.repeat(np.arange(sizes.climb + 1), sizes.ascents).tolist(),
        "objective": objective.tolist(),
        **known(subject, representation.decode(path)),
    }


def known(subject: Subject, cells: Cells) -> Columns:
    """Text and true accuracy of graphs, by the surrogate where a pool has none; empty and NaN for what is no
    architecture."""
    valid = subject.space.contains(cells)
    accuracy = np.full(len(cells), np.nan)
    accuracy[valid] = subject.judged(cells[valid])
    return {"architecture": texts(subject.space, cells), "accuracy": accuracy.tolist()}


def predicted(subject: Subject, points: Float[np.ndarray, "n d"]) -> list[float]:
    """Accuracy predicted at points, on the representation's own scale; NaN where no label was learnt."""
    import torch

    representation = subject.representation
    if not subject.labelled or not isinstance(representation, Predictor):
        return [float("nan")] * len(points)
    with torch.no_grad():
        return numbers(representation.predict(tensor(points))).tolist()


def _places(name: str, places: Float[np.ndarray, "n 2"]) -> Columns:
    return {f"{name}_x": places[:, 0].tolist(), f"{name}_y": places[:, 1].tolist()}


PART = Part(
    name="maps",
    words="pictures of it: maps, the decoded plane, predictions, ascents",
    measures=(),
    measure=measure,
    sizes=("cells", "grid", "ascents", "climb", "step_size"),
    judged=True,
)
