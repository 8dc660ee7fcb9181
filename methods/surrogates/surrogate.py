"""What models of accuracy over latent points have in common, and how their predictions become a score."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from tabular.errors import HarnessError

Posterior = tuple[Float[Tensor, " m"], Float[Tensor, " m"]]


class Surrogate(ABC):
    """Predicts labels at latent points with an uncertainty. Labels are on the caller's scale throughout."""

    @abstractmethod
    def learn(self, z: Float[Tensor, "n d"], y: Float[Tensor, " n"], at: Float[Tensor, "m d"]) -> None:
        """Hyper-parameters from labels y at points z; `at` are the candidates, for their range alone."""

    @abstractmethod
    def posterior(
        self, z: Float[Tensor, "n d"], y: Float[Tensor, " n"], at: Float[Tensor, "m d"]
    ) -> Posterior:
        """Mean and standard deviation at the m candidates given labels, with what `learn` found."""


class UnitCube:
    """Scales latent points so that the candidates of a round span the unit cube.

    A column that never varied so far is left out. One that varied once stays, so that a model with a
    length scale per column keeps them while a pool of candidates changes.
    """

    def __init__(self) -> None:
        self._varied: Bool[Tensor, " d"] | None = None
        self._table: Tensor | None = None

    def fit(self, z: Float[Tensor, "n d"], at: Float[Tensor, "m d"]) -> bool:
        """Take the range of both; True if columns vary that never did before."""
        if at is not self._table:  # a table stays the same tensor throughout a run
            self._table, self._range = at, (at.amin(0), at.amax(0))
        low = torch.minimum(z.amin(0), self._range[0]).double()
        high = torch.maximum(z.amax(0), self._range[1]).double()
        before = self._varied
        self._varied = high > low if before is None else (high > low) | before
        if not self._varied.any():
            raise HarnessError("the representation gives all architectures the same latent point")
        width = (high - low)[self._varied]
        self._low, self._width = low[self._varied], torch.where(width > 0, width, 1.0)
        return before is None or not torch.equal(before, self._varied)

    def scaled(self, z: Float[Tensor, "n d"]) -> Float[Tensor, "n k"]:
        """In float64, by the range of the last `fit`."""
        assert self._varied is not None
        return (z[:, self._varied].double() - self._low) / self._width


def standardise(y: Float[Tensor, " n"], at: Float[Tensor, "*m"] | None = None) -> Float[Tensor, "*m"]:
    """`at` (the labels y, if not given) by the mean and deviation of y: nothing from the table."""
    spread = y.std() if len(y) > 1 else y.new_tensor(0.0)
    return ((y if at is None else at) - y.mean()) / spread.clamp_min(1e-9)


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


def scripted_improvement(
    mean: Float[Tensor, " m"], sd: Float[Tensor, " m"], target: float, slipped: bool
) -> Float[Tensor, " m"]:
    """Expected improvement as arch2vec's scripts compute it, in float32.

    The variance stands where the standard deviation belongs. `slipped` is their supervised script, in
    which a missing pair of brackets makes u = mean - target / variance.
    """
    mean, variance = mean.float(), sd.float().square()
    u = mean - target / variance if slipped else (mean - target) / variance
    pdf = torch.exp(-0.5 * u * u) / math.sqrt(2 * math.pi)
    return variance * (pdf + u * torch.special.ndtr(u))
