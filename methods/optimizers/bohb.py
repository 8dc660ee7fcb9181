"""BOHB: Hyperband whose new architectures are drawn where good ones are dense (Falkner et al., ICML 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from jaxtyping import Float, Int
from pydantic import Field

from methods.base import MultiFidelity, Optimizer
from methods.hyper import describe
from methods.optimizers._successive_halving import SuccessiveHalving, paper_size
from methods.optimizers._variables import Variables
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace, sample_unseen

NBM = "automl/nas_benchmarks, NAS-Bench-101 (section 2.5)"
HPBANDSTER = "HpBandSter"
NORMAL_REFERENCE = 1.06
"""Factor of the rule of thumb for bandwidths, as in statsmodels, which HpBandSter uses."""


class BOHB(Optimizer["BOHB.Hyper"], MultiFidelity):
    """Algorithm 2 on categorical variables, in Hyperband's brackets (see `_successive_halving`).

    `published` follows HpBandSter, which the tabular benchmarks' code uses, where it departs from the paper.
    """

    @dataclass(frozen=True)
    class Hyper:
        eta: Annotated[int, Field(ge=2)] = describe(
            3, "one in eta architectures of a rung reaches the next", NBM
        )
        samples: Annotated[int, Field(ge=1)] = describe(
            64, "draws of which the best is proposed (NAS-Bench-201 authors: 4)", NBM
        )
        random_fraction: Annotated[float, Field(ge=0, le=1)] = describe(
            0.33, "share of random architectures (NAS-Bench-201 authors: 0)", NBM
        )
        first_rung: Literal["ceiling", "floor"] = describe(
            "ceiling",
            "architectures a bracket starts with: (s_max + 1) eta^s / (s + 1) rounded up, or the floor of "
            "(s_max + 1) / (s + 1), times eta^s",
            f"Hyperband's algorithm 1; {HPBANDSTER}",
            published="floor",
        )
        overlap: bool = describe(
            True,
            "good and bad labels may overlap, and k + 3 make a model of k variables; else it takes 2 (k + 1)",
            f"paper eqs. 2 and 3; {HPBANDSTER}",
            published=False,
        )
        bandwidths: Literal["shares", "numbers"] = describe(
            "shares",
            "rule of thumb for the spread of a variable's values, or of their numbers, as if on a scale",
            f"ours; {HPBANDSTER} by statsmodels",
            published="numbers",
        )
        draws: Literal["widened", "plain"] = describe(
            "widened",
            "how a draw leaves its centre: to other values, by the bandwidth times `bandwidth_factor`; or to "
            "any value, the same included, by the bandwidth",
            f"paper section 3.2; {HPBANDSTER}, whose factor is for continuous variables",
            published="plain",
        )
        bandwidth_factor: Annotated[float, Field(ge=1)] = describe(
            3.0, "draws come from the good density this much wider", NBM, when={"draws": "widened"}
        )
        min_bandwidth: Annotated[float, Field(gt=0, lt=1)] = describe(
            0.3, "lowest bandwidth of a variable that the number of its values allows", NBM
        )
        top_fraction: Annotated[float, Field(gt=0, lt=1)] = describe(
            0.15, "share of the labels that are good", "HpBandSter's default"
        )

    def setup(self) -> None:
        size = paper_size if self.hyper.first_rung == "ceiling" else floored_size
        self._halving = SuccessiveHalving(self.hyper.eta, size)
        self._schedules: tuple[int, ...] = ()
        self._variables: Variables | None = None

    def schedule(self, schedules: tuple[int, ...], observed: Observations) -> int:
        self._schedules = schedules
        return self._halving.advance(schedules, observed)

    @property
    def batch(self) -> int:
        """A first rung is filled one by one, as every answer changes the densities."""
        return 1 if self._halving.promoted is None else self._halving.missing

    def propose(self, space: SearchSpace, representation: Any, observed: Observations, n: int) -> Cells:
        if self._halving.promoted is not None:
            return self._halving.promoted
        if self._variables is None:
            self._variables = Variables(space, self.rng)
        variables, fewest = self._variables, len(self._variables.sizes) + 1
        labels = self._labels(observed, fewest)
        if labels is None or self.rng.random() < self.hyper.random_fraction:
            return sample_unseen(space, space.keys, observed.known, n, self.rng)
        values, levels = variables.encode(labels.cells), np.array(variables.sizes)
        good, bad = self._good_and_bad(labels, fewest)
        estimate = by_shares if self.hyper.bandwidths == "shares" else by_numbers
        of_good, of_bad = (estimate(values[rows], levels, self.hyper.min_bandwidth) for rows in (good, bad))
        draws = self._draws(of_good, levels)
        return variables.decode(draws[[best_ratio(of_good(draws), of_bad(draws))]])

    def _labels(self, observed: Observations, fewest: int) -> Observations | None:
        """Paid labels of the longest schedule that has enough of them for a model, if one has."""
        enough = fewest + 2 if self.hyper.overlap else 2 * fewest
        for epochs in reversed(self._schedules):
            labels = observed.distinct().at(epochs)
            if len(labels) >= enough:
                return labels
        return None

    def _good_and_bad(
        self, labels: Observations, fewest: int
    ) -> tuple[Int[np.ndarray, " good"], Int[np.ndarray, " bad"]]:
        """Positions of the best and of the worst labels, at least `fewest` of each (eqs. 2 and 3).

        The two may `overlap` while there are few.
        """
        order = np.argsort(-labels.accuracy, kind="stable")
        good = max(fewest, int(self.hyper.top_fraction * len(labels)))
        bad = max(fewest, len(labels) - good) if self.hyper.overlap else len(labels) - good
        return order[:good], order[-bad:]

    def _draws(self, density: Density, levels: Int[np.ndarray, " k"]) -> Int[np.ndarray, "samples k"]:
        """Draws from a density: each a centre of which some variables change their value."""
        rows = self.rng.integers(len(density.centres), size=self.hyper.samples)
        centres, changes = density.centres[rows], density.bandwidth
        if self.hyper.draws == "widened":
            changes = widened(changes, self.hyper.bandwidth_factor, levels) * levels / (levels - 1)
        changed = self.rng.random(centres.shape) < changes
        return np.where(changed, self.rng.integers(levels, size=centres.shape), centres)


def floored_size(eta: int, deepest: int, s: int) -> int:
    """Architectures a bracket starts with in HpBandSter: a floor where the paper has a ceiling."""
    return (deepest + 1) // (s + 1) * eta**s


@dataclass(frozen=True)
class Density:
    """Product kernel density of categorical variables (Aitchison and Aitken, Biometrika 1976)."""

    centres: Int[np.ndarray, "n k"]
    bandwidth: Float[np.ndarray, " k"]
    """Mass a kernel gives away: a centre's value has 1 - bandwidth, the other values share the rest."""
    levels: Int[np.ndarray, " k"]

    def __call__(self, values: Int[np.ndarray, "m k"]) -> Float[np.ndarray, " m"]:
        """Mean of the kernels at each of the values."""
        with np.errstate(divide="ignore", invalid="ignore"):  # by numbers: a single level, so 1 / 0
            away = self.bandwidth / (self.levels - 1)
            kernel = np.where(values[:, None] == self.centres, 1 - self.bandwidth, away)
            return kernel.prod(axis=2).mean(axis=1)


