"""What draws decode to: validity, uniqueness, novelty, coverage, and whether good ones are among them.

Draws come from the standard normal; from normals with the mean and deviation of the training cells' encodings
in each dimension, which is what the authors of arch2vec and D-VAE do; and from the aggregate posterior, the
posterior of a random training cell. They are decoded as the representation's authors do
(`Autoencoder.draws_stochastic`): by the likeliest decisions, or, as D-VAE, ten times each with every decision
drawn (section 4.1), so that a tenth as many points give the same number of graphs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.quality.points import normal, some
from harness.quality.rules import by_authors
from harness.quality.subject import Measure, Outcome, Part, Sizes, Subject
from methods.base import Autoencoder
from tabular.cells import Cells
from tabular.space import EnumerableSpace
from tabular.spaces.nb101_graphs import fingerprint

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

PRIORS = {
    "normal": "draws of the standard normal distribution",
    "rescaled": "normal draws with the encodings' mean and deviation in every dimension (the authors' rule)",
    "posterior": "draws of the aggregate posterior: around the encodings of random training cells",
}
QUALITIES = {
    "valid": ("graphs that are architectures of the space as they stand", "valid"),
    "valid_authors": (
        "graphs that are valid by the rule of the paper's authors, which asks for less; empty where they "
        "have none for the space",
        "valid (authors)",
    ),
    "unique": ("different architectures among the valid ones, each draw counted", "unique"),
    "unique_authors": (
        "different graphs, up to isomorphism, among those valid by the authors' rule",
        "unique (authors)",
    ),
    "novel": ("valid graphs whose architecture is not in the training part", "novel"),
    "coverage": ("the whole space that the valid graphs hold; empty where it cannot be listed", "coverage"),
    "top": ("valid graphs that are among the truly best 1 % of the space; empty where unknown", "top 1 %"),
}
SHOWN = ("valid_normal", "valid_rescaled", "valid_authors_rescaled", "unique_rescaled",
         "unique_authors_rescaled", "novel_rescaled", "valid_posterior", "unique_posterior",
         "coverage_posterior", "top_posterior")  # fmt: skip
TOP = 0.01
LEAST_VALID = 0.01
"""Of the graphs: of fewer nothing is said but that; a single one would be 100 % unique."""
LEAST_KNOWN = 0.99
"""Of the valid draws, with an accuracy: else nothing is said about the top 1 %."""


def measure(subject: Subject, sizes: Sizes, rng: np.random.Generator) -> Outcome:
    """All qualities of the graphs from each prior; NaN where too few are valid to say more of them."""
    representation = subject.representation
    assert isinstance(representation, Autoencoder)
    stochastic = representation.draws_stochastic
    times = sizes.decodings if stochastic else 1
    points = max(sizes.draws // times, 1)
    best = best_accuracy(subject, sizes, rng)
    numbers: dict[str, float] = {}
    for prior, (centre, deviation) in priors(subject, points, sizes, rng).items():
        z = centre + deviation * normal((points, centre.shape[-1]), rng)
        cells = Cells.concatenate([representation.reconstructed(z, stochastic) for _ in range(times)])
        numbers |= {f"{name}_{prior}": value for name, value in qualities(subject, cells, best).items()}
    how = "stochastic" if stochastic else "greedy"
    return Outcome(numbers, {"draws": {"points": [points], "decodings": [times], "decoding": [how]}})


def priors(
    subject: Subject, points: int, sizes: Sizes, rng: np.random.Generator
) -> dict[str, tuple[Float[Tensor, "#n k"], Float[Tensor, "#n k"]]]:
    """Mean and deviation of the normal distribution that each of so many points is drawn from; one for all,
    or for each point that of another training cell."""
    import torch

    representation = subject.representation
    assert isinstance(representation, Autoencoder)
    encodings, _ = representation.posterior(some(subject.training.all(), sizes.draws, rng))
    zero = torch.zeros(1, encodings.shape[1])
    moments = encodings.mean(0, keepdim=True), encodings.std(0, correction=0, keepdim=True)
    each = representation.posterior(subject.training.sample(points, rng))
    return {"normal": (zero, zero + 1), "rescaled": moments, "posterior": each}


def qualities(subject: Subject, cells: Cells, best: float) -> dict[str, float]:
    """Of a batch of graphs; `best` as from `best_accuracy`."""
    space, rule = subject.space, by_authors(subject.space)
    valid = cells[space.contains(cells)]
    enough = len(valid) >= LEAST_VALID * len(cells)
    _, first, same = np.unique(space.keys(valid), return_index=True, return_inverse=True)
    different = valid[first]
    numbers = {
        "valid": len(valid) / len(cells),
        "valid_authors": np.nan,
        "unique": share(len(different), len(valid), len(cells)),
        "unique_authors": np.nan,
        "novel": share(int((~subject.training.contains(valid)).sum()), len(valid), len(cells)),
        "coverage": len(different) / space.size if isinstance(space, EnumerableSpace) else np.nan,
        "top": share_of_best(subject.truth(different)[same.reshape(-1)], best) if enough else np.nan,
    }
    if rule is not None:
        admitted = cells[rule(cells)]
        graphs = len(np.unique(fingerprint(admitted.adjacency, admitted.ops)))
        numbers["valid_authors"] = len(admitted) / len(cells)
        numbers["unique_authors"] = share(graphs, len(admitted), len(cells))
    return numbers


def share(part: int, of: int, graphs: int) -> float:
    """NaN where those it is a share of are too few of all graphs."""
    return part / of if of and of >= LEAST_VALID * graphs else float("nan")


def best_accuracy(subject: Subject, sizes: Sizes, rng: np.random.Generator) -> float:
    """What an architecture must reach to be in the best 1 % of those whose accuracy is known.

    Of the benchmark's space where it can be listed, else of as many random architectures as are drawn. NaN if
    none is known.
    """
    space = subject.benchmark.space
    cells = space.all() if isinstance(space, EnumerableSpace) else space.sample(sizes.draws, rng)
    known = subject.truth(cells)
    known = np.sort(known[~np.isnan(known)])[::-1]
    return float(known[max(round(TOP * len(known)), 1) - 1]) if len(known) else float("nan")


def share_of_best(accuracy: Float[np.ndarray, " n"], best: float) -> float:
    """Share of accuracies that reach `best`; NaN where nearly all are not known."""
    known = accuracy[~np.isnan(accuracy)]
    if np.isnan(best) or not len(known) or len(known) < LEAST_KNOWN * len(accuracy):
        return float("nan")
    return float((known >= best).mean())


def _measure(name: str, prior: str) -> Measure:
    words, heading = QUALITIES[name]
    full = f"{name}_{prior}"
    return Measure(full, f"share of {words}; {PRIORS[prior]}", f"{heading}, {prior}", shown=full in SHOWN)


PART = Part(
    name="generation",
    words="what points drawn from a prior decode to",
    measures=tuple(_measure(name, prior) for prior in PRIORS for name in QUALITIES),
    measure=measure,
    sizes=("draws", "decodings"),
    needs=(Autoencoder,),
)
