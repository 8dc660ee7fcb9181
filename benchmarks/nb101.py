"""NAS-Bench-101 at full size: enumerating the space, importing an official-format file, loading the table.

`python benchmarks/nb101.py` writes a synthetic `nasbench_only108.tfrecord` of 3 x 423,624 trainings to a
temporary folder (0.5 GB) and measures each step in a process of its own, so that peak memory is the step's.
`python benchmarks/nb101.py full` does so with the four schedules of `nasbench_full.tfrecord` (2 GB).
"""

from __future__ import annotations

import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "tabular")]
SCHEDULES = {"only108": (108,), "full": (4, 12, 36, 108)}
REPLICATES, BATCH = 3, 20_000
LOOKUPS = 1_000_000


def write(path: Path, schedules: tuple[int, ...]) -> None:
    """The synthetic file: cells in random order, replicates in rounds of a batch."""
    import nb101_files as files

    from tabular.sources.tfrecord import crc32c, masked
    from tabular.spaces.nb101 import NB101Space

    space, rng = NB101Space(), np.random.default_rng(0)
    order = rng.permutation(space.size)
    with path.open("wb") as file:
        for start in range(0, space.size, BATCH):
            cells = space.all()[order[start : start + BATCH]]
            params = np.round(space.complexity(cells, "params") * 1e6).astype(int).tolist()
            known = list(zip(space.module_hash(cells), files.cell_texts(cells), params, strict=True))
            for epochs in schedules * REPLICATES:
                values = files.synthetic(len(cells), epochs, rng).tolist()
                payloads = [
                    files.payload(name, epochs, *texts, files.message(epochs, *pair, number))
                    for (name, texts, number), pair in zip(known, values, strict=True)
                ]
                file.write(framed(payloads, crc32c, masked))


def framed(payloads: list[bytes], crc32c, masked) -> bytes:
    """As `nb101_files.frame`, with the checksums of all payloads computed together."""
    lengths = np.array([len(each) for each in payloads], dtype=np.int64)
    heads = np.frombuffer(lengths.astype("<u8").tobytes(), dtype=np.uint8)
    eights = np.full(len(payloads), 8)
    first = masked(crc32c(heads, np.cumsum(eights) - 8, eights)).tolist()
    data = np.frombuffer(b"".join(payloads), dtype=np.uint8)
    second = masked(crc32c(data, np.cumsum(lengths) - lengths, lengths)).tolist()
    parts = []
    for content, head, tail in zip(payloads, first, second, strict=True):
        parts += [struct.pack("<QI", len(content), head), content, struct.pack("<I", tail)]
    return b"".join(parts)


def step_write(folder: Path) -> None:
    write(folder / "nasbench.tfrecord", SCHEDULES[folder.name])
    show("size of the synthetic file", (folder / "nasbench.tfrecord").stat().st_size / 1e6, "MB")


def step_enumerate(folder: Path) -> None:
    from tabular.spaces import nb101_rows

    for what in ("cold", "cached on disk"):
        start = time.perf_counter()
        found = nb101_rows.rows()
        show(f"enumeration, {what} ({len(found.order)} cells)", time.perf_counter() - start, "s")
        nb101_rows.rows.cache_clear()


def step_import(folder: Path) -> None:
    from safetensors.numpy import save_file

    from tabular.sources.nasbench101 import convert

    start = time.perf_counter()
    columns = convert(folder / "nasbench.tfrecord", lambda share: None)["nb101:cifar10"]
    show("import", time.perf_counter() - start, "s")
    peak()
    save_file(columns, folder / "table.safetensors")
    show("stored columns", (folder / "table.safetensors").stat().st_size / 1e6, "MB")
    missing = sum(int(np.isnan(each).sum()) for name, each in columns.items() if name != "hash")
    show(f"values missing in {len(columns)} columns", missing, "")


def step_load(folder: Path) -> None:
    from safetensors.numpy import load_file

    from tabular.spaces.nb101 import NB101Space

    start = time.perf_counter()
    columns = load_file(folder / "table.safetensors")
    NB101Space().all()
    show(f"loading {len(columns)} columns and the space", time.perf_counter() - start, "s")
    peak()


def step_lookup(folder: Path) -> None:
    from tabular.spaces.nb101 import NB101Space

    space, rng = NB101Space(), np.random.default_rng(1)
    row = rng.integers(0, space.size, LOOKUPS)
    cells = space.relabelled(space.all()[row], rng)
    start = time.perf_counter()
    found = space.lookup(cells.adjacency, cells.ops)
    show(f"{LOOKUPS} lookups", time.perf_counter() - start, "s")
    show("of them right", float((found == row).mean()), "")
    peak()


def peak() -> None:
    show("  peak memory of the process", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB")


def show(what: str, value: float, unit: str) -> None:
    print(f"{what:<60} {value:10.3f} {unit}", flush=True)


STEPS = {
    "enumerate": step_enumerate,
    "write": step_write,
    "import": step_import,
    "load": step_load,
    "lookup": step_lookup,
}


def main() -> None:
    if len(sys.argv) == 3:
        STEPS[sys.argv[1]](Path(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / (sys.argv[1] if len(sys.argv) == 2 else "only108")
        folder.mkdir()
        environment = os.environ | {"NAS_HARNESS_DATA": temporary}
        for step in STEPS:
            subprocess.run([sys.executable, __file__, step, str(folder)], env=environment, check=True)


if __name__ == "__main__":
    main()
