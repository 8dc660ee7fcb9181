"""NAS-Bench-Graph: the space against the authors' own code, and the reader of their wheel."""

import hashlib
import os
import pickle

import numpy as np
import pytest

from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.sources import nas_bench_graph as source
from tabular.spaces.nas_bench_graph import NASBenchGraphSpace
from tabular.spaces.nas_bench_graph_trees import LINKS, OPS, SHAPES, listed_hashes

SPACE = NASBenchGraphSpace()


def ignore(share):
    assert 0 <= share <= 1


@pytest.fixture(scope="module")
def theirs():
    return pytest.importorskip("nas_bench_graph.architecture", reason="nas-bench-graph is not installed")


@pytest.fixture(scope="module")
def tables(theirs):
    return source.convert(source.installed_folder(), ignore)


def column(tables, dataset, name):
    return tables[f"nas-bench-graph:{dataset}"][name]


def links_and_ops(text):
    links, ops = text.split("-")
    return [int(link) for link in links], [OPS[int(op)] for op in ops]


def all_forms(links):
    return [f"{''.join(map(str, link))}-{number:04d}" for link in links for number in range(8888)]


# the space


def test_vocabulary_is_the_authors(theirs):
    assert list(OPS) == theirs.gnn_list and [list(shape) for shape in SHAPES] == theirs.link_list


def test_listed_architectures_are_the_authors(theirs):
    listed = sorted(arch.hash_arch() for arch in theirs.all_archs())
    assert listed == listed_hashes().tolist() and len(listed) == 26_206 == SPACE.size
    hashes = [theirs.Arch(*links_and_ops(text)).hash_arch() for text in SPACE.to_strings(SPACE.all())]
    assert hashes == listed


def test_keys_are_the_authors_hashes(theirs):
    """On a tenth of all 157,440 graphs, in every order of the operations."""
    texts = [text for text in all_forms(LINKS) if "9" not in text][::10]
    keys = SPACE.keys(SPACE.from_strings(texts))
    assert len(texts) > 15_000
    assert listed_hashes()[keys].tolist() == [
        theirs.Arch(*links_and_ops(text)).valid_hash() for text in texts
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("0012-0123", "0021-0132", True),  # two branches, in another order
        ("0123-8012", "0123-0182", True),  # an idle skip connection anywhere in a row
        ("0000-8012", "0111-8012", True),  # the input passed on adds nothing
        ("0012-0123", "0012-1032", True),
        ("0123-0123", "0123-0132", False),
        ("0112-0182", "0123-8012", False),  # a skip connection beside another branch passes its source on
        ("0000-0123", "0111-0123", False),
    ],
)
def test_equal_and_different_architectures(one, other, same):
    first, second = SPACE.keys(SPACE.from_strings([one, other])).tolist()
    assert (first == second) is same


def test_a_tree_as_cells():
    cells = SPACE.from_strings(["0012-1480"])
    assert cells.ops.tolist() == [[0, 2, 5, 9, 1, 10]]
    edges = {(0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 5)}
    assert set(zip(*(axis.tolist() for axis in np.nonzero(cells.adjacency[0])), strict=True)) == edges


def test_every_order_belongs_and_four_skips_do_not():
    texts = [text for text in all_forms(LINKS) if "9" not in text][::7]
    assert SPACE.contains(SPACE.from_strings(texts)).all()
    cells = SPACE.from_strings(["0123-8880"])
    ops = cells.ops.copy()
    ops[0, 4] = 9
    assert not SPACE.contains(Cells(cells.adjacency, ops)).any()
    with pytest.raises(HarnessError, match="not all operations 8"):
        SPACE.from_strings(["0123-8888"])


def test_contains_rejects_any_wrong_edge():
    cell = SPACE.from_strings(["0012-1480"])
    for a in range(6):
        for b in range(6):
            adjacency = cell.adjacency.copy()
            adjacency[0, a, b] ^= True
            assert SPACE.contains(Cells(adjacency, cell.ops)).tolist() == [False]


def test_relabelling_reaches_other_forms():
    cells = SPACE.from_strings(["0123-8801"] * 4000)
    texts = SPACE.to_strings(SPACE.relabelled(cells, np.random.default_rng(0)))
    everything = [text for text in all_forms(LINKS) if "9" not in text]
    keys = SPACE.keys(SPACE.from_strings(everything))
    (key,) = SPACE.keys(cells[:1])
    members = {text for text, other in zip(everything, keys.tolist(), strict=True) if other == key}
    assert set(texts) == members and "0123-8801" in members and len(members) > 10
    counts = np.unique(texts, return_counts=True)[1]
    assert np.abs(counts - 4000 / len(members)).max() < 6 * np.sqrt(4000 / len(members))


