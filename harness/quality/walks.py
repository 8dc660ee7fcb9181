"""Random walks of mutations, and whether what is measured along them grows."""

from __future__ import annotations

import warnings

import numpy as np
from jaxtyping import Float, Int

from tabular.cells import Cells
from tabular.space import SearchSpace


def random_walks(space: SearchSpace, starts: Cells, steps: int, rng: np.random.Generator) -> list[Cells]:
    """The cells of all walks after 0 .. `steps` mutations, row by row a walk.

    Every step goes to a random neighbour where the walk has not been; to any of them if there is no other,
    and nowhere if there is none.
    """
    here, path = starts, [starts]
    been = [{key} for key in space.keys(starts).tolist()]
    for _ in range(steps):
        chosen = []
        for row, keys in enumerate(been):
            around = space.neighbours(here[[row]])
            if not len(around):
                around = here[[row]]
            names = space.keys(around)
            fresh = np.flatnonzero(~np.isin(names, list(keys)))
            place = int(rng.choice(fresh)) if len(fresh) else int(rng.integers(len(around)))
            keys.add(int(names[place]))
            chosen.append(around[[place]])
        here = Cells.concatenate(chosen)
        path.append(here)
    return path


def steps_apart(
    walks: Float[np.ndarray, "walks places d"],
) -> tuple[Int[np.ndarray, "walks pairs"], Float[np.ndarray, "walks pairs"]]:
    """Of all pairs of places of each walk how many steps lie between them, and how far apart they are."""
    first, second = np.triu_indices(walks.shape[1], 1)
    apart = np.linalg.norm(walks[:, second] - walks[:, first], axis=2)
    return np.tile(second - first, (len(walks), 1)), apart


def in_order(values: Float[np.ndarray, "walks steps"]) -> float:
    """Share of pairs of a row's values that grow from the earlier to the later one; equal ones count half.

    1: every row grows throughout; 1/2 is expected by chance. It is (tau + 1) / 2 of Kendall's tau.
    """
    first, second = np.triu_indices(values.shape[1], 1)
    return float((np.sign(values[:, second] - values[:, first]) / 2 + 0.5).mean())


def rank_correlation(
    one: Float[np.ndarray, " n"] | Int[np.ndarray, " n"], other: Float[np.ndarray, " n"]
) -> float:
    """Spearman's; NaN where either is constant."""
    from scipy.stats import spearmanr  # reports read what is measured without scipy, which takes a second

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(spearmanr(one, other).statistic)
