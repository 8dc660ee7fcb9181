"""Steps of Bayesian optimisation in a latent space: fit, climb, fill a batch, remember what was asked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import minimize
from torch import Tensor

from methods.surrogates.sparse_gp import SparsePlan, SparsePosterior, fit_sparse_gp
from methods.surrogates.surrogate import log_expected_improvement, standardise
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace
from tabular.spaces.pool import whole

Value = Callable[[Float[Tensor, "m k"]], Float[Tensor, " m"]]


def fitted(
    x: Float[Tensor, "n k"], accuracy: Float[np.ndarray, " n"], plan: SparsePlan
) -> tuple[SparsePosterior, float]:
    """A process on standardised labels, and the best of these."""
    y = standardise(torch.from_numpy(accuracy))
    return fit_sparse_gp(x, y, plan), float(y.max())


def climb(
    value: Value,
    starts: Float[Tensor, "m k"],
    low: Float[Tensor, "*m k"],
    high: Float[Tensor, "*m k"],
    iterations: int,
) -> Float[Tensor, "m k"]:
    """L-BFGS-B on all points together, each inside its box; float64."""
    if not iterations:
        return starts

    def loss(flat: Float[np.ndarray, " mk"]) -> tuple[float, Float[np.ndarray, " mk"]]:
        points = torch.tensor(flat).view_as(starts).requires_grad_(True)
        total = -value(points).sum()
        (slope,) = torch.autograd.grad(total, points)
        return total.item(), slope.flatten().numpy()

    bounds = [each.expand_as(starts).flatten().numpy() for each in (low, high)]
    start = starts.flatten().numpy().clip(*bounds)
    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=np.stack(bounds, axis=1),
        options={"maxiter": iterations},
    )
    return torch.tensor(found.x).view_as(starts)


@torch.no_grad()
def fill(posterior: SparsePosterior, points: Float[Tensor, "m k"], best: float, n: int) -> list[int]:
    """Rows of n points (or all) by expected improvement, one by one, the mean believed at each before."""
    chosen: list[int] = []
    is_open = torch.ones(len(points), dtype=torch.bool)
    while len(chosen) < min(n, len(points)):
        score = log_expected_improvement(*posterior(points), best)
        row = int(score.masked_fill(~is_open, -torch.inf).argmax())
        chosen.append(row)
        is_open[row] = False
        posterior = posterior.believing(points[[row]])
    return chosen


def best_in_box(
    value: Value,
    starts: Float[Tensor, "m k"],
    low: Float[Tensor, " k"],
    high: Float[Tensor, " k"],
    iterations: int,
) -> Float[Tensor, "1 k"]:
    """The best of the starts, climbed from."""
    with torch.no_grad():
        first = starts[[int(value(starts).argmax())]]
    return climb(value, first, low, high, iterations)


class Asked:
    """The points asked about so far with what they decoded to: D-VAE's code learns labels at these points."""

    def __init__(self) -> None:
        self._points: list[Tensor] = []
        self._keys: list[int | None] = []
        self._own: set[int] = set()
        """What was paid for before any point decoded to it: the initial design, random queries."""
        self._first: Tensor | None = None

    def add(self, points: Float[Tensor, "m d"], space: SearchSpace, cells: Cells) -> None:
        """Points and their decodings, which may be invalid."""
        valid = whole(space).contains(cells)
        keys = iter(space.keys(cells[np.flatnonzero(valid)]).tolist())
        self._points += points.unbind()
        self._keys += [next(keys) if is_valid else None for is_valid in valid]

    def training_set(
        self, encoded: Float[Tensor, "n d"], observed: Observations
    ) -> tuple[Float[Tensor, "m d"], Float[np.ndarray, " m"]]:
        """Points and accuracies: encodings of what was not first paid for at the wish of a point, then the
        points. An invalid one has the worst accuracy paid for; one that was not answered is left out.

        `encoded` are the encodings of `observed.distinct()`. If they have moved, the points are forgotten.
        """
        if self._first is None or not torch.allclose(self._first, encoded[0], atol=1e-4):
            self._first, self._points, self._keys, self._own = encoded[0], [], [], set()
        labels = observed.distinct()
        answers: dict[int | None, float] = {None: labels.accuracy.min()}
        answers |= zip(observed.keys.tolist(), observed.accuracy.tolist(), strict=True)
        self._own |= set(labels.keys.tolist()) - set(self._keys)
        others = np.array([row for row, key in enumerate(labels.keys.tolist()) if key in self._own], int)
        rows = [row for row, key in enumerate(self._keys) if key in answers]
        points = torch.stack([*encoded[torch.from_numpy(others)], *(self._points[row] for row in rows)])
        answered = [answers[self._keys[row]] for row in rows]
        return points, np.concatenate([labels.accuracy[others], answered])
