"""What the tests of the harness share: in-process commands, hand-made records, stored runs."""

import contextlib
import dataclasses
import io
import json
import math
from pathlib import Path

import jaxtyping
import numpy as np
import pytest

from harness import cli
from harness.compare.grouping import compare
from harness.compare.view import View
from harness.records.derived import load
from harness.records.quality import Quality
from harness.records.reference import Reference, place_of
from harness.records.run import Run, Timing
from harness.records.run_file import joined_of, ledger_of
from harness.records.store import RunStore
from harness.records.stored import stored_run
from harness.running.runner import run
from harness.study.options import RunOptions, parse
from harness.study.quality_spec import QualitySpec
from harness.study.registry import Registry
from harness.study.spec import PluginSpec, RunSpec
from harness.study.study import specs
from tests.harness.laboratory import offered, write_laboratory
from tests.presets import PROTOCOLS


@dataclasses.dataclass
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    def rows(self) -> list[dict]:
        return json.loads(self.out)


def command(*words: object) -> Outcome:
    """Run a command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main([str(word) for word in words])
    return Outcome(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session", name="command")
def command_fixture():
    return command


@pytest.fixture(scope="session")
def study():
    """The runs of a command line, as specs."""

    def make(*words: str, plugins: tuple[Path, ...] = ()) -> list[RunSpec]:
        options, overrides = parse(list(words), RunOptions, overrides=True)
        return specs(options, overrides, Registry(plugins))

    return make


@pytest.fixture(scope="session")
def carry_out():
    """One run in this process, without storing it."""

    def make(spec: RunSpec, plugins: tuple[Path, ...] = ()):
        return run(spec, Registry(plugins), lambda queries, best: None)

    return make


@pytest.fixture
def spec_of():
    """A spec that needs no table and no plugin."""

    def make(method="random", seed=0, **changes):
        base = RunSpec(
            method=method,
            benchmark="nb201:cifar10",
            table_digest="d" * 64,
            protocol=PROTOCOLS["nb201-200ep"],
            representation=None,
            optimizer=PluginSpec(method, "1", {}),
            budget=3,
            seed=seed,
            pretrain_seed=None,
        )
        return dataclasses.replace(base, **changes)

    return make


@pytest.fixture
def record_for():
    """A finished record of a spec with a ledger made by hand."""

    def make(spec, seen=(0.5, 0.7, 0.6), truth=None, test=None, complexity=None, **columns):
        n = len(seen)
        ledger = {
            "architecture": [f"{row:06d}" for row in range(n)],
            "class": list(range(n)),
            "seen": list(seen),
            "truth": list(truth or seen),
            "test": list(test or [None] * n),
            "cost": [1.0] * n,
            "repeated": [0] * n,
            "charged": [1] * n,
            "purpose": ["search"] * n,
            **columns,
        }
        return Run(
            spec,
            ledger_of(spec, ledger),
            joined_of(ledger, complexity or {}),
            counts={"proposed": n, "invalid": 0, "repeated": 0, "fallback": 0},
            timing=Timing({"fit": 0.0, "propose": 0.0, "query": 0.0}, None, None),
        )

    return make


@pytest.fixture(scope="session")
def reference_for():
    """A reference from the content of a file, as files of one seed once were."""

    def make(spec, content) -> Reference:
        return Reference.of({**place_of(spec)._asdict(), "seed": spec.seed, **content})

    return make


@pytest.fixture(scope="session")
def compared():
    """Comparisons of records that were never stored, with the references a store holds."""

    def make(records, store: RunStore):
        runs = [stored_run(record, store.folder / "a/b/c/run.json") for record in records]
        return compare(dataclasses.replace(load(store), done=runs))

    return make


BASELINES = "methods=random,regularized_evolution,local_search"


@pytest.fixture(scope="session")
def stored(tmp_path_factory):
    """A results folder with three baselines, four seeds each, and what the command printed."""
    folder = tmp_path_factory.mktemp("stored") / "results"
    outcome = command("run", BASELINES, "seeds=4", "budget=40", "workers=2", f"results={folder}")
    assert outcome.code == 0, outcome.err
    return folder, outcome


@pytest.fixture(scope="session")
def run_files():
    """All files of a results folder by relative path, without the lines of provenance."""

    def read(folder: Path) -> dict[str, list[str]]:
        return {
            str(path.relative_to(folder)): [
                line for line in path.read_text().splitlines() if not line.startswith('"provenance"')
            ]
            for path in sorted(folder.rglob("*.json"))
        }

    return read


@pytest.fixture
def without_shape_checks():
    """Shape checks at run time make many small calls several times slower."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture
