"""The best of many candidates without knowing everything of all of them.

A score that rises with the standard deviation is at most what it would be at an upper bound of that. The
candidates that even so fall below the best exact scores need no exact one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Score = Callable[[Float[Tensor, " k"], Float[Tensor, " k"]], Float[Tensor, " k"]]
"""Of means and standard deviations; rises with the latter."""
FIRST = 4096
"""Candidates that are looked at exactly before any is left out."""
LARGE = 1 << 15
"""Candidates from which on bounds are quicker enough. Among fewer every score is exact, to the last bit that
decides between candidates a kernel cannot tell apart: stored runs were made so."""


@dataclass(frozen=True)
class Bounds:
    """What is known of m candidates at little cost."""

    mean: Float[Tensor, " m"]
    most: Float[Tensor, " m"]
    """No standard deviation is above it."""
    exact: Callable[[Int[Tensor, " k"]], Float[Tensor, " k"]]
    """The standard deviations of some."""


class Bounded(ABC):
    """A surrogate whose standard deviations have cheap upper bounds."""

    @abstractmethod
    def bounds(self, z: Float[Tensor, "n d"], y: Float[Tensor, " n"], at: Float[Tensor, "m d"]) -> Bounds:
        """As `Surrogate.posterior`, but for standard deviations that were not asked for."""


def leading_scores(
    bounds: Bounds, score: Score, is_open: Bool[Tensor, " m"], wanted: int
) -> Float[Tensor, " m"]:
    """Scores, exact for the `wanted` best of the open candidates and whoever equals them.

    The others' are upper bounds below those; -inf where a candidate is not open.
    """
    found = torch.where(is_open, score(bounds.mean, bounds.most), -torch.inf)
    first = torch.topk(found, min(max(FIRST, wanted), len(found))).indices
    # a score may round the other way at the bound than at what it bounds
    least = _made_exact(found, first, bounds, score).topk(min(wanted, len(first))).values[-1] - 1e-9
    may_lead = found >= least
    may_lead[first] = False
    _made_exact(found, may_lead.nonzero().squeeze(1), bounds, score)
    return found


def _made_exact(
    found: Float[Tensor, " m"], rows: Int[Tensor, " k"], bounds: Bounds, score: Score
) -> Float[Tensor, " k"]:
    """Put exact scores in the place of bounds, but for -inf; those of the rows."""
    rows_open = found[rows] > -torch.inf
    exact = score(bounds.mean[rows], bounds.exact(rows))
    found[rows] = torch.where(rows_open, exact, -torch.inf)
    return found[rows]
