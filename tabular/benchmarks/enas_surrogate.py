"""ENAS macro space, the whole of it: accuracies predicted by a regression on the recorded ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from tabular.benchmark import Benchmark, Surrogate
from tabular.cells import Cells
from tabular.data.doctor import Check
from tabular.data.tables import require_table
from tabular.protocols.enas import SURROGATE as PROTOCOLS
from tabular.sources.enas_surrogate import predict
from tabular.sources.enas_tables import FACT, SOURCES
from tabular.spaces.enas import ENASSpace

__all__ = ["DATASETS", "DEFAULT_PROTOCOL", "PROTOCOLS", "SOURCES", "examine", "load", "space"]

DATASETS = ("cifar10",)
DEFAULT_PROTOCOL = PROTOCOLS[0].name


def space(dataset: str) -> ENASSpace:
    """All architectures."""
    return ENASSpace()


def load(dataset: str) -> Surrogate:
    """The surrogate as fitted on import; its held-out error is in the note under every table."""
    columns, passport = require_table(f"enas-surrogate:{dataset}", SOURCES)

    def evaluate(cells: Cells, epochs: int) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        return predict(columns, cells), np.full(len(cells), np.nan)

    fact = {name.removeprefix(FACT): value.item() for name, value in columns.items() if FACT in name}
    lines, rmse, of_mean = fact["train"] + fact["test"], 100 * fact["rmse"], 100 * fact["rmse_of_mean"]
    note = (
        f"A surrogate: ridge regression on all pairs of decisions, fitted to {lines:.0f} recorded lines; on "
        f"{fact['test']:.0f} held out ones RMSE {rmse:.3f} points (always the mean: {of_mean:.3f}), Spearman "
        f"{fact['spearman']:.3f}. Far from the recorded lines nobody knows its error. Accuracies are "
        "those of a weight-sharing supernet, not of trained networks."
    )
    noted = {**passport, "note": f"{passport.get('note', '')} {note}".strip()}
    name = f"enas-surrogate:{dataset}"
    return Surrogate(name, space(dataset), passport["digest"], 1, noted, evaluate)


def examine(benchmark: Benchmark) -> Iterator[Check]:
    """Predictions are shares on drawn architectures; the held-out facts are in the note."""
    values = benchmark.mean(benchmark.space.sample(1000, np.random.default_rng(0)), "valid", 1)
    inside = bool(((values > 0.5) & (values < 0.9)).all())
    yield Check("predictions lie between .5 and .9", inside, f"{values.min():.4f} .. {values.max():.4f}")
