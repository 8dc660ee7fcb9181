"""The command line: what is understood, and one clear line with exit code 2 for what is not."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.commands.list import ListOptions
from harness.study.options import ReportOptions, RunOptions, parse
from tabular.errors import HarnessError

# words after `harness run`, and what the one line must say
BAD_RUNS = {
    "unknown method": ("methods=randon", ["unknown method 'randon'", "Did you mean 'random'?", "ngae"]),
    "unknown representation": ("methods=ngea+gp_bo", ["unknown representation 'ngea'", "'ngae'"]),
    "unknown optimizer": ("methods=ngae+gp_po", ["unknown optimizer 'gp_po'", "Did you mean 'gp_bo'?"]),
    "unknown benchmark": ("methods=random bench=nb202", ["unknown benchmark 'nb202'", "Did you mean 'nb201"]),
    "unknown dataset": ("methods=random bench=nb201:cifar20", ["unknown benchmark", "nb201:cifar100"]),
    "unknown key": ("methods=random seed=3", ["unknown key 'seed'", "Did you mean 'seeds'?"]),
    "unknown protocol": ("methods=random protocol=nb201-200", ["unknown protocol", "'nb201-200ep'"]),
    "unknown field": (
        "methods=regularized_evolution regularized_evolution.populaton=5",
        ["unknown field of regularized_evolution 'populaton'", "Did you mean 'population'?"],
    ),
    "field out of range": (
        "methods=regularized_evolution regularized_evolution.population=0",
        ["regularized_evolution.population=0", "greater than or equal to 1"],
    ),
    "field of wrong type": (
        "methods=regularized_evolution regularized_evolution.sample=few",
        ["regularized_evolution.sample=few", "integer"],
    ),
    "field of a method not in the study": ("methods=random ngae.dim=3", ["'ngae'", "Available: random"]),
    "field of a method without fields": ("methods=random random.x=1", ["unknown field of random 'x'"]),
    "no decoder": (
        "methods=one_hot+gradient_ascent",
        ["'one_hot+gradient_ascent' cannot work", "Decoder", "Pairs that work: ", "ngae+gradient_ascent"],
    ),
    "representation not needed": ("methods=one_hot+random", ["uses no representation", "methods=random"]),
    "representation missing": (
        "methods=gp_bo",
        ["'gp_bo' cannot work: it needs a rep", "one_hot+gp_bo"],
    ),
    "seeds=0": ("methods=random seeds=0", ["seeds=0", "at least 1"]),
    "seeds=ten": (
        "methods=random seeds=ten",
        ["seeds=ten", "a count (10), a range (3..7) or a list"],
    ),
    "seeds negative": ("methods=random seeds=-3", ["seeds=-3"]),
    "seeds falling": ("methods=random seeds=7..3", ["seeds=7..3", "rising"]),
    "seeds half a range": ("methods=random seeds=3..", ["seeds=3.."]),
    "seeds below zero": ("methods=random seeds=-1..3", ["seeds=-1..3"]),
    "too many seeds": ("methods=random seeds=1000000000000", ["seeds=1000000000000"]),
    "seeds beyond counting": ("methods=random seeds=100000000000000000000", ["seeds=100000000000000000000"]),
    "budget=-1": ("methods=random budget=-1", ["budget=-1", "greater than or equal to 1"]),
    "budget=0": ("methods=random budget=0", ["budget=0"]),
    "budget=lots": ("methods=random budget=lots", ["budget=lots", "integer"]),
    "budget below the initial design": ("methods=random budget=5", ["budget=5", "initial design of 10"]),
    "budget above the space": ("methods=random budget=999999", ["budget=999999", "15625 architectures"]),
    "workers=0": ("methods=random workers=0", ["workers=0"]),
    "existing=maybe": ("methods=random existing=maybe", ["existing=maybe", "'skip', 'redo' or 'redo-stale'"]),
    "format=xml": ("methods=random format=xml", ["format=xml", "'json'"]),
    "at=0": ("methods=random at=0", ["at=0", "start at 1"]),
    "at=some": ("methods=random at=some", ["at=some"]),
    "shard=2": ("methods=random shard=2", ["shard=2", "needs i/n, such as 2/5: the second of five"]),
    "shard=a/b": ("methods=random shard=a/b", ["shard=a/b", "needs i/n"]),
    "shard=0/5": ("methods=random shard=0/5", ["shard=0/5", "i from 1 to n; 1/5 is the first"]),
    "shard=6/5": ("methods=random shard=6/5", ["shard=6/5", "i from 1 to n"]),
    "shard=0/0": ("methods=random shard=0/0", ["shard=0/0", "i from 1 to n"]),
    "a share until decided": (
        "methods=random,local_search shard=1/2 until=decided",
        ["until=decided", "needs all runs to decide"],
    ),
    "timeout=0": ("methods=random timeout=0", ["timeout=0", "greater than 0"]),
    "timeout=nan": ("methods=random timeout=nan", ["timeout=nan", "finite number"]),
    "timeout=soon": ("methods=random timeout=soon", ["timeout=soon", "valid number"]),
    "no methods": ("bench=nb201", ["methods= is missing"]),
    "empty methods": ("methods=", ["methods=", "at least one name"]),
    "given twice": ("methods=random seeds=1 seeds=2", ["seeds is given twice"]),
    "no key=value": ("methods=random fast", ["'fast' is not key=value", "methods"]),
    "no key": ("=random", ["'=random' is not key=value"]),
    "plugin file missing": ("methods=random plugins=./nowhere.py", ["nowhere.py cannot be read"]),
}


def refused(outcome, expected):
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.startswith("harness: ") and outcome.err.endswith("\n")
    assert outcome.err.count("\n") == 1
    for words in expected:
        assert words in outcome.err


@pytest.mark.parametrize("case", BAD_RUNS)
def test_a_bad_run_is_refused_in_one_line(command, tmp_path, case):
    words, expected = BAD_RUNS[case]
    refused(command("run", *words.split(), f"results={tmp_path / 'results'}"), expected)
    assert not (tmp_path / "results").exists()


def test_results_that_cannot_be_written(command, tmp_path):
    (tmp_path / "file").write_text("in the way")
    outcome = command("run", "methods=random", f"results={tmp_path / 'file' / 'results'}")
    refused(outcome, ["results folder", "cannot be written"])
    assert (tmp_path / "file").read_text() == "in the way"


def test_report_without_a_results_folder(command, tmp_path):
    refused(command("report", f"results={tmp_path / 'none'}"), ["does not exist", "harness run"])
    assert not (tmp_path / "none").exists()


def test_report_of_an_empty_folder(command, tmp_path):
    refused(command("report", f"results={tmp_path}"), ["no stored runs"])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("methods=randon", ["unknown stored method 'randon'", "Did you mean 'random'?"]),
        ("bench=nb201:cifar100", ["no stored runs on nb201:cifar100", "Stored: nb201:cifar10"]),
        ("bench=nb202", ["unknown benchmark 'nb202'"]),
        ("protocol=nb201-200ep-mean", ["unknown stored protocol", "'nb201-200ep'"]),
        ("budget=41", ["budget=41", "[40]"]),
        ("seeds=7..9", ["no stored runs with seeds 7..9"]),
        ("at=41", ["at=41 is beyond the budget of 40"]),
        ("workers=2", ["unknown key 'workers'"]),
        ("random.x=2", ["unknown key 'random.x'"]),
    ],
)
def test_a_bad_report_is_refused_in_one_line(command, stored, words, expected):
    refused(command("report", *words.split(), f"results={stored[0]}"), expected)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("rum", ["unknown command 'rum'", "Did you mean 'run'?"]),
        ("list methods=random", ["unknown key 'methods'", "plugins"]),
        ("list plugins=./nowhere.py", ["nowhere.py cannot be read"]),
    ],
)
def test_bad_commands_are_refused(command, words, expected):
    refused(command(*words.split()), expected)


def test_the_program_itself_exits_with_2(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "harness", "run", "methods=nagae", f"results={tmp_path / 'r'}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "unknown method 'nagae'. Did you mean 'ngae'?" in done.stderr


def test_defaults_of_run():
    options, overrides = parse(["methods=ngae"], RunOptions, overrides=True)
    assert options.methods == ("ngae",) and options.bench == ("nb201",)
    assert options.seeds == tuple(range(10))
    assert (options.budget, options.protocol, options.existing) == (None, None, "skip")
    assert (options.results, options.format, overrides) == (Path("results"), "text", {})


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("3", (0, 1, 2)),
        ("3..7", (3, 4, 5, 6, 7)),
        ("0..0", (0,)),
        ("1", (0,)),
        ("1,2,3", (1, 2, 3)),
        ("9,2..4", (2, 3, 4, 9)),
    ],
)
def test_seeds(text, seeds):
    assert parse(["methods=a", f"seeds={text}"], RunOptions)[0].seeds == seeds


def test_lists_are_split_and_told_once():
    options, _ = parse(["methods=a, b,a,,c", "bench=nb201:*", "at=50,10,50"], RunOptions)
    assert options.methods == ("a", "b", "c")
    assert options.at == (10, 50)


def test_overrides_are_taken_apart():
    _, overrides = parse(["methods=a", "a.x=1", "a.y=b=c", "d.x=2"], RunOptions, overrides=True)
    assert overrides == {"a": {"x": "1", "y": "b=c"}, "d": {"x": "2"}}


def test_an_override_given_twice_is_refused():
    with pytest.raises(HarnessError, match=r"a\.x is given twice"):
        parse(["methods=a", "a.x=1", "a.x=2"], RunOptions, overrides=True)


def test_report_and_list_options():
    options, _ = parse(["seeds=3..4", "budget=20", "plugins=./a.py"], ReportOptions)
    assert options.seeds == (3, 4) and options.budget == 20 and options.methods is None
    assert parse(["plugins=a.py,b.py"], ListOptions)[0].plugins == (Path("a.py"), Path("b.py"))
