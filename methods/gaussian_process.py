"""Exact Gaussian process on paid labels, and expected improvement over a whole table at once.

botorch fits the hyper-parameters; the posterior over a table of ten thousands of points is the
textbook formula (Rasmussen and Williams 2006, algorithm 2.1), because only its diagonal is wanted.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from typing import Any

import torch
from botorch.exceptions.errors import ModelFittingError
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from gpytorch.mlls import ExactMarginalLogLikelihood
from jaxtyping import Float
from torch import Tensor


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
        model = self._model(x, y)
        kernel = model.covar_module
        noisy = kernel(x).to_dense() + model.likelihood.noise * torch.eye(len(x), dtype=x.dtype)
        root = torch.linalg.cholesky(noisy)
        constant = model.mean_module.constant
        weights = torch.cholesky_solve((y - constant).unsqueeze(1), root).squeeze(1)
        cross = kernel(at, x).to_dense()
        half = torch.linalg.solve_triangular(root, cross.T, upper=False)
        prior = kernel(at[:1], at[:1]).to_dense().item()  # a stationary kernel: the same everywhere
        variance = prior - (half * half).sum(0)
        return constant + cross @ weights, variance.clamp_min(1e-12).sqrt()

    def _model(self, x: Float[Tensor, "n d"], y: Float[Tensor, " n"]) -> SingleTaskGP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # labels that are all equal cannot be standardised
            model = SingleTaskGP(x, y.unsqueeze(1), outcome_transform=None)
        if self._learnt is not None:
            model.load_state_dict(self._learnt)
        return model


def log_expected_improvement(
    mean: Float[Tensor, " m"], sd: Float[Tensor, " m"], best: float
) -> Float[Tensor, " m"]:
    """log EI for maximisation, stable far below the incumbent (Ament et al., NeurIPS 2023, eq. 9).

    With u = (mean - best) / sd, EI = sd h(u) and h(u) = pdf(u) + u cdf(u). For u < -1 it is written as
    pdf(u) (1 - |u| erfcx(|u| / sqrt 2) sqrt(pi / 2)); below -1e5 the limit 1 / u^2 replaces the bracket.
    """
    u = (mean - best) / sd
    log_pdf = -0.5 * u * u - 0.5 * math.log(2 * math.pi)
    near = log_pdf.exp() + u * torch.special.ndtr(u)
    size = u.clamp_max(-1).neg()
    ratio = size * torch.special.erfcx(size / math.sqrt(2)) * math.sqrt(math.pi / 2)
    bracket = torch.where(size < 1e5, torch.log1p(-ratio), -2 * size.log())
    log_h = torch.where(u > -1, near.clamp_min(1e-300).log(), log_pdf + bracket)
    return log_h + sd.log()
