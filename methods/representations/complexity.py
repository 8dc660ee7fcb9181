"""FLOPs and parameters: the control that knows how large an architecture is and nothing else of it.

What a search finds with this representation it finds without looking at the graph: the floor of every
representation that claims to have learnt something.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from methods.base import Limited, Representation, describe
from methods.representations._complexity import logarithms
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import EnumerableSpace, SearchSpace


class Complexity(Representation["Complexity.Hyper"], Limited):
    """The natural logarithm of each measure."""

    default_optimizer = "gp_bo"
    static = True
    remark = "a control, free information: complexity, which is known of all before the first query, alone"

    @dataclass(frozen=True)
    class Hyper:
        measures: str = describe(
            "flops,params",
            "any measures of the space, with commas: flops, params, latency:edgegpu, ..",
            "ours: what every space knows",
        )

    @classmethod
    def refusal(cls, space: SearchSpace, hyper: Complexity.Hyper) -> str | None:
        if not isinstance(space, EnumerableSpace):
            return None
        for measure in names(hyper.measures):  # one that the space does not have is refused by name
            if ":" in measure and measure in space.complexity_measures:  # what is computed has no gaps
                missing = int(np.isnan(space.complexity(space.all(), measure)).sum())
                if missing:
                    return f"{measure} was not measured of {missing:,} of {space.size:,} architectures"
        return None

    def fit(self, space: SearchSpace, observed: Observations) -> None:
        """Learns nothing; takes note of the space, which knows complexity."""
        self._space = space

    def encode(self, cells: Cells) -> Float[Tensor, "n d"]:
        z = logarithms(self._space, cells, names(self.hyper.measures))
        return torch.from_numpy(z.astype(np.float32))


def names(measures: str) -> list[str]:
    """The measures a text names."""
    return [name.strip() for name in measures.split(",")]
