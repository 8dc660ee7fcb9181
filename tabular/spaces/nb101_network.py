"""Parameters and multiply-adds of the CIFAR-10 network that NAS-Bench-101 builds from a cell.

NAS-Bench-101 (Ying et al., ICML 2019), section 2.1 and supplement S1, with the details of the authors'
`model_builder.py`: a 3x3 stem of 128 channels, three stacks of three cells, a 2x2 max-pooling that halves
the image and a doubling of the channels between stacks, global average pooling and a dense layer.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int64

from tabular.cells import Cells
from tabular.spaces.nb101_graphs import CONV1, CONV3, last_vertex

STEM, CLASSES, CELLS_PER_STACK = 128, 10, 3
STACKS = ((128, 128, 32), (128, 256, 16), (256, 512, 8))
"""Channels into the first cell of a stack, channels of the stack, side of the image in pixels."""
Count = int | np.ndarray


def network_complexity(cells: Cells, measure: str) -> Float[np.ndarray, " n"]:
    """`params` (trainable, batch norm's scale and shift included) or `flops` (multiply-adds), in millions.

    Multiply-adds are those of convolutions and the dense layer; batch norm, pooling and sums are not
    counted. The cells must be valid. They depend on the order of a cell's vertices where the output's
    channels do not divide evenly: earlier vertices then get one more (`compute_vertex_channels`).
    """
    flops = measure == "flops"
    total = np.full(len(cells), _convolution(3, 3, STEM, 32 if flops else 0), dtype=np.int64)
    for entering, channels, side in STACKS:
        for into, repeats in ((entering, 1), (channels, CELLS_PER_STACK - 1)):
            total += repeats * _cell(cells, into, channels, side if flops else 0)
    return (total + (512 * CLASSES if flops else 513 * CLASSES)) / 1e6


def _cell(cells: Cells, into: int, channels: int, side: int) -> Int64[np.ndarray, " n"]:
    """One cell's count: multiply-adds at an image of `side` pixels, or parameters if `side` is 0."""
    width = vertex_channels(cells, channels)
    projected = np.where(cells.adjacency[:, 0], _convolution(1, into, width, side), 0)
    conv1 = np.where(cells.ops == CONV1, _convolution(1, width, width, side), 0)
    conv3 = np.where(cells.ops == CONV3, _convolution(3, width, width, side), 0)
    return (projected + conv1 + conv3).sum(axis=1)


def _convolution(kernel: int, into: Count, out: Count, side: int) -> Count:
    """A convolution without bias: multiply-adds, or its parameters and batch norm's if `side` is 0."""
    weights = kernel * kernel * into * out
    return weights * side * side if side else weights + 2 * out


def vertex_channels(cells: Cells, channels: int) -> Int64[np.ndarray, "n v"]:
    """Channels of every vertex of cells that put out `channels`; 0 for the input and for `PAD`.

    The inner vertices that feed the output share its channels, the first ones taking what does not
    divide; every other inner vertex has as many as the largest it feeds (paper, supplement S1).
    """
    n, width = cells.ops.shape
    rows, last = np.arange(n), last_vertex(cells.ops)
    feeding = cells.adjacency[rows, :, last]
    feeding[:, 0] = False
    sharers = np.maximum(feeding.sum(axis=1), 1)[:, None]
    rank = np.cumsum(feeding, axis=1) - 1
    result = np.where(feeding, channels // sharers + (rank < channels % sharers), 0)
    for vertex in range(width - 2, 0, -1):
        largest = np.where(cells.adjacency[:, vertex], result, 0).max(axis=1)
        result[:, vertex] = np.where(feeding[:, vertex], result[:, vertex], largest)
    result[rows, last] = channels
    return result
