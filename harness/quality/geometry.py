"""How the latent space lies: distances and mutations, accuracy from one to the next, twins, lines between.

Distances are those of `encode`, what a search sees, over the mean distance of random pairs of cells, so that
they can be compared between representations.
"""

from __future__ import annotations

import numpy as np

from harness.quality import interpolation, mutations, smoothness
from harness.quality.graphs import edits
from harness.quality.points import encoded
from harness.quality.sample import Sample
from harness.quality.subject import Measure, Outcome, Part, Sizes, Subject

SAME = 1e-5
"""Twins closer than this, over random pairs, are at one point: encodings are in single precision."""


def measure(subject: Subject, sizes: Sizes, rng: np.random.Generator) -> Outcome:
    """All of it; NaN for what the space or the representation does not have."""
    sample = Sample.of(subject, sizes, rng)
    walked, by_steps = mutations.along_walks(subject, sizes, sample, rng)
    decoded, lines = interpolation.interpolated(subject, sizes, rng)
    numbers = {
        **walked,
        **mutations.mutations_near(subject, sizes, sample, rng),
        **mutations.edits_near(sizes, sample),
        **smoothness.smoothness(subject, sizes, sample),
        **twins(subject, sample, rng),
        **decoded,
    }
    columns = {"walks": by_steps, "interpolations": lines}
    return Outcome(numbers, {name: column for name, column in columns.items() if column})


def twins(subject: Subject, sample: Sample, rng: np.random.Generator) -> dict[str, float]:
    """Distance of cells to another graph of the same architecture, where there is one."""
    again = subject.space.relabelled(sample.cells, rng)
    other = np.flatnonzero(edits(sample.cells, again))
    if not len(other):
        return {"twins_distance": np.nan, "twins_merged": np.nan}
    apart = np.linalg.norm(encoded(subject.representation, again[other]) - sample.z[other], axis=1)
    merged = np.nan if np.isnan(sample.unit) else float((apart < SAME * sample.unit).mean())
    return {"twins_distance": float(apart.mean() / sample.unit), "twins_merged": merged}


PART = Part(
    name="geometry",
    words="how latent distances go with mutations and accuracy",
    measures=(
        *mutations.MEASURES,
        *smoothness.MEASURES,
        Measure(
            "twins_distance",
            "distance between two graphs that the space's authors call one architecture, over the mean "
            "distance of random pairs: 0 wanted; empty where every graph is an architecture of its own",
            "twins' distance",
            unit="",
            better="lower",
        ),
        Measure("twins_merged", "share of such twins at one latent point", "twins merged", shown=False),
        *interpolation.MEASURES,
    ),
    measure=measure,
    sizes=("cells", "walks", "steps", "neighbours"),
)
