"""Sparse variational Gaussian process: D-VAE's model of accuracy over latent points (section 3.4).

gpytorch fits it: inducing points (Titsias 2009), minibatches of the evidence lower bound (Hensman et al.,
UAI 2013), natural gradients for the inducing values (Salimbeni et al., AISTATS 2018) where wanted. A fitted
process is a few matrices, evaluated by the textbook formula: mean and variance are differentiable in the
point asked about, and a batch can be filled without fitting again. (The authors fit by stochastic
expectation propagation instead of the lower bound.)
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace

import torch
from gpytorch.distributions import MultivariateNormal
from gpytorch.kernels import RBFKernel, ScaleKernel
from gpytorch.likelihoods import GaussianLikelihood
from gpytorch.means import ConstantMean
from gpytorch.mlls import VariationalELBO
from gpytorch.models import ApproximateGP
from gpytorch.optim import NGD
from gpytorch.priors import LogNormalPrior
from gpytorch.variational import (
    CholeskyVariationalDistribution,
    NaturalVariationalDistribution,
    VariationalStrategy,
)
from jaxtyping import Float
from torch import Tensor

from methods.networks.layers import minibatches

JITTER = 1e-6
FIRST_NOISE = 0.1


@dataclass(frozen=True)
class SparsePlan:
    """How a process is fitted."""

    inducing: int
    """Most inducing points. With no more labels than that each label's point is one."""
    minibatch: int
    epochs: int
    rate: float
    """Adam's."""
    natural: bool
    """Natural gradients for the inducing values, and priors on length scales and noise that hold them near
    the median distance and a tenth of the variance; inducing points that are all labels stay in place. Else
    Adam for everything and no priors (the authors)."""


def fit_sparse_gp(x: Float[Tensor, "n d"], y: Float[Tensor, " n"], plan: SparsePlan) -> SparsePosterior:
    """The posterior given labels y (zero mean, unit variance) at x, all float64.

    Randomness (inducing points, order of minibatches) is torch's default generator.
    """
    model = SparseModel(x, plan)
    bound = VariationalELBO(model.likelihood, model, num_data=len(x))
    values = list(model.variational_parameters()) if plan.natural else []
    kernel = list(model.hyperparameters()) if plan.natural else list(model.parameters())
    optimizers: list[torch.optim.Optimizer] = [torch.optim.Adam(kernel, plan.rate)]
    if values:
        # With all labels in one batch a full natural step is the exact optimum given the kernel.
        optimizers.append(NGD(values, num_data=len(x), lr=1.0 if len(x) <= plan.minibatch else 0.1))
    model.train()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of jitter added to a Cholesky factor
        for _ in range(plan.epochs):
            for rows in minibatches(len(x), plan.minibatch):
                for optimizer in optimizers:
                    optimizer.zero_grad()
                (-bound(model(x[rows]), y[rows])).backward()
                for optimizer in optimizers[::-1]:
                    optimizer.step()
    model.eval()
    return model.posterior()


