"""The NAS-Bench-301 surrogate against its file run row by row, and against values computed elsewhere."""

import json
import re
import shutil
import sys
import time

import numpy as np
import pytest

from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.sources.nb301_encoding import Encoding
from tabular.sources.nb301_surrogate import check, read
from tabular.sources.onnx_batch import ports, with_open_batch
from tabular.spaces.darts import DARTSSpace

SPACE, TIED = DARTSSpace(tie_cells=False), DARTSSpace(tie_cells=True)
OPS = ("max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5")
OPS += ("dil_conv_3x3", "dil_conv_5x5")
PREFIX = "NetworkSelectorDatasetInfo_COLON_darts_COLON_"


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "nb301"


@pytest.fixture(scope="module")
def surrogate(folder):
    pytest.importorskip("onnxruntime", reason="the surrogate needs the extra nb301")
    return read(folder)


@pytest.fixture(scope="module")
def reference(folder):
    import pandas as pd

    table = pd.read_parquet(folder / "reference_archs.parquet")
    return table, np.array([json.loads(text) for text in table["arch"]])


@pytest.fixture
def copied(folder, tmp_path):
    for name in ("new_model.onnx", "encoding.json"):
        shutil.copyfile(folder / name, tmp_path / name)
    return tmp_path


def some(n, seed=0):
    return SPACE.sample(n, np.random.default_rng(seed))


def configuration(genotype):
    """An architecture as a dictionary of the configuration space's names, active ones alone."""
    found = {}
    for kind, cell in zip(("normal", "reduce"), genotype, strict=True):
        edge = 0
        for node in range(2, 6):
            pair = dict(cell[2 * node - 4 : 2 * node - 2])
            for source in range(node):
                if source in pair:
                    found[f"{PREFIX}edge_{kind}_{edge}"] = OPS[pair[source]]
                edge += 1
            if node > 2:
                found[f"{PREFIX}inputs_node_{kind}_{node}"] = "_".join(map(str, sorted(pair)))
    return found


def test_all_reference_values(surrogate, reference):
    table, genotypes = reference
    accuracy, seconds = surrogate.evaluate(SPACE.from_genotype(genotypes), 98)
    assert len(accuracy) == 12_439 and accuracy.dtype == np.float64
    assert np.abs(100 * accuracy - table["yahpo_val_acc98"]).max() < 1e-4
    assert np.abs(seconds - table["yahpo_runtime98_s"]).max() < 0.01


def test_agrees_with_the_official_surrogate_as_far_as_known(surrogate, reference):
    from scipy.stats import spearmanr

    table, genotypes = reference
    known = table["nb301_xgb_val_acc"].notna().to_numpy()
    accuracy, _ = surrogate.evaluate(SPACE.from_genotype(genotypes[known]), 98)
    assert known.sum() == 1218
    assert spearmanr(accuracy, table["nb301_xgb_val_acc"][known])[0] == pytest.approx(0.78, abs=0.005)


def test_equals_the_original_file_row_by_row(surrogate, folder):
    runtime = pytest.importorskip("onnxruntime")
    codes = json.loads((folder / "encoding.json").read_text())
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(str(folder / "new_model.onnx"), options)
    cells, epochs = some(300), np.random.default_rng(1).integers(1, 99, 300)
    accuracy, seconds = surrogate.evaluate(cells, epochs)
    for row, genotype in enumerate(SPACE.to_genotype(cells).tolist()):
        chosen = configuration(genotype)
        categories = [[codes[name][chosen.get(name, "#na#")] for name in codes]]
        ((percent, time_taken),) = session.run(
            None, {"x_cat": np.array(categories, np.int32), "x_cont": np.array([[epochs[row]]], np.float32)}
        )[0]
        assert (accuracy[row], seconds[row]) == pytest.approx((percent / 100, time_taken), rel=1e-6)


