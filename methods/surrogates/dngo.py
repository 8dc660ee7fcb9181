"""DNGO: Bayesian linear regression on the last layer of a network (Snoek et al., ICML 2015).

One tanh layer is trained by least squares on the paid labels, from scratch at every refit; its outputs
are the basis of a Bayesian linear regression, whose prior precision alpha and noise precision beta
maximise the marginal likelihood. Sizes and schedule are those of arch2vec's search scripts. Plain numpy
with gradients by hand: with so small a network a step costs 20 microseconds, a sixth of torch's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize
from torch import Tensor

from methods.surrogates.surrogate import Posterior, Surrogate, UnitCube

Matrix = Float[np.ndarray, "n k"]
Vector = Float[np.ndarray, " n"]

PRIOR_MEAN = np.array([0.0, -3.0])
"""Of log alpha and log noise variance, each with standard deviation 1 (pybnn)."""
LARGEST_LOG = 10.0


@dataclass(frozen=True)
class Evidence:
    """How alpha and the noise are found; by default without the defects of pybnn."""

    squared_residual: bool = True
    """The residual's norm is squared in the marginal likelihood."""
    exact_determinant: bool = True
    """Its log determinant comes from singular values; else of a float32 determinant, which overflows."""
    drawn_start: bool = False
    """Nelder-Mead starts at a random draw from the prior; else at the prior's mean."""


class LinearSurrogate(Surrogate):
    """Bayesian linear regression on the latent points as they are: for features learnt from labels."""

    def __init__(self, evidence: Evidence, rng: np.random.Generator) -> None:
        self._regression = BayesianRegression(evidence, rng)

    def learn(self, z: Float[Tensor, "n d"], y: Float[Tensor, " n"], at: Float[Tensor, "m d"]) -> None:
        self._regression.learn(z.double().numpy(), y.double().numpy())

    def posterior(
        self, z: Float[Tensor, "n d"], y: Float[Tensor, " n"], at: Float[Tensor, "m d"]
    ) -> Posterior:
        return self._regression.posterior(z.double().numpy(), y.double().numpy(), at.numpy())


@dataclass(frozen=True)
class Schedule:
    """How the basis network is trained."""

    units: int
    epochs: int
    batch: int
    rate: float


class DNGO(Surrogate):
    """A trained tanh layer followed by Bayesian linear regression."""

    def __init__(self, schedule: Schedule, evidence: Evidence, rng: np.random.Generator) -> None:
        self._schedule, self._rng = schedule, rng
        self._cube = UnitCube()
        self._regression = BayesianRegression(evidence, rng)

    def learn(self, z: Float[Tensor, "n d"], y: Float[Tensor, " n"], at: Float[Tensor, "m d"]) -> None:
        self._cube.fit(z, at)
        x = self._cube.scaled(z).numpy()
        self._centre, spread = x.mean(0), x.std(0)
        self._spread = np.where(spread > 0, spread, 1.0)
        self._weight = basis_network(self._inputs(x), y.numpy(), self._schedule, self._rng)
        self._regression.learn(self._basis(x), y.double().numpy())

    def posterior(
        self, z: Float[Tensor, "n d"], y: Float[Tensor, " n"], at: Float[Tensor, "m d"]
    ) -> Posterior:
        basis, at_basis = (self._basis(self._cube.scaled(points).numpy()) for points in (z, at))
        return self._regression.posterior(basis, y.double().numpy(), at_basis)

    def _inputs(self, x: Matrix) -> Matrix:
        """Standardised over the paid points, with a column of ones, in float32."""
        scaled = (x - self._centre) / self._spread
        return np.concatenate([scaled, np.ones((len(x), 1))], axis=1).astype(np.float32)

    def _basis(self, x: Matrix) -> Matrix:
        hidden = torch.from_numpy(self._inputs(x)) @ torch.from_numpy(self._weight)
        return hidden.tanh_().numpy()


