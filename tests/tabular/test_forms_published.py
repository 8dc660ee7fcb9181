"""Forms against what their owners have published: names, numbers, tuples and genotypes."""

import json
from collections import namedtuple

import numpy as np
import pytest

from tabular.errors import HarnessError
from tabular.spaces.darts import DARTSSpace
from tabular.spaces.enas import ENASSpace
from tabular.spaces.nas_bench_graph import NASBenchGraphSpace
from tabular.spaces.nb101 import NB101Space
from tabular.spaces.nb201 import NB201Space
from tabular.spaces.transnas import TransNASMacroSpace, TransNASMicroSpace
from tests.tabular.darts_cells import NORMAL, REDUCE

NB201, NB101, DARTS, TIED = (
    NB201Space(),
    NB101Space(),
    DARTSSpace(tie_cells=False),
    DARTSSpace(tie_cells=True),
)
OPS = ("max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3")
Genotype = namedtuple("Genotype", "normal normal_concat reduce reduce_concat")
C3, POOL = "conv3x3-bn-relu", "maxpool3x3"
CELL = "|nor_conv_3x3~0|+|none~0|avg_pool_3x3~1|+|none~0|none~1|nor_conv_3x3~2|"


def table(folder, name):
    import pandas as pd

    return pd.read_parquet(folder / name)


# NAS-Bench-201


def test_all_public_tuples_are_the_cells_beside_them(shared_data):
    """9,445 tuples of NASLib; as digits of ours 9,440 of them are other cells."""
    listed = table(shared_data, "encodings/nb201_zero_cost_13.parquet").query("dataset == 'cifar10'")
    assert len(listed) == 9445
    official, tuples = NB201.keys(NB201.parse(listed["arch"])), listed["naslib_tuple"].tolist()
    assert (NB201.keys(NB201.parse(tuples, "naslib")) == official).all()
    assert NB201.print(NB201.parse(listed["arch"].tolist()), "naslib") == tuples
    assert (NB201.keys(NB201.parse(tuples, "key")) != official).sum() == 9440
    for text in tuples[:200]:
        for given in (text, "".join(character for character in text if character.isdigit())):
            with pytest.raises(HarnessError, match="does not say which architecture"):
                NB201.parse([given])


def test_every_index_and_text_is_the_official_one(shared_data):
    listed = table(shared_data, "nb201.parquet")
    keys = np.array([int(key, 5) for key in listed["key"]])
    assert (NB201.keys(NB201.parse(listed["arch_str"])) == keys).all()
    assert (NB201.keys(NB201.parse(listed["index"], "index")) == keys).all()
    padded = [f"{index:06d}" for index in listed["index"]]  # as files are called
    assert (NB201.keys(NB201.parse(padded, "index")) == keys).all()
    cells = NB201.all()[keys]
    assert NB201.print(cells) == listed["arch_str"].tolist()
    assert NB201.print(cells, "index") == listed["index"].astype(str).tolist()


def test_c06_the_official_text_by_any_door():
    wanted = ["304003"]
    for found in (NB201.parse(CELL), NB201.parse([CELL]), NB201.from_strings([CELL]),
                  NB201.parse(np.array([CELL])), NB201.parse({"string": CELL})):  # fmt: skip
        assert NB201.to_strings(found) == wanted
    assert NB201.to_strings(NB201.parse([6111, "9930"], form="index")) == ["333132", "333133"]
    names = ["nor_conv_3x3", "none", "avg_pool_3x3", "none", "none", "nor_conv_3x3"]
    assert NB201.to_strings(NB201.parse([names, str(names), tuple(names)])) == wanted * 3


def test_c07_a_tuple_typed_as_digits_is_refused():
    with pytest.raises(HarnessError, match=r"as naslib \|avg_pool_3x3~0\|\+\|skip_connect~0\|none~1\|"):
        NB201.parse("403143")
    assert NB201.print(NB201.parse("403143", "naslib")) == NB201.print(
        NB201.parse((4, 0, 3, 1, 4, 3), "naslib")
    )


