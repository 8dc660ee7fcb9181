"""Speed of the DARTS space and of the NAS-Bench-301 surrogate.

python benchmarks/nb301.py FOLDER     (FOLDER holds new_model.onnx and encoding.json; a minute)
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnxruntime
from clock import seconds, show

from tabular.sources.nb301_encoding import Encoding
from tabular.sources.nb301_surrogate import ENCODING, MODEL, Nb301Surrogate
from tabular.spaces.darts import DARTSSpace

ALONE, CELLS = 2_000, 20_000


def rate(what: str, n: int, taken: float) -> None:
    show(what, n / taken / 1000, "thousand/s")


def space(tie_cells: bool) -> None:
    darts = DARTSSpace(tie_cells)
    rng = np.random.default_rng(0)
    cells = darts.sample(CELLS, rng)
    keys = darts.keys(cells)
    steps = {
        "sample": lambda: darts.sample(CELLS, rng),
        "contains": lambda: darts.contains(cells),
        "keys": lambda: darts.keys(cells),
        "from_keys": lambda: darts.from_keys(keys),
        "canonical": lambda: darts.canonical(cells),
        "relabelled": lambda: darts.relabelled(cells, rng),
        "complexity": lambda: darts.complexity(cells),
        "to_strings": lambda: darts.to_strings(cells),
    }
    for name, step in steps.items():
        rate(f"{darts.name}: {name}", CELLS, seconds(step))
    taken = seconds(lambda: [darts.neighbours(cells[[row]]) for row in range(100)])
    rate(f"{darts.name}: neighbours, architectures", 100 * len(darts.neighbours(cells[:1])), taken)


def row_by_row(folder: Path) -> None:
    """The file as published, which takes one row."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(folder / MODEL), options)
    darts = DARTSSpace(tie_cells=False)
    genotypes = darts.to_genotype(darts.sample(ALONE, np.random.default_rng(0)))
    rows = Encoding.read(folder / ENCODING).categories(genotypes)
    epoch = np.full((1, 1), 98, dtype=np.float32)

    def run() -> None:
        for row in rows:
            session.run(None, {"x_cat": row[None], "x_cont": epoch})

    rate("file as published, row by row, without encoding", ALONE, seconds(run))


def batches(folder: Path, threads: int) -> None:
    surrogate = Nb301Surrogate.load(folder, threads)
    darts = DARTSSpace(tie_cells=False)
    for size, calls in ((1, 500), (100, 20), (1_000, 5), (10_000, 1)):
        cells = darts.sample(size, np.random.default_rng(0))
        taken = seconds(
            lambda cells=cells, calls=calls: [surrogate.evaluate(cells, 98) for _ in range(calls)]
        )
        rate(f"evaluate, {size:,} together, {threads} thread(s)", size * calls, taken)


def main() -> None:
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("which folder holds new_model.onnx and encoding.json?")
    folder = Path(sys.argv[1])
    for tie_cells in (True, False):
        space(tie_cells)
    show("load the surrogate", seconds(lambda: Nb301Surrogate.load(folder)), "s")
    row_by_row(folder)
    for threads in (1, 2):
        batches(folder, threads)


if __name__ == "__main__":
    main()
