"""The rows of NAS-Bench-101 against enumerations that share no code with the space's own, and their cache."""

import itertools
import os

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from tabular.cells import Cells
from tabular.spaces import nb101_rows
from tabular.spaces.kept import digest
from tabular.spaces.nb101_official import module_hash
from tabular.spaces.nb101_rows import LABELS, SIZE, VERSION, enumerate_cells, rows

# sha256 of names, shapes and bytes: if this changes, VERSION must change, or old caches and tables lie
DIGEST = "b3ebabb8c12678b30edac382836f99f49af55fc220320c8b8a0236e5296429d9"


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path))
    nb101_rows.rows.cache_clear()
    yield tmp_path
    nb101_rows.rows.cache_clear()


@pytest.fixture(scope="module")
def tensors():
    return enumerate_cells()


def full_graphs(vertices):
    """Adjacency of every graph with no loose vertex and at most nine edges, in the authors' order."""
    pairs = [(a, b) for b in range(1, vertices) for a in range(b)]
    for bits in range(2 ** len(pairs)):
        matrix = np.zeros((7, 7), dtype=bool)
        for place, pair in enumerate(pairs):
            matrix[pair] = bits >> place & 1
        used = matrix[: vertices - 1].any(axis=1).all() and matrix[:, 1:vertices].any(axis=0).all()
        if used and matrix.sum() <= 9:
            yield matrix


def labelled(vertices):
    """All labelled graphs of that many vertices in the authors' order."""
    adjacency, ops = [], []
    for matrix in full_graphs(vertices):
        for inner in itertools.product(LABELS, repeat=vertices - 2):
            adjacency.append(matrix)
            ops.append([0, *inner, 4] + [-1] * (7 - vertices))
    return Cells(np.array(adjacency), np.array(ops, dtype=np.int8))


def test_there_are_423624_rows_and_they_never_change(tensors):
    assert len(tensors["bits"]) == SIZE == len(np.unique(tensors["fingerprints"]))
    assert digest(VERSION, tensors) == DIGEST and VERSION == "nb101-1"


def test_small_rows_are_the_first_of_each_official_hash():
    found = rows().cells
    sizes = (found.ops != -1).sum(axis=1)
    start = 0
    for vertices in (2, 3, 4):
        graphs = labelled(vertices)
        hashes = module_hash(graphs)
        first = sorted({name: i for i, name in reversed(list(enumerate(hashes)))}.values())
        assert (sizes == vertices).sum() == len(first)
        part = found[start : start + len(first)]
        assert (part.adjacency == graphs.adjacency[first]).all() and (part.ops == graphs.ops[first]).all()
        start += len(first)
    assert start == 1 + 6 + 84  # 1 and 6 by hand: nothing between, or one of three with or without a bypass


