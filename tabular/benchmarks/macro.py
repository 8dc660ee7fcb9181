"""NAS-Bench-Macro: 6,561 chains of eight blocks on CIFAR-10 (Su et al., CVPR 2021)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tabular.benchmark import Table
from tabular.data.doctor import Check, best_is
from tabular.data.source import Download, Source
from tabular.data.tables import require_table
from tabular.protocols.macro import PROTOCOLS
from tabular.sources.nas_bench_macro import FILE, convert
from tabular.spaces.macro import MacroSpace

__all__ = ["DATASETS", "DEFAULT_PROTOCOL", "PROTOCOLS", "SOURCES", "examine", "load", "space"]

DATASETS = ("cifar10",)
DEFAULT_PROTOCOL = "macro-50ep"
COMMIT = "61a2bfc2ca0dce04d0997e6cf498047c27d6acf2"
SHA256 = "686dee8363cc21cca8c1f321ad5749454f2d9b9ca5972682e137e539bc522297"
SOURCES = (
    Source(
        name="macro",
        pattern=FILE,
        about="three CIFAR-10 test accuracies, parameters and FLOPs of each architecture",
        licence="Apache-2.0",
        convert=convert,
        kinds=("json",),
        page="https://github.com/xiusu/NAS-Bench-Macro",
        downloads=(
            Download(
                FILE, f"https://raw.githubusercontent.com/xiusu/NAS-Bench-Macro/{COMMIT}/data/{FILE}", SHA256
            ),
        ),
        sha256=SHA256,
        size="1 MB",
    ),
)
BEST = (93.1267, "22212202")
"""Published: best mean test accuracy (%), and its architecture."""


def space(dataset: str) -> MacroSpace:
    """All chains."""
    return MacroSpace()


def load(dataset: str) -> Table:
    """The table as imported."""
    columns, passport = require_table(f"macro:{dataset}", SOURCES)
    return Table(f"macro:{dataset}", space(dataset), passport["digest"], 50, columns, passport)


def examine(table: Table) -> Iterator[Check]:
    """Facts every copy of the benchmark must show."""
    yield best_is(table, "test", 50, *BEST)
    missing = int(np.isnan(table.columns["test@50"]).sum())
    yield Check("three trainings of each", not missing, f"{missing} missing", gaps=True)
    cells = table.space.all()
    for measure in ("params", "flops"):
        off = np.abs(table.columns[measure] - table.space.complexity(cells, measure)).max()
        good = bool(off < 1e-4)
        yield Check(f"recorded {measure} are those of the network", good, f"largest difference {off:.1e} M")
