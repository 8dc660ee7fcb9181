"""How true accuracy changes from a point to its nearest ones."""

from __future__ import annotations

import numpy as np

from harness.quality.neighbours import dirichlet_energy, joined, morans_i, nearest
from harness.quality.sample import Sample
from harness.quality.subject import Measure, Sizes, Subject

FEWEST = 3
MEASURES = (
    Measure(
        "moran",
        "Moran's I of true accuracy on the graph of nearest neighbours: 1 if neighbours are equally good, 0 "
        "by chance",
        "Moran's I",
        unit="",
    ),
    Measure(
        "moran_ranks",
        "the same of the ranks of accuracies, among which a single bad cell weighs no more than another",
        "Moran's I, ranks",
        unit="",
        shown=False,
    ),
    Measure(
        "dirichlet",
        "Dirichlet energy of true accuracy on the same graph over its variance (Geary's C): 0 if neighbours "
        "are equally good, 1 by chance",
        "Dirichlet energy",
        unit="",
        better="lower",
    ),
)


def smoothness(subject: Subject, sizes: Sizes, sample: Sample) -> dict[str, float]:
    """Of accuracy on the graph of nearest neighbours, over the cells whose accuracy is known."""
    from scipy.stats import rankdata

    accuracy = subject.truth(sample.cells)
    known = np.flatnonzero(~np.isnan(accuracy))
    if len(known) < FEWEST:
        return {measure.name: np.nan for measure in MEASURES}
    graph = joined(nearest(sample.between[np.ix_(known, known)], sizes.neighbours))
    return {
        "moran": morans_i(accuracy[known], graph),
        "moran_ranks": morans_i(rankdata(accuracy[known]), graph),
        "dirichlet": dirichlet_energy(accuracy[known], graph),
    }
