"""NAS-Bench-101 without the official file: one test accuracy of every cell, and 30,001 cells in full."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kendalltau

import tabular
from tabular.benchmarks.nb101 import rows_of_hashes
from tabular.data.choosing import choose
from tabular.data.importing import import_file
from tabular.data.source import member
from tabular.data.tables import table_path
from tabular.errors import HarnessError
from tabular.sources import nb101_30k, nb101_run0
from tabular.spaces.nb101 import NB101Space
from tabular.spaces.nb101_hashes import official_order, rows_of
from tests.every_benchmark import data_folder, parquet
from tests.tabular import nb101_files as official
from tests.tabular.telling import quiet

SPACE = NB101Space()
pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture(scope="module")
def sample():
    return tabular.load("nb101-30k")


@pytest.fixture(scope="module")
def run0():
    return tabular.load("nb101:run0")


@pytest.fixture(scope="module")
def lines(shared_data):
    """Both json files, one after the other."""
    parts = [
        json.loads((shared_data / "nb101" / f"nasbench_vis_{file}").read_text()) for file in nb101_30k.SHA256
    ]
    return {name: parts[0][name] + parts[1][name] for name in parts[0]}


def as_bytes(texts):
    return np.frombuffer(bytes.fromhex("".join(texts)), dtype=np.uint8).reshape(-1, 16)


# one test accuracy of every cell


def test_run0_is_the_file_cell_by_cell(shared_data, run0):
    values = np.load(shared_data / "nb101" / "obfunas_test.npy")
    column = run0.columns["test@108"]
    assert column.shape == (423_624, 1) and column.dtype == np.float32
    assert np.array_equal(column[official_order(), 0], values)
    assert run0.best("test", 108) == values.max() == 0.9466145634651184
    assert SPACE.to_strings(SPACE.all()[[int(column.argmax())]]) == ["0x10ca63:22221"]


def test_run0_is_the_first_of_the_three_official_trainings(run0):
    (row,) = rows_of(as_bytes([official.FIRST_HASH]))
    assert run0.columns["test@108"][row, 0] == official.FIRST[0][1][3]


def test_rows_are_found_by_module_hash_in_either_table(run0, sample):
    names = [official.FIRST_HASH, "1c06000633c4d23bb3ee3597fed8992e"]
    assert rows_of_hashes(run0, names).tolist() == rows_of(as_bytes(names)).tolist()
    assert rows_of_hashes(sample, names).tolist() == [0, 30_000]
    with pytest.raises(HarnessError, match="no cell of NAS-Bench-101 has the module hash"):
        rows_of_hashes(sample, ["1c06000633c4d23bb3ee3597fed8992f"])


def test_accuracies_of_run0_go_with_flops_and_parameters(run0):
    """Kendall's tau as measured by others on the published file: .303 with either."""
    accuracy = run0.truth("test", 108)
    for measure in ("flops", "params"):
        assert kendalltau(accuracy, SPACE.complexity(SPACE.all(), measure)).statistic == pytest.approx(
            0.303, abs=1e-3
        )


def test_run0_is_searched_under_a_protocol_that_says_what_it_leaks(run0):
    protocol = tabular.catalogue.protocols()["nb101-150q"]
    assert "test seen in search" in protocol.on("run0").leaks and not protocol.on("cifar10").leaks
    assert protocol.on("run0").hash != protocol.on("cifar10").hash == protocol.hash
    assert protocol.on("run0").truth == ("test", 108) and protocol.on("run0").test_split == "test"
    assert "first of the three trainings" in run0.passport["note"]
    with pytest.raises(HarnessError, match="nb101-mean' is for nb101:cifar10, not for run0"):
        tabular.protocol.find_protocol("nb101-mean", "nb101:run0", tabular.catalogue.protocols())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda values: values[:-1], "holds float64 \\(423623,\\), not 423,624 accuracies"),
        (lambda values: (100 * values).astype(int), "holds int64"),
        (lambda values: values[::-1], "is not in ascending order of module hashes"),
        (np.sort, "is not in ascending order of module hashes"),
    ],
)
def test_other_arrays_are_refused(shared_data, tmp_path, change, message):
    path = tmp_path / "test.npy"
    np.save(path, change(np.load(shared_data / "nb101" / "obfunas_test.npy")))
    with pytest.raises(HarnessError, match=message):
        nb101_run0.convert(path, quiet)


