"""How long a report over 10,000 stored runs of 150 queries takes: cold, warm, and how much memory.

The runs are drawn at random (10 benchmarks, 50 methods, 20 seeds); the report is a process of its own.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from harness.records.reference import Curve, Reference, place_of
from harness.records.run import Run, Timing
from harness.records.run_file import joined_of, ledger_of
from harness.records.store import RunStore
from harness.study.spec import PluginSpec, RunSpec
from tabular.catalogue import protocols

QUERIES = 150
LINES: dict[str, tuple[str, ...]] = {
    "cold": (),
    "warm": (),
    "json": ("format=json",),
    "other points": ("at=10,75",),
}


def drawn_run(store: RunStore, benchmark: str, method: str, seed: int, rng: np.random.Generator) -> None:
    """Store a run whose ledger is noise around a method's quality."""
    spec = RunSpec(
        method=method,
        benchmark=benchmark,
        table_digest="d" * 64,
        protocol=protocols()["nb201-200ep"],
        representation=None,
        optimizer=PluginSpec(method, "1", {}),
        budget=QUERIES,
        seed=seed,
        pretrain_seed=None,
    )
    truth = rng.normal(0.85, 0.04, QUERIES)
    ledger = {
        "architecture": [f"{row:06d}" for row in rng.permutation(15625)[:QUERIES].tolist()],
        "class": rng.integers(0, 6466, QUERIES).tolist(),
        "seen": (truth + rng.normal(0, 0.003, QUERIES)).tolist(),
        "truth": truth.tolist(),
        "test": [None] * QUERIES,
        "cost": rng.uniform(500, 3000, QUERIES).tolist(),
        "repeated": [0] * QUERIES,
        "charged": [1] * QUERIES,
        "purpose": ["initial"] * 10 + ["search"] * (QUERIES - 10),
    }
    seconds = {"prepare": 0.0, "fit": 0.1, "propose": 0.2, "query": 0.1}
    run = Run(
        spec,
        ledger_of(spec, ledger),
        joined_of(ledger, {name: rng.uniform(0.1, 1.5, QUERIES).tolist() for name in ("flops", "params")}),
        counts={"proposed": QUERIES, "invalid": 0, "repeated": 0, "fallback": 0},
        timing=Timing(seconds, np.linspace(0, 0.4, QUERIES).round(3), None),
        provenance={"commit": "0" * 40, "dirty": False},
    )
    store.write(run)
    if method == "method00":
        expected: dict[str, Curve | None] = {str(seed): np.linspace(0.85, 0.91, QUERIES)}
        fronts = {"flops": [[0.1, 1.5], [0.9, 0.99]], "params": [[0.1, 1.5], [0.9, 0.99]]}
        store.add_reference(spec, Reference(place_of(spec), 0.99, expected, fronts, "", "", True))


def report(folder: Path, *words: str) -> tuple[float, float, int]:
    """Wall seconds, peak memory (MB) and characters printed of one report."""
    start = time.perf_counter()
    line = [sys.executable, "-m", "harness", "report", f"results={folder}", *words]
    printed = subprocess.run(line, check=True, capture_output=True, text=True).stdout
    return (
        time.perf_counter() - start,
        resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
        len(printed),
    )


def main() -> None:
    """Print one line of JSON."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NAS_HARNESS_DATA"] = f"{folder}/data"
        store, rng = RunStore(Path(folder) / "results"), np.random.default_rng(0)
        for number in range(10):
            for method in range(50):
                for seed in range(20):
                    drawn_run(store, f"nb201:{number}", f"method{method:02d}", seed, rng)
        times = {name: report(store.folder, *words) for name, words in LINES.items()}
    print(json.dumps({name: [round(each, 2) for each in found] for name, found in times.items()}))


if __name__ == "__main__":
    main()
