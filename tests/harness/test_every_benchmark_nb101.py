"""NAS-Bench-101 through the command line: part of an official-format file, and a whole made-up table."""

import numpy as np
import pytest

import tabular
from harness.compare.grouping import compare
from harness.records.curves import curve
from harness.records.derived import load
from harness.records.digits import rounded
from harness.records.run_file import columns as stored
from harness.records.store import RunStore
from tabular.data.tables import write_tables
from tabular.spaces.nb101 import NB101Space
from tests.every_benchmark import data_folder
from tests.tabular import nb101_files as files

METHODS = ("random", "regularized_evolution")
CELLS, BUDGET = 30, 20


@pytest.fixture(scope="module")
def space():
    return NB101Space()


@pytest.fixture(scope="module")
def part(space, tmp_path_factory):
    """Three trainings each of a few cells, as `nasbench_only108.tfrecord` holds them."""
    rng = np.random.default_rng(0)
    rows = rng.choice(space.size, CELLS, replace=False)
    cells = space.all()[rows]
    params = np.round(space.complexity(cells, "params") * 1e6).astype(int).tolist()
    known = list(zip(space.module_hash(cells), files.cell_texts(cells), params, strict=True)) * 3
    values = files.synthetic(len(known), 108, rng)
    payloads = [
        files.payload(name, 108, *texts, files.message(108, *pair, number))
        for (name, texts, number), pair in zip(known, values.tolist(), strict=True)
    ]
    path = tmp_path_factory.mktemp("part") / "nasbench_only108.tfrecord"
    path.write_bytes(files.frame(payloads))
    return path, rows, values[:, 1, files.MEASURES.index("valid")].reshape(3, CELLS).T


@pytest.fixture
def folder(tmp_path):
    with data_folder(tmp_path / "data") as chosen:
        yield chosen


def test_a_part_of_the_file_is_refused_and_leaves_nothing(part, folder, command):
    outcome = command("data", "import", "nb101", part[0])
    assert outcome.code == 2 and "nasbench_only108.tfrecord is not the published file" in outcome.err
    assert "unverified=true" in outcome.err
    assert not list(folder.rglob("*.safetensors"))


def test_an_unverified_part_is_marked_and_cannot_be_searched(part, folder, command, tmp_path):
    path, rows, valid = part
    assert command("data", "import", "nb101", path, "unverified=true").code == 0
    table = tabular.load("nb101")
    assert np.array_equal(table.columns["valid@108"][rows], valid.astype(np.float32))
    assert np.isnan(np.delete(table.columns["valid@108"], rows, axis=0)).all()
    assert table.passport["verified"].startswith("no: its sha256 is")
    assert table.passport["note"].startswith("UNVERIFIED data: ")
    assert f"{CELLS} of {table.space.size} architectures" in table.passport["note"]
    listed = command("data", "list").out.partition("\nnb101:cifar10\n")[2]
    assert "verified: no: its sha256 is" in listed[: listed.index("\nnb201")]
    doctor = command("data", "doctor", "nb101")
    assert doctor.code == 1 and "FAIL  nb101:cifar10: three trainings of every cell" in doctor.out
    assert f"largest difference 0.0 parameters in {CELLS} cells" in doctor.out
    outcome = command("run", "methods=random", "bench=nb101", "seeds=1", f"results={tmp_path / 'runs'}")
    assert outcome.code == 2 and not (tmp_path / "runs").exists()
    assert f"has no valid@108 of {table.space.size - CELLS} architectures" in outcome.err


def test_both_methods_run_on_a_whole_table(space, folder, command, tmp_path):
    """Made-up accuracies, which say nothing of the methods."""
    rng = np.random.default_rng(0)
    shape = (space.size, 3)
    valid, test = (0.9 + 0.1 * rng.random(shape, dtype=np.float32) for _ in range(2))
    seconds = 1000 + 1000 * rng.random(shape, dtype=np.float32)
    columns = {"valid@108": valid, "test@108": test, "seconds@108": seconds}
    passport = {"source": "made up", "source_sha256": "0" * 64, "licence": "none", "note": "Made up."}
    write_tables({"nb101:cifar10": (columns, passport)})
    words = ["bench=nb101", "seeds=1", f"budget={BUDGET}", "workers=1", f"results={tmp_path / 'runs'}"]
    outcome = command("run", f"methods={','.join(METHODS)}", *words)
    assert outcome.code == 0, outcome.err
    assert "Made up." in outcome.out
    store, table = RunStore(tmp_path / "runs"), tabular.load("nb101")
    (comparison,) = compare(load(store))
    assert comparison.protocol.name == "nb101-150q"
    assert comparison.optimum == rounded(table.optimum) and comparison.random is not None
    starts = []
    for line in comparison.methods:
        (record,) = line.whole()
        cells = space.from_strings(stored(record)["architecture"])
        keys, found = space.keys(cells), curve(record)
        np.testing.assert_allclose(stored(record)["truth"], valid[keys].mean(axis=1), atol=1e-7)
        np.testing.assert_allclose(stored(record)["test"], test[keys].mean(axis=1), atol=1e-7)
        assert max(stored(record)["truth"]) <= table.optimum
        assert (np.diff(found.seen) >= 0).all() and len(found.seen) == BUDGET
        assert (valid[keys] == np.array(stored(record)["seen"], dtype=np.float32)[:, None]).any(axis=1).all()
        starts.append(stored(record)["architecture"][:10])
    assert len(comparison.methods) == 2 and starts[0] == starts[1]