def test_naszilla_numbers_operations_by_the_alphabet():
    """`OPS` of its cell_201.py, in the order of the official text."""
    assert NB201.print(NB201.parse(CELL), "naszilla") == ["[2, 3, 0, 3, 3, 2]"]
    assert NB201.to_strings(NB201.parse("[2, 3, 0, 3, 3, 2]", "naszilla")) == ["304003"]


@pytest.mark.parametrize(
    "wrong",
    [
        *(CELL[:-1], CELL + CELL, CELL.replace("~2", "~1"), CELL.replace("none", "zero")),
        *(CELL.replace("+", ""), CELL.replace("|", "||", 1)),
    ],
)
def test_texts_that_are_nearly_official_are_refused(wrong):
    with pytest.raises(HarnessError, match="is no architecture of nb201"):
        NB201.parse(wrong)


# TransNAS-Bench-101


@pytest.mark.parametrize("space", [TransNASMicroSpace(), TransNASMacroSpace()], ids=lambda space: space.name)
def test_transnas_names_and_numbers_are_the_official_ones(space, shared_data):
    family = space.name.removeprefix("transnas-")
    listed = table(shared_data, f"transnasbench101_{family}.parquet")
    cells = space.parse(listed["arch_str"])
    assert space.print(cells) == listed["arch_str"].tolist() and len(set(space.keys(cells))) == space.size
    assert space.print(cells, "index") == listed["official_index"].astype(str).tolist()
    assert (space.keys(space.parse(listed["official_index"], "index")) == space.keys(cells)).all()
    digits = listed[[f"c{place}" for place in range(6)]].to_numpy()
    assert (space.keys(space.parse(digits, "naslib")) == space.keys(cells)).all()


def test_naslib_orders_its_graphs_by_their_edges():
    """Skip, none, 3x3, 1x1 on edges 1-2, 1-3, 1-4, 2-3, 2-4, 3-4 (its transbench101/conversions.py)."""
    space = TransNASMicroSpace()
    assert space.print(space.parse("(0, 1, 2, 3, 2, 0)", "naslib_graph")) == ["64-41414-1_02_331"]
    assert space.print(space.parse("64-41414-1_02_331"), "naslib_graph") == ["(0, 1, 2, 3, 2, 0)"]


# DARTS


def named(cell):
    return [(OPS[op], read) for read, op in cell]


WHOLE = Genotype(named(NORMAL), range(2, 6), named(REDUCE), range(2, 6))
KEY = "0.3-1.3-0.3-1.3-0.2-1.3-0.2-2.5_0.0-1.0-1.0-2.2-0.0-2.2-1.0-2.2"


@pytest.mark.parametrize(
    "given",
    [
        WHOLE,
        str(WHOLE),
        str(WHOLE).replace("range(2, 6)", "[2, 3, 4, 5]"),
        str(WHOLE._asdict()).replace("range(2, 6)", "[2, 3, 4, 5]"),
        WHOLE._asdict(),
        f"Genotype({WHOLE.normal}, [2, 3, 4, 5], {WHOLE.reduce}, [2, 3, 4, 5])",
        [WHOLE.normal, WHOLE.reduce],
        json.dumps([WHOLE.normal, WHOLE.reduce]),
        {"normal": WHOLE.normal, "reduce": WHOLE.reduce},
        [[(read, op) for op, read in cell] for cell in (WHOLE.normal, WHOLE.reduce)],
    ],
    ids=lambda given: str(given)[:40],
)
def test_c08_genotypes_as_text_or_nested_lists(given):
    assert DARTS.to_strings(DARTS.parse([given])) == DARTS.to_strings(DARTS.parse(given)) == [KEY]