@pytest.mark.parametrize(
    ("change", "guess"),
    [
        (lambda values: values / 100, "(fractions instead of percent?)"),
        (lambda values: values.astype(np.float16), "(rounded values?)"),
        (lambda values: 1 - values, "(errors instead of accuracies?)"),
    ],
)
def test_other_forms_of_either_do_not_show_what_is_published(run0, sample, change, guess):
    for table, column in ((run0, "test@108"), (sample, "valid@108")):
        other = replace(table, columns={**table.columns, column: change(table.columns[column])})
        examine = tabular.catalogue.family(table.name.partition(":")[0]).examine
        best = next(check for check in examine(other) if check.what.startswith("best mean"))
        assert not best.good and best.found.endswith(guess)


# 30,001 cells


def test_the_sample_is_the_files_line_by_line(sample, lines):
    assert sample.space.size == len(lines["key"]) == 30_001
    assert [each.tobytes().hex() for each in sample.columns["hash"]] == lines["key"]
    cells = sample.space.all()
    for epochs in (4, 12, 36, 108):
        recorded = lines[f"{epochs}_final_validation_accuracy"]
        assert sample.mean(cells, "valid", epochs).tolist() == recorded
    assert sample.seconds(cells, 108)[:, 0].tolist() == lines["final_training_time"]
    assert not sample.has("seconds", 36)
    assert sample.best("valid", 108) == 0.9491186141967773


def test_parameters_are_the_cells_in_all_30001_rows(sample, lines):
    counted = np.round(1e6 * sample.space.complexity(sample.space.all(), "params")).astype(int)
    assert counted.tolist() == lines["trainable_parameters"]


def test_cells_are_contiguous_in_the_official_order(sample):
    place = np.empty(SPACE.size, dtype=int)
    place[official_order()] = np.arange(SPACE.size)
    assert place[sample.columns["row"]].tolist() == [*range(20_001), *range(36_202, 46_202)]


def test_accuracies_are_the_best_of_three_and_times_that_trainings(sample):
    cells = SPACE.all()[rows_of(as_bytes([official.FIRST_HASH]))]
    best = max(official.FIRST, key=lambda training: training[1][2])
    assert sample.mean(cells, "valid", 108).tolist() == [best[1][2]]
    assert sample.seconds(cells, 108).tolist() == [[best[1][0]]]


def test_no_known_single_training_is_better(sample, shared_data):
    """One of the three trainings each of 500 cells, from another source."""
    known = parquet(shared_data / "nb101_subset.parquet").query("source == 'naslib'")
    matrices = np.array(
        [np.array(json.loads(text)) if isinstance(text, str) else np.stack(text) for text in known["matrix"]]
    )
    ops = [json.loads(each) if isinstance(each, str) else list(each) for each in known["ops"]]
    cells = SPACE.all()[SPACE.lookup(matrices, ops)]
    inside = sample.space.contains(cells)
    single = known["val_acc108"].to_numpy()[inside] / 100
    best = sample.mean(cells[inside], "valid", 108)
    assert len(best) > 20 and (best >= single - 1e-6).all()
    assert 0.2 < np.isclose(best, single, atol=1e-6).mean() < 0.5


def test_the_noise_ceiling_between_the_two_columns(sample):
    """Kendall's tau of best validation and first test accuracy: .858, and .43 in the top tenth."""
    valid, test = sample.truth("valid", 108), sample.truth("test", 108)
    assert kendalltau(valid, test).statistic == pytest.approx(0.858, abs=5e-4)
    top = np.argsort(-test)[:3_000]
    assert kendalltau(valid[top], test[top]).statistic == pytest.approx(0.43, abs=5e-3)