def basis_network(inputs: Matrix, y: Vector, schedule: Schedule, rng: np.random.Generator) -> Matrix:
    """First-layer weights (inputs, units) of a network units -> 1 trained on mean squared error by Adam.

    `inputs` ends with a column of ones. Every epoch shuffles the rows and drops the incomplete batch.
    """
    columns, units = inputs.shape[1], schedule.units
    cut = columns * units
    parameters = np.empty(cut + units + 1, dtype=np.float32)
    first, last = parameters[:cut].reshape(columns, units), parameters[cut:]
    first[:] = rng.uniform(-1, 1, first.shape) / np.sqrt(max(columns - 1, 1))
    last[:] = rng.uniform(-1, 1, last.shape) / np.sqrt(units)
    slope, adam = np.zeros_like(parameters), Adam(parameters, schedule.rate)
    first_slope, last_slope = slope[:cut].reshape(columns, units), slope[cut:]
    targets, size = y.astype(np.float32), min(schedule.batch, len(y))
    for _ in range(schedule.epochs):
        for rows in rng.permutation(len(y))[: len(y) // size * size].reshape(-1, size):
            x = inputs[rows]
            hidden = np.tanh(x @ first)
            error = (hidden @ last[:-1] + last[-1] - targets[rows]) * (2 / size)
            last_slope[:-1], last_slope[-1] = error @ hidden, error.sum()
            hidden *= hidden
            np.subtract(1, hidden, out=hidden)
            hidden *= last[:-1]
            hidden *= error[:, None]
            np.matmul(x.T, hidden, out=first_slope)
            adam.step(slope)
    return first


class Adam:
    """Adam (Kingma and Ba, ICLR 2015, algorithm 1) on one vector, in place and without allocations."""

    def __init__(self, parameters: Vector, rate: float) -> None:
        self._parameters, self._rate, self._steps = parameters, rate, 0
        self._mean, self._square = np.zeros_like(parameters), np.zeros_like(parameters)
        self._scratch = np.empty_like(parameters)

    def step(self, slope: Vector) -> None:
        """One step down `slope`."""
        self._steps += 1
        scratch = self._scratch
        np.subtract(slope, self._mean, out=scratch)
        scratch *= 0.1
        self._mean += scratch
        np.multiply(slope, slope, out=scratch)
        scratch -= self._square
        scratch *= 0.001
        self._square += scratch
        np.sqrt(self._square, out=scratch)
        correction = (1 - 0.999**self._steps) ** 0.5
        scratch += 1e-8 * correction
        np.divide(self._mean, scratch, out=scratch)
        scratch *= self._rate * correction / (1 - 0.9**self._steps)
        self._parameters -= scratch


class BayesianRegression:
    """Bayesian linear regression without an intercept (Bishop 2006, sections 3.3 and 3.5)."""

    def __init__(self, evidence: Evidence, rng: np.random.Generator) -> None:
        self._evidence, self._rng = evidence, rng

    def learn(self, basis: Matrix, y: Vector) -> None:
        """log alpha and log noise variance by Nelder-Mead on the marginal likelihood, each within +-10."""
        spectrum = Spectrum.of(basis, y)
        start = self._rng.normal(PRIOR_MEAN) if self._evidence.drawn_start else PRIOR_MEAN
        with np.errstate(all="ignore"):  # a float32 determinant may overflow
            found = minimize(
                lambda log: -log_evidence(spectrum, log[0], log[1], self._evidence),
                start,
                method="Nelder-Mead",
            )
        self.alpha, self.noise = np.exp(found.x)

    def posterior(self, basis: Matrix, y: Vector, at: Matrix) -> Posterior:
        """Predictive mean and standard deviation, noise included (Bishop eq. 3.58 and 3.59)."""
        precision = basis.T.astype(float) @ basis / self.noise + self.alpha * np.eye(basis.shape[1])
        root = cholesky(precision, lower=True)
        half = solve_triangular(root, basis.T @ y / self.noise, lower=True)
        inverse = solve_triangular(root, np.eye(len(root)), lower=True)
        points = torch.from_numpy(at)
        mean = points @ torch.from_numpy(inverse.T @ half).to(points.dtype)
        spread = points @ torch.from_numpy(inverse.T).to(points.dtype)
        return mean.double(), (spread.square_().sum(1).double() + self.noise).sqrt()


@dataclass(frozen=True)
class Spectrum:
    """All that the marginal likelihood needs of basis and labels, from one singular value decomposition."""

    squares: Vector
    """Squared singular values of the basis."""
    projected: Vector
    """Labels in the left singular vectors."""
    outside: float
    """Squared norm of the labels' part outside their span."""
    labels: int
    width: int

    @staticmethod
    def of(basis: Matrix, y: Vector) -> Spectrum:
        left, singular, _ = np.linalg.svd(basis.astype(float), full_matrices=False)
        projected = left.T @ y
        outside = max(float(y @ y - projected @ projected), 0.0)
        return Spectrum(singular**2, projected, outside, len(y), basis.shape[1])


def log_evidence(spectrum: Spectrum, log_alpha: float, log_noise: float, evidence: Evidence) -> float:
    """Log marginal likelihood (Bishop 2006, eq. 3.86); -inf beyond the bounds."""
    if max(abs(log_alpha), abs(log_noise)) > LARGEST_LOG:
        return -np.inf
    alpha, beta = np.exp(log_alpha), np.exp(-log_noise)
    diagonal = alpha + beta * spectrum.squares
    residual = spectrum.outside + float(np.sum((alpha * spectrum.projected / diagonal) ** 2))
    weights = float(np.sum(spectrum.squares * (beta * spectrum.projected / diagonal) ** 2))
    log_determinant = (spectrum.width - len(diagonal)) * log_alpha + float(np.log(diagonal).sum())
    if not evidence.squared_residual:
        residual = residual**0.5
    if not evidence.exact_determinant:
        log_determinant = float(np.log(np.exp(np.float32(log_determinant)) + np.float32(1e-10)))
    value = spectrum.width * log_alpha - spectrum.labels * (log_noise + np.log(2 * np.pi))
    return float(0.5 * (value - beta * residual - alpha * weights - log_determinant))