def configured(cells, prefix):
    """As NAS-Bench-301 names what a genotype of (input, operation) has."""
    found = {}
    for kind, cell in zip(("normal", "reduce"), cells, strict=True):
        for node, first in enumerate((0, 2, 5, 9)):
            pair = dict(cell[2 * node : 2 * node + 2])
            found |= {f"{prefix}edge_{kind}_{first + read}": OPS[op] for read, op in pair.items()}
            if node:
                found[f"{prefix}inputs_node_{kind}_{node + 2}"] = "_".join(map(str, sorted(pair)))
    return found


@pytest.mark.parametrize(
    "prefix", ["NetworkSelectorDatasetInfo:darts:", "NetworkSelectorDatasetInfo_COLON_darts_COLON_"]
)
def test_c08_configurations_of_nb301(prefix):
    config = configured((NORMAL, REDUCE), prefix)
    assert DARTS.to_strings(DARTS.parse([config, json.dumps(config), str(config)])) == [KEY] * 3
    every = {name: "#na#" for name in configured([[(0, 0), (1, 0)] * 4] * 2, prefix)}
    assert DARTS.to_strings(DARTS.parse([{**every, **config, "epoch": 98}])) == [KEY]
    assert json.loads(DARTS.print(DARTS.parse(KEY), "config")[0]) == configured(
        (NORMAL, REDUCE), "NetworkSelectorDatasetInfo:darts:"
    )


def test_c08_numbers_say_which_list_they_are_from():
    """Nobody's numbers are recognised: 0 is max_pool_3x3 to some and none to others."""
    compact = [[[read, op] for read, op in cell] for cell in (NORMAL, REDUCE)]
    longer = [[[read, op + 1] for read, op in cell] for cell in (NORMAL, REDUCE)]
    assert DARTS.to_strings(DARTS.parse([compact], "compact")) == [KEY]
    assert DARTS.to_strings(DARTS.parse([longer], "primitives")) == [KEY]
    numbered = Genotype(
        [(op, read) for read, op in NORMAL], range(2, 6), [(op, read) for read, op in REDUCE], range(2, 6)
    )
    assert DARTS.to_strings(DARTS.parse([numbered], "compact")) == [KEY]
    for given in (compact, longer):
        with pytest.raises(HarnessError, match="Say form="):
            DARTS.parse([given])
    zero = json.loads(json.dumps(longer))
    zero[0][0][1] = 0  # DARTS's none, which no network of the space has
    with pytest.raises(HarnessError, match="is no architecture of darts in the form primitives"):
        DARTS.parse([zero], "primitives")


def test_one_cell_for_both_may_be_given_once_or_twice():
    cell = named(NORMAL)
    for given in (cell, [cell], [cell, cell], Genotype(cell, range(2, 6), cell, range(2, 6))):
        assert TIED.to_strings(TIED.parse([given])) == [KEY.partition("_")[0]]
    with pytest.raises(HarnessError, match="is no architecture of darts-tied"):
        TIED.parse([WHOLE])


@pytest.mark.parametrize(
    "change",
    [
        {"normal_concat": range(2, 7)},
        {"reduce_concat": [4, 5, 6]},
        {"normal": named(NORMAL)[:-1]},
        {"normal": [("sep_conv_7x7", 0), *named(NORMAL)[1:]]},
        {"normal": [("none", 0), *named(NORMAL)[1:]]},
        {"normal": [("sep_conv_3x3", 1), *named(NORMAL)[1:]]},
        {"normal": [("sep_conv_3x3", 2), *named(NORMAL)[1:]]},
        {"normal": [("sep_conv_3x3", -1), *named(NORMAL)[1:]]},
    ],
    ids=str,
)
def test_genotypes_of_other_spaces_are_refused(change):
    with pytest.raises(HarnessError, match="is no architecture of darts"):
        DARTS.parse([WHOLE._replace(**change)])


