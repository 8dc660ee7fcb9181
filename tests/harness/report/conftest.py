"""What the tests of reports share: comparisons of hand-made runs that lie in files."""

import dataclasses

import pytest

from harness.derived import load
from harness.report.grouping import compare
from harness.report.view import View
from harness.store import RunStore

REFERENCE = {"optimum": 0.9, "random_truth": [0.3, 0.5, 0.6], "fronts": {"flops": [[1.0, 3.0], [0.4, 0.9]]}}
SECONDS = {"prepare": 0.5, "fit": 1.0, "propose": 2.0, "query": 0.25}


@pytest.fixture
def seen_as(tmp_path, spec_of, record_for):
    """A view of stored runs: by method a list of `seen` per seed, the truth being the same.

    Architecture r has a complexity of r + 1 million FLOPs. `reference` None is a benchmark of which nothing
    is known; `complexity` false are runs from before it was kept; `truth` as `seen`.
    """

    def make(seen, reference=REFERENCE, complexity=True, truth=None, seconds=SECONDS, epochs=None, **changes):
        store = RunStore(tmp_path / "results")
        for method, runs in seen.items():
            for seed, values in enumerate(runs):
                spec = spec_of(method, seed, **changes)
                columns = {"epochs": epochs} if epochs else {}
                record = record_for(spec, values, truth=truth[method][seed] if truth else None, **columns)
                flops = {"flops": [row + 1.0 for row in range(len(values))]} if complexity else {}
                provenance = {"seconds": dict(seconds), "pretraining": None}
                store.write(spec, dataclasses.replace(record, complexity=flops, provenance=provenance))
                if reference:
                    store.write_reference(spec, reference)
        (comparison,) = compare(load(store), store)
        return View(comparison)

    return make