def by_shares(values: Int[np.ndarray, "n k"], levels: Int[np.ndarray, " k"], floor: float) -> Density:
    """Density of the values, each variable with its number of levels.

    The bandwidth is the rule of thumb, for the spread sqrt((1 - sum p^2) / 2) of the shares p of the
    values: with two values the standard deviation, with more it does not depend on how they are numbered.
    """
    n, k = values.shape
    shares = [np.bincount(column, minlength=size) / n for column, size in zip(values.T, levels, strict=True)]
    spread = np.sqrt([(1 - (share**2).sum()) / 2 for share in shares])
    bandwidth = NORMAL_REFERENCE * spread * n ** (-1 / (4 + k))
    return Density(values, widened(np.maximum(bandwidth, floor), 1.0, levels), levels)


def by_numbers(values: Int[np.ndarray, "n k"], levels: Int[np.ndarray, " k"], floor: float) -> Density:
    """Density of the values as HpBandSter has it from statsmodels.

    The rule of thumb takes the standard deviation of the values' numbers, and may exceed 1. Levels are
    those the data show: a value that all of them lack, where they agree, has infinite density.
    """
    n, k = values.shape
    shown = np.array([len(np.unique(column)) for column in values.T])
    bandwidth = NORMAL_REFERENCE * values.std(axis=0) * n ** (-1 / (4 + k))
    return Density(values, np.maximum(bandwidth, floor), shown)


def widened(
    bandwidth: Float[np.ndarray, " k"], factor: float, levels: Int[np.ndarray, " k"]
) -> Float[np.ndarray, " k"]:
    """The bandwidth times the factor, at most that of the uniform kernel."""
    return np.minimum(factor * bandwidth, (levels - 1) / levels)


def best_ratio(good: Float[np.ndarray, " m"], bad: Float[np.ndarray, " m"]) -> int:
    """Position of the highest good / bad.

    Only densities `by_numbers` can be infinite. Then, as in HpBandSter: the first draw whose bad density
    alone is so is taken at once.
    """
    with np.errstate(invalid="ignore"):
        loss = np.fmax(bad, 1e-32) / np.maximum(good, 1e-32)
    at_once = np.flatnonzero(np.isinf(loss) & np.isfinite(good))
    return int(at_once[0] if len(at_once) else np.argmin(np.nan_to_num(loss, nan=np.inf)))