def test_neighbours_are_distinct_other_architectures():
    cell = SPACE.from_strings(["0012-0123"])
    found = SPACE.neighbours(cell)
    keys = SPACE.keys(found).tolist()
    assert len(set(keys)) == len(keys) and SPACE.keys(cell)[0] not in keys
    wanted = {f"0012-{other}" for other in ("8123", "0823", "0183", "0128")} | {"0112-0123", "0010-0123"}
    assert set(SPACE.keys(SPACE.from_strings(sorted(wanted))).tolist()) <= set(keys)


def test_parameters_are_those_recorded_on_arxiv(tables):
    recorded = column(tables, "arxiv", "params")
    assert np.abs(SPACE.complexity(SPACE.all(), "params") - recorded).max() < 1e-9


# the wheel


def test_tables_cover_the_space(tables):
    assert len(tables) == 9
    for name, columns in tables.items():
        count = 2021 if name.endswith("proteins") else 26_206
        assert columns["valid@1"].shape == columns["test@1"].shape == (26_206, 1)
        assert columns["params"].shape == columns["latency:gpu"].shape == (26_206,)
        assert all(np.isfinite(values).sum() == count for values in columns.values())


def test_golden_values(tables):
    """Best validation accuracy and its architecture; the authors' hash gives the row."""
    for dataset, best, number in (("cora", 0.819333, 87072), ("arxiv", 0.736667, 83533)):
        valid = column(tables, dataset, "valid@1")[:, 0]
        assert valid.max() == pytest.approx(best, abs=1e-6) and listed_hashes()[valid.argmax()] == number
    assert column(tables, "cora", "test@1").max() == pytest.approx(0.831333, abs=1e-6)
    first = {
        name: values.ravel()[np.searchsorted(listed_hashes(), 10000)]
        for name, values in tables["nas-bench-graph:cora"].items()
    }
    assert first["valid@1"] == pytest.approx(0.799333, abs=1e-6)
    assert first["latency:gpu"] == pytest.approx(4.977862, abs=1e-6)


def test_rows_are_the_authors_records(theirs, tables):
    from nas_bench_graph import light_read

    bench = light_read("citeseer")
    for row in (0, 5000, 26_205):
        (text,) = SPACE.to_strings(SPACE.all()[row : row + 1])
        record = bench[theirs.Arch(*links_and_ops(text)).valid_hash()]
        assert column(tables, "citeseer", "valid@1")[row, 0] == record["valid_perf"]
        assert column(tables, "citeseer", "test@1")[row, 0] == record["perf"]
        assert column(tables, "citeseer", "params")[row] == record["para"]
        assert column(tables, "citeseer", "latency:gpu")[row] == pytest.approx(1000 * record["latency"])


def test_table_has_a_passport(theirs):
    columns, passport = source.nas_bench_graph_table("pubmed")
    file = source.installed_folder() / "pubmed.bench"
    assert passport["source_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert passport["licence"] == "Apache-2.0" and columns["valid@1"].max() == pytest.approx(
        0.811333, abs=1e-6
    )
    with pytest.raises(HarnessError, match=r"unknown dataset 'coral'\. Did you mean 'cora'"):
        source.nas_bench_graph_table("coral")


class Harmful:
    def __reduce__(self):
        return os.system, ("true",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "damaged"),
        (pickle.dumps(Harmful()), "refused"),
        (pickle.dumps({}), "holds no architectures"),
        (
            pickle.dumps({88888: {"valid_perf": 1, "perf": 1, "para": 1, "latency": 1}}),
            "unknown ones, such as .88888",
        ),
        (pickle.dumps({0: {"valid_perf": 1}}), "no file of NAS-Bench-Graph"),
        (pickle.dumps([1, 2]), "no file of NAS-Bench-Graph"),
    ],
)
def test_damaged_files(tmp_path, content, message):
    path = tmp_path / "cora.bench"
    path.write_bytes(content)
    with pytest.raises(HarnessError, match=message):
        source.convert(path, ignore)


def test_foreign_files(tmp_path):
    with pytest.raises(HarnessError, match=r"other\.bench is no file of NAS-Bench-Graph"):
        source.convert(tmp_path / "other.bench", ignore)
    with pytest.raises(HarnessError, match="cannot be read"):
        source.convert(tmp_path, ignore)
