"""One DARTS cell as numbers: which two earlier nodes each of its four nodes reads, through which operations.

Liu et al., "DARTS: Differentiable Architecture Search", ICLR 2019, section 2.1. Nodes 0 and 1 are the
cell's inputs; node k = 2..5 adds the results of two operations that read two different nodes below k.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from jaxtyping import Bool, Int

OPS = (
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
NODES, SLOTS = 4, 8
NODE = np.repeat(np.arange(2, 2 + NODES), 2)
"""The node that each of the eight operations belongs to."""
PAIRS = np.array([(low, high) for high in range(1, NODES + 1) for low in range(high)])
"""Pairs of inputs by their rank, high * (high - 1) / 2 + low: a node's own are the first of the list."""
RADICES = np.array([len(OPS) ** 2 * (k * (k - 1) // 2) for k in range(2, 2 + NODES)], dtype=np.int64)
COUNT = int(RADICES.prod())
"""Number of cells: 7^8 operations times 1 * 3 * 6 * 10 pairs of inputs."""
WEIGHTS = COUNT // RADICES.cumprod()
ORDERS = np.array(list(permutations(range(NODES))))
"""The 24 orders of the four nodes: which old node stands at each new place."""
PLACES = np.concatenate([np.tile([0, 1], (len(ORDERS), 1)), 2 + ORDERS.argsort(axis=1)], axis=1)
"""The new number of each old node 0..5 under each order."""
IMPOSSIBLE = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Wiring:
    """m cells: the node every operation reads and the operation's index in `OPS`, two per node in turn."""

    reads: Int[np.ndarray, "m 8"]
    ops: Int[np.ndarray, "m 8"]

    def __len__(self) -> int:
        return len(self.ops)


def drawn(m: int, rng: np.random.Generator) -> Wiring:
    """m cells uniform over all `COUNT`."""
    return from_numbers(rng.integers(0, COUNT, size=m))


def valid(wiring: Wiring) -> Bool[np.ndarray, " m"]:
    """True where every node reads two different earlier nodes."""
    earlier = ((wiring.reads >= 0) & (wiring.reads < NODE)).all(axis=1)
    return earlier & (wiring.reads[:, 0::2] != wiring.reads[:, 1::2]).all(axis=1)


def ascending(wiring: Wiring) -> Wiring:
    """The same cells with the two operations of every node ordered by what they read."""
    swap = np.repeat(wiring.reads[:, 0::2] > wiring.reads[:, 1::2], 2, axis=1)
    return _exchanged(wiring, swap)


def numbers(wiring: Wiring) -> Int[np.ndarray, " m"]:
    """0 .. COUNT-1 for each cell, whatever the order of a node's two operations.

    Mixed radix, the first node first; a node's digit is (rank of its inputs * 7 + operation on the lower
    input) * 7 + operation on the higher one.
    """
    ordered = ascending(wiring)
    reads, ops = ordered.reads.astype(np.int64), ordered.ops.astype(np.int64)
    low, high = reads[:, 0::2], reads[:, 1::2]
    digits = (high * (high - 1) // 2 + low) * len(OPS) ** 2 + ops[:, 0::2] * len(OPS) + ops[:, 1::2]
    return digits @ WEIGHTS


def from_numbers(values: Int[np.ndarray, " m"]) -> Wiring:
    """Inverse of `numbers`, in ascending order."""
    digits = values[:, None] // WEIGHTS % RADICES
    ranks, pair = np.divmod(digits, len(OPS) ** 2)
    ops = np.stack(np.divmod(pair, len(OPS)), axis=2).reshape(-1, SLOTS)
    return Wiring(PAIRS[ranks].reshape(-1, SLOTS).astype(np.int8), ops.astype(np.int8))


def smallest_numbers(wiring: Wiring) -> Int[np.ndarray, " m"]:
    """The least number of any cell that differs in the order of its four nodes alone."""
    least = np.full(len(wiring), IMPOSSIBLE)
    for order in range(len(ORDERS)):
        moved = reordered(wiring, np.array([order]))
        least = np.where(valid(moved), np.minimum(least, numbers(moved)), least)
    return least


def shuffled(wiring: Wiring, rng: np.random.Generator) -> Wiring:
    """Uniform over the possible orders of the four nodes, and of the two operations of every node.

    So uniform over the cells isomorphic to the given one: all are reached by equally many orders.
    """
    possible = np.stack([valid(reordered(wiring, np.array([o]))) for o in range(len(ORDERS))], axis=1)
    lots = (1 - rng.random(possible.shape)) * possible
    moved = reordered(wiring, lots.argmax(axis=1))
    return _exchanged(moved, np.repeat(rng.random((len(wiring), NODES)) < 0.5, 2, axis=1))


def reordered(wiring: Wiring, order: Int[np.ndarray, " m_or_1"]) -> Wiring:
    """Each cell's nodes in one of `ORDERS`; not `valid` where a node then reads a later one.

    A single order is that of all cells.
    """
    slots = (2 * ORDERS[order][:, :, None] + np.arange(2)).reshape(-1, SLOTS)
    reads = np.take_along_axis(wiring.reads, slots, axis=1)
    places = np.take_along_axis(PLACES[order], reads.astype(np.int64), axis=1).astype(np.int8)
    return Wiring(places, np.take_along_axis(wiring.ops, slots, axis=1))


def one_step_away(wiring: Wiring) -> Wiring:
    """The 60 cells that differ from the single given one in one operation (48) or one input (12)."""
    reads, ops = wiring.reads[0], wiring.ops[0]
    slot = np.repeat(np.arange(SLOTS), len(OPS) - 1)
    step = np.tile(np.arange(1, len(OPS)), SLOTS)
    other_ops = np.repeat(ops[None], len(slot), axis=0)
    other_ops[np.arange(len(slot)), slot] = (ops[slot] + step) % len(OPS)
    partner = np.arange(SLOTS) ^ 1
    moved, source = np.nonzero(
        (np.arange(2 + NODES) < NODE[:, None])
        & (np.arange(2 + NODES) != reads[:, None])
        & (np.arange(2 + NODES) != reads[partner][:, None])
    )
    other_reads = np.repeat(reads[None], len(moved), axis=0)
    other_reads[np.arange(len(moved)), moved] = source
    return ascending(
        Wiring(
            np.concatenate([np.repeat(reads[None], len(slot), axis=0), other_reads]),
            np.concatenate([other_ops, np.repeat(ops[None], len(moved), axis=0)]),
        )
    )


def _exchanged(wiring: Wiring, swap: Bool[np.ndarray, "m 8"]) -> Wiring:
    """The two operations of a node change places where `swap`, which is the same for both."""
    partner = np.arange(SLOTS) ^ 1
    return Wiring(
        np.where(swap, wiring.reads[:, partner], wiring.reads),
        np.where(swap, wiring.ops[:, partner], wiring.ops),
    )
