"""Gaussian-process Bayesian optimisation over a listed space: score every unseen architecture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from methods.base import Optimizer, Representation, describe
from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.oracle import Observations
from tabular.space import EnumerableSpace, SearchSpace

if TYPE_CHECKING:
    import torch

ON_DEVELOPMENT = "ours, for speed: chosen with one_hot on nb201:cifar100 and imagenet16-120"


class GPBO(Optimizer):
    """Exact GP on latent points, log expected improvement over all unseen architectures, best first."""

    needs = (Representation,)
    needs_space = EnumerableSpace
    transductive = True

    @dataclass(frozen=True)
    class Hyper:
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

        self._process = GaussianProcess(self.hyper.refit_iterations)
        self._fitted_labels = 0
        self._table: torch.Tensor | None = None

    @property
    def batch(self) -> int:
        return int(self.hyper.batch)

    def propose(
        self, space: SearchSpace, representation: Representation, observed: Observations, n: int
    ) -> Cells:
        import torch

        from methods.gaussian_process import log_expected_improvement

        assert isinstance(space, EnumerableSpace)
        table = self._encode_table(space, representation)
        labels = observed.distinct()
        x = table[torch.from_numpy(labels.keys)]
        y = standardise(torch.from_numpy(labels.accuracy))
        if self._fitted_labels == 0 or len(y) >= self._fitted_labels * self.hyper.refit_growth:
            self._process.fit(x, y)
            self._fitted_labels = len(y)
        mean, sd = self._process.posterior(x, y, table)
        score = log_expected_improvement(mean, sd, best=float(y.max()))
        score[torch.from_numpy(labels.keys)] = -torch.inf
        best = torch.topk(score, min(n, space.size - len(y))).indices
        return space.all()[best.numpy()]

    def _encode_table(self, space: EnumerableSpace, representation: Representation) -> torch.Tensor:
        """All latent points scaled to the unit cube (float64), without columns that never vary."""
        import torch

        if self._table is None or not representation.static:
            z = representation.encode(space.all()).double()
            if not torch.isfinite(z).all():
                raise HarnessError("the representation gave latent points that are not finite")
            low, high = z.amin(0), z.amax(0)
            varies = high > low
            if not varies.any():
                raise HarnessError("the representation gives all architectures the same latent point")
            self._table = ((z - low) / (high - low).clamp_min(1e-12))[:, varies]
        return self._table


def standardise(y: torch.Tensor) -> torch.Tensor:
    """Zero mean, unit variance over the paid labels (running statistics, nothing from the table)."""
    spread = y.std() if len(y) > 1 else y.new_tensor(0.0)
    return (y - y.mean()) / spread.clamp_min(1e-9)
