"""ENAS macro space, the honest small way: only the 19,015 recorded architectures can be asked about.

An architecture outside the pool (decoded, mutated) is matched to the nearest one in it that was not asked
yet, by the method's representation; that is counted.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tabular.benchmark import Table
from tabular.data.doctor import Check
from tabular.data.tables import require_table
from tabular.protocols.enas import POOL as PROTOCOLS
from tabular.sources.enas_tables import SOURCES
from tabular.spaces.enas import ENASSpace
from tabular.spaces.pool import PoolSpace

__all__ = ["DATASETS", "DEFAULT_PROTOCOL", "JUDGE", "PROTOCOLS", "SOURCES", "examine", "load", "space"]

DATASETS = ("cifar10",)
DEFAULT_PROTOCOL = PROTOCOLS[0].name
JUDGE = "enas-surrogate"
NOTE = (
    "A pool: only 19,015 recorded architectures of 1.5e9 can be asked about; others are matched to the "
    "nearest one not asked yet. Accuracies are those of a weight-sharing supernet, not of trained networks."
)


def space(dataset: str) -> ENASSpace:
    """The whole space that the pool is taken from."""
    return ENASSpace()


def load(dataset: str) -> Table:
    """The recorded architectures as imported."""
    columns, passport = require_table(f"enas-pool:{dataset}", SOURCES)
    whole = space(dataset)
    pool = PoolSpace("enas-pool", whole, whole.from_keys(columns["key"]))
    noted = {**passport, "note": f"{passport.get('note', '')} {NOTE}".strip()}
    return Table(f"enas-pool:{dataset}", pool, passport["digest"], 1, columns, noted)


def examine(table: Table) -> Iterator[Check]:
    """Published facts of the 19,020 lines: mean .7363, sd .00612, .702 to .7502."""
    values = table.columns["valid@1"]
    values = values[~np.isnan(values)]
    yield Check("19,020 lines of 19,015 architectures", len(values) == 19_020, f"{len(values)} lines")
    facts = (values.mean(), values.std(), values.min(), values.max())
    good = bool(np.allclose(facts, (0.7363, 0.00612, 0.702, 0.7502), atol=(5e-5, 5e-6, 5e-5, 5e-5)))
    yield Check("mean, sd, least and best as published", good, ", ".join(f"{fact:.5f}" for fact in facts))
