"""Speed of the main steps, and the machine's matrix-multiply rate in the same run to put them in proportion.

make bench        (about two minutes; leave the machine alone meanwhile)
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import torch

import tabular
from methods.dag_vae import Graphs
from methods.layers import FlatAdam
from methods.optimizers.gp_bo import GPBO
from methods.representations.arch2vec import Arch2Vec
from methods.representations.ngae import NGAE, FreeCells, JointVAE, relative_complexity
from methods.representations.one_hot import OneHot
from tabular.oracle import Observations

FRESH_LOAD = """
import time
start = time.perf_counter()
import tabular
imported = time.perf_counter()
tabular.load("nb201:cifar100")
loaded = time.perf_counter()
(peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(imported - start, loaded - imported, int(peak) / 1024)
"""


def seconds(work: Callable[[], object], repeat: int = 3) -> float:
    """Best wall time of several calls."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def matmul_rate() -> float:
    """GFLOP/s of a 2048^3 float32 product with the present number of threads."""
    a = torch.randn(2048, 2048)
    return 2 * 2048**3 / seconds(lambda: a @ a, 5) / 1e9


def start_up(*words: str) -> float:
    command = [sys.executable, "-m", "harness", *words]
    return seconds(lambda: subprocess.run(command, capture_output=True, check=True))


def gp_per_query() -> float:
    """Mean seconds per query of one_hot+gp_bo over 140 queries after 10 random ones."""
    benchmark = tabular.load("nb201")
    space, truth = benchmark.space, benchmark.truth()
    keys = np.random.default_rng(0).choice(space.size, 10, replace=False).tolist()
    representation = OneHot(OneHot.Hyper(), np.random.default_rng(0))
    optimizer = GPBO(GPBO.Hyper(), np.random.default_rng(0))
    start = time.perf_counter()
    while len(keys) < 150:
        rows = np.array(keys)
        zeros = np.zeros(len(rows))
        observed = Observations(space.all()[rows], rows, truth[rows], zeros, zeros.astype(bool))
        representation.fit(space, observed)
        keys += space.keys(optimizer.propose(space, representation, observed, 1)).tolist()
    return (time.perf_counter() - start) / 140


def ngae_training_rate(width: int, batch: int) -> float:
    """Graphs per second of one joint-loss step on 8-vertex graphs."""
    space = tabular.load("nb201").space
    hyper = NGAE.Hyper(width=width)
    model = JointVAE(len(space.op_names), space.vertices, hyper)
    optimizer = FlatAdam(model, 1e-3, 1.0)
    cells = space.sample(batch, np.random.default_rng(0))
    free = FreeCells(cells, Graphs.of(cells), relative_complexity(space, cells))

    def step() -> None:
        _, loss = model.free_loss(free.graphs, free.complexity, hyper)
        optimizer.step(loss)

    step()
    return batch / seconds(step, 5)


def arch2vec_pretraining() -> float:
    """Seconds of pre-training on all cells, with its quality check."""
    plugin = Arch2Vec(Arch2Vec.Hyper(), np.random.default_rng(0))
    return seconds(lambda: plugin.pretrain(tabular.load("nb201").space), 1)


def show(what: str, value: float, unit: str) -> None:
    print(f"{what:<50} {value:10.3f} {unit}", flush=True)


def main() -> None:
    benchmark = tabular.load("nb201")
    million = benchmark.space.sample(1_000_000, np.random.default_rng(0))
    fresh = subprocess.run([sys.executable, "-c", FRESH_LOAD], capture_output=True, text=True, check=True)
    importing, loading, peak = map(float, fresh.stdout.split())
    show("fresh process: import tabular", importing, "s")
    show("fresh process: load nb201:cifar100", loading, "s")
    show("fresh process: peak memory", peak, "MB")
    show("1,000,000 lookups", seconds(lambda: benchmark.accuracy(million, "valid", 200)), "s")
    for words in (["--help"], ["list"]):
        show(f"harness {' '.join(words)}", start_up(*words), "s")
    for threads in (1, 2):
        torch.set_num_threads(threads)
        note = f", {threads} thread(s)"
        show(f"matrix multiply{note}", matmul_rate(), "GFLOP/s")
        show(f"arch2vec pre-training{note}", arch2vec_pretraining(), "s")
        for width, batch in ((64, 32), (128, 512), (501, 32)):
            show(
                f"ngae step, hidden {width}, batch {batch}{note}",
                ngae_training_rate(width, batch),
                "graphs/s",
            )
    torch.set_num_threads(1)
    show("one_hot+gp_bo, 1 thread", gp_per_query(), "s per query")


if __name__ == "__main__":
    main()
