"""Latent points as arrays: where cells lie, points drawn around them, and what points decode to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from methods.base import Autoencoder, Decoder, Representation
from methods.candidates import finite
from tabular.cells import Cells

if TYPE_CHECKING:
    from torch import Tensor


def some(cells: Cells, at_most: int, rng: np.random.Generator) -> Cells:
    """So many different rows at random, in random order; all where there are no more."""
    return cells[rng.permutation(len(cells))[:at_most]]


def encoded(representation: Representation, cells: Cells) -> Float[np.ndarray, "n d"]:
    """Latent points that a search sees; `HarnessError` if one is not finite."""
    return numbers(finite(representation.encode(cells)))


def decodes(representation: Representation) -> bool:
    """Whether there are points that decode."""
    return isinstance(representation, Autoencoder | Decoder)


def full(representation: Representation, cells: Cells) -> Float[np.ndarray, "n k"]:
    """The points of cells that decode, which may hold more than what a search sees; else these."""
    if isinstance(representation, Autoencoder):
        return numbers(finite(representation.posterior(cells)[0]))
    return encoded(representation, cells)


def decoded(representation: Representation, points: Float[np.ndarray, "n k"]) -> Cells:
    """The likeliest graph of each full point, or what its `decode` gives where it is a decoder alone."""
    if isinstance(representation, Autoencoder):
        return representation.reconstructed(tensor(points), stochastic=False)
    assert isinstance(representation, Decoder)
    return representation.decode(tensor(points))


def numbers(points: Float[Tensor, "n k"]) -> Float[np.ndarray, "n k"]:
    """In double precision."""
    return points.detach().double().numpy()


def tensor(points: Float[np.ndarray, "n k"]) -> Float[Tensor, "n k"]:
    """In single precision, as methods want them."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(points, dtype=np.float32))


def normal(shape: tuple[int, ...], rng: np.random.Generator) -> Float[Tensor, "n k"]:
    """Standard normal points."""
    return tensor(rng.standard_normal(shape))