def smallest_codes(cells, vertices):
    """The smallest number that any order of the inner vertices makes of a labelled graph."""
    inner = vertices - 2
    orders = np.array(list(itertools.permutations(range(1, inner + 1))), dtype=int)
    weights = np.zeros((49 + 7, len(orders)))
    for column, order in enumerate(orders):
        place = {0: 0, vertices - 1: vertices - 1, **{v: k for k, v in enumerate(order.tolist(), start=1)}}
        used = [(a, b) for a in range(vertices - 1) for b in range(1, vertices) if a != b]
        for a, b in used:
            weights[7 * a + b, column] = 2.0 ** used.index((place[a], place[b]))
        for vertex in order.tolist():
            weights[49 + vertex, column] = 2.0 ** (31 + 2 * (place[vertex] - 1))
    assert weights.max() < 2**42  # sums stay exact in float64
    features = np.concatenate([cells.adjacency.reshape(-1, 49), cells.ops * (cells.ops < 4)], axis=1)
    parts = np.array_split(features.astype(float), max(1, len(features) // 20_000))
    return np.concatenate([(part @ weights).min(axis=1) for part in parts])


@pytest.mark.parametrize("vertices", [2, 3, 4, 5, 6, 7])
def test_rows_are_the_isomorphism_classes_by_brute_force(vertices):
    """No two rows are isomorphic, and every labelled graph is isomorphic to the row it is found at."""
    found = rows()
    sizes = (found.cells.ops != -1).sum(axis=1)
    mine = np.flatnonzero(sizes == vertices)
    codes = smallest_codes(found.cells[mine], vertices)
    assert len(np.unique(codes)) == len(mine)
    bits = np.concatenate(list(nb101_rows._full_graphs(vertices)))
    if vertices < 7:
        assert len(bits) == sum(1 for _ in full_graphs(vertices))
    seen = np.zeros(len(mine), dtype=bool)
    labels = np.array(list(itertools.product(LABELS, repeat=vertices - 2)), dtype=np.int8)
    for part in np.array_split(bits, max(1, len(bits) // 1000)):
        ops = nb101_rows._labelled(np.tile(labels.reshape(len(labels), vertices - 2), (len(part), 1)))
        graphs = Cells(nb101_rows.from_bits(np.repeat(part, len(labels)), 7), ops)
        row = found.find(nb101_rows.fingerprint(graphs.adjacency, graphs.ops))
        assert (row >= mine[0]).all() and (row <= mine[-1]).all()
        assert (smallest_codes(graphs, vertices) == codes[row - mine[0]]).all()
        seen[row - mine[0]] = True
    assert seen.all()


def test_arrays_cannot_be_written():
    found = rows()
    for array in (found.cells.adjacency, found.cells.ops, found.fingerprints, found.order):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def counted(monkeypatch):
    calls = []
    monkeypatch.setattr(nb101_rows, "enumerate_cells", lambda: calls.append(1) or enumerate_cells())
    return calls


def cached_file(folder):
    return folder / "spaces" / f"{VERSION}.safetensors"


def test_second_process_reads_the_file(data_folder, monkeypatch):
    calls = counted(monkeypatch)
    first = rows()
    assert cached_file(data_folder).is_file() and len(calls) == 1
    assert rows() is first
    nb101_rows.rows.cache_clear()
    again = rows()
    assert len(calls) == 1 and again is not first
    assert (again.cells.adjacency == first.cells.adjacency).all()
    assert (again.cells.ops == first.cells.ops).all()
    assert (again.order == first.order).all() and not again.cells.ops.flags.writeable


def spoil_bytes(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def spoil_length(path):
    path.write_bytes(path.read_bytes()[:-100])


def spoil_version(path):
    save_file(
        load_file(path), path, metadata={"format": "nb101-0", "digest": digest(VERSION, load_file(path))}
    )


def spoil_fingerprints(path):
    """A whole file of another fingerprint, whose author forgot to change the version."""
    tensors = load_file(path)
    tensors["fingerprints"] = tensors["fingerprints"] + np.uint64(1)
    save_file(tensors, path, metadata={"format": VERSION, "digest": digest(VERSION, tensors)})


def spoil_tensors(path):
    tensors = {"other": np.zeros(3)}
    save_file(tensors, path, metadata={"format": VERSION, "digest": digest(VERSION, tensors)})


@pytest.mark.parametrize(
    "spoil", [spoil_bytes, spoil_length, spoil_version, spoil_fingerprints, spoil_tensors]
)
def test_damaged_or_stale_file_is_made_again(data_folder, monkeypatch, tensors, spoil):
    path = cached_file(data_folder)
    path.parent.mkdir()
    save_file(tensors, path, metadata={"format": VERSION, "digest": DIGEST})
    spoil(path)
    calls = counted(monkeypatch)
    again = rows()
    assert len(calls) == 1 and (again.order == tensors["order"]).all()
    with safe_open(cached_file(data_folder), framework="numpy") as file:
        assert file.metadata() == {"format": VERSION, "digest": DIGEST}


def test_folder_that_cannot_be_written(data_folder, monkeypatch, capsys):
    (data_folder / "spaces").write_text("a file where the folder would be")
    assert len(rows().order) == SIZE
    assert "not cached" in capsys.readouterr().err
    assert os.listdir(data_folder) == ["spaces"]
