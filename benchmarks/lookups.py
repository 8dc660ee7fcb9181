"""What it costs to open each benchmark and to ask it: load time, peak memory, lookups per second.

python benchmarks/lookups.py           (names of families may follow; half a minute)

Every benchmark whose data are in the data folder ($NAS_HARNESS_DATA) is measured in a process of its own,
with imports left out of the time and counted in the memory: loading; a first sample and lookup, which set up
what a space builds once; then the validation accuracy of 1,000,000 random architectures (surrogates
100,000), best of 3.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import tabular
from tabular.benchmark import Benchmark, Surrogate
from tabular.catalogue import benchmark_names
from tabular.errors import HarnessError

LOOKUPS, PREDICTIONS = 1_000_000, 100_000
LINE = "{:<30} {:>9} {:>11} {:>10} {:>9} {:>15} {:>10}"


def row(*cells: object) -> None:
    print(LINE.format(*cells).rstrip(), flush=True)


def seconds(work: Callable[[], object], repeat: int = 3) -> float:
    """Best time of several calls. Not `clock.seconds`: that one imports torch, half of the memory."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def peak() -> str:
    """Peak memory (MiB) of this process so far. Not `ru_maxrss`, which starts at the parent's."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return "?"
    (kib,) = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return f"{int(kib) / 1024:.0f}"


def asked(benchmark: Benchmark) -> tuple[str, int]:
    """The column that is looked up: validation accuracy where there is one, at the full schedule."""
    return ("valid" if benchmark.has("valid", benchmark.epochs) else "test"), benchmark.epochs


def measure(name: str) -> None:
    """One line about a benchmark; run in a fresh process."""
    start = time.perf_counter()
    try:
        benchmark = tabular.load(name)
    except HarnessError as problem:
        print(f"{name:<30} {str(problem).partition('. ')[0]}", flush=True)
        return
    loading, loaded = time.perf_counter() - start, peak()
    split, epochs = asked(benchmark)
    rng = np.random.default_rng(0)
    first = seconds(lambda: benchmark.accuracy(benchmark.space.sample(10, rng), split, epochs), 1)
    count = PREDICTIONS if isinstance(benchmark, Surrogate) else LOOKUPS
    cells = benchmark.space.sample(count, rng)
    rate = count / seconds(lambda: benchmark.accuracy(cells, split, epochs))
    row(name, f"{loading:.3f}", loaded, f"{first:.3f}", f"{count:,}", f"{rate:,.0f}", peak())


def main() -> None:
    words = sys.argv[1:]
    if len(words) == 2 and words[0] == "measure":
        measure(words[1])
        return
    families = {name.partition(":")[0] for name in benchmark_names()}
    if unknown := set(words) - families:
        sys.exit(f"unknown benchmark {', '.join(sorted(unknown))}. Available: {', '.join(sorted(families))}")
    row("benchmark", "load s", "loaded MiB", "first s", "lookups", "lookups/s", "peak MiB")
    for name in benchmark_names():
        if not words or name.partition(":")[0] in words:
            subprocess.run([sys.executable, __file__, "measure", name], check=True)


if __name__ == "__main__":
    main()
