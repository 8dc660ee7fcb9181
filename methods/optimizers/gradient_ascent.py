"""Gradient ascent in a latent space with a decoder (NGAE eq. 7): climb, decode, keep what is new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from methods.base import Decoder, Optimizer, Predictor, Representation, describe
from methods.candidates import new_rows
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


ON_DEVELOPMENT = "ours: chosen with ngae on nb201:imagenet16-120"


class GradientAscent(Optimizer):
    """Climbs the predictor's objective from the prior and from the best paid labels.

    Points are decoded at several moments of the climb. What decodes to a valid new architecture is
    ranked by the objective at its own encoding, which is what the predictor thinks of the
    architecture itself. Invalid and repeated decodings come last, so that they are counted and cost
    nothing.
    """

    needs = (Representation, Decoder, Predictor)

    @dataclass(frozen=True)
    class Hyper:
        batch: Annotated[int, Field(ge=1)] = describe(
            10, "architectures queried per proposal", "paper section 4.4 (ten nets per search)"
        )
        starts_best: Annotated[int, Field(ge=0)] = describe(
            50, "starts at encodings of the best paid labels", "authors' 'optimal' starts (top 10), paid only"
        )
        starts_prior: Annotated[int, Field(ge=0)] = describe(
            200, "starts drawn from the prior (authors: one)", ON_DEVELOPMENT
        )
        steps: Annotated[int, Field(ge=1)] = describe(30, "gradient steps L (authors: 100)", ON_DEVELOPMENT)
        step_size: Annotated[float, Field(gt=0)] = describe(
            1.0, "step eta (authors: 10 and 1000, for raw targets)", ON_DEVELOPMENT
        )
        decodings: Annotated[int, Field(ge=1)] = describe(
            3, "moments of the climb at which points are decoded (authors: the last)", ON_DEVELOPMENT
        )

    @property
    def batch(self) -> int:
        return int(self.hyper.batch)

    def propose(self, space: SearchSpace, representation: Any, observed: Observations, n: int) -> Cells:
        import torch

        starts = self._starts(representation, observed)
        path = climb(representation, starts, self.hyper.steps, self.hyper.step_size)
        moments = np.unique(np.linspace(0, self.hyper.steps, self.hyper.decodings + 1).round().astype(int))
        cells = representation.decode(torch.cat([path[moment] for moment in moments[1:]]))
        new = new_rows(space, cells, observed)
        fresh = cells[new]
        with torch.no_grad():
            value = representation.objective(representation.encode(fresh))
        order = torch.argsort(value, descending=True, stable=True).numpy()
        rest = np.setdiff1d(np.arange(len(cells)), new)
        return Cells.concatenate([fresh[order], cells[rest]])

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
    import torch

    path = [z.detach()]
    for _ in range(steps):
        point = path[-1].requires_grad_(True)
        (slope,) = torch.autograd.grad(representation.objective(point).sum(), point)
        path.append((point + step_size * slope).detach())
    return [point.detach() for point in path]
