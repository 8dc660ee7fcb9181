"""Tables with shorter schedules for tests, as an installed third party would bring them.

`fidelities:toy` answers NAS-Bench-201's recorded CIFAR-100 accuracies at 108 epochs and noisier, lower ones
at 4, 12 and 36. `fidelities:twelve` adds the recorded 12-epoch accuracies to the 200-epoch table of
ImageNet16-120; it needs the data for development.
"""

import dataclasses
from pathlib import Path

import numpy as np

from tabular.benchmarks import nb201
from tabular.oracle import Observations
from tabular.table_file import digest
from tests.presets import PROTOCOLS as BUILT_IN

DATASETS = ("toy", "twelve")
DEFAULT_PROTOCOL = "short-to-108"
TOY = dataclasses.replace(
    BUILT_IN["nb201-200ep"],
    name="short-to-108",
    benchmark="fidelities",
    epochs=108,
    fidelities=(4, 12, 36),
    budget=40,
)
TWELVE = dataclasses.replace(
    BUILT_IN["nb201-200ep"], name="12-and-200", benchmark="fidelities", fidelities=(12,), budget=40
)
ALONE = dataclasses.replace(TOY, name="108-alone", fidelities=())
PROTOCOLS = (TOY, TWELVE, ALONE)
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def load(dataset):
    return toy() if dataset == "toy" else twelve()


def toy():
    recorded = nb201.load("cifar100")
    rng, full = np.random.default_rng(0), recorded.columns["seconds@200"]
    columns = {"valid@108": recorded.columns["valid@200"], "seconds@108": full}
    for epochs, drop, noise in ((4, 0.3, 0.03), (12, 0.2, 0.02), (36, 0.1, 0.01)):
        short = recorded.truth()[:, None] - drop + noise * rng.standard_normal((15625, 1))
        columns |= {f"valid@{epochs}": short, f"seconds@{epochs}": full[:, :1] * epochs / 108}
    return _benchmark(recorded, "fidelities:toy", 108, columns)


def twelve():
    import pandas as pd

    recorded = nb201.load("imagenet16-120")
    table = pd.read_parquet(DATA / "nb201.parquet", columns=["key", "im16_val12"]).set_index("key")
    short = table.loc[recorded.space.to_strings(recorded.space.all()), "im16_val12"].to_numpy(float)
    columns = {
        **recorded.columns,
        "valid@12": short[:, None] / 100,
        "seconds@12": recorded.columns["seconds@200"][:, :1] * 12 / 200,
    }
    return _benchmark(recorded, "fidelities:twelve", 200, columns)


def _benchmark(like, name, epochs, columns):
    return dataclasses.replace(like, name=name, digest=digest(columns), epochs=epochs, columns=columns)


def converse(plugin, space, schedules, score, rounds, seed=0, start=12):
    """What a method with several schedules has observed after some rounds; no budget, repeats answered.

    `score(cells, epochs)` are the answers. Starts from different random architectures at the full schedule.
    """
    drawn = space.sample(6 * start, np.random.default_rng(seed))
    first = np.sort(np.unique(space.keys(drawn), return_index=True)[1])[:start]
    asked = [(drawn[first], schedules[-1])]
    for _ in range(rounds):
        observed = _observations(space, asked, score)
        epochs = plugin.schedule(schedules, observed)
        proposal = plugin.propose(space, None, observed, plugin.batch)
        asked.append((proposal[space.contains(proposal)][: plugin.batch], epochs))
    return _observations(space, asked, score)


def _observations(space, asked, score):
    from tabular.cells import Cells

    cells = Cells.concatenate([each for each, _ in asked])
    keys = space.keys(cells)
    epochs = np.concatenate([np.full(len(each), e) for each, e in asked])
    first = np.zeros(len(keys), dtype=bool)
    first[np.unique(np.stack([keys, epochs], axis=1), axis=0, return_index=True)[1]] = True
    accuracy = np.concatenate([score(each, e) for each, e in asked])
    return Observations(cells, keys, accuracy, np.where(first, epochs, 0.0), ~first, epochs)
