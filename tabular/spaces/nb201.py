"""The NAS-Bench-201 cell space (Dong and Yang, ICLR 2020): 5 operations on 6 edges, 15,625 cells."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from tabular.cells import Cells
from tabular.errors import unknown
from tabular.forms import Form
from tabular.spaces.cell4 import EDGES, Cell4Space, cell_classes
from tabular.spaces.cell4_forms import nb201_forms
from tabular.table_file import Columns, digest

__all__ = ["COMPLEXITY", "EDGES", "EDGE_OPS", "POWERS", "NB201Space", "class_members"]

EDGE_OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
"""Operation of a digit of the key; digits stand for the edges 1<-0, 2<-0, 2<-1, 3<-0, 3<-1, 3<-2."""
CONV1, CONV3 = 2, 3
POWERS = 5 ** np.arange(5, -1, -1, dtype=np.int64)
"""What the digits of a key are worth."""

# Measured by the benchmark's authors per dataset and additive in the operation counts:
# constant, per 1x1 convolution, per 3x3 convolution; in millions.
COMPLEXITY = {
    "cifar10": {"flops": (7.78305, 3.93216, 35.38944), "params": (0.073306, 0.028, 0.24304)},
    "cifar100": {"flops": (7.78890, 3.93216, 35.38944), "params": (0.079156, 0.028, 0.24304)},
    "imagenet16-120": {"flops": (1.95340, 0.98304, 8.84736), "params": (0.080456, 0.028, 0.24304)},
}


class NB201Space(Cell4Space):
    """Cells of 8 vertices with constant adjacency; a cell's key is its six digits read in base 5.

    6,466 isomorphism classes by the paper's rule; a cell has 24 neighbours (the paper's mutation).
    """

    name = "nb201"
    op_names = ("input", *EDGE_OPS, "output")
    size = 5**6
    digest = "nb201-op-on-node-1"
    edge_ops = EDGE_OPS
    input_skip_is_identity = True  # cells have stride 1; residual blocks between them reduce

    def __init__(self, dataset: str = "cifar10", measured: Columns | None = None) -> None:
        """`measured` holds further complexity measures by name, in key order (HW-NAS-Bench)."""
        self.dataset = dataset
        self._measured = measured or {}
        self.complexity_measures = (*COMPLEXITY[dataset], *sorted(self._measured))
        self.complexity_digest = f"nb201-{dataset}-1"
        if self._measured:
            self.complexity_digest += f"-{digest(self._measured)[:12]}"

    @property
    def forms(self) -> tuple[Form, ...]:
        return nb201_forms(self)

    def complexity(self, cells: Cells, measure: str = "flops") -> Float[np.ndarray, " n"]:
        if measure in self._measured:
            return self._measured[measure][self.keys(cells)]
        if measure not in COMPLEXITY[self.dataset]:
            raise unknown("complexity measure", measure, self.complexity_measures)
        constant, per_conv1, per_conv3 = COMPLEXITY[self.dataset][measure]
        digits = self.digits(cells)
        conv1, conv3 = (digits == CONV1).sum(axis=1), (digits == CONV3).sum(axis=1)
        return constant + per_conv1 * conv1 + per_conv3 * conv3

    def largest_complexity(self, measure: str = "flops") -> float:
        if measure in self._measured:
            return float(np.nanmax(self._measured[measure]))
        return float(self.complexity(self.from_digits(np.full((1, 6), CONV3)), measure)[0])


def class_members() -> tuple[Int[np.ndarray, " 15625"], Int[np.ndarray, " 15625"], Int[np.ndarray, " 15625"]]:
    """Keys sorted by class; and, at the class's own key, where its members begin and how many there are."""
    classes = cell_classes(len(EDGE_OPS), True)
    return classes.members, classes.first, classes.count
