"""Search spaces, benchmark tables, protocols and the oracle. `tabular.load("nb201")` is the way in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tabular.benchmark import Benchmark

__all__ = ["load"]


def load(name: str) -> Benchmark:
    """The benchmark of that name, for example `nb201:cifar100`; a family alone means its first dataset.

    Cached per process. Raises `HarnessError` with the closest match if there is none.
    """
    from tabular import catalogue  # numpy is imported here, so that `harness --help` starts without it

    return catalogue.load(name)
