"""Gradient ascent in a latent space with a decoder: climb the predictor, decode, keep what is new.

Two ways, `mode`: NGAE's climb of many small steps (eq. 7), and NAO's single step that is made longer
until enough decodes to something new (Luo et al., NeurIPS 2018, section 3.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from methods.base import BatchOptimizer, Decoder, Predictor, Representation
from methods.candidates import until_new
from methods.hyper import describe
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


ON_DEVELOPMENT = "ours: chosen with ngae on nb201:imagenet16-120"


class GradientAscent(BatchOptimizer["GradientAscent.Hyper"]):
    """Moves up the predictor's objective from the prior and from the best paid labels.

    `climb` decodes at several moments of an ascent. `until_new` takes the gradient once, at the starts,
    and decodes after a single step of 1, 2, 3, .. times `step_size` until there are `surplus` times as
    many new architectures as were asked for.

    What decodes to a valid new architecture is ranked by the objective at its own encoding, which is
    what the predictor thinks of the architecture itself, or, with `order=found`, as NAO's authors do:
    shorter steps first, then better starts. Invalid and repeated decodings come last, so that they are
    counted and cost nothing.
    """

    needs = (Representation, Decoder, Predictor)

    @dataclass(frozen=True)
    class Hyper:
        mode: Literal["climb", "until_new"] = describe(
            "climb", "many small steps (NGAE), or one, longer until its decoding is new (NAO)", "papers"
        )
        batch: Annotated[int, Field(ge=1)] = describe(
            10, "architectures queried per proposal", "paper section 4.4 (ten nets per search)"
        )
        starts_best: Annotated[int, Field(ge=0)] = describe(
            50, "starts at encodings of the best paid labels", "ours; NGAE authors' `random`", published=0
        )
        starts_prior: Annotated[int, Field(ge=0)] = describe(
            200, "starts drawn from the prior", f"{ON_DEVELOPMENT}; NGAE authors", published=10
        )
        steps: Annotated[int, Field(ge=1)] = describe(
            30,
            "gradient steps L; until_new: most lengths tried",
            f"{ON_DEVELOPMENT}; NGAE authors",
            published=100,
        )
        step_size: Annotated[float, Field(gt=0)] = describe(
            1.0,
            "step eta; until_new: unit of length",
            f"{ON_DEVELOPMENT}; NGAE authors, on raw accuracies",
            published=10.0,
        )
        decodings: Annotated[int, Field(ge=1)] = describe(
            3,
            "moments of the climb at which points are decoded",
            f"{ON_DEVELOPMENT}; NGAE authors: the last",
            published=1,
            when={"mode": "climb"},
        )
        surplus: Annotated[float, Field(ge=1)] = describe(
            1.0,
            "new architectures wanted, as a multiple of those asked for",
            "NAO authors' code",
            when={"mode": "until_new"},
        )
        order: Literal["predicted", "found"] = describe(
            "predicted", "new architectures by their own objective, or as found (NAO)", "ours"
        )
        distinct: Literal["cells", "classes"] = describe(
            "cells", "new is what differs as a labelled graph, or in its isomorphism class", "authors' codes"
        )

    def propose(self, space: SearchSpace, representation: Any, observed: Observations, n: int) -> Cells:
        starts = self._starts(representation, observed)
        decoded = self._climbed if self.hyper.mode == "climb" else self._stepped
        by_class = self.hyper.distinct == "classes"
        wanted = self.hyper.surplus * n
        cells, new, _ = until_new(decoded(representation, starts), space, observed, wanted, by_class)
        rest = np.setdiff1d(np.arange(len(cells)), new)
        if self.hyper.order == "predicted":
            new = new[by_objective(representation, cells[new])]
        return Cells.concatenate([cells[new], cells[rest]])

    def _climbed(self, representation: Any, starts: Float[Tensor, "n d"]) -> Iterator[Cells]:
        """Decodings of all moments of the climb, together."""
        import torch

        path = climb(representation, starts, self.hyper.steps, self.hyper.step_size)
        moments = np.unique(np.linspace(0, self.hyper.steps, self.hyper.decodings + 1).round().astype(int))
        yield representation.decode(torch.cat([path[moment] for moment in moments[1:]]))

    def _stepped(self, representation: Any, starts: Float[Tensor, "n d"]) -> Iterator[Cells]:
        """Decodings of ever longer single steps, of `steps` lengths."""
        slope = gradient(representation, starts)
        for multiple in range(1, self.hyper.steps + 1):
            yield representation.decode(starts + multiple * self.hyper.step_size * slope)

    def _starts(self, representation: Any, observed: Observations) -> Float[Tensor, "n d"]:
        import torch

        labels = observed.distinct()
        best = np.argsort(-labels.accuracy, kind="stable")[: self.hyper.starts_best]
        return torch.cat(
            [representation.encode(labels.cells[best]), representation.prior(self.hyper.starts_prior)]
        )


def climb(
    representation: Predictor, z: Float[Tensor, "n d"], steps: int, step_size: float
) -> list[Float[Tensor, "n d"]]:
    """The points after 0 .. `steps` steps z <- z + step_size * gradient of the objective."""
    path = [z.detach()]
    for _ in range(steps):
        path.append(path[-1] + step_size * gradient(representation, path[-1]))
    return path


def gradient(representation: Predictor, z: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
    """Slope of the objective at every point."""
    import torch

    point = z.detach().requires_grad_(True)
    (slope,) = torch.autograd.grad(representation.objective(point).sum(), point)
    return slope.detach()


def by_objective(representation: Any, cells: Cells) -> np.ndarray:
    """Rows from the highest to the lowest objective at the architectures' own encodings."""
    import torch

    with torch.no_grad():
        value = representation.objective(representation.encode(cells))
    return torch.argsort(value, descending=True, stable=True).numpy()
