"""Latent distance against mutations: along random walks, and among the nearest points."""

from __future__ import annotations

import numpy as np

from harness.quality.graphs import edits
from harness.quality.neighbours import distances, nearest
from harness.quality.points import encoded
from harness.quality.sample import Sample
from harness.quality.subject import Measure, Sizes, Subject
from harness.quality.walks import in_order, random_walks, rank_correlation, steps_apart
from tabular.cells import Cells

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
MEASURES = (
    Measure(
        "walk_first_step",
        "latent distance after one random mutation, over the mean distance of random pairs of cells: small "
        "where like cells lie close together",
        "one mutation",
        unit="",
        better="lower",
    ),
    Measure(
        "walk_spearman",
        "rank correlation between the number of mutations that lie between two cells of a random walk and "
        "their latent distance",
        "steps ~ distance",
        unit="",
    ),
    Measure(
        "walk_in_order",
        "share of pairs of cells of a random walk of which the later one is further from its start; half of "
        "them by chance",
        "in order",
    ),
    Measure(
        "edits_spearman",
        "rank correlation between the number of operations and edges in which two cells of a random walk "
        "differ and their latent distance",
        "edits ~ distance",
        unit="",
    ),
    Measure(
        "mutations_near",
        "share of a cell's nearest points that are one mutation away, where all its mutations lie among "
        "random cells",
        "mutations near",
    ),
    Measure("mutations_chance", "the same of points at random", "by chance", better="", shown=False),
    Measure(
        "edits_near",
        "operations and edges in which a cell and its nearest ones in a random sample differ, over those of "
        "random pairs: 1 by chance",
        "edits near",
        unit="",
        better="lower",
    ),
)
ALONG = ("walk_first_step", "walk_spearman", "walk_in_order", "edits_spearman")
"""Those measured along walks."""
Numbers = dict[str, float]


def along_walks(
    subject: Subject, sizes: Sizes, sample: Sample, rng: np.random.Generator
) -> tuple[Numbers, dict[str, list[float]]]:
    """Distances between all pairs of places of random walks; columns by the mutations between them.

    NaN where no cell that a walk could begin at has a mutation that the representation knows.
    """
    starts = sample.cells[[row for row, around in enumerate(_around(subject, sizes, sample)) if len(around)]]
    if not len(starts):
        return dict.fromkeys(ALONG, np.nan), {}
    path = random_walks(subject.space, starts, sizes.steps, rng)
    points = encoded(subject.representation, Cells.concatenate(path))
    z = points.reshape(len(path), len(path[0]), -1).transpose(1, 0, 2)
    steps, apart = steps_apart(z)
    pairs = zip(*np.triu_indices(len(path), 1), strict=True)
    edited = np.stack([edits(path[a], path[b]) for a, b in pairs], axis=1)
    counts = np.arange(1, len(path))
    distance = [apart[steps == count] / sample.unit for count in counts]
    quantiles = np.array([np.quantile(values, QUANTILES) for values in distance]).T
    columns = {
        "steps": counts.tolist(),
        "edits": [float(edited[steps == count].mean()) for count in counts],
        "distance": [float(values.mean()) for values in distance],
        **{f"distance_q{100 * at:g}": row.tolist() for at, row in zip(QUANTILES, quantiles, strict=True)},
    }
    return {
        "walk_first_step": columns["distance"][0],
        "walk_spearman": rank_correlation(steps.ravel(), apart.ravel()),
        "walk_in_order": in_order(np.linalg.norm(z[:, 1:] - z[:, :1], axis=2)),
        "edits_spearman": rank_correlation(edited.ravel(), apart.ravel()),
    }, columns


def mutations_near(subject: Subject, sizes: Sizes, sample: Sample, rng: np.random.Generator) -> Numbers:
    """How many of a cell's nearest points are its mutations.

    In a sample of a space a cell's mutations are few or none. So all of them are put among the sample.
    """
    space, keys = subject.space, subject.space.keys(sample.cells)
    mutable = {row: each for row, each in enumerate(_around(subject, sizes, sample)) if len(each)}
    if not mutable:
        return {"mutations_near": np.nan, "mutations_chance": np.nan}
    centres, around = [*mutable], [*mutable.values()]
    mutated = encoded(subject.representation, Cells.concatenate(around))
    found, chance = [], []
    for row, mine, z in zip(centres, around, np.split(mutated, np.cumsum([*map(len, around)])), strict=False):
        others = ~np.isin(keys, [keys[row], *space.keys(mine)])
        pool = np.concatenate([z, sample.z[others]])
        order = rng.permutation(len(pool))  # among equal distances chance decides
        by_distance = np.argsort(distances(sample.z[[row]], pool)[0, order], kind="stable")
        closest = order[by_distance[: min(sizes.neighbours, len(mine))]]
        found.append((closest < len(mine)).mean())
        chance.append(len(mine) / len(pool))
    return {"mutations_near": float(np.mean(found)), "mutations_chance": float(np.mean(chance))}


def _around(subject: Subject, sizes: Sizes, sample: Sample) -> list[Cells]:
    """All mutations of the first cells of the sample."""
    first = range(min(sizes.walks, len(sample.cells)))
    return [subject.space.neighbours(sample.cells[[row]]) for row in first]


def edits_near(sizes: Sizes, sample: Sample) -> Numbers:
    """Elements in which a cell and its nearest ones of the sample differ, over those of random pairs."""
    close = nearest(sample.between, sizes.neighbours)
    each = np.repeat(np.arange(len(close)), close.shape[1])
    by_chance = edits(sample.cells[:-1], sample.cells[1:]).mean()
    return {"edits_near": float(edits(sample.cells[each], sample.cells[close.ravel()]).mean() / by_chance)}
