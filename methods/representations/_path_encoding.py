"""Path encoding (White et al., BANANAS, AAAI 2021): which operation sequences lead to the output.

Sequences over m operations are numbered as the nodes of an m-ary tree: the empty one is 0, and sequence s
followed by operation o is m s + o + 1, so shorter sequences come first.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int

from tabular.cells import PAD, Cells


def sequences(operations: int, longest: int) -> int:
    """Number of sequences of at most `longest` operations, the empty one included."""
    return sum(operations**length for length in range(longest + 1))


def longest_path(cells: Cells, symbols: Int[np.ndarray, " ops"]) -> int:
    """Most operations on a path through any of the cells."""
    n, v = cells.ops.shape
    counted = (cells.ops != PAD) & (symbols[cells.ops] >= 0)
    length = np.zeros((n, v), dtype=int)
    for vertex in range(v):
        before = np.where(cells.adjacency[:, :vertex, vertex], length[:, :vertex], 0)
        length[:, vertex] = before.max(axis=1, initial=0) + counted[:, vertex]
    return int(length.max())


def occurring_paths(
    cells: Cells, symbols: Int[np.ndarray, " ops"], longest: int
) -> Bool[np.ndarray, "n columns"]:
    """True where a path of the cell to its output passes through the operations of a sequence, in order.

    `symbols[op]` numbers the operations from 0, and is negative for those that paths leave out (input and
    output). A path begins at a vertex without in-edges; sequences longer than `longest` are left out. The
    sets of sequences are built vertex by vertex for all cells at once, so that no path is followed singly.
    """
    n, v = cells.ops.shape
    m = int(symbols.max()) + 1
    columns = sequences(m, longest)
    prefixes = (columns - 1) // m
    symbol = np.where(cells.ops == PAD, -1, symbols[cells.ops])
    output = (cells.ops != PAD).sum(axis=1) - 1
    through = np.zeros((n, v, columns), dtype=bool)
    found = np.zeros((n, columns), dtype=bool)
    for vertex in range(v):
        feeding = cells.adjacency[:, :vertex, vertex]
        before = (through[:, :vertex] & feeding[:, :, None]).any(axis=1)
        before[~feeding.any(axis=1), 0] = True  # a path may begin here
        found = np.where((output == vertex)[:, None], before, found)
        rows = np.flatnonzero(symbol[:, vertex] >= 0)
        extended = np.zeros((len(rows), prefixes, m), dtype=bool)
        extended[np.arange(len(rows)), :, symbol[rows, vertex]] = before[rows, :prefixes]
        through[:, vertex] = before
        through[rows, vertex, 0] = False
        through[rows, vertex, 1:] = extended.reshape(len(rows), columns - 1)
    return found
