"""NAS-Bench-301: the DARTS space, answered by a surrogate. `tied` has one cell for both (arch2vec's rule)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tabular.benchmark import Benchmark, Surrogate
from tabular.data.doctor import Check
from tabular.data.source import Download, Source
from tabular.data.tables import require_table
from tabular.protocols.nb301 import PROTOCOLS
from tabular.sources.nb301_surrogate import (
    ENCODING,
    ENCODING_SHA256,
    MODEL,
    MODEL_SHA256,
    Nb301Surrogate,
    convert,
)
from tabular.spaces.darts import DARTSSpace

__all__ = ["DATASETS", "DEFAULT_PROTOCOL", "PROTOCOLS", "SOURCES", "TIED", "examine", "load", "space"]

DATASETS = ("cifar10", "tied")
TIED = {"cifar10": "tied"}
DEFAULT_PROTOCOL = "nb301-98ep"
EPOCHS, SHORTEST = 98, 3
COMMIT = (
    "https://raw.githubusercontent.com/slds-lmu/yahpo_data/3a646b874bb2e3a9c10b58ae2f42158e3a54a811/nb301"
)
SOURCES = (
    Source(
        name="nb301",
        pattern="nb301",
        folder=True,
        about="YAHPO Gym's surrogate of NAS-Bench-301: accuracy and time of DARTS architectures by epoch",
        licence="Apache-2.0",
        convert=convert,
        kinds=("folder",),
        page="https://github.com/slds-lmu/yahpo_data",
        downloads=(
            Download(MODEL, f"{COMMIT}/{MODEL}", MODEL_SHA256),
            Download(ENCODING, f"{COMMIT}/{ENCODING}", ENCODING_SHA256),
        ),
        size="3 MB",
        note="Accuracies are a surrogate's (YAHPO Gym's network), not of trained networks.",
    ),
)


def space(dataset: str) -> DARTSSpace:
    """All pairs of cells, or all cells where one stands for both."""
    return DARTSSpace(tie_cells=dataset == "tied")


def load(dataset: str) -> Surrogate:
    """The surrogate on the whole space, or on that of tied cells; needs onnxruntime (extra `nb301`)."""
    columns, passport = require_table("nb301", SOURCES)
    surrogate = Nb301Surrogate.of(columns[MODEL].tobytes(), columns[ENCODING].tobytes(), "the imported nb301")
    return Surrogate(
        name=f"nb301:{dataset}",
        space=space(dataset),
        digest=passport["digest"],
        epochs=EPOCHS,
        passport=passport,
        evaluate=surrogate.evaluate,
        shortest=SHORTEST,  # what it says of the seconds of one and two epochs is wrong
    )


def examine(benchmark: Benchmark) -> Iterator[Check]:
    """Accuracies are shares, times positive, and both rise with the epochs, on drawn architectures."""
    cells = benchmark.space.sample(1000, np.random.default_rng(0))
    short, long = (benchmark.mean(cells, "valid", epochs) for epochs in (SHORTEST, EPOCHS))
    inside = bool(((short > 0) & (long < 1)).all())
    yield Check("accuracies lie in (0, 1)", inside, f"{100 * short.min():.2f} .. {100 * long.max():.2f} %")
    yield Check("accuracy rises with epochs", bool((long > short).all()), f"{len(cells)} architectures")
    seconds = [benchmark.seconds(cells, epochs)[:, 0] for epochs in (SHORTEST, EPOCHS)]
    rises = bool((seconds[0] > 0).all() and (seconds[1] > seconds[0]).all())
    found = f"{seconds[0].mean():.0f} s after {SHORTEST}, {seconds[1].mean():.0f} s after {EPOCHS}"
    yield Check("time is positive and rises with epochs", rises, found)
