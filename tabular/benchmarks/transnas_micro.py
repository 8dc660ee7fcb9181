"""TransNAS-Bench-101, micro space, on seven tasks of the Taskonomy images (Duan et al., CVPR 2021)."""

from __future__ import annotations

from tabular.benchmark import Table
from tabular.data import transnas
from tabular.data.transnas import examine
from tabular.protocols.transnas import MICRO as PROTOCOLS
from tabular.sources.transnas import TASKS, convert_micro
from tabular.spaces.transnas import TransNASMicroSpace

__all__ = ["DATASETS", "DEFAULT_PROTOCOL", "PROTOCOLS", "SOURCES", "examine", "load", "space"]

DATASETS = tuple(TASKS)
DEFAULT_PROTOCOL = PROTOCOLS[0].name
SOURCES = transnas.sources("transnas-micro", convert_micro)


def space(dataset: str) -> TransNASMicroSpace:
    """All architectures."""
    return TransNASMicroSpace()


def load(dataset: str) -> Table:
    """The table of a task as imported."""
    return transnas.load(f"transnas-micro:{dataset}", space(dataset), SOURCES)
