"""Latent points in two dimensions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

PERPLEXITY = 30.0


@dataclass(frozen=True, eq=False)
class Plane:
    """The plane through the mean of points along their first two principal components."""

    centre: Float[np.ndarray, " d"]
    axes: Float[np.ndarray, "2 d"]
    """Of unit length."""
    deviations: Float[np.ndarray, " 2"]
    """Of the points along the axes."""

    @staticmethod
    def of(points: Float[np.ndarray, "n d"], rng: np.random.Generator) -> Plane:
        """Of at least two points; a direction that points of one dimension lack is zero."""
        from sklearn.decomposition import PCA

        with np.errstate(invalid="ignore"):  # shares of no variance, where all points are the same
            found = PCA(min(2, *points.shape), random_state=int(rng.integers(2**31))).fit(points)
        axes, deviations = np.zeros((2, points.shape[1])), np.zeros(2)
        axes[: found.n_components_] = found.components_
        deviations[: found.n_components_] = np.sqrt(found.explained_variance_)
        return Plane(found.mean_, axes, deviations)

    def places(self, points: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n 2"]:
        """Coordinates of points, projected onto the plane."""
        return (points - self.centre) @ self.axes.T

    def points(self, places: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n d"]:
        """Points of the plane whose coordinates are given in standard deviations."""
        return self.centre + places * self.deviations @ self.axes


def by_tsne(points: Float[np.ndarray, "n d"], rng: np.random.Generator) -> Float[np.ndarray, "n 2"]:
    """t-SNE (van der Maaten and Hinton 2008), from the principal components on; of at least two points.

    NaN where all points are the same, which the library does not survive.
    """
    from sklearn.manifold import TSNE

    if not np.ptp(points, axis=0).any():
        return np.full((len(points), 2), np.nan)
    perplexity = min(PERPLEXITY, (len(points) - 1) / 3)
    model = TSNE(perplexity=perplexity, random_state=int(rng.integers(2**31)), n_jobs=1)
    return model.fit_transform(np.pad(points, ((0, 0), (0, max(2 - points.shape[1], 0)))))
