"""BANANAS: an ensemble of neural predictors and independent Thompson sampling (White et al., AAAI 2021).

Every round an ensemble is trained from scratch on the paid labels. Candidates are neighbours of the best
architectures so far and random ones; each candidate's score is one draw from a Gaussian with the mean and
standard deviation of the ensemble's predictions, and the best `batch` are asked.

`variant=published` follows the authors' code (naszilla): labels are validation errors in percent, as they
come, and candidates are neighbours alone, of the best architecture first, until there are enough. There a
mutation may change several operations at once, here it is one edit. `corrected` standardises the labels,
which a network of unit scale needs where errors are 50 %, and adds random candidates (naszilla's
`mutation_random`), so that a round cannot run dry around one optimum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from methods.base import BatchOptimizer, Representation, describe
from methods.candidates import CandidateSource, finite, new_rows
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


class Bananas(BatchOptimizer["Bananas.Hyper"]):
    """Neural predictor ensemble on latent points, independent Thompson sampling."""

    needs = (Representation,)
    lists_space_when = ("candidates", "all", "pool")

    @dataclass(frozen=True)
    class Hyper:
        variant: Literal["corrected", "published"] = describe(
            "corrected", "standardised labels, or the authors' errors and candidates", "this file's text"
        )
        candidates: Literal["all", "pool"] = describe(
            "pool",
            "every unseen architecture, or mutated and random ones (corrected only)",
            "authors' code (naszilla)",
        )
        pool: Annotated[int, Field(ge=2)] = describe(
            200, "candidates, half of them mutated", "authors' code: 100 mutated, 100 random"
        )
        parents: Annotated[int, Field(ge=1)] = describe(
            5, "best paid labels mutated (corrected only)", "authors' code (naszilla)"
        )
        batch: Annotated[int, Field(ge=1)] = describe(
            10, "architectures queried per round", "authors' code (naszilla)"
        )
        members: Annotated[int, Field(ge=2)] = describe(5, "networks", "authors' code (naszilla)")
        layers: Annotated[int, Field(ge=1)] = describe(10, "hidden layers", "authors' code (naszilla)")
        width: Annotated[int, Field(ge=1)] = describe(
            20, "units per hidden layer", "authors' code (naszilla)"
        )
        epochs: Annotated[int, Field(ge=1)] = describe(
            150, "passes over the labels", "authors' code (naszilla)"
        )
        batch_size: Annotated[int, Field(ge=1)] = describe(32, "labels per step", "authors' code (naszilla)")
        learning_rate: Annotated[float, Field(gt=0)] = describe(0.01, "Adam", "authors' code (naszilla)")

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
        y = 100 * (y - 1) if hyper.variant == "published" else standardise(y)
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
        if self.hyper.variant == "corrected":
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