def plugin_file(tmp_path):
    """Write an optimizer plugin whose `propose` has the given body."""

    def make(name: str, body: str = "return space.sample(n, self.rng)", head: str = "") -> Path:
        indented = "\n".join(f"        {line}" for line in body.splitlines())
        path = tmp_path / f"{name}.py"
        path.write_text(
            f'"""Plugin {name}, made by a test."""\n\nimport os\n\nimport numpy as np\n\n'
            f"from methods.base import Optimizer\nfrom tabular.cells import Cells\n\n{head}\n\n"
            f"class Mine(Optimizer):\n"
            f"    def propose(self, space, representation, observed, n):\n{indented}\n"
        )
        return path

    return make


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory):
    """A plugin file with a representation and parts that are measured at once, and caches of their own."""
    folder = tmp_path_factory.mktemp("laboratory")
    file = write_laboratory(folder)
    with pytest.MonkeyPatch.context() as patch, offered(file):
        patch.setenv("NAS_HARNESS_DATA", str(folder / "data"))
        yield file


@pytest.fixture
def quality_spec_of(spec_of):
    """What a record of quality is of; needs no table and no plugin."""

    def make(method="lab", seed=0, **changes):
        base = QualitySpec(
            method=method,
            benchmark="nb201:cifar10",
            table_digest="d" * 64,
            protocol=PROTOCOLS["nb201-200ep"],
            seed=seed,
            representation=PluginSpec(method, "1", {"width": 2}),
            part="tiny",
            split=0,
            labels="none",
            sizes={"cells": 10},
            pretrains=True,
        )
        return dataclasses.replace(base, **changes)

    return make


@pytest.fixture
def quality_for():
    """A record of quality, made by hand."""

    def make(spec, numbers=None, columns=None, **provenance):
        made = {"training_cells": 90, "split": "nine tenths of all cells", "test_cells": 10, **provenance}
        return Quality(
            spec,
            numbers or {"top": 0.9, "spread": 1.5, "nothing": math.nan, "labelled": 0.0},
            columns or {},
            {"prepare": 1.0, "measure": 2.0},
            {"seconds": 5.0, "epochs_trained": 3.0} if spec.pretrains else None,
            made,
        )

    return make


REFERENCE = {"optimum": 0.9, "random_truth": [0.3, 0.5, 0.6], "fronts": {"flops": [[1.0, 3.0], [0.4, 0.9]]}}
SECONDS = {"prepare": 0.5, "fit": 1.0, "propose": 2.0, "query": 0.25}


@pytest.fixture
def seen_as(tmp_path, spec_of, record_for, reference_for):
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
                flops = {"flops": [row + 1.0 for row in range(len(values))]} if complexity else {}
                own = truth[method][seed] if truth else None
                record = record_for(spec, values, truth=own, complexity=flops, **columns)
                store.write(dataclasses.replace(record, timing=Timing(dict(seconds), None, None)))
                if reference:
                    store.add_reference(spec, reference_for(spec, reference))
        (comparison,) = compare(load(store))
        return View(comparison)

    return make


@pytest.fixture
def handmade(tmp_path, spec_of, record_for, reference_for):
    """A store of such lines by method: an initial design of one query, and twenty of the search.

    A run that is filled in by a twentieth is exactly at the limit.
    """

    def each(value, seeds):
        return value if isinstance(value, list) else [value] * seeds

    def make(lines, benchmark="nb201:cifar10", folder="results"):
        store = RunStore(tmp_path / folder)
        for method, line in lines.items():
            seeds = len(line.finals)
            found = zip(line.finals, each(line.filled, seeds), each(line.exact, seeds), strict=True)
            for seed, (final, filled, exact) in enumerate(found):
                spec = spec_of(method, seed, benchmark=benchmark, budget=21)
                purpose = ["initial"] + ["search"] * (20 - filled) + ["fallback"] * filled
                seen = [final / 2 + row / 1000 for row in range(20)] + [final]
                flops = {"flops": [row + 1.0 for row in range(21)]}
                cells = [np.base_repr(row, 5).zfill(6) for row in range(21)]
                columns = {"architecture": cells, "purpose": purpose}
                record = record_for(spec, seen, complexity=flops, **columns)
                facts = {"seconds": 1.0}
                if exact is not None:
                    facts["decoder_exact_percent"] = exact
                store.write(
                    dataclasses.replace(
                        record,
                        counts={**record.counts, "fallback": filled},
                        timing=Timing(dict(SECONDS), None, None if line.exact is None else facts),
                    )
                )
                random = [0.3 + row / 100 for row in range(21)]
                content = {"optimum": 0.95, "random_truth": random, "fronts": REFERENCE["fronts"]}
                store.add_reference(spec, reference_for(spec, content))
        return store

    return make
