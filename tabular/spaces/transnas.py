"""The two spaces of TransNAS-Bench-101 (Duan et al., CVPR 2021): cells, and chains of modules."""

from __future__ import annotations

from functools import cache, cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from tabular.cells import PAD, Cells
from tabular.errors import unknown
from tabular.forms import Form
from tabular.space import EnumerableSpace, refuse_outside
from tabular.spaces.cell4 import EDGES, Cell4Space
from tabular.spaces.cell4_forms import transnas_micro_forms
from tabular.spaces.chains import chain_cells, chain_layers
from tabular.spaces.transnas_chains import LONGEST, MODULES, allowed, code_numbers, every_chain, positions
from tabular.spaces.transnas_macro_forms import macro_forms

EDGE_OPS = ("none", "skip_connect", "conv_1x1", "conv_3x3")
SKELETON = (4, 1, 4, 1, 4)
"""Module types of every network of the micro space; each module is two cells."""
MEASURES = ("flops", "params")
STEM_CHANNELS, SIDE = 64, 256
"""Channels behind the stem, and pixels a side of the images (Taskonomy's, as trained)."""


class TransNASMicroSpace(Cell4Space):
    """The NAS-Bench-201 graph with 4 operations, 4,096 cells; the key is the six digits read in base 4.

    The authors define no isomorphism. Classes follow NAS-Bench-201's rule except that a skip connection
    from the cell's input stays an operation: the first cell of modules 1, 3 and 5 halves the resolution
    there, with weights. 1,696 classes. (Collapsing it, 1,236 classes, joins cells whose recorded results
    differ two to four times as much as those of the other classes' members.)
    """

    name = "transnas-micro"
    op_names = ("input", *EDGE_OPS, "output")
    size = 4**6
    digest = "transnas-micro-op-on-node-1"
    complexity_digest = "transnas-micro-1"
    edge_ops = EDGE_OPS
    input_skip_is_identity = False

    @property
    def forms(self) -> tuple[Form, ...]:
        return transnas_micro_forms(self)

    def complexity(self, cells: Cells, measure: str = "flops") -> Float[np.ndarray, " n"]:
        """`flops` (multiply-adds of convolutions, 256 x 256 pixels) or `params` of the encoder, in millions.

        The encoder is the network without the task's head, counted from the authors' network definition.
        """
        constant, table = micro_cost(measure)
        return (constant + table[np.arange(6), self.digits(cells)].sum(axis=1)) / 1e6

    def largest_complexity(self, measure: str = "flops") -> float:
        constant, table = micro_cost(measure)
        return float(constant + table.max(axis=1).sum()) / 1e6


