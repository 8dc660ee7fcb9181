"""Whether cells come back: reconstruction from the mean and from the posterior, greedy and stochastic.

On the test part the rule is D-VAE's (Zhang et al., NeurIPS 2019, section 4.1): 10 encodings of a cell, 10
stochastic decodings of each, and the share of exact graphs among all 100. The authors' own encodings are all
the mean, since their network does not sample when it is evaluated; so theirs is the figure from the mean.
Samples have the deviation that the KL divergence counts. Where training adds less noise than that (D-VAE's
authors: a hundredth of it), cells come back from the mean and not from them.
"""

from __future__ import annotations

from itertools import product, repeat
from typing import TYPE_CHECKING

import numpy as np

from harness.quality.graphs import Comparison, compared
from harness.quality.points import normal, some
from harness.quality.subject import Measure, Outcome, Part, Sizes, Subject
from methods.base import Autoencoder
from tabular.cells import Cells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jaxtyping import Float
    from torch import Tensor

WHAT = {
    "exact": "graphs that are exactly the cell, all operations and all edges",
    "ops": "operations of vertices that are the cell's",
    "edges": "adjacency entries a < b that are the cell's",
}
WHERE = {"test": "cells it has not learnt from", "all": "all cells, learnt from or not"}
HOW = {"greedy": "by its likeliest decisions", "stochastic": "with every decision drawn"}
WHENCE = {"mean": "the mean of its posterior", "sample": "a point drawn from its posterior"}
SHOWN = ("exact_test_greedy_mean", "exact_test_stochastic_mean", "exact_test_stochastic_sample",
         "exact_all_greedy_mean", "ops_test_greedy_mean", "edges_test_greedy_mean")  # fmt: skip


def measure(subject: Subject, sizes: Sizes, rng: np.random.Generator) -> Outcome:
    """All reconstructions, and two numbers of the posterior; NaN from samples where there is no posterior."""
    representation = subject.representation
    assert isinstance(representation, Autoencoder)
    numbers: dict[str, float] = {}
    for where, source in (("test", subject.test), ("all", subject.everything)):
        cells = some(source, sizes.cells, rng)
        mean, sd = representation.posterior(cells)
        if where == "all":
            numbers |= {"kl": kl(mean, sd), "deviation": float(sd.mean()) if sd.any() else np.nan}
        for how, whence in product(HOW, WHENCE):
            encodings = sizes.encodings if where == "test" and whence == "sample" else 1
            decodings = sizes.decodings if where == "test" and how == "stochastic" else 1
            shares = dict.fromkeys(WHAT, np.nan)
            if whence == "mean":
                shares = right(
                    reconstructions(representation, cells, repeat(mean, encodings), how, decodings)
                )
            elif sd.any():
                points = (mean + sd * normal(mean.shape, rng) for _ in range(encodings))
                shares = right(reconstructions(representation, cells, points, how, decodings))
            numbers |= {f"{what}_{where}_{how}_{whence}": share for what, share in shares.items()}
    return Outcome(numbers)


def reconstructions(
    representation: Autoencoder,
    cells: Cells,
    encodings: Iterator[Float[Tensor, "n k"]],
    how: str,
    decodings: int,
) -> Iterator[Comparison]:
    """Every decoding of every encoding beside the cells."""
    for points in encodings:
        for _ in range(decodings):
            yield compared(cells, representation.reconstructed(points, how == "stochastic"))


def right(comparisons: Iterator[Comparison]) -> dict[str, float]:
    """Share of exact graphs, and of right operations and entries, among those of all comparisons."""
    hits, counts = np.zeros(3), np.zeros(3)
    for each in comparisons:
        hits += [each.exact.sum(), each.right_ops.sum(), each.right_edges.sum()]
        counts += [len(each.exact), each.vertices.sum(), each.pairs.sum()]
    return dict(zip(WHAT, (hits / counts).tolist(), strict=True))


def kl(mean: Float[Tensor, "n k"], sd: Float[Tensor, "n k"]) -> float:
    """KL(N(mean, sd^2) || N(0, 1)) in nats, mean over cells of the sum over dimensions; NaN where sd is 0."""
    if not sd.any():
        return float("nan")
    variance = sd.double().square()
    each = 0.5 * (mean.double().square() + variance - 1 - variance.log())
    return float(each.sum(1).mean())


def _measure(what: str, where: str, how: str, whence: str) -> Measure:
    name = f"{what}_{where}_{how}_{whence}"
    rule = ""
    if name == "exact_test_stochastic_mean":
        rule = "; what D-VAE's authors report, 10 decodings of a cell"
    elif name == "exact_test_stochastic_sample":
        rule = "; D-VAE's rule as written, 10 points of a cell and 10 decodings of each"
    words = f"share of {WHAT[what]}, decoded {HOW[how]} from {WHENCE[whence]}; {WHERE[where]}{rule}"
    return Measure(name, words, " ".join((what, where, how, whence)), shown=name in SHOWN)


PART = Part(
    name="autoencoding",
    words="whether cells come back from their latent points",
    measures=(
        *(_measure(*which) for which in product(WHAT, WHERE, HOW, WHENCE)),
        Measure(
            "kl",
            "Kullback-Leibler divergence of a cell's posterior from the standard normal prior, in nats: how "
            "much a latent point says, and how far encodings are from where the prior draws",
            "KL",
            unit="",
            better="",
        ),
        Measure(
            "deviation",
            "mean standard deviation of the posterior: 1 is the prior's own, near 0 is a plain autoencoder",
            "posterior sd",
            unit="",
            better="",
        ),
    ),
    measure=measure,
    sizes=("cells", "encodings", "decodings"),
    needs=(Autoencoder,),
)
