"""Architectures as token sequences, as the sequence models of the field read and write them.

For every vertex j but the input: j connection tokens, one per earlier vertex in order (1 no edge, 2
edge), then one token for its operation (2 + its index in `op_names`). Token 0 starts a sequence and
pads the columns of absent vertices. This is the scheme of SemiNAS' code for NAS-Bench-101 (length 27,
vocabulary 7), which NASLib carries over to NAS-Bench-201 (35 and 9) and to DARTS.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int

from tabular.cells import PAD, Cells
from tabular.space import SearchSpace

PADDING, NO_EDGE, EDGE, FIRST_OP = 0, 1, 2, 3


class Tokens:
    """The two-way map between the cells of a space and sequences of `length` tokens below `vocabulary`.

    Operation 0 is the input, the last operation the output, which ends a sequence: what follows it is
    padding. Both ways are exact for every architecture of the space.
    """

    length: int
    """Tokens per architecture: (v + 2)(v - 1) / 2 for v vertices."""
    vocabulary: int
    end: int
    """Token of the output operation."""
    allowed: Bool[np.ndarray, "length vocabulary"]
    """Tokens of the class that belongs to each position, connection or operation, never padding."""

    def __init__(self, space: SearchSpace) -> None:
        self._vertices = space.vertices
        columns = np.arange(1, space.vertices)
        first = (columns - 1) * (columns + 2) // 2
        self._target = np.repeat(columns, columns)
        self._source = np.concatenate([np.arange(column) for column in columns])
        self._connections = first[self._target - 1] + self._source
        self._operations = first + columns
        self._column_starts = np.cumsum(columns) - columns  # among the connections alone
        self.length = (space.vertices + 2) * (space.vertices - 1) // 2
        self.vocabulary = FIRST_OP + len(space.op_names) - 1
        self.end = self.vocabulary - 1
        self.allowed = np.zeros((self.length, self.vocabulary), dtype=bool)
        self.allowed[self._connections, NO_EDGE : EDGE + 1] = True
        self.allowed[self._operations, FIRST_OP:] = True

    def encode(self, cells: Cells) -> Int[np.ndarray, "n length"]:
        """Sequences of architectures."""
        sequences = np.zeros((len(cells), self.length), dtype=np.int64)
        ops = cells.ops[:, 1:].astype(np.int64)
        edges = cells.adjacency[:, self._source, self._target]
        present = ops != PAD
        sequences[:, self._connections] = np.where(present[:, self._target - 1], NO_EDGE + edges, PADDING)
        sequences[:, self._operations] = np.where(present, FIRST_OP - 1 + ops, PADDING)
        return sequences

    def decode(self, sequences: Int[np.ndarray, "n length"]) -> Cells:
        """Architectures of sequences; never raises, whatever the tokens.

        A column of padding alone is an absent vertex. In any other column a token of the wrong class
        makes the vertex a second input, which lies outside every space.
        """
        links, named = sequences[:, self._connections], sequences[:, self._operations]
        is_link = (links == NO_EDGE) | (links == EDGE)
        right = (named >= FIRST_OP) & (named < self.vocabulary) & self._all(is_link)
        absent = (named == PADDING) & self._all(links == PADDING)
        n = len(sequences)
        ops = np.zeros((n, self._vertices), dtype=np.int8)
        ops[:, 1:] = np.where(absent, PAD, np.where(right, named - (FIRST_OP - 1), 0))
        adjacency = np.zeros((n, self._vertices, self._vertices), dtype=bool)
        adjacency[:, self._source, self._target] = links == EDGE
        return Cells(adjacency, ops)

    def _all(self, true: Bool[np.ndarray, "n connections"]) -> Bool[np.ndarray, "n columns"]:
        """True where it is true for all connections of a column."""
        return np.logical_and.reduceat(true, self._column_starts, axis=1)