class TransNASMacroSpace(EnumerableSpace):
    """Chains of 4 to 6 modules in 8 vertices; each network is its own class.

    3,256 networks: 1 to 4 modules halve the resolution (types 3 and 4) and 1 to 3 double the channels
    (types 2 and 4). Keys count them by length, then by their digits 1 to 4.
    """

    name = "transnas-macro"
    op_names = ("input", *MODULES, "output")
    vertices = LONGEST + 2
    size = 3256
    digest = "transnas-macro-1"
    complexity_digest = "transnas-macro-1"

    def sample(self, n: int, rng: np.random.Generator) -> Cells:
        return self._all[rng.integers(0, self.size, size=n)]

    def contains(self, cells: Cells) -> Bool[np.ndarray, " n"]:
        layers, chain = chain_layers(cells, LONGEST, len(MODULES))
        return chain & allowed(layers)

    def neighbours(self, cell: Cells) -> Cells:
        """The networks with one module of another type, one more or one less, in key order."""
        (layers,) = self.layers(cell)
        code = layers[layers != PAD].tolist()
        kinds = range(1, len(MODULES) + 1)
        found = [[*code[:at], kind, *code[at + 1 :]] for at in range(len(code)) for kind in kinds]
        found += [[*code[:at], *code[at + 1 :]] for at in range(len(code))]
        found += [[*code[:at], kind, *code[at:]] for at in range(len(code) + 1) for kind in kinds]
        rows = np.array([row + [PAD] * (LONGEST - len(row)) for row in found if len(row) <= LONGEST])
        numbers = np.unique(positions()[code_numbers(rows[allowed(rows)])])
        return self._all[numbers[numbers != self.keys(cell)]]

    def keys(self, cells: Cells) -> Int[np.ndarray, " n"]:
        return positions()[code_numbers(self.layers(cells))]

    def canonical(self, cells: Cells) -> Int[np.ndarray, " n"]:
        return self.keys(cells)

    def relabelled(self, cells: Cells, rng: np.random.Generator) -> Cells:
        return cells

    def complexity(self, cells: Cells, measure: str = "flops") -> Float[np.ndarray, " n"]:
        """As `TransNASMicroSpace.complexity`, of chains of residual blocks."""
        return macro_costs(measure)[self.keys(cells)]

    def largest_complexity(self, measure: str = "flops") -> float:
        return float(macro_costs(measure).max())

    @property
    def forms(self) -> tuple[Form, ...]:
        return macro_forms(self)

    def layers(self, cells: Cells) -> Int[np.ndarray, "n 6"]:
        """Module types from left to right, `PAD` behind the last; `HarnessError` for a cell outside."""
        layers, chain = chain_layers(cells, LONGEST, len(MODULES))
        refuse_outside(chain & allowed(layers), self.name)
        return layers

    def all(self) -> Cells:
        return self._all

    @cached_property
    def _all(self) -> Cells:
        cells = chain_cells(every_chain(), len(MODULES))
        cells.ops.setflags(write=False)  # shared by all runs of a process
        cells.adjacency.setflags(write=False)
        return cells


@cache
def macro_costs(measure: str) -> Float[np.ndarray, " 3256"]:
    """Cost in millions of every network of the macro space, in key order.

    A module is two residual blocks of two 3x3 convolutions; where it changes the tensor's shape, a 1x1
    convolution goes round its first block.
    """
    total = np.full(len(every_chain()), stem_cost(measure), dtype=np.int64)
    channels, side = np.full(len(total), STEM_CHANNELS), np.full(len(total), SIDE // 4)
    for kind in every_chain().T:
        wide = np.where((kind == 2) | (kind == 4), 2 * channels, channels)
        side = np.where(kind >= 3, side // 2, side)
        weights = 9 * wide * (channels + 3 * wide) + np.where(kind > 1, channels * wide, 0)
        normed = wide * np.where(kind > 1, 5, 4)
        added = weights * side**2 if measure == "flops" else weights + 2 * normed
        total += np.where(kind == PAD, 0, added)
        channels = wide
    return total / 1e6


@cache
def micro_cost(measure: str) -> tuple[int, Int[np.ndarray, "6 4"]]:
    """Constant part, and cost of each operation on each edge over the ten cells of a network.

    An edge from the cell's input carries the change of shape in the first cell of a module of type 4: a
    skip connection is then a pair of 1x1 convolutions with half of the channels each.
    """
    table = np.zeros((6, len(EDGE_OPS)), dtype=np.int64)
    channels, side = STEM_CHANNELS, SIDE // 4
    for kind in SKELETON:
        wide, side = (2 * channels, side // 2) if kind == 4 else (channels, side)
        for inputs, reduces in ((channels, kind == 4), (wide, False)):
            for edge, (_, read) in enumerate(EDGES):
                source = inputs if read == 0 else wide
                kernels = (0, int(reduces and read == 0), 1, 9)
                for op, kernel in enumerate(kernels):
                    weights = kernel * source * wide
                    normed = 2 * wide if kernel else 0
                    table[edge, op] += weights * side**2 if measure == "flops" else weights + normed
        channels = wide
    return stem_cost(measure), table


def stem_cost(measure: str) -> int:
    """Cost of the two strided 3x3 convolutions before the first module."""
    if measure not in MEASURES:
        raise unknown("complexity measure", measure, MEASURES)
    half = STEM_CHANNELS // 2
    first, second = 27 * half, 9 * half * STEM_CHANNELS
    if measure == "flops":
        return first * (SIDE // 2) ** 2 + second * (SIDE // 4) ** 2
    return first + 2 * half + second + 2 * STEM_CHANNELS
