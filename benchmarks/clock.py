"""How the benchmarks take times and show them."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

Clock = Callable[[], float]


def seconds(work: Callable[[], object], repeat: int = 3, clock: Clock = time.perf_counter) -> float:
    """Best time of several calls, wall time unless another clock is given."""
    times = []
    for _ in range(repeat):
        start = clock()
        work()
        times.append(clock() - start)
    return min(times)


def matmul_rate(clock: Clock = time.perf_counter) -> float:
    """GFLOP/s of a 2048^3 float32 product with the present number of threads."""
    a = torch.randn(2048, 2048)
    return 2 * 2048**3 / seconds(lambda: a @ a, 5, clock) / 1e9


def show(what: str, value: float, unit: str) -> None:
    print(f"{what:<60} {value:10.3f} {unit}", flush=True)
