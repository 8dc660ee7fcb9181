"""GRAF: label-free features of the graph (Kadlecová et al., ICML 2024): counts, degrees, path lengths.

For every operation how often it occurs and its degrees; for subsets of operations the shortest and the
longest path from input to output that passes through these operations alone, and the number of such paths.
A vertex whose operation is `none` is absent, with its edges. An architecture of two cells (DARTS) has the
features of each.

From the paper's description, with differences: degrees of larger subsets are left out, being sums over their
members; numbers of paths, vertices and edges are added; and where the space can be listed, features are those
of the first architecture of the isomorphism class, so that all of a class are at one point.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from methods.base import Representation, describe
from methods.representations._complexity import logarithms
from methods.representations._graph_features import (
    ABSENT,
    NEUTRAL,
    Graphs,
    counted,
    degrees,
    paths,
    subsets,
)
from tabular.cells import PAD, Cells
from tabular.oracle import Observations
from tabular.space import EnumerableSpace, SearchSpace
from tabular.spaces.pool import bottom

CHUNK = 65_536
ENDS = ("input", "output")
"""What the names of operations contain that do nothing: they mark where a cell begins and ends."""
NONE = "none"


class GRAF(Representation["GRAF.Hyper"]):
    """Counts, degrees and paths through subsets of operations."""

    default_optimizer = "gp_bo"
    static = True

    @dataclass(frozen=True)
    class Hyper:
        subsets: Annotated[int, Field(ge=1)] = describe(
            31,
            "most subsets of operations whose paths are looked at; the larger ones are left out, but for all "
            "operations together",
            "ours: all of NAS-Bench-101 and 201, as in the paper",
        )
        costs: bool = describe(
            False, "logarithms of FLOPs and parameters too", "paper: proxies that may stand beside"
        )

    def fit(self, space: SearchSpace, observed: Observations) -> None:
        """Learns nothing; takes note of the space."""
        self._space = bottom(space)
        self._layout = Layout.of(self._space, self.hyper.subsets)

    def encode(self, cells: Cells) -> Float[Tensor, "n d"]:
        found = [self._layout.features(self._first(part)) for part in cells.split(CHUNK)]
        z = np.concatenate(found)
        if self.hyper.costs:
            z = np.concatenate([z, logarithms(self._space, cells, ("flops", "params"))], axis=1)
        return torch.from_numpy(z.astype(np.float32))

    @property
    def columns(self) -> list[str]:
        """What each number is, in words; `fit` comes first."""
        return [*self._layout.columns, *(["log flops", "log params"] if self.hyper.costs else [])]

    def _first(self, cells: Cells) -> Cells:
        """The architecture that stands for the class of each, where the space can be listed."""
        space = self._space
        return space.all()[space.canonical(cells)] if isinstance(space, EnumerableSpace) else cells


@dataclass(frozen=True, eq=False)
class Layout:
    """How graphs of a space are read, and what its features are called."""

    kinds: Int[np.ndarray, " ops"]
    """By index into the space's `op_names`: operation, `NEUTRAL` or `ABSENT`."""
    parts: tuple[slice, ...]
    """Vertices of each cell that an architecture has."""
    subsets: list[tuple[int, ...]]
    columns: list[str]

    @staticmethod
    def of(space: SearchSpace, most: int) -> Layout:
        """Of a space: what its operations are says their names; the first and the last one are ends."""
        names = space.op_names
        ends = {names[0], names[-1], *(name for name in names if any(end in name for end in ENDS))}
        active = [name for name in names if name not in ends and name != NONE]
        kinds = [
            NEUTRAL if name in ends else ABSENT if name == NONE else active.index(name) for name in names
        ]
        parts, chosen = _parts(space), subsets(len(active), most)
        columns = _names(active, chosen)
        if len(parts) > 1:
            columns = [f"{column} (cell {place})" for place in range(1, len(parts) + 1) for column in columns]
        return Layout(np.array(kinds, dtype=np.int8), parts, chosen, columns)

    def features(self, cells: Cells) -> Float[np.ndarray, "n d"]:
        """One row per graph."""
        kind = np.where(cells.ops == PAD, ABSENT, self.kinds[cells.ops])
        operations, columns = int(self.kinds.max()) + 1, []
        for part in self.parts:
            graphs = Graphs.of(cells.adjacency[:, part, part], kind[:, part])
            columns += counted(graphs, operations) + degrees(graphs, operations)
            columns += [column for found in paths(graphs, self.subsets) for column in found]
        return np.stack(columns, axis=1).astype(np.float64)


def _parts(space: SearchSpace) -> tuple[slice, ...]:
    """Vertices of each cell: one ends at every vertex that is named an output, which then is in one place."""
    inner = [op for op, name in enumerate(space.op_names[:-1]) if ENDS[1] in name]
    (ops,) = space.sample(1, np.random.default_rng(0)).ops
    ends = [0, *(int(np.flatnonzero(ops == op)[0]) + 1 for op in inner), space.vertices]
    return tuple(slice(start, end) for start, end in pairwise(ends))


def _names(active: list[str], chosen: list[tuple[int, ...]]) -> list[str]:
    """Of the features of one cell, in order."""
    names = [f"count {name}" for name in active] + ["vertices", "edges"]
    names += [
        f"{what} {name}"
        for name in active
        for what in ("edges into", "edges out of", "after input", "before output")
    ]
    names += ["edges out of inputs", "edges into output"]
    texts = ["+".join(active[op] for op in subset) for subset in chosen]
    return names + [f"{what} {text}" for text in texts for what in ("shortest path", "longest path", "paths")]