def test_configurations_that_contradict_themselves_are_refused():
    prefix = "NetworkSelectorDatasetInfo:darts:"
    config = configured((NORMAL, REDUCE), prefix)
    for wrong in ({f"{prefix}inputs_node_normal_3": "0_2"}, {f"{prefix}edge_normal_4": "skip_connect"},
                  {f"{prefix}edge_normal_0": "#na#"}, {f"{prefix}edge_normal_0": "none"}):  # fmt: skip
        with pytest.raises(HarnessError, match="is no architecture of darts"):
            DARTS.parse([{**config, **wrong}])
    shifted = {name: op for name, op in config.items() if "inputs" not in name}
    del shifted[f"{prefix}edge_normal_6"], shifted[f"{prefix}edge_normal_5"]  # of node 4
    shifted |= {f"{prefix}edge_normal_{edge}": "skip_connect" for edge in (4, 8)}
    with pytest.raises(HarnessError, match="is no architecture of darts"):  # three inputs of 3, one of 4
        DARTS.parse([shifted])


def test_real_genotypes_in_every_form(shared_data):
    texts = table(shared_data, "nb301/reference_archs.parquet")["arch"].tolist()
    cells = DARTS.parse(texts, "compact")
    assert (
        DARTS.keys(cells) == DARTS.keys(DARTS.from_genotype(np.array(list(map(json.loads, texts)))))
    ).all()
    with pytest.raises(HarnessError, match="Say form="):
        DARTS.parse(texts[:5])


# ENAS


def test_lines_of_the_published_file_are_rows(shared_data):
    space = ENASSpace()
    lines = (shared_data / "enas" / "final_structures6.txt").read_text().splitlines()[:500]
    rows = [line.rpartition(", ")[0] for line in lines]
    cells = space.parse(rows)
    assert space.print(cells) == [f"[{row}]" if not row.startswith("[[") else row for row in rows]
    assert space.to_strings(
        space.parse([[[1], [4, 0], [5, 0, 0], [0, 1, 1, 1], [2, 1, 1, 1, 1], [3, 0, 0, 0, 0, 1]]])
    ) == ["1-40-500-0111-21111-300001"]


# NAS-Bench-Graph


def test_c19_links_and_operations_and_the_authors_hash():
    theirs = pytest.importorskip("nas_bench_graph.architecture", reason="nas-bench-graph is not installed")
    space, rng = NASBenchGraphSpace(), np.random.default_rng(0)
    for _ in range(300):
        links, ops = theirs.link_list[rng.integers(9)], rng.choice(theirs.gnn_list, 4).tolist()
        if set(ops) == {"skip"}:
            continue
        arch = theirs.Arch(list(links), list(ops))
        number = arch.valid_hash()
        by_pair = space.parse(
            [(links, ops), f"Arch({links}, {ops})", str((links, ops)), {"ops": ops, "link": links},
             f"Arch(op={ops}, lk={links})"]
        )  # fmt: skip
        assert space.print(by_pair, "hash") == [str(number)] * 5
        assert (space.keys(by_pair) == space.keys(space.parse([number], form="hash"))).all()
        with pytest.raises(HarnessError, match="Say form=hash"):
            space.parse([number])
    everything = sorted(arch.valid_hash() for arch in theirs.all_archs())
    assert space.print(space.all(), "hash") == list(map(str, everything))


def test_links_and_operations_are_told_apart_by_name_alone():
    """Numbers of operations may look like links."""
    space = NASBenchGraphSpace()
    assert space.to_strings(space.parse({"ops": [0, 0, 1, 2], "link": [0, 0, 0, 1]})) == ["0001-0012"]
    for wrong in ({"a": [0, 0, 0, 1], "b": [0, 0, 1, 2]}, {"link": [0, 0, 0, 1], "lk": [0, 0, 1, 2]}):
        with pytest.raises(HarnessError, match="is no architecture of nas-bench-graph"):
            space.parse([wrong])


