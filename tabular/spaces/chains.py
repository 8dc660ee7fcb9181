"""Architectures that are chains: input, some layers in a row, output."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int

from tabular.cells import PAD, Cells


def chain_cells(layers: Int[np.ndarray, "n k"], kinds: int) -> Cells:
    """Cells of k + 2 vertices: operation 0 is the input, 1 .. `kinds` the layers, `kinds` + 1 the output.

    `layers` holds the layer operations from left to right; `PAD` after the last layer of a shorter chain,
    whose output then follows its last layer.
    """
    n, k = layers.shape
    length = (layers != PAD).sum(axis=1)
    ops = np.full((n, k + 2), PAD, dtype=np.int8)
    ops[:, 0] = 0
    ops[:, 1 : k + 1] = layers
    ops[np.arange(n), length + 1] = kinds + 1
    adjacency = np.zeros((n, k + 2, k + 2), dtype=bool)
    left = np.arange(k + 1)
    adjacency[:, left, left + 1] = left <= length[:, None]
    return Cells(adjacency, ops)


def chain_layers(cells: Cells, k: int, kinds: int) -> tuple[Int[np.ndarray, "n k"], Bool[np.ndarray, " n"]]:
    """Inverse of `chain_cells`: the layers, and True where a graph is such a chain to the last bit.

    Of a graph that is none the layers are meaningless.
    """
    n = len(cells)
    if cells.ops.shape[1] != k + 2:
        return np.full((n, k), PAD, dtype=np.int8), np.zeros(n, dtype=bool)
    is_layer = (cells.ops[:, 1 : k + 1] >= 1) & (cells.ops[:, 1 : k + 1] <= kinds)
    inside = np.logical_and.accumulate(is_layer, axis=1)
    layers = np.where(inside, cells.ops[:, 1 : k + 1], PAD).astype(np.int8)
    again = chain_cells(layers, kinds)
    same = (again.ops == cells.ops).all(axis=1) & (again.adjacency == cells.adjacency).all(axis=(1, 2))
    return layers, same
