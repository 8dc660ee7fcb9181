"""Predictors of accuracy from latent points: a Gaussian process, ridge regression, a random forest.

All learn the normal scores of the labels' ranks, since accuracies have a long tail of failures that
squared errors would be spent on (NAS-Bench-201 CIFAR-100, 100 labels, one-hot, five draws: Kendall's tau
.585, not .464). What they say is mapped back to accuracies between the labels. None has a setting that was
chosen on a benchmark: the process is that of `gp_bo`, the ridge takes its penalty from the evidence of the
labels, the forest is scikit-learn's with a third of the columns per split.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from jaxtyping import Float

Points = Float[np.ndarray, "n d"]
Numbers = Float[np.ndarray, " n"]

LEARNT_FROM = 250
"""Labels that the kernel's parameters are learnt from; the process then stands on all of them."""
ITERATIONS = 200
TREES = 100
COLUMNS = 1 / 3
SMALLEST = 1e-9
"""Deviation of a column, relative to the largest number, below which it is constant."""


@dataclass(frozen=True)
class Belief:
    """Mean and standard deviation of what is believed of each architecture, without the noise of a label."""

    mean: Numbers
    deviation: Numbers
    """NaN where a predictor has none."""


@dataclass(frozen=True)
class Scores:
    """The way from labels to normal scores and back, piecewise linear between the labels."""

    labels: Numbers
    """Ascending, each once."""
    scores: Numbers

    @staticmethod
    def of(y: Numbers) -> tuple[Scores, Numbers]:
        """And the scores of the labels themselves: normal quantiles of (rank - 1/2) / n, ties averaged."""
        from scipy.special import ndtri
        from scipy.stats import rankdata

        scores = ndtri((rankdata(y) - 0.5) / len(y))
        labels, first = np.unique(y, return_index=True)
        return Scores(labels, scores[first]), scores

    def accuracy(self, score: Numbers) -> Numbers:
        """Of scores; the worst or best label beyond them."""
        return np.interp(score, self.scores, self.labels)

    def inside(self, belief: Belief, truth: Numbers, level: float) -> Float[np.ndarray, " n"]:
        """1 where the truth lies in the central interval of that level, 0 where not, NaN where there is none.

        An end beyond all labels is no end.
        """
        width = NormalDist().inv_cdf(0.5 + level / 2) * belief.deviation
        low, high = belief.mean - width, belief.mean + width
        above = (low < self.scores[0]) | (truth >= self.accuracy(low))
        below = (high > self.scores[-1]) | (truth <= self.accuracy(high))
        return np.where(np.isnan(width) | np.isnan(truth), np.nan, above & below)


class Regressor(ABC):
    """Learns normal scores of labels, as many times as it is asked."""

    @abstractmethod
    def believes(self, z: Points, score: Numbers, at: Points, rng: np.random.Generator) -> Belief:
        """What it says of the points `at`, in scores, after it has learnt those of `z`."""


class Process(Regressor):
    """Exact Gaussian process, a length scale per dimension (`methods.surrogates.gaussian_process`).

    The kernel is learnt from 250 labels at most, and not anew when the same ones come first again.
    """

    def __init__(self) -> None:
        self._from: Points = np.empty((0, 0))

    def believes(self, z: Points, score: Numbers, at: Points, rng: np.random.Generator) -> Belief:
        import torch

        from methods.surrogates.gaussian_process import GaussianProcess
        from methods.surrogates.surrogate import UnitCube

        points, labels, wanted = (torch.from_numpy(np.ascontiguousarray(each)) for each in (z, score, at))
        first = slice(LEARNT_FROM)
        if not np.array_equal(self._from, z[first]):
            self._from, self._cube, self._process = z[first].copy(), UnitCube(), GaussianProcess(ITERATIONS)
            self._cube.fit(points[first], wanted)
            self._process.fit(self._cube.scaled(points[first]), labels[first])
        x, scaled = self._cube.scaled(points), self._cube.scaled(wanted)
        mean, sd = self._process.posterior(x, labels, scaled)
        return Belief(mean.numpy(), sd.numpy())


class Ridge(Regressor):
    """Bayesian ridge regression on standardised columns (MacKay 1992; scikit-learn's)."""

    def believes(self, z: Points, score: Numbers, at: Points, rng: np.random.Generator) -> Belief:
        from sklearn.linear_model import BayesianRidge

        centre, spread = z.mean(0), z.std(0)
        kept = spread > SMALLEST * np.abs(z).max(initial=1.0)
        if not kept.any():
            return Belief(np.full(len(at), score.mean()), np.full(len(at), score.std()))
        x, wanted = ((each - centre)[:, kept] / spread[kept] for each in (z, at))
        model = BayesianRidge().fit(x, score)
        mean, sd = model.predict(wanted, return_std=True)
        return Belief(mean, np.sqrt(np.maximum(sd**2 - 1 / model.alpha_, 0)))


class Forest(Regressor):
    """100 trees, a third of the columns per split; the deviation is that between trees."""

    def believes(self, z: Points, score: Numbers, at: Points, rng: np.random.Generator) -> Belief:
        from sklearn.ensemble import RandomForestRegressor

        seed = int(rng.integers(2**31))
        forest = RandomForestRegressor(TREES, max_features=COLUMNS, random_state=seed, n_jobs=1)
        forest.fit(z.astype(np.float32), score)
        wanted = at.astype(np.float32)
        each = np.array([tree.predict(wanted) for tree in forest.estimators_])
        return Belief(each.mean(0), each.std(0))


REGRESSORS: dict[str, type[Regressor]] = {"gp": Process, "ridge": Ridge, "forest": Forest}
