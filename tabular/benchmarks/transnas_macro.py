"""TransNAS-Bench-101, macro space, on seven tasks of the Taskonomy images (Duan et al., CVPR 2021)."""

from __future__ import annotations

from tabular.benchmark import Table
from tabular.data import transnas
from tabular.data.transnas import examine
from tabular.protocols.transnas import MACRO as PROTOCOLS
from tabular.sources.transnas import TASKS, convert_macro
from tabular.spaces.transnas import TransNASMacroSpace

__all__ = ["DATASETS", "DEFAULT_PROTOCOL", "PROTOCOLS", "SOURCES", "examine", "load", "space"]

DATASETS = tuple(TASKS)
DEFAULT_PROTOCOL = PROTOCOLS[0].name
SOURCES = transnas.sources("transnas-macro", convert_macro)


def space(dataset: str) -> TransNASMacroSpace:
    """All architectures."""
    return TransNASMacroSpace()


def load(dataset: str) -> Table:
    """The table of a task as imported."""
    return transnas.load(f"transnas-macro:{dataset}", space(dataset), SOURCES)