# NAS-Bench-101

RECORD = [[0, 1, 1], [0, 0, 1], [0, 0, 0]]


@pytest.mark.parametrize(
    "given",
    [
        (RECORD, ["input", C3, "output"]),
        (np.array(RECORD), np.array(["input", C3, "output"])),
        {"matrix": np.array(RECORD, dtype=np.int8), "ops": ["input", C3, "output"]},
        {"module_adjacency": np.array(RECORD), "module_operations": ["input", C3, "output"]},
        f"ModelSpec(matrix={RECORD}, ops=['input', '{C3}', 'output'])",
        f"{RECORD}, ['input', '{C3}', 'output']",
        json.dumps([RECORD, ["input", C3, "output"]]),
        # with vertices that are on no path, and wider than the space
        ([[0, 1, 0, 1], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]], ["input", C3, POOL, "output"]),
        ([[0, 1, 1, *[0] * 7], [0, 0, 1, *[0] * 7], *[[0] * 10] * 8], ["input", C3, "output"]),
    ],
    ids=lambda given: str(given)[:30],
)  # fmt: skip
def test_c09_specifications_of_every_make(given):
    assert NB101.to_strings(NB101.parse([given])) == NB101.to_strings(NB101.parse(given)) == ["0x7:2"]


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_c09_specifications_of_numpys_matrices():
    given = (np.matrix(RECORD), ["input", C3, "output"])
    assert NB101.to_strings(NB101.parse([given, given])) == ["0x7:2"] * 2


def test_real_specifications_in_every_form(shared_data):
    listed = table(shared_data, "nb101_subset.parquet")
    listed = listed[listed.source == "naslib"]
    texts = [f"[{matrix}, {ops}]" for matrix, ops in zip(listed.matrix, listed.ops, strict=True)]
    cells = NB101.parse(texts)
    matrices, ops = (list(map(json.loads, listed[name])) for name in ("matrix", "ops"))
    assert (NB101.keys(cells) == NB101.lookup(matrices, ops)).all()


def test_naslib_writes_matrix_and_operations_in_a_row():
    """`convert_spec_to_tuple` of its nasbench101/conversions.py: input 0, output 1, pool 2, 1x1 3, 3x3 4."""
    (text,) = NB101.print(NB101.parse("0x7:2"), "naslib")
    assert text == "(0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 4, 1)"
    assert NB101.to_strings(NB101.parse(text)) == ["0x7:2"]


def test_module_hashes_are_looked_up(monkeypatch):
    """With the hashes of some cells in place of those of all, which take 40 s."""
    from tabular.spaces import nb101_forms

    rows = np.random.default_rng(0).integers(0, NB101.size, 200)
    hashes = NB101.module_hash(NB101.all()[rows])
    row_of = dict(zip(hashes, rows.tolist(), strict=True))
    monkeypatch.setattr(nb101_forms, "all_hashes", lambda tell: None)
    monkeypatch.setattr(
        nb101_forms, "rows_of", lambda given: np.array([row_of.get(bytes(each).hex(), -1) for each in given])
    )
    found = NB101.parse([hashes[0].upper(), *hashes[1:]])
    assert NB101.keys(found).tolist() == rows.tolist() and NB101.print(found) == hashes
    for wrong in ("0" * 32, hashes[0][:-1]):
        with pytest.raises(HarnessError, match=f"^'{wrong}' is no architecture of nb101"):
            NB101.parse([hashes[1], wrong])


@pytest.mark.slow
def test_published_hashes_are_cells_of_as_many_parameters(shared_data):
    listed = json.loads((shared_data / "nb101" / "nasbench_vis_data-10k.json").read_text())
    cells = NB101.parse(listed["key"])
    assert NB101.print(cells) == listed["key"]
    assert np.allclose(NB101.complexity(cells, "params") * 1e6, listed["trainable_parameters"], atol=0.5)