def test_categories_satisfy_the_conditions_of_the_configuration_space(folder):
    space = json.loads((folder / "config_space.json").read_text())
    codes = json.loads((folder / "encoding.json").read_text())
    names = [{code: value for value, code in each.items()} for each in codes.values()]
    rows = Encoding.read(folder / "encoding.json").categories(SPACE.to_genotype(some(500)))
    assert rows.dtype == np.int32
    for row in rows.tolist():
        chosen = {name: names[i][code] for i, (name, code) in enumerate(zip(codes, row, strict=True))}
        active = {name: True for name in codes}
        for condition in space["conditions"]:
            allowed = condition.get("values", [condition.get("value")])
            active[condition["child"]] = chosen[condition["parent"]] in allowed
        assert {name: value != "#na#" for name, value in chosen.items()} == active


def test_values_do_not_depend_on_the_batch(surrogate):
    cells, epochs = some(700), np.random.default_rng(2).integers(1, 99, 700)
    together = np.stack(surrogate.evaluate(cells, epochs))
    order = np.random.default_rng(3).permutation(700)
    assert (np.stack(surrogate.evaluate(cells[order], epochs[order])) == together[:, order]).all()
    for rows in (slice(0, 1), slice(5, 8), slice(100, 401)):
        assert (np.stack(surrogate.evaluate(cells[rows], epochs[rows])) == together[:, rows]).all()
    assert len(np.unique(together[0])) > 690


def test_order_of_a_nodes_operations_does_not_matter(surrogate):
    cells = some(50)
    order = np.arange(22)
    order[[2, 3, 15, 16]] = 3, 2, 16, 15
    other = Cells(cells.adjacency[:, order][:, :, order], cells.ops[:, order])
    assert (other.ops != cells.ops).any()
    assert (np.stack(surrogate.evaluate(other, 98)) == np.stack(surrogate.evaluate(cells, 98))).all()


def test_tied_cells_stand_for_both(surrogate):
    tied = TIED.sample(50, np.random.default_rng(0))
    both = SPACE.from_genotype(TIED.to_genotype(tied))
    assert (np.stack(surrogate.evaluate(tied, 50)) == np.stack(surrogate.evaluate(both, 50))).all()


def test_ranges_and_growth(surrogate):
    cells = some(500, 4)
    accuracy, seconds = np.stack([surrogate.evaluate(cells, epochs) for epochs in range(1, 99)], axis=1)
    assert accuracy.min() > 0.2 and accuracy.max() < 0.97 and (seconds > 0).all()
    assert (np.diff(accuracy, axis=0) > 0).all() and (np.diff(seconds[2:], axis=0) > 0).all()


def test_no_architectures(surrogate):
    accuracy, seconds = surrogate.evaluate(some(0), 98)
    assert accuracy.shape == seconds.shape == (0,)


@pytest.mark.parametrize("epochs", [0, 99, -1, 200])
def test_epochs_out_of_range(surrogate, epochs):
    with pytest.raises(HarnessError, match=f"no value after {epochs} epochs; the surrogate knows 1 .. 98"):
        surrogate.evaluate(some(3), np.array([5, epochs, 98]))


def test_cells_of_another_space(surrogate):
    other = Cells(np.zeros((2, 8, 8), dtype=bool), np.zeros((2, 8), dtype=np.int8))
    with pytest.raises(HarnessError, match="graphs of 8 vertices are no DARTS architectures"):
        surrogate.evaluate(other, 98)
    cells = some(2)
    with pytest.raises(HarnessError, match="2 of 2 cells are outside darts"):
        surrogate.evaluate(Cells(cells.adjacency, np.zeros_like(cells.ops)), 98)


def test_loads_fast_from_folder_or_file_and_checks(surrogate, copied):
    start = time.perf_counter()
    again = read(copied)
    assert time.perf_counter() - start < 1
    assert again.digest == surrogate.digest == read(copied / "new_model.onnx").digest
    check(copied)
    check(copied / "new_model.onnx")


def test_batch_is_opened_and_nothing_else(folder):
    content = (folder / "new_model.onnx").read_bytes()
    opened = with_open_batch(content)
    assert [(p.name, p.element, p.shape) for part in ports(content) for p in part] == [
        ("x_cat", 6, (1, 34)),
        ("x_cont", 1, (1, 1)),
        ("209", 1, (1, 2)),
    ]
    assert [p.shape for part in ports(opened) for p in part] == [(0, 34), (0, 1), (0, 2)]
    changed = np.flatnonzero(np.frombuffer(content, np.uint8) != np.frombuffer(opened, np.uint8))
    assert len(opened) == len(content) and len(changed) == 6
    assert with_open_batch(opened) == opened


