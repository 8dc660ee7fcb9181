"""BANANAS: an ensemble of neural predictors and independent Thompson sampling (White et al., AAAI 2021).

Every round an ensemble is trained from scratch on the paid labels. Candidates are neighbours of the best
architectures so far and random ones; each candidate's score is one draw from a Gaussian with the mean and
standard deviation of the ensemble's predictions, and the best `batch` are asked.

Standardised labels are what a network of unit scale needs where errors are 50 %, and random candidates
(naszilla's `mutation_random`) keep a round from running dry around one optimum. A mutation of the authors'
may change several operations at once, here it is one edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from methods.base import BatchOptimizer, Representation
from methods.candidates import CandidateSource, finite, new_rows
from methods.hyper import describe
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


CODE = "authors' code (naszilla)"


class Bananas(BatchOptimizer["Bananas.Hyper"]):
    """Neural predictor ensemble on latent points, independent Thompson sampling."""

    needs = (Representation,)
    lists_space_when = ("candidates", "all", "pool")

    @dataclass(frozen=True)
    class Hyper:
        labels: Literal["standardised", "errors"] = describe(
            "standardised",
            "what the networks learn: standardised labels, or errors in percent",
            f"ours; {CODE}",
            published="errors",
        )
        candidates: Literal["pool", "all", "neighbours"] = describe(
            "pool",
            "mutated and random architectures; every unseen one; neighbours of the best, the second best, ..",
            f"{CODE}: both",
            published="neighbours",
        )
        pool: Annotated[int, Field(ge=2)] = describe(
            200,
            "candidates, half of them mutated; of neighbours half as many",
            f"{CODE}: 100 mutated, 100 random",
            when={"candidates": ("pool", "neighbours")},
        )
        parents: Annotated[int, Field(ge=1)] = describe(
            5, "best paid labels mutated", CODE, when={"candidates": "pool"}
        )
        batch: Annotated[int, Field(ge=1)] = describe(10, "architectures queried per round", CODE)
        members: Annotated[int, Field(ge=2)] = describe(5, "networks", CODE)
        layers: Annotated[int, Field(ge=1)] = describe(10, "hidden layers", CODE)
        width: Annotated[int, Field(ge=1)] = describe(20, "units per hidden layer", CODE)
        epochs: Annotated[int, Field(ge=1)] = describe(150, "passes over the labels", CODE)
        batch_size: Annotated[int, Field(ge=1)] = describe(32, "labels per step", CODE)
        learning_rate: Annotated[float, Field(gt=0)] = describe(0.01, "Adam", CODE)

    def setup(self) -> None:
        hyper = self.hyper
        self._source = CandidateSource(hyper.candidates, hyper.pool, hyper.parents, self.rng)

    def propose(
        self, space: SearchSpace, representation: Representation, observed: Observations, n: int
    ) -> Cells:
        import torch

        from methods.networks.layers import seeded
        from methods.surrogates.ensemble import Fit, trained
        from methods.surrogates.surrogate import standardise

        hyper = self.hyper
        cells, z, paid = self._candidates(space, representation, observed, n)
        y = torch.from_numpy(observed.distinct().accuracy)
        y = 100 * (y - 1) if hyper.labels == "errors" else standardise(y)
        fit = Fit(
            hyper.members, hyper.layers, hyper.width, hyper.epochs, hyper.batch_size, hyper.learning_rate
        )
        with seeded(self.rng):
            ensemble = trained(paid, y.float(), fit)
        with torch.no_grad():
            predicted = ensemble(z.expand(hyper.members, *z.shape)).double()
        sd, mean = torch.std_mean(predicted, dim=0, correction=0)
        score = mean.numpy() + sd.numpy() * self.rng.standard_normal(len(mean))
        return cells[np.argsort(-score, kind="stable")[:n]]

    def _candidates(
        self, space: SearchSpace, representation: Representation, observed: Observations, n: int
    ) -> tuple[Cells, Float[Tensor, "m d"], Float[Tensor, "k d"]]:
        """Unseen architectures with their latent points, and the points of `observed.distinct()`."""
        if self.hyper.candidates != "neighbours":
            drawn = self._source.draw(space, representation, observed)
            is_open = np.flatnonzero(drawn.is_open)
            return drawn.cells[is_open], drawn.z[is_open], drawn.paid
        labels = observed.distinct()
        cells = mutated(space, labels, max(self.hyper.pool // 2, n))
        return cells, finite(representation.encode(cells)), finite(representation.encode(labels.cells))


def mutated(space: SearchSpace, labels: Observations, wanted: int) -> Cells:
    """At least `wanted` unseen neighbours if there are so many: of the best, the second best, and so on."""
    children = labels.cells[:0]
    for row in np.argsort(-labels.accuracy, kind="stable").tolist():
        children = Cells.concatenate([children, space.neighbours(labels.cells[[row]])])
        new = new_rows(space, children, labels)
        if len(new) >= wanted:
            break
    return children[new]
