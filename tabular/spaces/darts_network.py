"""What a DARTS network on CIFAR-10 costs, operation by operation: parameters and multiply-adds.

Liu et al., ICLR 2019, section 3.2 and the authors' evaluation network: a 3x3 stem of three times the
initial channels; cells of which those at one and two thirds of the depth reduce, doubling the channels;
1x1 convolutions on both inputs of every cell; global pooling and one linear layer. Batch normalisation is
counted among the parameters and, like pooling and addition, not among the multiply-adds. The auxiliary
head, which exists in training alone, is left out, as the authors leave it out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from tabular.errors import unknown
from tabular.spaces.darts_cell import OPS

MEASURES = ("flops", "params")
MULTIPLIER, CLASSES, SIDE = 4, 10, 32


@dataclass(frozen=True)
class Layer:
    """One cell of the network: its channels, those of its two inputs, the side lengths before and after."""

    reduces: bool
    channels: int
    inputs: tuple[int, int]
    side_in: int
    side_out: int


def layers(channels: int, depth: int) -> list[Layer]:
    """The cells of a network of that many initial channels and cells, the first first."""
    found, inputs, side = [], (3 * channels, 3 * channels), SIDE
    for index in range(depth):
        reduces = index in (depth // 3, 2 * depth // 3)
        channels, after = (2 * channels, side // 2) if reduces else (channels, side)
        found.append(Layer(reduces, channels, inputs, side, after))
        inputs, side = (inputs[1], MULTIPLIER * channels), after
    return found


def operation_costs(channels: int, side: int, measure: str) -> Float[np.ndarray, "2 7"]:
    """Of each operation at that output side, [0] with stride 1 and [1] with stride 2.

    A strided operation costs what it costs at its output's side, but a strided skip connection is a pair
    of 1x1 convolutions (the authors' factorised reduction).
    """
    norm = 2 * channels if measure == "params" else 0
    positions = side**2 if measure == "flops" else 1
    point = channels**2 * positions + norm
    three, five = point + 9 * channels * positions, point + 25 * channels * positions
    costs = {
        "sep_conv_3x3": 2 * three,
        "sep_conv_5x5": 2 * five,
        "dil_conv_3x3": three,
        "dil_conv_5x5": five,
    }
    plain = [float(costs.get(op, 0)) for op in OPS]
    return np.array(
        [plain, [float(point) if op == "skip_connect" else c for op, c in zip(OPS, plain, strict=True)]]
    )


@dataclass(frozen=True)
class NetworkCost:
    """The cost of any architecture in millions: `constant` and what every operation adds to it.

    `of_op[kind, node, op]` is the sum over all cells of the kind (0 normal, 1 reduction) of an operation
    that reads the node (0..5; in a reduction cell those that read an input have stride 2).
    """

    constant: float
    of_op: Float[np.ndarray, "2 6 7"]

    @staticmethod
    def of(channels: int, depth: int, measure: str) -> NetworkCost:
        """Of networks of that many initial channels and cells; `measure` is one of `MEASURES`."""
        if measure not in MEASURES:
            raise unknown("measure", measure, MEASURES)
        counts_params = measure == "params"
        of_op, stem = np.zeros((2, 6, len(OPS))), 3 * channels
        constant = 27 * stem * (1 if counts_params else SIDE**2) + 2 * stem * counts_params
        found = layers(channels, depth)
        for layer in found:
            entry = sum(layer.inputs) * layer.channels
            constant += (
                entry * (1 if counts_params else layer.side_in**2) + 4 * layer.channels * counts_params
            )
            plain, strided = operation_costs(layer.channels, layer.side_out, measure)
            of_op[int(layer.reduces), :2] += strided if layer.reduces else plain
            of_op[int(layer.reduces), 2:] += plain
        constant += (MULTIPLIER * found[-1].channels + counts_params) * CLASSES
        return NetworkCost(constant / 1e6, of_op / 1e6)

    def __call__(
        self, kind: int, reads: Int[np.ndarray, "n 8"], ops: Int[np.ndarray, "n 8"]
    ) -> Float[np.ndarray, " n"]:
        """What the eight operations of the cells of one kind add, in millions."""
        return self.of_op[kind][reads, ops].sum(axis=1)

    @property
    def largest(self) -> float:
        """Of the costliest architecture: the costliest operation costs as much wherever it reads."""
        return float(self.constant + 8 * self.of_op.max(axis=(1, 2)).sum())