def test_test_accuracies_are_joined_where_they_are_here(everything, sample, run0, tmp_path):
    assert np.array_equal(sample.columns["test@108"], run0.columns["test@108"][sample.columns["row"]])
    assert "of the first of the three trainings (nb101-run0)" in sample.passport["note"]
    assert "best of three trainings" in sample.passport["note"]
    (tmp_path / "tables").mkdir()
    path = table_path("nb101-30k:cifar10")
    (tmp_path / "tables" / path.name).write_bytes(path.read_bytes())
    with data_folder(tmp_path):
        alone = tabular.load("nb101-30k")
    assert not alone.has("test", 108) and alone.digest != sample.digest
    assert "joined where nb101-run0 is imported too" in alone.passport["note"]


# what is refused


def changed(change):
    def write(folder, content):
        file = "data-10k.json"
        content = json.loads(json.dumps(content[file]))
        change(content)
        (folder / file).write_text(json.dumps(content))

    return write


def edit(name, row, value):
    return changed(lambda content: content[name].__setitem__(row, value))


def exchange(content):
    for values in content.values():
        values[3], values[4] = values[4], values[3]


DAMAGED = [
    (lambda folder, content: (folder / "data-10k.json").write_text("<html>"), "is no JSON file"),
    (lambda folder, content: (folder / "data-10k.json").write_text("[]"), "no list of module hashes"),
    (lambda folder, content: (folder / "data-10k.json").unlink(), r"holds no data-10k\.json"),
    (
        lambda folder, content: (folder / "data-10k.json").write_text(json.dumps(content["data-20k.json"])),
        "a cell stands in both files",
    ),
    (edit("key", 7, "15f6"), "a module hash has 32 hex digits"),
    (edit("key", 7, "0" * 32), "no cell of NAS-Bench-101 has the module hash 0000"),
    (edit("trainable_parameters", 7, 1), "has 1 parameters, its cell has"),
    (edit("108_final_validation_accuracy", 7, None), "'108_final_validation_accuracy' is not 10000 numbers"),
    (
        changed(lambda content: content.pop("final_training_time")),
        "'final_training_time' is not 10000 numbers",
    ),
    (changed(exchange), "not contiguous in the order of the official file"),
]


@pytest.fixture
def copied(shared_data, tmp_path):
    """Both files in a folder, under their publisher's names, and their content."""
    content = {}
    for file in nb101_30k.SHA256:
        text = (shared_data / "nb101" / f"nasbench_vis_{file}").read_text()
        (tmp_path / file).write_text(text)
        content[file] = json.loads(text)
    return tmp_path, content


@pytest.mark.parametrize(("damage", "message"), DAMAGED)
def test_damaged_files_are_refused(copied, damage, message):
    folder, content = copied
    damage(folder, content)
    with pytest.raises(HarnessError, match=message):
        nb101_30k.convert(folder, quiet)


def test_files_under_their_publishers_names_are_the_same_table(copied, sample):
    folder, _ = copied
    columns = nb101_30k.convert(folder, quiet)["nb101-30k:cifar10"]
    for name, values in columns.items():
        assert np.array_equal(values, sample.columns[name]), name


def test_a_changed_file_is_not_the_published_one(copied, tmp_path_factory):
    folder, content = copied
    edit("final_training_time", 0, 1000.0)(folder, content)
    with data_folder(tmp_path_factory.mktemp("data")), pytest.raises(HarnessError) as caught:
        import_file(nb101_30k.SOURCE, folder, unverified=False, tell=quiet)
    assert "data-10k.json has another sha256 than the publisher's" in str(caught.value)


def test_one_file_alone_is_told_what_belongs_to_it(copied):
    folder, _ = copied
    with pytest.raises(HarnessError, match=r"a folder with data-20k\.json and data-10k\.json"):
        choose((nb101_30k.SOURCE,), "nb101-30k", folder / "data-20k.json")


def test_a_file_may_have_something_before_its_name(tmp_path):
    (tmp_path / "my_a.json").write_text("")
    assert member(tmp_path, "a.json").name == "my_a.json"
    (tmp_path / "other-a.json").write_text("")
    with pytest.raises(HarnessError, match=r"2 files that end in a\.json"):
        member(tmp_path, "a.json")
    (tmp_path / "a.json").write_text("")
    assert member(tmp_path, "a.json").name == "a.json"
    with pytest.raises(HarnessError, match=r"holds no b\.json"):
        member(tmp_path, "b.json")