class SparseModel(ApproximateGP):  # type: ignore[misc]  # gpytorch has no types
    """RBF kernel with a length scale per dimension, constant mean, Gaussian noise; whitened values."""

    def __init__(self, x: Float[Tensor, "n d"], plan: SparsePlan) -> None:
        few = len(x) <= plan.inducing
        inducing = x if few else x[torch.randperm(len(x))[: plan.inducing]]
        distribution = NaturalVariationalDistribution if plan.natural else CholeskyVariationalDistribution
        values = distribution(len(inducing))
        super().__init__(
            VariationalStrategy(
                self, inducing.clone(), values, learn_inducing_locations=not (few and plan.natural)
            )
        )
        scale = median_distance(x)
        near_scale = LogNormalPrior(scale.log(), 0.75) if plan.natural else None
        near_noise = LogNormalPrior(math.log(FIRST_NOISE), 1.0) if plan.natural else None
        self.mean_module = ConstantMean()
        self.covar_module = ScaleKernel(RBFKernel(ard_num_dims=x.shape[1], lengthscale_prior=near_scale))
        self.likelihood = GaussianLikelihood(noise_prior=near_noise)
        self.double()
        self.covar_module.base_kernel.lengthscale = scale
        self.covar_module.outputscale = 1.0
        self.likelihood.noise = FIRST_NOISE

    def forward(self, x: Float[Tensor, "n d"]) -> MultivariateNormal:
        """The prior at x."""
        return MultivariateNormal(self.mean_module(x), self.covar_module(x))

    @torch.no_grad()
    def posterior(self) -> SparsePosterior:
        """What the process believes now."""
        values = self.variational_strategy.variational_distribution
        points = self.variational_strategy.inducing_points
        lengths = self.covar_module.base_kernel.lengthscale.squeeze(0).clone()
        kernel = Kernel(lengths, self.covar_module.outputscale.clone())
        identity = torch.eye(len(points), dtype=points.dtype)
        root = torch.linalg.cholesky(kernel(points, points) + JITTER * identity)
        return SparsePosterior(
            kernel=kernel,
            constant=self.mean_module.constant.clone(),
            noise=self.likelihood.noise.squeeze().clone(),
            points=points.clone(),
            root=root,
            weights=values.mean.clone(),
            explained=identity - values.covariance_matrix,
        )


@dataclass(frozen=True)
class Kernel:
    """k(a, b) = scale exp(-|(a - b) / lengths|^2 / 2)."""

    lengths: Float[Tensor, " d"]
    scale: Float[Tensor, ""]

    def __call__(self, a: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> Float[Tensor, "n m"]:
        a, b = a / self.lengths, b / self.lengths
        half = a @ b.T - 0.5 * a.square().sum(1, keepdim=True) - 0.5 * b.square().sum(1)
        return self.scale * half.clamp_max(0).exp()


@dataclass(frozen=True)
class SparsePosterior:
    """q(f) of a fitted process, and what it would be with further points believed."""

    kernel: Kernel
    constant: Float[Tensor, ""]
    noise: Float[Tensor, ""]
    """Variance of a label around the function."""
    points: Float[Tensor, "i d"]
    """Inducing points."""
    root: Float[Tensor, "i i"]
    """Lower Cholesky factor of their prior covariance."""
    weights: Float[Tensor, " i"]
    """Mean of the whitened inducing values."""
    explained: Float[Tensor, "i i"]
    """Identity less the covariance of the whitened inducing values."""
    believed: Float[Tensor, "b d"] | None = None

    def __call__(self, at: Float[Tensor, "m d"]) -> tuple[Float[Tensor, " m"], Float[Tensor, " m"]]:
        """Mean and standard deviation of the noise-free function, differentiable in `at`."""
        features = self._features(at)
        variance = self.kernel.scale - (features * (self.explained @ features)).sum(0)
        if self.believed is not None:
            given = self.covariance(self.believed, self.believed)
            given = given + self.noise * torch.eye(len(given), dtype=given.dtype)
            cross = self.covariance(self.believed, at)
            half = torch.linalg.solve_triangular(torch.linalg.cholesky(given), cross, upper=False)
            variance = variance - half.square().sum(0)
        return self.constant + self.weights @ features, variance.clamp_min(1e-12).sqrt()

    def covariance(self, a: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> Float[Tensor, "n m"]:
        """Of the function before anything is believed."""
        return self.kernel(a, b) - self._features(a).T @ self.explained @ self._features(b)

    def believing(self, at: Float[Tensor, "b d"]) -> SparsePosterior:
        """As if the mean had been observed at these points too (kriging believer): only variance shrinks."""
        return replace(self, believed=at if self.believed is None else torch.cat([self.believed, at]))

    def _features(self, at: Float[Tensor, "m d"]) -> Float[Tensor, "i m"]:
        return torch.linalg.solve_triangular(self.root, self.kernel(self.points, at), upper=False)


def median_distance(x: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    """Median distance of different points (1 if there are none), over at most 1,000 of them."""
    apart = torch.pdist(x[:1000])
    apart = apart[apart > 0]
    return apart.median() if len(apart) else x.new_tensor(1.0)