def test_without_onnxruntime(copied, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(HarnessError, match=re.escape("pip install nas-harness[nb301]")):
        read(copied)


@pytest.mark.parametrize("missing", ["new_model.onnx", "encoding.json"])
def test_a_missing_file(copied, missing):
    (copied / missing).unlink()
    with pytest.raises(HarnessError, match=f"{missing} cannot be read"):
        read(copied)


def refused(folder, pattern):
    """One line, with a reason."""
    with pytest.raises(HarnessError, match=pattern) as caught:
        check(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.0, 1e-4, 0.1, 0.5, 0.999, 0.99999])
def test_a_model_cut_off(copied, surrogate, share):
    path = copied / "new_model.onnx"
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    refused(copied, "is damaged|is another model")


@pytest.mark.parametrize("content", [b"<html>not found</html>", b"\x08\x06", b"\0" * 1000, b"\xff" * 1000])
def test_what_is_no_model(copied, content):
    (copied / "new_model.onnx").write_bytes(content)
    refused(copied, "is damaged|is another model")


EDITS = {
    "name": (b"\x0a\x05x_cat\x12", b"\x0a\x05y_cat\x12"),
    "width": (b'\x0a\x02\x08\x01\x0a\x02\x08"', b"\x0a\x02\x08\x01\x0a\x02\x08!"),
    "outputs": (b"\x0a\x02\x08\x01\x0a\x02\x08\x02B", b"\x0a\x02\x08\x01\x0a\x02\x08\x03B"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_another_model(copied, edit):
    path = copied / "new_model.onnx"
    content, (old, new) = path.read_bytes(), EDITS[edit]
    assert content.count(old) == 1
    path.write_bytes(content.replace(old, new))
    refused(copied, r"is another model \([xy]_cat\[1, 3[34]\], x_cont\[1, 1\] -> 209\[1, [23]\]\)")


def test_an_unreadable_network(copied, surrogate):
    path = copied / "new_model.onnx"
    path.write_bytes(path.read_bytes().replace(b"Gemm", b"Gmem"))
    refused(copied, "new_model.onnx is damaged: ")


def test_a_wrong_weight_is_found_by_check(copied, surrogate):
    path = copied / "new_model.onnx"
    content = bytearray(path.read_bytes())
    content[1_000_000] ^= 1
    path.write_bytes(content)
    assert read(copied).digest != surrogate.digest
    refused(copied, "is not nb301 of .*: sha256")


def without(table, name):
    return {key: codes for key, codes in table.items() if key != name}


NAME = f"{PREFIX}edge_reduce_13"


@pytest.mark.parametrize(
    ("change", "pattern"),
    [
        (lambda table: without(table, NAME), "names 33 variables, not the 34"),
        (lambda table: {**without(table, NAME), "other": {"#na#": 0}}, f"has no '{NAME}'"),
        (lambda table: {**table, NAME: {"#na#": 0, "none": 1}}, f"has no '{OPS[0]}'"),
        (lambda table: {**table, NAME: {OPS[0]: 0}}, "has no '#na#'"),
        (lambda table: {**table, "more": {"#na#": 0}}, "names 35 variables, not the 34"),
        (lambda table: dict(reversed(table.items())), "numbers alphabetically"),
        (lambda table: {**table, NAME: {**table[NAME], OPS[0]: 9}}, "numbers alphabetically"),
        (lambda table: {**table, NAME: dict.fromkeys(table[NAME], 0)}, "numbers alphabetically"),
        (list, "is damaged"),
        (lambda table: {**table, NAME: 3}, "is damaged"),
        (lambda table: {**table, NAME: {"#na#": "x"}}, "is damaged"),
    ],
)
def test_another_encoding(copied, change, pattern):
    path = copied / "encoding.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    refused(copied, pattern)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00"])
def test_a_damaged_encoding(copied, content):
    (copied / "encoding.json").write_bytes(content)
    refused(copied, "encoding.json is damaged")
