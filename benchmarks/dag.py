"""Training step of D-VAE's graph VAE: batched against graph by graph, and against the matrix rate.

On a machine that others use as well, wall times say little. With GOMP_SPINCOUNT=0 in the environment
waiting threads use no processor time, and the main thread's processor time is taken instead: what the
step takes if all its threads have a core, less the time they wait for each other.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import numpy as np
import per_graph
import torch
from clock import matmul_rate, seconds, show
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import tabular
from methods.networks.dag.coder import GraphDecoder, GraphEncoder, Graphs
from methods.networks.flat_adam import FlatAdam
from tabular.cells import Cells

LATENT, KL_WEIGHT, NOISE = 56, 0.005, 0.01
BUSY = os.environ.get("GOMP_SPINCOUNT") == "0"
CLOCK = time.thread_time if BUSY else time.perf_counter
SETTINGS = ((501, 32), (128, 32), (128, 256), (128, 512))


class DVAE(nn.Module):
    """D-VAE as published: encoder and decoder share their forward messages."""

    def __init__(self, types: int, vertices: int, width: int) -> None:
        super().__init__()
        sizes = (types, vertices, width, LATENT, True)
        self.encoder = GraphEncoder(*sizes, open_gates=False)
        self.decoder = GraphDecoder(*sizes, False, self.encoder.send, open_gates=False)

    def loss(self, graphs: Graphs, noise: Tensor) -> Tensor:
        mean, log_variance = self.encoder(graphs)
        z = mean + noise * (0.5 * log_variance).exp()
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
        return (self.decoder.negative_log_likelihood(z, graphs) + KL_WEIGHT * kl).mean()


def enas_like(n: int, rng: np.random.Generator) -> Cells:
    """Graphs of ENAS's shape: 8 vertices, a chain, and skips as frequent as in D-VAE's data (0.3)."""
    skips = np.triu(rng.random((n, 8, 8)) < 0.3, 1)
    skips[:, :, 7] = False
    skips[:, np.arange(7), np.arange(1, 8)] = True
    inner = rng.integers(1, 7, (n, 6))
    return Cells(skips, np.column_stack([np.zeros(n, dtype=int), inner, np.full(n, 7)]))


def matmul_flops(step: Callable[[], None]) -> int:
    """Floating-point operations of all matrix products that a step executes: 2 m k n for m x k times k x n.

    Counted as they run, not derived: equal parts of graphs are computed once and count once. Elementwise
    work, gathers and the optimizer are left out.
    """

    def in_place(_: torch.Size, a: torch.Size, b: torch.Size, **__: object) -> int:
        return 2 * a[0] * a[1] * b[1]

    with FlopCounterMode(display=False, custom_mapping={torch.ops.aten.addmm_: in_place}) as counter:
        step()
    return counter.get_total_flops()


def compare(name: str, cells: Cells, types: int, width: int, batch: int, reference: bool) -> None:
    """Graphs per second of a step (forward, backward, Adam), one batch repeated."""
    torch.manual_seed(0)
    model = DVAE(types, cells.ops.shape[1], width)
    optimizer = FlatAdam(model, 1e-4, 1.0)
    batch_cells = cells[:batch]
    graphs, noise = Graphs.of(batch_cells), NOISE * torch.randn(batch, LATENT)

    def step() -> None:
        optimizer.step(model.loss(graphs, noise))

    def slow_step() -> None:
        optimizer.step(per_graph.loss(model.encoder, model.decoder, batch_cells, noise, KL_WEIGHT))

    what = f"{name}, hidden {width}, batch {batch}"
    slow = 0.0
    if reference:
        with torch.no_grad():
            fast_loss = model.loss(graphs, noise)
            slow_loss = per_graph.loss(model.encoder, model.decoder, batch_cells, noise, KL_WEIGHT)
        torch.testing.assert_close(fast_loss, slow_loss, atol=1e-5, rtol=1e-5)
        slow = batch / seconds(slow_step, 1, CLOCK)
        show(f"graph by graph: {what}", slow, "graphs/s")
    flops = matmul_flops(step)
    before, duration, after = matmul_rate(CLOCK), seconds(step, 15, CLOCK), matmul_rate(CLOCK)
    rate = max(before, after)
    show(f"batched: {what}", batch / duration, "graphs/s")
    if reference:
        show("  ratio", batch / duration / slow, "x")
    show("  matrix products", flops / batch / 1e6, "MFLOP/graph")
    show("  matrix rate before and after", rate, "GFLOP/s")
    show("  share of it that the step reaches", 100 * flops / duration / 1e9 / rate, "%")


def main() -> None:
    rng = np.random.default_rng(0)
    space = tabular.load("nb201:cifar100").space
    sets = (("nb201", space.sample(512, rng), len(space.op_names)), ("enas-like", enas_like(512, rng), 8))
    for threads in (1, 2):
        torch.set_num_threads(threads)
        print(f"graph VAE training step, {threads} thread(s), {'main thread' if BUSY else 'wall'} time")
        for name, cells, types in sets:
            for width, batch in SETTINGS:
                compare(name, cells, types, width, batch, reference=batch == 32)
