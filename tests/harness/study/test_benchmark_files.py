"""A benchmark in a plugin file: in runs and their workers, in reports and lists; what a bad one is told."""

import pytest

FILE = """
import dataclasses
from tabular.benchmarks import nb201
from tabular.protocols.nb201 import EP200
DATASETS = ("small", "other")
DEFAULT_PROTOCOL = "mine-1"
PROTOCOLS = (dataclasses.replace(EP200, name="mine-1", benchmark="mine", initial_design=5),)
def load(dataset):
    return dataclasses.replace(nb201.load("cifar10"), name=f"mine:{dataset}")
"""


@pytest.fixture
def mine(tmp_path):
    (tmp_path / "mine.py").write_text(FILE)
    return tmp_path / "mine.py"


def test_it_is_run_reported_and_listed(command, mine, tmp_path):
    words = ["methods=random", f"plugins={mine}", "seeds=2", "budget=12", "workers=2", "format=json"]
    outcome = command("run", "bench=mine:*", *words, f"results={tmp_path / 'r'}")
    assert outcome.code == 0, outcome.err
    assert {row["benchmark"] for row in outcome.rows()} == {"mine:small", "mine:other"}
    reported = command("report", "bench=mine", f"plugins={mine}", f"results={tmp_path / 'r'}", "format=json")
    assert {row["benchmark"] for row in reported.rows()} == {"mine:small"}
    assert "  mine                     (mine-1) small, other\n" in command("list", f"plugins={mine}").out
    assert "mine: benchmark" in command("list", "mine", f"plugins={mine}").out


def test_without_the_file_stored_runs_are_reported_but_for_drawings(command, mine, tmp_path):
    words = ["bench=mine", "methods=random", "seeds=2", "budget=12", "workers=1", f"results={tmp_path / 'r'}"]
    assert command("run", *words, f"plugins={mine}").code == 0
    command("list")  # from here on the file is not known
    folder, words = tmp_path / "out", [f"results={tmp_path / 'r'}", "format=figures"]
    outcome = command("report", *words, f"out={folder}")
    assert outcome.code == 0 and "the cells of mine:small are not drawn: unknown benchmark" in outcome.err
    assert not list(folder.rglob("cells.svg"))
    outcome = command("report", *words, f"out={folder}", f"plugins={mine}")
    assert outcome.code == 0 and list(folder.rglob("cells.svg"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("DATASETS = ", "SETS = ", "benchmark 'mine' lacks DATASETS"),
        ("def load", "def open_it", "benchmark 'mine' lacks load"),
        ('benchmark="mine"', 'benchmark="nb201"', "DEFAULT_PROTOCOL is 'mine-1', none of its PROTOCOLS"),
        ('f"mine:{dataset}"', '"mine"', "load of mine:small gives a benchmark with the name 'mine'"),
        ("return ", "", "load of mine:small gives NoneType, not a Benchmark"),
    ],
)
def test_what_is_wrong_is_one_sentence(command, mine, tmp_path, old, new, said):
    mine.write_text(FILE.replace(old, new))
    outcome = command("run", "bench=mine", "methods=random", f"plugins={mine}", f"results={tmp_path / 'r'}")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert said in outcome.err


def test_a_name_of_a_benchmark_that_is_built_in(command, mine):
    other = mine.with_name("macro.py")
    other.write_text(FILE.replace('"mine"', '"macro"'))
    outcome = command("list", f"plugins={other}")
    assert outcome.code == 2 and "would hide the benchmark 'macro': rename it" in outcome.err
