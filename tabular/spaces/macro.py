"""The NAS-Bench-Macro space (Su et al., CVPR 2021): 3 choices for each of 8 layers, 6,561 networks."""

from __future__ import annotations

from functools import cache, cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from tabular.cells import Cells
from tabular.errors import unknown
from tabular.forms import Form, digits, one_by_one, row_form
from tabular.space import EnumerableSpace, refuse_outside
from tabular.spaces.chains import chain_cells, chain_layers
from tabular.spaces.classes import Classes

LAYERS, CHOICES = 8, 3
STAGES = ((0, 2), (2, 5), (5, 8))
"""First layer of each stage and the layer after its last; the first one halves the resolution."""
POWERS = CHOICES ** np.arange(LAYERS - 1, -1, -1, dtype=np.int64)
BLOCKS = ((3, 3), (6, 5))
"""Expansion and kernel of the inverted residual blocks, choices 1 and 2."""


class MacroSpace(EnumerableSpace):
    """Chains of ten vertices: input, eight layers, output; the key is the eight digits read in base 3."""

    name = "macro"
    op_names = ("input", "identity", "mb3_k3", "mb6_k5", "output")
    vertices = LAYERS + 2
    size = CHOICES**LAYERS
    digest = "macro-1"
    complexity_digest = "macro-1"

    def sample(self, n: int, rng: np.random.Generator) -> Cells:
        return self._cells(rng.integers(0, CHOICES, size=(n, LAYERS), dtype=np.int8))

    def contains(self, cells: Cells) -> Bool[np.ndarray, " n"]:
        layers, chain = chain_layers(cells, LAYERS, CHOICES)
        return chain & (layers > 0).all(axis=1)

    def neighbours(self, cell: Cells) -> Cells:
        """The 16 networks that differ in one layer."""
        (digits,) = self._digits(cell)
        rows = np.repeat(digits[None], 2 * LAYERS, axis=0)
        layer, step = np.repeat(np.arange(LAYERS), 2), np.tile([1, 2], LAYERS)
        rows[np.arange(2 * LAYERS), layer] = (digits[layer] + step) % CHOICES
        return self._cells(rows)

    def keys(self, cells: Cells) -> Int[np.ndarray, " n"]:
        return self._digits(cells).astype(np.int64) @ POWERS

    def canonical(self, cells: Cells) -> Int[np.ndarray, " n"]:
        """Smallest key of the networks that are the same function; 3,969 classes.

        Behind the first layer of a stage an identity does nothing, so only the order of the other layers
        counts (the authors trained one network of each class and recorded it for all of its members).
        """
        return isomorphism_classes().of[self.keys(cells)]

    def relabelled(self, cells: Cells, rng: np.random.Generator) -> Cells:
        return self.all()[isomorphism_classes().draw(self.keys(cells), rng)]

    def complexity(self, cells: Cells, measure: str = "flops") -> Float[np.ndarray, " n"]:
        """As the authors' code counts the CIFAR-10 network; equal to all 6,561 recorded values."""
        constant, table = cost(measure)
        return (constant + table[np.arange(LAYERS), self._digits(cells)].sum(axis=1)) / 1e6

    def largest_complexity(self, measure: str = "flops") -> float:
        constant, table = cost(measure)
        return float(constant + table.max(axis=1).sum()) / 1e6

    @property
    def forms(self) -> tuple[Form, ...]:
        key = Form(
            "key",
            "eight digits 0..2, as in the published file",
            write=lambda cells: ["".join(map(str, row)) for row in self._digits(cells).tolist()],
            read=one_by_one(lambda value: digits(value, LAYERS, range(CHOICES))),
            make=lambda rows: self._cells(np.array(rows, dtype=np.int8).reshape(-1, LAYERS)),
            official=True,
        )
        return key, row_form(self)

    def all(self) -> Cells:
        return self._all

    @cached_property
    def _all(self) -> Cells:
        cells = self._cells(every_digits())
        cells.ops.setflags(write=False)  # shared by all runs of a process
        cells.adjacency.setflags(write=False)
        return cells

    def _cells(self, digits: Int[np.ndarray, "n 8"]) -> Cells:
        return chain_cells(digits + 1, CHOICES)

    def _digits(self, cells: Cells) -> Int[np.ndarray, "n 8"]:
        refuse_outside(self.contains(cells), self.name)
        return cells.ops[:, 1 : LAYERS + 1] - 1


def every_digits() -> Int[np.ndarray, "6561 8"]:
    """The digits of every network in key order."""
    return ((np.arange(CHOICES**LAYERS)[:, None] // POWERS) % CHOICES).astype(np.int8)


@cache
def isomorphism_classes() -> Classes:
    """Networks whose digits agree once the identities behind a stage's first layer stand at its end."""
    digits = every_digits()
    for first, end in STAGES:
        inner = digits[:, first + 1 : end]
        inner[:] = np.take_along_axis(inner, np.argsort(inner == 0, axis=1, kind="stable"), axis=1)
    return Classes.by_label((digits.astype(np.int64) @ POWERS).tolist())


@cache
def cost(measure: str) -> tuple[int, Int[np.ndarray, "8 3"]]:
    """Constant part and cost of each layer and choice: multiply-adds of convolutions, or parameters.

    The network of the authors' code: a stem of 32 channels, stages of 64, 128 and 256 channels at 16, 8
    and 4 pixels a side, 1,280 channels before the classifier; batch normalisation counts as parameters.
    """
    if measure not in MacroSpace.complexity_measures:
        raise unknown("complexity measure", measure, MacroSpace.complexity_measures)
    flops = measure == "flops"
    table = np.zeros((LAYERS, CHOICES), dtype=np.int64)
    channels, side = 32, 32
    for first, end in STAGES:
        for layer in range(first, end):
            wide, small = (2 * channels, side // 2) if layer == first else (channels, side)
            before, after = side**2, small**2
            if layer == first:
                table[layer, 0] = channels * wide * after if flops else channels * wide + 2 * wide
            for choice, (expansion, kernel) in enumerate(BLOCKS, start=1):
                hidden = expansion * channels
                widen, depth, narrow = channels * hidden, kernel**2 * hidden, hidden * wide
                table[layer, choice] = (
                    widen * before + (depth + narrow) * after
                    if flops
                    else widen + depth + narrow + 2 * (2 * hidden + wide)
                )
            channels, side = wide, small
    stem, head, classes = 3 * 9 * 32, channels * 1280, 1280 * 10
    if flops:
        return stem * 32**2 + head * side**2 + classes, table
    return stem + 2 * 32 + head + 2 * 1280 + classes + 10, table
