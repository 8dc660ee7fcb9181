"""Speed of the search spaces that are not DARTS or NAS-Bench-101, and of the ENAS surrogate.

python benchmarks/spaces.py           (half a minute; names of spaces may follow)
"""

from __future__ import annotations

import sys

import numpy as np
from clock import seconds, show

from tabular.sources import enas_surrogate
from tabular.space import SearchSpace
from tabular.spaces.enas import ENASSpace
from tabular.spaces.macro import MacroSpace
from tabular.spaces.nas_bench_graph import NASBenchGraphSpace
from tabular.spaces.nb201 import NB201Space
from tabular.spaces.pool import PoolSpace
from tabular.spaces.transnas import TransNASMacroSpace, TransNASMicroSpace

CELLS, CALLS = 100_000, 200


def measure(space: SearchSpace) -> None:
    rng = np.random.default_rng(0)
    cells = space.sample(CELLS, rng)
    space.canonical(cells)  # classes are worked out once
    few, texts = cells[: CELLS // 10], space.to_strings(cells[: CELLS // 10])
    steps = {
        "sample": (CELLS, lambda: space.sample(CELLS, rng)),
        "contains": (CELLS, lambda: space.contains(cells)),
        "keys": (CELLS, lambda: space.keys(cells)),
        "canonical": (CELLS, lambda: space.canonical(cells)),
        "relabelled": (CELLS, lambda: space.relabelled(cells, rng)),
        "complexity": (CELLS, lambda: space.complexity(cells)),
        "to_strings": (len(few), lambda: space.to_strings(few)),
        "from_strings": (len(few), lambda: space.from_strings(texts)),
    }
    for step, (count, work) in steps.items():
        show(f"{space.name}: {step}", count / seconds(work) / 1000, "thousand/s")
    singles = [cells[row : row + 1] for row in range(CALLS)]
    taken = seconds(lambda: [space.neighbours(single) for single in singles])
    show(f"{space.name}: neighbours, one cell a call", CALLS / taken / 1000, "thousand/s")


def surrogate() -> None:
    rng = np.random.default_rng(0)
    cells = ENASSpace().sample(CELLS, rng)
    learned, accuracy = cells[:17_118], 0.73 + 0.006 * rng.standard_normal(17_118)
    show("ENAS surrogate: fit to 17,118", seconds(lambda: enas_surrogate.fit(learned, accuracy), 1), "s")
    weights = enas_surrogate.fit(learned[:2000], accuracy[:2000])
    taken = seconds(lambda: enas_surrogate.predict(weights, cells))
    show("ENAS surrogate: predict", CELLS / taken / 1000, "thousand/s")


def main() -> None:
    enas = ENASSpace()
    pool = PoolSpace("enas-pool", enas, enas.from_keys(np.arange(0, enas.size, 80_000)))
    micro, macro = TransNASMicroSpace(), TransNASMacroSpace()
    spaces = [NB201Space(), MacroSpace(), micro, macro, NASBenchGraphSpace(), enas, pool]
    for space in spaces:
        if space.name in sys.argv[1:] or not sys.argv[1:]:
            measure(space)
    if "enas" in sys.argv[1:] or not sys.argv[1:]:
        surrogate()


if __name__ == "__main__":
    main()
