"""Exact Gaussian process on paid labels, evaluated at a whole table at once.

botorch fits the hyper-parameters; the posterior over a table of ten thousands of points is the
textbook formula (Rasmussen and Williams 2006, algorithm 2.1), because only its diagonal is wanted.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import torch
from botorch.exceptions.errors import ModelFittingError
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from gpytorch.mlls import ExactMarginalLogLikelihood
from jaxtyping import Float, Int
from torch import Tensor

from methods.surrogates.bounds import Bounded, Bounds
from methods.surrogates.conditioned import BLOCK, Conditioned, Different
from methods.surrogates.surrogate import Posterior, Surrogate, UnitCube


class GaussianProcess:
    """GP regression: RBF kernel, one length scale per dimension, learnt noise, botorch's priors."""

    def __init__(self, refit_iterations: int) -> None:
        """The first fit runs to convergence; later ones start from the last and take `refit_iterations`."""
        self._refit_iterations = refit_iterations
        self._learnt: dict[str, Any] | None = None

    def fit(self, x: Float[Tensor, "n d"], y: Float[Tensor, " n"]) -> None:
        """Kernel, noise and mean by maximum a posteriori. x in the unit cube, y standardised; float64."""
        model = self._model(x, y)
        iterations = 200 if self._learnt is None else self._refit_iterations
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # botorch warns whenever the iteration limit is reached
            # Where the fit fails, the hyper-parameters reached so far stay: worse, but defined.
            with contextlib.suppress(ModelFittingError):
                fit_gpytorch_mll(
                    ExactMarginalLogLikelihood(model.likelihood, model),
                    optimizer_kwargs={"options": {"maxiter": iterations}},
                    max_attempts=1,
                )
        self._learnt = {name: value.detach().clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def posterior(
        self, x: Float[Tensor, "n d"], y: Float[Tensor, " n"], at: Float[Tensor, "m d"]
    ) -> tuple[Float[Tensor, " m"], Float[Tensor, " m"]]:
        """Mean and standard deviation of the noise-free function at the m points, given n labels."""
        model, root, weights = self._solved(x, y)
        kernel, constant = model.covar_module, model.mean_module.constant
        cross = kernel(at, x).to_dense()
        half = torch.linalg.solve_triangular(root, cross.T, upper=False)
        prior = kernel(at[:1], at[:1]).to_dense().item()  # a stationary kernel: the same everywhere
        variance = prior - (half * half).sum(0)
        return constant + cross @ weights, variance.clamp_min(1e-12).sqrt()

    @torch.no_grad()
    def given(self, x: Float[Tensor, "n d"], y: Float[Tensor, " n"]) -> Conditioned:
        """The noise-free function given n labels, for as many points as there are."""
        model, root, weights = self._solved(x, y)
        lengths, constant = model.covar_module.lengthscale.squeeze(0), model.mean_module.constant
        return Conditioned(x, lengths, root, weights, float(constant), float(model.likelihood.noise))

    def _solved(
        self, x: Float[Tensor, "n d"], y: Float[Tensor, " n"]
    ) -> tuple[SingleTaskGP, Float[Tensor, "n n"], Float[Tensor, " n"]]:
        """The model as `fit` left it, the Cholesky factor of the labels' covariance, and their weights."""
        model = self._model(x, y)
        noisy = model.covar_module(x).to_dense() + model.likelihood.noise * torch.eye(len(x), dtype=x.dtype)
        root = torch.linalg.cholesky(noisy)
        centred = (y - model.mean_module.constant).unsqueeze(1)
        return model, root, torch.cholesky_solve(centred, root).squeeze(1)

    def _model(self, x: Float[Tensor, "n d"], y: Float[Tensor, " n"]) -> SingleTaskGP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # labels that are all equal cannot be standardised
            model = SingleTaskGP(x, y.unsqueeze(1), outcome_transform=None)
        if self._learnt is not None:
            model.load_state_dict(self._learnt)
        return model


class GaussianSurrogate(Surrogate, Bounded):
    """The process on latent points in the unit cube, its kernel refitted when the labels have grown."""

    def __init__(self, refit_growth: float, refit_iterations: int) -> None:
        self._growth, self._iterations = refit_growth, refit_iterations
        self._cube = UnitCube()
        self._fitted_labels = 0
        self._table: Tensor | None = None

    def learn(self, z: Float[Tensor, "n d"], y: Float[Tensor, " n"], at: Float[Tensor, "m d"]) -> None:
        if self._cube.fit(z, at):
            self._process, self._fitted_labels = GaussianProcess(self._iterations), 0
        if self._fitted_labels == 0 or len(y) >= self._fitted_labels * self._growth:
            self._process.fit(self._cube.scaled(z), y)
            self._fitted_labels = len(y)

    def posterior(
        self, z: Float[Tensor, "n d"], y: Float[Tensor, " n"], at: Float[Tensor, "m d"]
    ) -> Posterior:
        return self._process.posterior(self._cube.scaled(z), y, self._cube.scaled(at))

    @torch.no_grad()
    def bounds(self, z: Float[Tensor, "n d"], y: Float[Tensor, " n"], at: Float[Tensor, "m d"]) -> Bounds:
        if at is not self._table:  # a table stays the same tensor throughout a run
            self._table, self._different = at, Different.of(at)
        points, place = self._different.points, self._different.place
        given = self._process.given(self._cube.scaled(z), y)
        mean, most = given.mean_and_bound(self._blocks(points))

        def exact(rows: Int[Tensor, " k"]) -> Float[Tensor, " k"]:
            needed, again = place[rows].unique(return_inverse=True)
            return given.deviation(self._blocks(points[needed]))[again]

        return Bounds(mean[place], most[place], exact)

    def _blocks(self, at: Float[Tensor, "m d"]) -> Iterator[Float[Tensor, "b k"]]:
        """Candidates in the unit cube."""
        return (self._cube.scaled(at[start : start + BLOCK]) for start in range(0, len(at), BLOCK))
