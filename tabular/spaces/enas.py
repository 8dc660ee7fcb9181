"""The ENAS macro space with six layers (Pham et al., ICML 2018; Zhang et al., NeurIPS 2019, D-VAE)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from jaxtyping import Bool, Float, Int

from tabular.cells import Cells
from tabular.errors import HarnessError, unknown
from tabular.forms import Form, digits, one_by_one
from tabular.space import SearchSpace, refuse_outside
from tabular.values import Value

LAYERS, OPS, SKIPS = 6, 6, 15
LAYER, SOURCE = np.array([(layer, source) for layer in range(LAYERS) for source in range(layer)]).T
"""Layer (0 .. 5) that a skip bit belongs to and the vertex it reads, in the order of the published file."""
OP_POWERS = OPS ** np.arange(LAYERS - 1, -1, -1, dtype=np.int64)
BIT_POWERS = 2 ** np.arange(SKIPS - 1, -1, -1, dtype=np.int64)
MEASURES = ("flops", "params", "ngae")
KERNELS = (3, 3, 5, 5)
"""Kernel of the first four operations; the other two are pools."""


class ENASSpace(SearchSpace):
    """Eight vertices: input, six layers, output; layer i reads vertex i and any earlier vertex it skips to.

    1,528,823,808 = 6^6 * 2^15 architectures. The output reads the last layer alone. The chain fixes the
    order of the layers, so every labelled graph is its own isomorphism class.
    """

    name = "enas"
    op_names = ("input", "conv3x3", "sep3x3", "conv5x5", "sep5x5", "avg3x3", "max3x3", "output")
    vertices = LAYERS + 2
    size = OPS**LAYERS * 2**SKIPS
    digest = "enas-macro6-1"
    complexity_digest = "enas-macro6-1"
    complexity_measures = MEASURES

    def sample(self, n: int, rng: np.random.Generator) -> Cells:
        ops = rng.integers(0, OPS, size=(n, LAYERS), dtype=np.int8)
        return layered(ops, rng.integers(0, 2, size=(n, SKIPS), dtype=np.int8).astype(bool))

    def contains(self, cells: Cells) -> Bool[np.ndarray, " n"]:
        ops = cells.ops
        if ops.shape[1] != self.vertices:
            return np.zeros(len(cells), dtype=bool)
        inner = ops[:, 1 : LAYERS + 1]
        legal = (ops[:, 0] == 0) & (ops[:, -1] == OPS + 1) & ((inner >= 1) & (inner <= OPS)).all(axis=1)
        fixed = cells.adjacency[:, ~skip_slots()]
        return legal & (fixed == np.eye(LAYERS + 2, k=1, dtype=bool)[~skip_slots()]).all(axis=1)

    def neighbours(self, cell: Cells) -> Cells:
        """The 45 architectures that differ in one operation (30) or one skip connection (15)."""
        (ops,), (bits,) = self.parts(cell)
        count = LAYERS * (OPS - 1)
        ops, bits = np.repeat(ops[None], count + SKIPS, axis=0), np.repeat(bits[None], count + SKIPS, axis=0)
        layer, step = np.repeat(np.arange(LAYERS), OPS - 1), np.tile(np.arange(1, OPS), LAYERS)
        ops[np.arange(count), layer] = (ops[0, layer] + step) % OPS
        bits[count + np.arange(SKIPS), np.arange(SKIPS)] ^= True
        return layered(ops, bits)

    def keys(self, cells: Cells) -> Int[np.ndarray, " n"]:
        """Mixed radix: six operations in base 6, then the 15 skip bits; 0 .. size-1."""
        ops, bits = self.parts(cells)
        return (ops.astype(np.int64) @ OP_POWERS) * 2**SKIPS + bits.astype(np.int64) @ BIT_POWERS

    def from_keys(self, keys: Int[np.ndarray, " n"]) -> Cells:
        """Inverse of `keys`; `HarnessError` for a number that is no key."""
        keys = np.asarray(keys, dtype=np.int64)
        wrong = (keys < 0) | (keys >= self.size)
        if wrong.any():
            raise HarnessError(f"{int(keys[wrong][0])} is no key of enas: 0 .. {self.size - 1} are")
        ops = (keys[:, None] // 2**SKIPS // OP_POWERS) % OPS
        return layered(ops.astype(np.int8), (keys[:, None] // BIT_POWERS % 2).astype(bool))

    def canonical(self, cells: Cells) -> Int[np.ndarray, " n"]:
        return self.keys(cells)

    def relabelled(self, cells: Cells, rng: np.random.Generator) -> Cells:
        return cells

    def complexity(self, cells: Cells, measure: str = "flops") -> Float[np.ndarray, " n"]:
        """`flops` and `params` of the network that ENAS trains in the end, or the relative measure `ngae`.

        `flops`, `params`: convolution weights and multiply-adds (in millions) of the authors' child network
        for one fixed architecture on CIFAR-10 with 36 filters, see `cost`; no published figure to compare.
        `ngae`: what Li et al. (NGAE) regress, before they divide by its maximum: 48 times the sum over
        vertices of (10 and 26 for the 3x3 and 5x5 operations, 1 for pools, 48 for the output) times the
        number of predecessors (authors' code).
        """
        ops, bits = self.parts(cells)
        return self._cost(ops, bits, measure)

    def largest_complexity(self, measure: str = "flops") -> float:
        five = np.full((1, LAYERS), KERNELS.index(5), dtype=np.int8)
        return float(self._cost(five, np.ones((1, SKIPS), dtype=bool), measure)[0])

    @property
    def forms(self) -> tuple[Form, ...]:
        starts = [layer * (layer - 1) // 2 for layer in range(LAYERS + 1)]

        def rows(cells: Cells) -> list[list[list[int]]]:
            ops, bits = (part.astype(np.int8).tolist() for part in self.parts(cells))
            return [
                [[o[layer], *b[starts[layer] : starts[layer + 1]]] for layer in range(LAYERS)]
                for o, b in zip(ops, bits, strict=True)
            ]

        key = Form(
            "key",
            "the rows of the published file run together, as 1-40-500-0111-21111-300001",
            write=lambda cells: ["-".join("".join(map(str, row)) for row in each) for each in rows(cells)],
            read=one_by_one(lambda value: _read_rows(value.split("-")) if isinstance(value, str) else None),
            make=_of_rows,
        )
        published = Form(
            "rows",
            "the rows of the published file, [[1], [4, 0], [5, 0, 0], …]: operation, then skip bits",
            write=lambda cells: [str(each) for each in rows(cells)],
            read=one_by_one(lambda value: _read_rows(value) if isinstance(value, list) else None),
            make=_of_rows,
            official=True,
        )
        return key, published

    def _cost(
        self, ops: Int[np.ndarray, "n 6"], bits: Bool[np.ndarray, "n 15"], measure: str
    ) -> Float[np.ndarray, " n"]:
        constant, per_op, per_read, unit = cost(measure)
        weights = per_op[np.arange(LAYERS), ops]
        reads = 1 + bits.astype(np.int64) @ (LAYER[:, None] == np.arange(LAYERS))
        paid = weights * reads if measure == "ngae" else weights + per_read * reads
        return (constant + paid.sum(axis=1)) / unit

    def parts(self, cells: Cells) -> tuple[Int[np.ndarray, "n 6"], Bool[np.ndarray, "n 15"]]:
        """Operations 0 .. 5 and skip bits, the inverse of `layered`; `HarnessError` for a cell outside."""
        refuse_outside(self.contains(cells), self.name)
        return cells.ops[:, 1 : LAYERS + 1] - 1, cells.adjacency[:, SOURCE, LAYER + 1]


def layered(ops: Int[np.ndarray, "n 6"], bits: Bool[np.ndarray, "n 15"]) -> Cells:
    """Cells of operations 0 .. 5 and skip bits in the order of `LAYER` and `SOURCE`."""
    n = len(ops)
    adjacency = np.zeros((n, LAYERS + 2, LAYERS + 2), dtype=bool)
    chain = np.arange(LAYERS + 1)
    adjacency[:, chain, chain + 1] = True
    adjacency[:, SOURCE, LAYER + 1] = bits
    vertices = np.zeros((n, LAYERS + 2), dtype=np.int8)
    vertices[:, 1 : LAYERS + 1] = ops + 1
    vertices[:, -1] = OPS + 1
    return Cells(adjacency, vertices)


def _read_rows(value: Sequence[Value]) -> list[list[int]] | None:
    """An operation and skip bits for each layer; None for anything else."""
    found = [digits(row, layer + 1, range(OPS)) for layer, row in enumerate(value)]
    rows = [row for row in found if row is not None and max(row[1:], default=0) <= 1]
    return rows if len(rows) == len(found) == LAYERS else None


def _of_rows(found: list[list[list[int]]]) -> Cells:
    ops = [[row[0] for row in rows] for rows in found]
    bits = [[bit for row in rows for bit in row[1:]] for rows in found]
    return layered(
        np.array(ops, dtype=np.int8).reshape(-1, LAYERS), np.array(bits, dtype=bool).reshape(-1, SKIPS)
    )


@cache
def skip_slots() -> Bool[np.ndarray, "8 8"]:
    """Where an adjacency matrix holds skip bits; all else is fixed."""
    slots = np.zeros((LAYERS + 2, LAYERS + 2), dtype=bool)
    slots[SOURCE, LAYER + 1] = True
    return slots


@cache
def cost(measure: str) -> tuple[int, Int[np.ndarray, "6 6"], Int[np.ndarray, " 6"], float]:
    """Constant, cost of each layer's operation, cost of each vertex a layer reads, and the unit.

    The child network for a fixed architecture in ENAS's code: operations 0 to 3 are a 1x1 and a kernel x
    kernel convolution (separable ones too); from the second layer on a 1x1 convolution joins the result
    with what it skips to; after layers 2 and 4 each tensor so far is halved in resolution and doubled in
    channels by 1x1 convolutions. Parameters include the two of each batch-normalised channel.
    """
    if measure not in MEASURES:
        raise unknown("complexity measure", measure, MEASURES)
    per_op = np.zeros((LAYERS, OPS), dtype=np.int64)
    per_read = np.zeros(LAYERS, dtype=np.int64)
    if measure == "ngae":
        per_op[:] = [48 * m for m in (10, 10, 26, 26, 1, 1)]
        return 48 * 48, per_op, per_read, 1.0
    flops = measure == "flops"
    channels, side = 36, 32

    def convolution(kernel: int, inputs: int, outputs: int, norm: bool = True) -> int:
        weights = kernel**2 * inputs * outputs
        return weights * side**2 if flops else weights + 2 * outputs * norm

    constant = convolution(3, 3, channels)
    for layer in range(LAYERS):
        per_op[layer, : len(KERNELS)] = [
            convolution(1, channels, channels) + convolution(k, channels, channels) for k in KERNELS
        ]
        if layer > 0:
            per_read[layer] = convolution(1, channels, channels, norm=False)
            constant += 0 if flops else 2 * channels
        if layer in (1, 3):
            side //= 2
            constant += (layer + 2) * convolution(1, channels, 2 * channels)
            channels *= 2
    return constant + 10 * channels, per_op, per_read, 1e6
