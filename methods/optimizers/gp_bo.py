"""Gaussian-process Bayesian optimisation: score every candidate architecture, ask for the best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from methods.base import Optimizer, Representation, describe
from methods.candidates import CandidateSource
from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.oracle import Observations
from tabular.space import SearchSpace

if TYPE_CHECKING:
    import torch
    from jaxtyping import Float
    from torch import Tensor

ON_DEVELOPMENT = "ours, for speed: chosen with one_hot on nb201:cifar100 and imagenet16-120"


class GPBO(Optimizer):
    """Exact GP on latent points, log expected improvement over the candidates, best first."""

    needs = (Representation,)
    lists_space_when = ("candidates", "all")

    @dataclass(frozen=True)
    class Hyper:
        candidates: Literal["all", "pool"] = describe(
            "all", "every unseen architecture, or a pool of random and mutated ones", "arch2vec's scripts"
        )
        pool: Annotated[int, Field(ge=2)] = describe(1000, "size of the pool", "ours: as many as local")
        parents: Annotated[int, Field(ge=1)] = describe(10, "best paid labels mutated for the pool", "ours")
        batch: Annotated[int, Field(ge=1)] = describe(
            1, "architectures queried per proposal", "arch2vec's NB201 script (section 2.5)"
        )
        refit_growth: Annotated[float, Field(gt=1)] = describe(
            1.03, "kernel refitted when the labels grew by this factor", ON_DEVELOPMENT
        )
        refit_iterations: Annotated[int, Field(ge=1)] = describe(
            10, "L-BFGS iterations of a refit, started from the last fit", ON_DEVELOPMENT
        )

    def setup(self) -> None:
        from methods.gaussian_process import GaussianProcess

        hyper = self.hyper
        self._source = CandidateSource(hyper.candidates, hyper.pool, hyper.parents, self.rng)
        self._process = GaussianProcess(hyper.refit_iterations)
        self._fitted_labels = 0

    @property
    def batch(self) -> int:
        return int(self.hyper.batch)

    def propose(
        self, space: SearchSpace, representation: Representation, observed: Observations, n: int
    ) -> Cells:
        import torch

        from methods.gaussian_process import log_expected_improvement

        drawn = self._source.draw(space, representation, observed)
        x, at = unit_cube(drawn.paid, drawn.z)
        y = standardise(torch.from_numpy(observed.distinct().accuracy))
        if self._fitted_labels == 0 or len(y) >= self._fitted_labels * self.hyper.refit_growth:
            self._process.fit(x, y)
            self._fitted_labels = len(y)
        mean, sd = self._process.posterior(x, y, at)
        score = log_expected_improvement(mean, sd, best=float(y.max()))
        score[torch.from_numpy(~drawn.is_open)] = -torch.inf
        best = torch.topk(score, min(n, int(drawn.is_open.sum()))).indices
        return drawn.cells[best.numpy()]


def unit_cube(
    paid: Float[Tensor, "n d"], z: Float[Tensor, "m d"]
) -> tuple[Float[Tensor, "n k"], Float[Tensor, "m k"]]:
    """Latent points in float64, scaled so that those of z span the unit cube; constant columns left out."""
    low, high = z.amin(0).double(), z.amax(0).double()
    varies = high > low
    if not varies.any():
        raise HarnessError("the representation gives all architectures the same latent point")
    low, width = low[varies], (high - low)[varies]
    return (paid[:, varies].double() - low) / width, (z[:, varies].double() - low) / width


def standardise(y: torch.Tensor) -> torch.Tensor:
    """Zero mean, unit variance over the paid labels (running statistics, nothing from the table)."""
    spread = y.std() if len(y) > 1 else y.new_tensor(0.0)
    return (y - y.mean()) / spread.clamp_min(1e-9)
