"""Speed of the main steps, and the machine's matrix-multiply rate in the same run to put them in proportion.

make bench                            (a few minutes; leave the machine alone meanwhile)
python benchmarks/speed.py dag        (one part of it: start, training, dag or search)
"""

from __future__ import annotations

import subprocess
import sys

import dag
import numpy as np
import search
import torch
from clock import matmul_rate, seconds, show

import tabular

FRESH_LOAD = """
start = time.perf_counter()
import tabular
imported = time.perf_counter()
tabular.load("nb201:cifar100")
loaded = time.perf_counter()
(peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(imported - start, loaded - imported, int(peak) / 1024)
"""


def start_up(*words: str) -> float:
    command = [sys.executable, "-m", "harness", *words]
    return seconds(lambda: subprocess.run(command, capture_output=True, check=True))


def pretraining(name: str) -> float:
    """Seconds of pre-training on all cells as configured, with what it measures of the outcome."""
    if name == "ngae":
        from methods.representations.ngae import NGAE as Plugin
    else:
        from methods.representations.arch2vec import Arch2Vec as Plugin
    from methods.training import Unwatched

    plugin = Plugin(Plugin.Hyper(), np.random.default_rng(0))
    return seconds(lambda: plugin.pretrain(tabular.load("nb201").space, None, Unwatched()), 1)


def start() -> None:
    """Fresh processes: imports, table, command line."""
    fresh = subprocess.run([sys.executable, "-c", FRESH_LOAD], capture_output=True, text=True, check=True)
    importing, loading, peak = map(float, fresh.stdout.split())
    show("fresh process: import tabular", importing, "s")
    show("fresh process: load nb201:cifar100", loading, "s")
    show("fresh process: peak memory", peak, "MB")
    benchmark = tabular.load("nb201")
    million = benchmark.space.sample(1_000_000, np.random.default_rng(0))
    show("1,000,000 lookups", seconds(lambda: benchmark.accuracy(million, "valid", 200)), "s")
    for words in (["--help"], ["list"]):
        show(f"harness {' '.join(words)}", start_up(*words), "s")


def training() -> None:
    """Pre-training and joint training as the representations do it."""
    for threads in (1, 2):
        torch.set_num_threads(threads)
        note = f", {threads} thread(s)"
        show(f"matrix multiply{note}", matmul_rate(), "GFLOP/s")
        show(f"arch2vec pre-training{note}", pretraining("arch2vec"), "s")
        show(f"ngae pre-training{note}", pretraining("ngae"), "s")


PARTS = {"start": start, "training": training, "dag": dag.main, "search": search.main}


def main() -> None:
    chosen = sys.argv[1:] or list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        sys.exit(f"unknown part {', '.join(sorted(unknown))}. Available: {', '.join(PARTS)}")
    for part in chosen:
        PARTS[part]()


if __name__ == "__main__":
    main()
